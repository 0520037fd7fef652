/** What the API needs from the machine room: implemented by `cluster/`, passed in by `main.ts`. */
import type { DesiredState } from './desired.js';
import type { CaptionText, EngineReport, EngineStats, SoundLevels, SourceHealth } from './engine.js';
import type { RelayState, RelayTarget } from './relay.js';

/** Why a studio could not be started or changed, and whose fault it is. */
export class StudioRuntimeError extends Error {
  override readonly name = 'StudioRuntimeError';
  readonly reason: 'start-timeout' | 'engine-failed' | 'apply-timeout' | 'not-running' | 'stopping';
  constructor(reason: StudioRuntimeError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Answer of an engine to a desired state. */
export interface Applied {
  revision: number;
  /** Number of the mixer tick from which on the outputs show it. */
  tick: number;
}

/** A relay of a studio that runs. */
export interface RunningRelay {
  target: RelayTarget;
  state: RelayState;
}

/** Runs studios. Every wait is bounded; every rejection is a {@link StudioRuntimeError}. */
export interface StudioRuntime {
  /**
   * Starts the engine of a studio and resolves when its programme and preview streams are published and the hub has
   * the first key frame of the programme. On failure nothing is left running.
   */
  start(desired: DesiredState): Promise<void>;
  /**
   * Sends the new whole state and resolves when a tick has been composed with it: 2 s at most, 10 s while the engine is
   * being started again.
   */
  apply(desired: DesiredState): Promise<Applied>;
  /** Ends the engine and its streams; a second call joins the first. Resolves also if it did not run. */
  stop(casterId: string): Promise<void>;
  /** True between a successful `start` and `stop`, also while a crashed engine is being restarted. */
  isRunning(casterId: string): boolean;
  /** How the sources of a running studio are, at most half a second ago; empty when it does not run. */
  sources(casterId: string): readonly SourceHealth[];
  /** The relays of a running studio, in the order of its settings, at most a second ago; empty when it does not run. */
  relays(casterId: string): readonly RunningRelay[];
  /** How the engine of a running studio keeps up, at most half a second ago; `null` when it does not run. */
  stats(casterId: string): EngineStats | null;
  /** Passes a caption to the engine of a studio; false when there is none just now. Nobody waits for it to be shown. */
  caption(casterId: string, caption: CaptionText): boolean;
  /**
   * Puts the standby of a studio on air ahead of everything that waits; a state that asks for it must follow within
   * seconds, else the programme comes back. False when there is no engine just now.
   */
  standby(casterId: string): boolean;
  /** The newest levels of a running studio, at most half a second old; `null` when it does not run or has none yet. */
  levels(casterId: string): SoundLevels | null;
  /**
   * Calls back with the levels of a studio ten times a second while it runs, through stops, starts and restarts of its
   * engine, until the returned function is called. Nothing is kept for a listener that takes its time.
   */
  watchLevels(casterId: string, listener: (levels: SoundLevels) => void): () => void;
  /** Calls back with everything that the engines report; one listener. */
  onReport(listener: (casterId: string, report: EngineReport) => void): void;
}

/** Time for everything outside the mixer that needs it, passed in so that tests can own it. */
export interface WallClock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
}
