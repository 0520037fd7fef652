/**
 * Times of a live input whose clock jumps within one connection: a discontinuity in a list of segments, a relay whose
 * encoder began anew, a counter of 33 bits that wrapped. All tracks are moved together, so they stay in step; a track
 * that keeps to a clock of its own gets a shift of its own. All times µs.
 *
 * A list of segments is read ahead and played by its times, so a hole in them would be waited for. There a step is a jump
 * too when it is much longer than those before it and no such time has passed: FFmpeg does not tell of discontinuities.
 *
 * What comes out never goes back by hours: whoever plays by these times would wait for hours then.
 */

/** How far a time may run ahead of the newest one, or fall behind on its own track, before it counts as a jump. */
const AHEAD = 10_000_000;
const BEHIND = 1_000_000;
/** A hole in a list of segments is longer than this, and than so many of the step before it. */
const HOLE = 1_000_000;
const MUCH_LONGER = 4;
/** From the newest time before a jump to the first one after it. */
const STEP = 33_000;
/** After so long the clock of a transport stream begins at 0 again: 33 bits of 90 kHz (ISO 13818-1 section 2.4.3.7). */
const WRAP = (2 ** 33 / 90_000) * 1_000_000;
/** A step that differs from {@link WRAP} by less is taken for one. */
const WRAP_TOLERANCE = 1_000_000;
/** Packets of the old clock that may still come after a jump; a track that sends more has its own clock. */
const MOST_STRAGGLERS = 200;

interface Track {
  shift: number;
  /** Its last time, shifted; null after a jump of another track. */
  last: number | null;
  /** Packets that were left out since. */
  stragglers: number;
}

export interface Placed {
  /** To be added to the packet's times. */
  shift: number;
  /** Whether nothing leads on to it from what came before. */
  jumped: boolean;
}

export class TimeRepair {
  /** Of tracks that are yet to come. */
  #shift = 0;
  #newest = Number.NEGATIVE_INFINITY;
  readonly #tracks = new Map<string, Track>();
  readonly #segmented: boolean;
  /** By how much the last packet that was newest was newer than the one before. */
  #step = 0;
  #arrival = Number.NEGATIVE_INFINITY;

  /** @param options.segmented whether it is a list of segments */
  constructor(options: { segmented: boolean } = { segmented: false }) {
    this.#segmented = options.segmented;
  }

  /**
   * Where a packet belongs; null when it is to be left out, a straggler of the clock before a jump.
   * @param arrival when it came, on any clock; only looked at in lists of segments
   */
  place(name: string, dts: number, arrival = 0): Placed | null {
    const track = this.#tracks.get(name) ?? { shift: this.#shift, last: null, stragglers: 0 };
    this.#tracks.set(name, track);
    let jumped = false;
    const step = dts + track.shift - this.#newest;
    if (!this.#fits(track, dts + track.shift) || this.#isHole(track, step, arrival)) {
      const wraps = this.#wrap(track, dts + track.shift);
      if (wraps !== 0) {
        track.shift += wraps;
      } else if (track.last === null && ++track.stragglers <= MOST_STRAGGLERS) {
        return null;
      } else {
        jumped = true;
        const by = STEP - step;
        if (track.last === null) track.shift += by;
        else this.#moveAll(by);
      }
    }
    const time = dts + track.shift;
    track.last = time;
    track.stragglers = 0;
    this.#arrival = arrival;
    if (time > this.#newest) this.#step = Number.isFinite(step) ? step : 0;
    this.#newest = Math.max(this.#newest, time);
    return { shift: track.shift, jumped };
  }

  #fits({ last }: Track, time: number): boolean {
    if (this.#newest === Number.NEGATIVE_INFINITY) return true;
    return time <= this.#newest + AHEAD && time >= (last === null ? this.#newest - AHEAD : last - BEHIND);
  }

  /** True for a step ahead that is neither the input's way nor explained by the time that it took to come. */
  #isHole({ last }: Track, step: number, arrival: number): boolean {
    // A track that begins, or begins anew after a jump, may begin late.
    if (!this.#segmented || last === null || this.#step <= 0) return false;
    return step > HOLE && step > MUCH_LONGER * this.#step && step > arrival - this.#arrival;
  }

  /** What makes a time that has wrapped, or came from before that, run on; 0 when that is not what happened. */
  #wrap({ last }: Track, time: number): number {
    const before = last ?? this.#newest;
    return [WRAP, -WRAP].find((by) => Math.abs(time + by - before) < WRAP_TOLERANCE) ?? 0;
  }

  #moveAll(step: number): void {
    this.#shift += step;
    for (const track of this.#tracks.values()) {
      track.shift += step;
      track.last = null;
      track.stragglers = 0;
    }
  }
}
