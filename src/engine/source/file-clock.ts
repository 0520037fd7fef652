/**
 * The clock of an input that is read as fast as it is needed: a file, or a list of segments. Its times run with the
 * engine's from the first packet on. When packets come later than they are due (a slow network), the play-out point
 * moves back, and the last picture stays meanwhile. All times are µs.
 */
import type { PlayoutClock } from './coded-source.js';

/** Packets that are this late move the play-out point. */
const LATE = 50_000;

export class FileClock implements PlayoutClock {
  readonly #lead: number;
  #offset: number | null = null;

  /**
   * @param options.delayUs constant delay that the operator asked for
   * @param options.leadUs time between the arrival of a packet and its play-out, at the start and after a wait
   */
  constructor(options: { delayUs: number; leadUs: number }) {
    this.#lead = options.leadUs + options.delayUs;
  }

  observe(arrival: number, dts: number): void {
    if (this.#offset === null || dts + this.#offset < arrival - LATE) {
      this.#offset = arrival - dts + this.#lead;
    }
  }

  toEngine(pts: number): number {
    return this.#offset === null ? Number.POSITIVE_INFINITY : pts + this.#offset;
  }

  toSource(engineTime: number): number {
    return this.#offset === null ? Number.NEGATIVE_INFINITY : engineTime - this.#offset;
  }

  reset(): void {
    this.#offset = null;
  }
}
