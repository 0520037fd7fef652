/**
 * What the HLS sessions of one programme share, so that a player can change from one rendition to another in the middle:
 * one clock for all of them, one place for every cut, and one number for what lies between two cuts.
 *
 * Renditions have their key frames on the same ticks, and their publisher gives all of them times of one clock. So a cut
 * is a publisher's time: the first session that comes to a key frame 1.5 s or more after the last cut makes one there,
 * and all others cut at the first picture from that time on, which is that key frame unless it got lost. A session that
 * begins between two cuts has the number of what it is in. Its first segment begins later than the others' of that number:
 * where another session has the whole of it, that one is listed instead, see `hls.ts`; else the dates in the playlist say so.
 *
 * When the publisher is started anew its clock begins anew; that is an epoch, and a discontinuity in all renditions.
 * Times here are µs, on the ladder's clock unless they are called `own` (a publisher's), which goes on over epochs.
 */

/** Between two cuts. */
const MIN_US = 1_500_000;
/** Room below the first picture for sound that arrives late. */
const LEAD_US = 1_000_000;
/** How far times of one epoch may go back: tracks are interleaved, and a stream's connection may be made anew. */
const BACK_US = 500_000;
const FAR_BACK_US = 10_000_000;
/** Cuts that are remembered; no session lags behind by so many. */
const MAX_CUTS = 64;
const LEAST_GAP_US = 10_000;

export interface LadderOptions {
  /** Number of the first segment, and of the discontinuities before it. */
  first: number;
  /** Milliseconds since 1970; read once. */
  wall: number;
}

export class Ladder {
  readonly first: number;
  readonly #wall: number;
  /** What is added to a publisher's times, by epoch. */
  readonly #offsets: number[] = [];
  readonly #cuts: { at: number; number: number }[] = [];
  #origin: number | null = null;
  /** The highest time, and when it came (ms, monotonic). */
  #last = Number.NEGATIVE_INFINITY;
  #lastAt = 0;
  /** True when a stream of it has ended for good: what is published next is another programme. */
  over = false;

  constructor({ first, wall }: LadderOptions) {
    this.first = first;
    this.#wall = wall;
  }

  /** The time that all sessions count from; below everything that comes. */
  get origin(): number {
    return (this.#origin ?? 0) - LEAD_US;
  }

  /** Milliseconds since 1970 of a time. */
  dateOf(at: number): number {
    return this.#wall + (at - (this.#origin ?? at)) / 1000;
  }

  /** A session's own view of the clock. */
  seat(): LadderSeat {
    return new LadderSeat(this);
  }

  /**
   * Number of the segment that a picture belongs to.
   * @param force cut here whether it is a key frame or not, unless there is a cut at this time or after it already
   */
  numberOf(at: number, key: boolean, force: boolean): number {
    const last = this.#cuts.at(-1);
    if (!last) this.#cuts.push({ at, number: this.first });
    else if (force ? at > last.at : key && at - last.at >= MIN_US) this.#cuts.push({ at, number: last.number + 1 });
    if (this.#cuts.length > MAX_CUTS) this.#cuts.shift();
    return (this.#cuts.findLast((cut) => cut.at <= at) ?? this.#cuts[0])?.number ?? this.first;
  }

  /** True when a segment of this number begins where all of that number do. */
  isWhole(number: number, start: number): boolean {
    return this.#cuts.some((cut) => cut.number === number && start >= cut.at && start - cut.at < BACK_US);
  }

  /** The newest epoch, from 0. */
  get epoch(): number {
    return Math.max(0, this.#offsets.length - 1);
  }

  /** True when the time would lie far before what has come already. */
  isFarBack(own: number, epoch: number): boolean {
    return own + (this.#offsets[epoch] ?? 0) < this.#last - FAR_BACK_US;
  }

  /** The time on the ladder's clock. `now` in ms, monotonic. */
  place(own: number, epoch: number, now: number): number {
    const at = own + this.#offsetOf(own, epoch, now);
    this.#origin ??= at;
    if (at >= this.#last) {
      this.#last = at;
      this.#lastAt = now;
    }
    return at;
  }

  #offsetOf(own: number, epoch: number, now: number): number {
    let offset = this.#offsets[epoch];
    if (offset === undefined) {
      const gap = Math.max(LEAST_GAP_US, (now - this.#lastAt) * 1000);
      offset = this.#origin === null ? 0 : Math.round(this.#last + gap - own);
      this.#offsets.push(offset);
    }
    return offset;
  }
}

/** Where a session is on the ladder's clock. */
export class LadderSeat {
  readonly #ladder: Ladder;
  epoch: number;
  /** The publisher's highest time in this epoch. */
  #own: number | null = null;

  constructor(ladder: Ladder) {
    this.#ladder = ladder;
    this.epoch = ladder.epoch;
  }

  /** True when this time is of the next epoch: the session closes what it has, and calls {@link advance}. */
  isNext(own: number): boolean {
    return this.#own === null ? this.#ladder.isFarBack(own, this.epoch) : own < this.#own - BACK_US;
  }

  advance(): void {
    this.epoch = Math.max(this.epoch + 1, this.#ladder.epoch);
    this.#own = null;
  }

  /** @param now ms, monotonic */
  place(own: number, now: number): number {
    this.#own = Math.max(this.#own ?? own, own);
    return this.#ladder.place(own, this.epoch, now);
  }
}
