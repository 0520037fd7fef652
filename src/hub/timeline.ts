/**
 * One clock for a stream that outlives its publishers.
 *
 * Times that leave here (µs) grow on every track. The first publisher's times pass unchanged. When another publisher
 * takes over, or a publisher's clock jumps, times are shifted so that the next one is the last one plus the real time
 * that passed in between. Packets of a track that have one time follow each other by 1 µs.
 */

/** How far a time may run ahead of the real clock, or fall behind on its own track, before it counts as a jump; µs. */
const AHEAD = 10_000_000;
const BEHIND = 1_000_000;
/** 35 years: beyond that a double no longer holds sums of times exactly. */
const SANE = 2 ** 50;
/** Between the last packet of one clock and the first of the next, µs, even when no time seems to have passed. */
const LEAST_GAP = 10_000;

export class Timeline {
  /** Added to a publisher's times; `null` until its first packet. */
  #offset: number | null = null;
  #begun = false;
  /** The highest time given out, and when that was (ms). */
  #last = 0;
  #lastAt = 0;
  /** Of each track: the last packet's own time on the stream's clock, and the time that it was given. */
  readonly #lastOf = new Map<number, { own: number; given: number }>();

  /** What is added to the publisher's times, µs; 0 as long as that is not known. */
  get shift(): number {
    return this.#offset ?? 0;
  }

  /** The next packet comes from another publisher with another clock. */
  restart(): void {
    this.#offset = null;
  }

  /**
   * The stream's time for a packet's decode time (µs) on a track, or `null` when the packet must be left out because
   * it lies before the one that came before it. `now` in ms, monotonic.
   */
  place(track: number, dts: number, now: number): number | null {
    if (!Number.isFinite(dts)) return null;
    const expected = Math.round(this.#last + Math.max(LEAST_GAP, (now - this.#lastAt) * 1000));
    if (!this.#begun) {
      this.#offset = dts >= 0 && dts < SANE ? 0 : -dts;
    } else if (this.#offset === null) {
      this.#offset = expected - dts;
    }
    let own = dts + (this.#offset ?? 0);
    const before = this.#lastOf.get(track) ?? { own: Number.NEGATIVE_INFINITY, given: Number.NEGATIVE_INFINITY };
    if (this.#begun && (own > expected + AHEAD || own < Math.max(before.given, this.#last - AHEAD) - BEHIND)) {
      this.#offset = expected - dts;
      own = expected;
    }
    if (own < before.own) return null;
    const time = Math.max(own, before.given + 1);
    this.#begun = true;
    this.#lastOf.set(track, { own, given: time });
    if (time >= this.#last) {
      this.#last = time;
      this.#lastAt = now;
    }
    return time;
  }
}
