/**
 * How much decoding may be done on the thread that ticks. To hand a small picture to the thread pool and to hear that it is
 * done costs a fifth of decoding it; but what is done here holds up everything else, so it is little, and in small pieces.
 *
 * Times are ms. A bucket of {@link BURST} that fills again by {@link SHARE} of the time.
 */

const SHARE = 0.15;
const BURST = 40;
/** A decoder that took longer than this for one packet is not let in again for {@link BARRED} ms. */
const LONGEST = 8;
const BARRED = 10_000;

/** What is known of one decoder. */
export interface SpotRecord {
  /** Mean of its last packets, ms. */
  mean: number;
  barredUntil: number;
}

export function spotRecord(): SpotRecord {
  return { mean: 0, barredUntil: Number.NEGATIVE_INFINITY };
}

export class SpotBudget {
  readonly #now: () => number;
  #left = BURST;
  #at: number;

  /** @param now monotonic, ms */
  constructor(now: () => number) {
    this.#now = now;
    this.#at = now();
  }

  /** Runs `work` here if there is room for it; undefined when it must be done elsewhere. */
  run<T>(record: SpotRecord, work: () => T): T | undefined {
    const begun = this.#now();
    this.#left = Math.min(BURST, this.#left + (begun - this.#at) * SHARE);
    this.#at = begun;
    if (begun < record.barredUntil || this.#left < Math.max(1, record.mean * 1.5)) return undefined;
    const result = work();
    const took = this.#now() - begun;
    record.mean += (took - record.mean) / 8;
    this.#left -= took;
    if (took > LONGEST) record.barredUntil = begun + BARRED;
    return result;
  }
}
