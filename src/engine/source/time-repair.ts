/**
 * Times of a live input whose clock jumps within one connection: a discontinuity in a list of segments, a relay whose
 * encoder began anew, a counter of 33 bits that wrapped. One shift for both tracks, so they stay in step. All times µs.
 */

/** How far a time may run ahead of the newest one, or fall behind on its own track, before it counts as a jump. */
const AHEAD = 10_000_000;
const BEHIND = 1_000_000;
/** From the newest time before a jump to the first one after it. */
const STEP = 33_000;

export class TimeRepair {
  #shift = 0;
  #newest = Number.NEGATIVE_INFINITY;
  readonly #last = new Map<string, number>();

  /** What must be added to a packet's times, and whether it is the first one after a jump. */
  place(track: string, dts: number): { shift: number; jumped: boolean } {
    const before = this.#last.get(track);
    let time = dts + this.#shift;
    const known = Number.isFinite(this.#newest);
    const jumped = known && (time > this.#newest + AHEAD || (before !== undefined && time < before - BEHIND));
    if (jumped) {
      this.#shift += this.#newest + STEP - time;
      time = this.#newest + STEP;
      this.#last.clear();
    }
    this.#last.set(track, time);
    this.#newest = Math.max(this.#newest, time);
    return { shift: this.#shift, jumped };
  }
}
