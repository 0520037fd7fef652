/**
 * The clock of an input that is read as fast as it is needed: a file, or a list of segments. Its times run with the
 * engine's from the first packet on. When packets come later than they are due (a slow network), the play-out point
 * moves back, and the last picture stays meanwhile; each time the lead grows by half, up to {@link MOST_LEAD}, so that an
 * input that is late again and again soon is no more. All times are µs.
 */
import type { PlayoutClock } from './coded-source.js';

/** Packets that are this late move the play-out point. */
const LATE = 50_000;
const MOST_LEAD = 8_000_000;

export class FileClock implements PlayoutClock {
  readonly #delay: number;
  readonly #firstLead: number;
  #lead: number;
  #offset: number | null = null;

  /**
   * @param options.delayUs constant delay that the operator asked for
   * @param options.leadUs time between the arrival of a packet and its play-out, at the start and after a wait
   */
  constructor(options: { delayUs: number; leadUs: number }) {
    this.#delay = options.delayUs;
    this.#firstLead = options.leadUs;
    this.#lead = options.leadUs;
  }

  observe(arrival: number, dts: number): void {
    const late = this.#offset !== null && dts + this.#offset < arrival - LATE;
    if (this.#offset !== null && !late) return;
    if (late) this.#lead = Math.min(this.#lead * 1.5, Math.max(MOST_LEAD, this.#firstLead));
    this.#offset = arrival - dts + this.#lead + this.#delay;
  }

  toEngine(pts: number): number {
    return this.#offset === null ? Number.POSITIVE_INFINITY : pts + this.#offset;
  }

  toSource(engineTime: number): number {
    return this.#offset === null ? Number.NEGATIVE_INFINITY : engineTime - this.#offset;
  }

  reset(): void {
    this.#offset = null;
    this.#lead = this.#firstLead;
  }
}
