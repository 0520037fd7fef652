/**
 * Decoded pictures of one source in the order of their times (µs on the source's own clock).
 *
 * The queue owns what is in it. It keeps the picture that is on show, those that wait, and as much of the past as a
 * delayed layer needs. It is bounded: when it is full the oldest picture that waits is let go, counted as late; when the
 * past outgrows its bytes it is thinned out evenly, counted as thinned.
 */
import type { Picture, TimedPicture } from '../av/media.js';
import { HISTORY_BYTES, mostCrowded, pictureBytes } from './picture-history.js';

/** Pictures that may wait; 2.1 s at 30 a second. */
const MAX_WAITING = 64;

export interface PictureQueueOptions {
  /** Bytes that the past may hold; what is on show and what waits is not counted. */
  historyBytes?: number;
}

interface Entry extends TimedPicture {
  /** Bytes that count for the past; 0 as long as the picture is not part of it. */
  pastBytes: number;
}

export class PictureQueue {
  readonly #historyBytes: number;
  readonly #entries: Entry[] = [];
  /** Index of the newest picture whose time has come, -1 before the first. */
  #shown = -1;
  /** µs of past that are kept for delayed layers. */
  #history = 0;
  /** Bytes of the past. */
  #pastBytes = 0;
  /** Pictures that came after a newer one was shown, or for which there was no room. */
  late = 0;
  /** Pictures of the past that a delayed layer does without, because there were no bytes for them. */
  thinned = 0;

  constructor(options: PictureQueueOptions = {}) {
    this.#historyBytes = options.historyBytes ?? HISTORY_BYTES;
  }

  /** Keeps `us` microseconds of the past. */
  keepHistory(us: number): void {
    this.#history = us;
  }

  get waiting(): number {
    return this.#entries.length - 1 - this.#shown;
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
    this.#entries.splice(at, 0, { ...entry, pastBytes: 0 });
    if (this.waiting > MAX_WAITING) {
      const [oldest] = this.#entries.splice(this.#shown + 1, 1);
      oldest?.picture.free();
      this.late++;
    }
  }

  /**
   * Moves on to time `now`: later calls of {@link at} see the newest picture that is not later than that. The last
   * picture stays for as long as no newer one comes.
   */
  advance(now: number): void {
    while ((this.#entries[this.#shown + 1]?.pts ?? Number.POSITIVE_INFINITY) <= now) this.#shown++;
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
      if (!entry || entry.pastBytes > 0) return;
      entry.pastBytes = pictureBytes(entry.picture);
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
  }

  /**
   * Moves the times of what has been shown to before everything that a restarted clock can bring, so that the last
   * picture stays on show until the first new one is due.
   */
  restart(): void {
    this.flush();
    for (const entry of this.#entries) entry.pts = Number.NEGATIVE_INFINITY;
  }

  clear(): void {
    for (const entry of this.#entries.splice(0)) entry.picture.free();
    this.#shown = -1;
    this.#pastBytes = 0;
  }
}
