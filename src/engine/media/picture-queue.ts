/**
 * Decoded pictures of one source in the order of their times (µs on the source's own clock).
 *
 * The queue owns what is in it. It keeps the picture that is on show, those that wait, and as much of the past as a
 * delayed layer needs. It is bounded: when it is full the oldest picture that waits is let go, counted as late.
 */
import type { Picture, TimedPicture } from '../av/media.js';

/** Pictures that may wait; 2.1 s at 30 a second. */
const MAX_WAITING = 64;

export class PictureQueue {
  readonly #entries: TimedPicture[] = [];
  /** Index of the newest picture whose time has come, -1 before the first. */
  #shown = -1;
  /** µs of past that are kept for delayed layers. */
  #history = 0;
  /** Pictures that came after a newer one was shown, or for which there was no room. */
  late = 0;

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
    this.#entries.splice(at, 0, entry);
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
      this.#entries.shift()?.picture.free();
      this.#shown--;
    }
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
  }
}
