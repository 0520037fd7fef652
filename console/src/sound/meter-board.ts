/**
 * Takes readings to whatever draws them, without React: each drawing is told every reading, and drawn at most once a
 * frame of the browser and some 25 times a second. A reading older than {@link STALE_MS} is none: drawings then show that
 * nothing is known instead of the last picture. Times in ms of one clock.
 */
import { STALE_MS } from './ballistics.js';
import type { Levels } from './levels-wire.js';

export interface Drawing {
  /** A reading came. */
  read: (levels: Levels, now: number) => void;
  /** @param levels the newest reading; null when there is none that still counts */
  draw: (levels: Levels | null, now: number) => void;
}

export interface BoardSurroundings {
  now: () => number;
  /** Runs something in the browser's next frame, but not before `ms` have passed; gives the function that calls it off. */
  nextFrame: (run: () => void, ms: number) => () => void;
}

const BROWSER: BoardSurroundings = {
  now: () => performance.now(),
  nextFrame: (run, ms) => {
    let frame = 0;
    // A frame that was asked for is made even when it draws nothing, so it is asked for late.
    const timer = setTimeout(() => {
      frame = requestAnimationFrame(run);
    }, ms);
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
    };
  },
};

/** Least time between two pictures, and less the way to the next frame. */
const PAUSE_MS = 30;

export class MeterBoard {
  readonly #around: BoardSurroundings;
  readonly #drawings = new Set<Drawing>();
  #levels: Levels | null = null;
  #at = Number.NEGATIVE_INFINITY;
  #callOff: (() => void) | null = null;

  constructor(around: BoardSurroundings = BROWSER) {
    this.#around = around;
  }

  /** Adds a drawing; the function that is returned takes it away. */
  add(drawing: Drawing): () => void {
    this.#drawings.add(drawing);
    if (!this.#callOff) this.#ask(0);
    return () => {
      this.#drawings.delete(drawing);
      if (this.#drawings.size > 0) return;
      this.#callOff?.();
      this.#callOff = null;
    };
  }

  /** A new reading. */
  read(levels: Levels): void {
    this.#at = this.#around.now();
    this.#levels = levels;
    for (const drawing of this.#drawings) drawing.read(levels, this.#at);
  }

  /** Nothing comes any more. */
  clear(): void {
    this.#levels = null;
  }

  #ask(ms: number): void {
    this.#callOff = this.#around.nextFrame(() => {
      this.#ask(PAUSE_MS);
      const now = this.#around.now();
      if (now - this.#at > STALE_MS) this.#levels = null;
      for (const drawing of this.#drawings) drawing.draw(this.#levels, now);
    }, ms);
  }
}
