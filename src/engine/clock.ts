/**
 * Time for the engine, passed in from the composition root. Microseconds throughout.
 */

export interface EngineClock {
  /** Monotonic time, µs. */
  now(): number;
  /** What the wall clock shows at an engine time: µs since 1970, UTC. Fixed at the start, so it never jumps. */
  wall(engineTime: number): number;
  /** Calls back after `ms` milliseconds; returns a function that calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/** Ticks that are caught up one by one; when the machine was away for longer, the rest is skipped. */
const MAX_BEHIND = 15;

export interface TickerOptions {
  clock: EngineClock;
  fps: number;
  /** Engine time of tick 0. */
  origin: number;
  /** Composes one tick. `skipped` ticks just before it were left out. */
  onTick: (tick: number, skipped: number) => void;
}

/** Engine time of the first frame boundary of the wall clock after `now`, so that ticks and whole seconds coincide. */
export function alignedOrigin(clock: EngineClock, fps: number): number {
  const now = clock.now();
  const wall = clock.wall(now);
  const frame = Math.ceil((wall * fps) / 1_000_000) + 1;
  return now + ((frame * 1_000_000) / fps - wall);
}

/** Calls `onTick` for every tick in order, at its time or as soon after it as the machine allows. */
export class Ticker {
  readonly #options: TickerOptions;
  #next = 0;
  #stopTimer: () => void = () => {};
  #stopped = false;
  /** Ticks that were left out. */
  missed = 0;

  constructor(options: TickerOptions) {
    this.#options = options;
    this.#schedule();
  }

  timeOf(tick: number): number {
    return this.#options.origin + (tick * 1_000_000) / this.#options.fps;
  }

  #schedule(): void {
    const wait = Math.max(0, (this.timeOf(this.#next) - this.#options.clock.now()) / 1000);
    this.#stopTimer = this.#options.clock.after(wait, () => this.#run());
  }

  #run(): void {
    const { clock, fps, onTick } = this.#options;
    let skipped = 0;
    const behind = Math.floor(((clock.now() - this.timeOf(this.#next)) * fps) / 1_000_000);
    if (behind > MAX_BEHIND) {
      skipped = behind;
      this.#next += behind;
      this.missed += behind;
    }
    // A timer can fire a little early; the tick belongs to its own time all the same.
    const tick = this.#next++;
    try {
      onTick(tick, skipped);
    } finally {
      if (!this.#stopped) this.#schedule();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
  }
}
