/** An engine clock that a test moves. Times are µs; timers fire in order, as late as the test says. */
import type { EngineClock } from '../../../src/engine/clock.js';

interface Timer {
  at: number;
  callback: () => void;
}

export class FakeClock implements EngineClock {
  #now: number;
  readonly #wallOffset: number;
  #timers: Timer[] = [];
  /** How much later than asked for the next timer fires, µs. */
  lateness: () => number = () => 0;

  constructor(options: { now?: number; wallOffset?: number } = {}) {
    this.#now = options.now ?? 0;
    this.#wallOffset = options.wallOffset ?? 0;
  }

  now(): number {
    return this.#now;
  }

  wall(engineTime: number): number {
    return engineTime + this.#wallOffset;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms * 1000 + this.lateness(), callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Moves on to a time and fires everything that is due on the way. */
  runTo(time: number): void {
    for (;;) {
      const next = this.#timers.reduce<Timer | null>(
        (first, timer) => (first && first.at <= timer.at ? first : timer),
        null,
      );
      if (!next || next.at > time) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = Math.max(this.#now, time);
  }

  /** The machine stands still: time passes and no timer fires. */
  freeze(us: number): void {
    this.#now += us;
  }
}
