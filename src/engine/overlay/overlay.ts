/**
 * What the mixer sees of an overlay: a sheet of samples, drawn once and again only when its content changes, and where it
 * lies in the frame now. All times are µs on the engine's clock.
 */
import type { OverlaySpec } from '../../domain/desired.js';
import type { Sheet } from '../video/sheet.js';

/** A sheet in its place, in pixels of the frame. It may lie outside the frame in part or as a whole. */
export interface PlacedSheet {
  sheet: Sheet;
  x: number;
  y: number;
}

export interface Overlay {
  readonly spec: OverlaySpec;
  /** Moves on to a tick. */
  advance(now: number): void;
  /** True when it can be shown, or never will be: it is drawn, or it is known that it cannot be. */
  isReady(): boolean;
  /** What is to be laid over the frame at the last {@link advance}; null when there is nothing to see. */
  placed(): PlacedSheet | null;
  /** Whether anybody sees it: an animation that nobody sees stands still. */
  setWanted(wanted: boolean): void;
  close(): void;
}
