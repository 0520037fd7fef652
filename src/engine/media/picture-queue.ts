/**
 * Decoded pictures of one source in the order of their times (µs on the source's own clock).
 *
 * The queue owns what is in it. It keeps the picture that is on show, those that wait, and as much of the past as a
 * delayed layer needs. It is bounded: when it is full the oldest picture that waits is let go, counted as dropped unless
 * the next one is due already, as in the burst of a source that is put on show; when the past outgrows its bytes it is thinned out evenly, counted as thinned.
 */
import type { Picture, TimedPicture } from '../av/media.js';
import { HISTORY_BYTES, mostCrowded, pictureBytes } from './picture-history.js';

/** Pictures that may wait; 2.1 s at 30 a second. */
const MAX_WAITING = 64;
/** Bytes that may wait: 0.4 s of 4K at 60 a second in 8 bits, three pictures of 8K in 16 bits. */
const WAITING_BYTES = 320 * 1024 * 1024;

export interface PictureQueueOptions {
  /** Bytes that the past may hold; what is on show and what waits is not counted. */
  historyBytes?: number;
  /** Bytes that may wait for their time; one picture may always. */
  waitingBytes?: number;
}

interface Entry extends TimedPicture {
  bytes: number;
  /** Bytes that count for the past; 0 as long as the picture is not part of it. */
  pastBytes: number;
}

export class PictureQueue {
  readonly #historyBytes: number;
  readonly #mostWaiting: number;
  readonly #entries: Entry[] = [];
  /** Index of the newest picture whose time has come, -1 before the first. */
  #shown = -1;
  /** Time of the last {@link advance}. */
  #now = Number.NEGATIVE_INFINITY;
  /** µs of past that are kept for delayed layers. */
  #history = 0;
  /** Bytes of the past. */
  #pastBytes = 0;
  /** Bytes of what waits. */
  #waitingBytes = 0;
  /** Pictures that came after a newer one was shown. */
  late = 0;
  /** Pictures for which there was no room. */
  dropped = 0;
  /** Pictures of the past that a delayed layer does without, because there were no bytes for them. */
  thinned = 0;

  constructor(options: PictureQueueOptions = {}) {
    this.#historyBytes = options.historyBytes ?? HISTORY_BYTES;
    this.#mostWaiting = options.waitingBytes ?? WAITING_BYTES;
  }

  /** Keeps `us` microseconds of the past. */
  keepHistory(us: number): void {
    this.#history = us;
  }

  get waiting(): number {
    return this.#entries.length - 1 - this.#shown;
  }

  /** True when half of the room is taken: nothing more should be decoded before it is due. */
  get isNearlyFull(): boolean {
    return this.waiting * 2 > MAX_WAITING || this.#waitingBytes * 2 > this.#mostWaiting;
  }

  #ptsAt(index: number): number {
    return this.#entries[index]?.pts ?? Number.POSITIVE_INFINITY;
  }

  /** Time of the newest picture in the queue, -Infinity when it is empty. */
  get newest(): number {
    return this.#entries.at(-1)?.pts ?? Number.NEGATIVE_INFINITY;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Takes ownership of a picture and puts it in its place in the order; one that is too late is let go. */
  push(entry: TimedPicture): void {
    if (entry.pts <= (this.#entries[this.#shown]?.pts ?? Number.NEGATIVE_INFINITY)) {
      entry.picture.free();
      this.late++;
      return;
    }
    let at = this.#entries.length;
    while (at > this.#shown + 1 && (this.#entries[at - 1]?.pts ?? 0) > entry.pts) at--;
    const bytes = pictureBytes(entry.picture);
    this.#entries.splice(at, 0, { ...entry, bytes, pastBytes: 0 });
    this.#waitingBytes += bytes;
    while (this.waiting > MAX_WAITING || (this.#waitingBytes > this.#mostWaiting && this.waiting > 1)) {
      const [oldest] = this.#entries.splice(this.#shown + 1, 1);
      if (!oldest) return;
      oldest.picture.free();
      this.#waitingBytes -= oldest.bytes;
      if (this.#ptsAt(this.#shown + 1) > this.#now) this.dropped++;
    }
  }

  /**
   * Moves on to time `now`: later calls of {@link at} see the newest picture that is not later than that. The last
   * picture stays for as long as no newer one comes.
   * @param slack a picture may be shown so much early if nothing else is new, and one that came due so short a time ago
   *   may wait when another one did before it: times that jitter about the boundary of two ticks would otherwise repeat
   *   one picture and leave out the next, again and again
   */
  advance(now: number, slack = 0): void {
    this.#now = now;
    const before = this.#shown;
    while (this.#ptsAt(this.#shown + 1) <= now) this.#shown++;
    if (this.#shown === before && this.#ptsAt(this.#shown + 1) <= now + slack) this.#shown++;
    else if (this.#shown >= before + 2 && before >= 0 && this.#ptsAt(this.#shown) > now - slack) this.#shown--;
    // From now on it belongs to this tick, also for who looks back from a later one.
    const on = this.#entries[this.#shown];
    if (slack > 0 && on && this.#shown > before) on.pts = Math.min(on.pts, now - slack);
    for (const { bytes } of this.#entries.slice(before + 1, this.#shown + 1)) this.#waitingBytes -= bytes;
    while (this.#shown > 0 && (this.#entries[1]?.pts ?? Number.POSITIVE_INFINITY) <= now - this.#history) {
      this.#dropPast(0);
    }
    this.#weighPast();
    while (this.#pastBytes > this.#historyBytes && this.#shown > 0) {
      this.#dropPast(mostCrowded(this.#shown, (index) => this.#entries[index]?.pts ?? 0));
      this.thinned++;
    }
  }

  /** Counts the bytes of what became the past since the last call. */
  #weighPast(): void {
    for (let index = this.#shown - 1; index >= 0; index--) {
      const entry = this.#entries[index];
      if (!entry || entry.pastBytes > 0 || entry.bytes === 0) return;
      entry.pastBytes = entry.bytes;
      this.#pastBytes += entry.pastBytes;
    }
  }

  #dropPast(index: number): void {
    const [entry] = this.#entries.splice(index, 1);
    if (!entry) return;
    entry.picture.free();
    this.#pastBytes -= entry.pastBytes;
    this.#shown--;
  }

  /** The picture of time `time`; the queue stays its owner, and it is valid until the next call of anything else. */
  at(time: number): Picture | null {
    for (let index = this.#shown; index >= 0; index--) {
      const entry = this.#entries[index];
      if (entry && entry.pts <= time) return entry.picture;
    }
    return this.#entries[0] && this.#shown >= 0 ? this.#entries[0].picture : null;
  }

  /** Lets go of what waits; the picture on show stays. */
  flush(): void {
    for (const entry of this.#entries.splice(this.#shown + 1)) entry.picture.free();
    this.#waitingBytes = 0;
  }

  /**
   * Moves the times of what has been shown to before everything that a restarted clock can bring, so that the last
   * picture stays on show until the first new one is due.
   */
  restart(): void {
    this.flush();
    this.#now = Number.NEGATIVE_INFINITY;
    for (const entry of this.#entries) entry.pts = Number.NEGATIVE_INFINITY;
  }

  clear(): void {
    for (const entry of this.#entries.splice(0)) entry.picture.free();
    this.#shown = -1;
    this.#pastBytes = 0;
    this.#waitingBytes = 0;
  }
}
