/** What every overlay needs of the engine around it. */
import type { EngineReport } from '../../domain/engine.js';
import type { Size } from '../../domain/geometry.js';
import type { Painter } from './painter.js';

export interface OverlayRoom {
  /** Size of the mixed picture; even. */
  frame: Size;
  painter: Painter;
  /** Address of the guarding proxy, through which pictures are fetched. */
  proxy: string;
  report: (report: EngineReport) => void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

/** Pause before something is tried again after its nth failure (from 0 on): twice as long each time, to a minute. */
export function retryPause(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 16));
}
