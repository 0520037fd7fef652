/**
 * Short words on a plate, for the multiview. They are drawn beside the thread that ticks, so a label is not there at once:
 * ask again at the next tick.
 */
import type { Sheet } from '../video/sheet.js';
import type { LabelStyle, Painter } from './painter.js';
import { processPainter } from './thread-painter.js';

/** Labels that are kept; a multiview has two a tile at most. */
const MAX_KEPT = 256;
/** Calls without an answer before a label that could not be drawn is tried again: a few seconds of ticks. */
const RETRY_CALLS = 100;

interface Kept {
  sheet: Sheet | null;
  /** Calls to come before it is asked for again; null while it is being drawn or is there. */
  waits: number | null;
}

export class Labels {
  readonly #painter: Painter;
  readonly #kept = new Map<string, Kept>();

  constructor(painter: Painter) {
    this.#painter = painter;
  }

  /** The label, or null as long as it is not drawn; kept here, so the caller needs not keep it. */
  draw(text: string, style: LabelStyle): Sheet | null {
    const key = JSON.stringify([text, style.fontPx, style.color, style.background, style.maxWidth]);
    const kept = this.#kept.get(key);
    if (!kept) {
      // Drawn again at once where one is still in use.
      if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
      const fresh: Kept = { sheet: null, waits: null };
      this.#kept.set(key, fresh);
      this.#paint(fresh, text, style);
      return null;
    }
    if (kept.waits !== null && --kept.waits <= 0) {
      kept.waits = null;
      this.#paint(kept, text, style);
    }
    return kept.sheet;
  }

  #paint(kept: Kept, text: string, style: LabelStyle): void {
    this.#painter.label(text, style).then(
      (sheet) => {
        kept.sheet = sheet;
      },
      () => {
        kept.waits = RETRY_CALLS;
      },
    );
  }
}

let ofProcess: Labels | null = null;

/** {@link Labels.draw} with the painter of this process. */
export function drawLabel(text: string, style: LabelStyle): Sheet | null {
  ofProcess ??= new Labels(processPainter());
  return ofProcess.draw(text, style);
}
