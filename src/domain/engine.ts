/** Messages between the control process and an engine process (Node IPC, JSON). */
import type { DesiredState } from './desired.js';

/** How an engine is told to run. Sent once, before the first desired state. */
export interface EngineOptions {
  linkPath: string;
  linkToken: string;
  /** Which hosts a source may name: see `lib/address.ts`. */
  sourceAddresses: 'public' | 'lan' | 'all';
}

/** Control to engine. */
export type EngineCommand =
  | { type: 'configure'; options: EngineOptions }
  /** Everything that is to be shown. An older revision than the last one is ignored. */
  | { type: 'desired'; desired: DesiredState }
  | { type: 'stop' };

/** What a source does right now, in one word, and since when it does. */
export type SourceStatus =
  /** Not opened yet, or opening. */
  | 'connecting'
  /** Pictures or sound arrive. */
  | 'live'
  /** It stopped or could not be opened; it is being tried again. */
  | 'lost'
  /** A file that has been played to its end. */
  | 'ended';

export interface SourceHealth {
  id: string;
  position: string;
  status: SourceStatus;
  /** Why it is lost, in words for an operator; empty otherwise. */
  reason: string;
  /** Picture size, 0 as long as none was decoded. */
  width: number;
  height: number;
  /** Frames that came too late to be shown, and times that the input was opened again. */
  lateFrames: number;
  reconnects: number;
}

export interface EngineStats {
  tick: number;
  /** Ticks that were not composed because the machine was too slow. */
  missedTicks: number;
  /** Composed pictures that an encoder had no room for. */
  droppedFrames: number;
  /** Time to compose and hand over one tick, milliseconds: middle and 99th of 100, of the last seconds. */
  tickMsP50: number;
  tickMsP99: number;
  sources: SourceHealth[];
}

/** Engine to control. */
export type EngineEvent =
  /** The first key frame of the programme is on the link, and the preview is announced. */
  | { type: 'publishing' }
  /** From `tick` on the outputs show `revision`. */
  | { type: 'applied'; revision: number; tick: number }
  /** Sign of life, about twice a second. */
  | { type: 'alive'; stats: EngineStats }
  /** It cannot go on and will exit. */
  | { type: 'failed'; message: string };
