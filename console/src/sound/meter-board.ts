/**
 * Takes readings to whatever draws them, without React: each drawing is told every reading, and drawn at most once a
 * frame of the browser and some 30 times a second. A reading older than {@link STALE_MS} is none: drawings then show that
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
  requestFrame: (run: (now: number) => void) => number;
  cancelFrame: (id: number) => void;
}

const BROWSER: BoardSurroundings = {
  now: () => performance.now(),
  requestFrame: (run) => requestAnimationFrame(run),
  cancelFrame: (id) => cancelAnimationFrame(id),
};

/** Screens of 120 Hz need no meters of 120 Hz; a little less than two frames of 60 Hz. */
const DRAW_MS = 30;

export class MeterBoard {
  readonly #around: BoardSurroundings;
  readonly #drawings = new Set<Drawing>();
  #levels: Levels | null = null;
  #at = Number.NEGATIVE_INFINITY;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #frame: number | null = null;

  constructor(around: BoardSurroundings = BROWSER) {
    this.#around = around;
  }

  /** Adds a drawing; the function that is returned takes it away. */
  add(drawing: Drawing): () => void {
    this.#drawings.add(drawing);
    if (this.#frame === null) this.#ask();
    return () => {
      this.#drawings.delete(drawing);
      if (this.#drawings.size > 0 || this.#frame === null) return;
      this.#around.cancelFrame(this.#frame);
      this.#frame = null;
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

  #ask(): void {
    this.#frame = this.#around.requestFrame(() => {
      this.#ask();
      const now = this.#around.now();
      if (now - this.#drawnAt < DRAW_MS) return;
      this.#drawnAt = now;
      if (now - this.#at > STALE_MS) this.#levels = null;
      for (const drawing of this.#drawings) drawing.draw(this.#levels, now);
    });
  }
}
