/**
 * Tells an input that has stopped from one that is slow: how long no new picture has come, beyond what its own pace
 * explains. A screen share or slides may have one picture a second, or one in ten. All times are µs of the engine's clock.
 */

/** Shorter than this no input has stopped, whatever its pace. */
const LEAST = 500_000;
/** So many usual intervals without a picture are one stop. */
const INTERVALS = 3;
/** Intervals that the usual one is taken from. It is their median, so that one stop does not hide the next. */
const KNOWN = 5;

export class PicturePace {
  /** What was on at the last look, for comparison only. */
  #shown: object | null = null;
  /** When that came on, or when nobody looked last. */
  #since = 0;
  /** Whether an interval began then. */
  #counts = false;
  readonly #intervals: number[] = [];

  /** At each tick. @param shown what is on: the same as long as no new picture has come; @param isSeen whether it is decoded at all */
  look(now: number, shown: object | null, isSeen: boolean): void {
    if (!isSeen) {
      this.#since = now;
      this.#counts = false;
    } else if (shown !== this.#shown) {
      if (this.#counts) this.#intervals.push(now - this.#since);
      if (this.#intervals.length > KNOWN) this.#intervals.shift();
      this.#since = now;
      this.#counts = shown !== null;
    }
    this.#shown = shown;
  }

  /** Time since the last new picture, when that is more than its pace explains; else 0. */
  stillFor(now: number): number {
    const still = now - this.#since;
    return still < Math.max(LEAST, INTERVALS * this.#usual()) ? 0 : still;
  }

  /** 0 before two pictures have come. */
  #usual(): number {
    const sorted = this.#intervals.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }
}
