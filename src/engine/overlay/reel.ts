/**
 * The pictures of an animation as sheets, each shown for its time. Pushed by whoever decodes, shown as the ticks go on.
 *
 * A small animation is kept as a whole and goes round without being decoded again. Of a large one a few pictures are there
 * at a time: `push` waits. A picture that comes late is shown from then on, so the animation slows down and skips nothing.
 */
import type { Sheet } from '../video/sheet.js';

/** A picture and its time, µs; `Infinity` for one that stays. */
export interface ReelFrame {
  sheet: Sheet;
  durationUs: number;
}

export interface ReelOptions {
  /** Keep all pictures. */
  keep: boolean;
  /** How often it is played; `Infinity` for ever. Only of a reel that is kept. */
  plays: number;
}

/** Pictures in advance of a reel that is not kept. */
const AHEAD = 3;
/** A tick that is later than this finds the animation where it stopped, µs. */
const MAX_LATE = 500_000;

export class Reel {
  readonly #keep: boolean;
  #playsLeft: number;
  #frames: ReelFrame[] = [];
  /** Index of the picture shown, of a reel that is kept. */
  #index = 0;
  #complete = false;
  #closed = false;
  #shown: ReelFrame | null = null;
  /** When the picture shown began. */
  #since = 0;
  #wake: (() => void) | null = null;

  constructor({ keep, plays }: ReelOptions) {
    this.#keep = keep;
    this.#playsLeft = plays;
  }

  /** Adds the next picture; waits while there are enough. False: the reel is closed, nothing more is wanted. */
  async push(frame: ReelFrame): Promise<boolean> {
    while (!this.#keep && this.#frames.length >= AHEAD && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#closed) return false;
    this.#frames.push(frame);
    return true;
  }

  /** The last picture of a reel that is kept has been pushed. */
  complete(): void {
    this.#complete = true;
  }

  /** True when there is something to show. */
  get isReady(): boolean {
    return this.#shown !== null || this.#frames.length > 0;
  }

  /** The picture of the last {@link advance}. */
  get sheet(): Sheet | null {
    return this.#shown?.sheet ?? null;
  }

  /** @param now µs */
  advance(now: number): void {
    if (!this.#shown) {
      this.#shown = this.#keep ? (this.#frames[0] ?? null) : this.#shift();
      this.#since = now;
      return;
    }
    for (;;) {
      const end: number = this.#since + this.#shown.durationUs;
      if (now < end) return;
      const next = this.#keep ? this.#following() : this.#shift();
      if (!next) return;
      this.#shown = next;
      this.#since = now - end > MAX_LATE ? now : end;
    }
  }

  #shift(): ReelFrame | null {
    const frame = this.#frames.shift() ?? null;
    this.#wake?.();
    this.#wake = null;
    return frame;
  }

  #following(): ReelFrame | null {
    const next = this.#frames[this.#index + 1];
    if (next) {
      this.#index++;
      return next;
    }
    if (!this.#complete || this.#frames.length < 2 || this.#playsLeft <= 1) return null;
    this.#playsLeft--;
    this.#index = 0;
    return this.#frames[0] ?? null;
  }

  close(): void {
    this.#closed = true;
    this.#frames = [];
    this.#shown = null;
    this.#wake?.();
    this.#wake = null;
  }
}
