/**
 * A crawling text of any length. A short one is one sheet. A long one is drawn in parts, each two frames long and one frame
 * further than the one before, so that whatever is in the frame is always inside one of them; the next part is drawn while
 * its predecessor is on its way. At most three parts are kept.
 */
import type { Size } from '../../domain/geometry.js';
import type { Sheet } from '../video/sheet.js';
import { crawlPlace } from './crawl.js';
import type { PlacedSheet } from './overlay.js';
import type { Part } from './painter.js';

/** Samples up to which a text is drawn as a whole: 12 MB as a sheet. */
const MAX_WHOLE_AREA = 4 * 1024 * 1024;
/** Pause after a part could not be drawn, µs. */
const RETRY = 1_000_000;

export interface StripOptions {
  axis: 'x' | 'y';
  frame: Size;
  /** Pixels a second. */
  speed: number;
  /** What is to be seen of the text, from the corner of its box on; across the way it is inside the frame. */
  ink: Part;
  /** Where the corner of the box lies across the way. */
  across: number;
  draw: (part: Part) => Promise<Sheet>;
  onError: (error: unknown) => void;
}

export class Strip {
  readonly #options: StripOptions;
  readonly #frame: number;
  readonly #length: number;
  readonly #stride: number;
  readonly #count: number;
  readonly #parts = new Map<number, Sheet>();
  #drawing = false;
  #notBefore = Number.NEGATIVE_INFINITY;
  #now = 0;
  #since: number | null = null;
  #at = 0;
  #closed = false;

  constructor(options: StripOptions) {
    const { axis, frame, ink } = options;
    this.#options = options;
    this.#frame = axis === 'x' ? frame.width : frame.height;
    this.#length = axis === 'x' ? ink.width : ink.height;
    this.#stride = Math.ceil(this.#frame / 2) * 2;
    const whole = ink.width * ink.height <= MAX_WHOLE_AREA;
    this.#count = whole ? 1 : Math.max(1, Math.ceil(this.#length / this.#stride) - 1);
    this.#draw(0);
  }

  isReady(): boolean {
    return this.#since !== null || this.#parts.size > 0;
  }

  advance(now: number): void {
    this.#now = now;
    if (this.#since === null && this.#parts.size > 0) this.#since = now;
    const since = this.#since === null ? 0 : now - this.#since;
    this.#at = crawlPlace(since, { frame: this.#frame, length: this.#length, speed: this.#options.speed });
    const current = this.#partAt();
    const next = (current + 1) % this.#count;
    for (const index of this.#parts.keys()) {
      // The one before stays until the one that is needed is there.
      const idle = index !== current && index !== next;
      if (idle && this.#parts.has(current)) this.#parts.delete(index);
    }
    const missing = [current, next].find((index) => !this.#parts.has(index));
    if (missing !== undefined && now >= this.#notBefore) this.#draw(missing);
  }

  /** The part that holds all that is in the frame. */
  #partAt(): number {
    return Math.min(this.#count - 1, Math.floor(Math.max(0, -this.#at) / this.#stride));
  }

  #draw(index: number): void {
    if (this.#drawing || this.#closed) return;
    this.#drawing = true;
    const { axis, ink, draw, onError } = this.#options;
    const begin = index * this.#stride;
    const length = this.#count === 1 ? this.#length : Math.min(2 * this.#stride, this.#length - begin);
    const part =
      axis === 'x' ? { ...ink, x: ink.x + begin, width: length } : { ...ink, y: ink.y + begin, height: length };
    draw(part)
      .then(
        (sheet) => {
          if (!this.#closed) this.#parts.set(index, sheet);
        },
        (error: unknown) => {
          this.#notBefore = this.#now + RETRY;
          if (!this.#closed) onError(error);
        },
      )
      .finally(() => {
        this.#drawing = false;
      });
  }

  placed(): PlacedSheet | null {
    if (this.#since === null) return null;
    const current = this.#partAt();
    // Late on a slow machine: what is there of the part before is shown meanwhile.
    const index = this.#parts.has(current) ? current : current - 1;
    const sheet = this.#parts.get(index);
    if (!sheet) return null;
    const { axis, ink, across } = this.#options;
    const along = this.#at + index * this.#stride;
    return axis === 'x' ? { sheet, x: along, y: across + ink.y } : { sheet, x: across + ink.x, y: along };
  }

  close(): void {
    this.#closed = true;
    this.#parts.clear();
  }
}
