/**
 * Draws texts with Skia: sets lines, strokes outlines, cuts out the part that is wanted. One line break per "\n", no other;
 * horizontal writing only. Synchronous and slow (a first text of 1,024 Chinese characters takes 0.3 s): for the painter's
 * thread only.
 */
import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { type Sheet, sheetFromRgba } from '../video/sheet.js';
import { FontBook, type FontChoice } from './font-book.js';
import {
  type LabelStyle,
  MAX_CHARACTERS,
  MAX_SHEET_AREA,
  type Part,
  type TextMeasure,
  type TextSetting,
} from './painter.js';

/** Distance of two lines, and of the first base line from the top of the box, in em. */
const LINE_EM = 1.2;
const BASELINE_EM = 0.95;
/** Space for what smoothing adds at an edge. */
const EDGE = 1;
const LABEL_FONT = 'NotoSansHans-Regular';
const ELLIPSIS = '…';
/** Space beside a label's text, in em. */
const LABEL_PAD_EM = 0.35;
/** Lines are set once while the parts of a text are drawn one after the other. */
const KEPT_LAYOUTS = 16;

interface Line {
  text: string;
  font: string;
  width: number;
  /** Place of the base line's beginning from the left upper corner of the box. */
  x: number;
  y: number;
}

interface Layout {
  lines: Line[];
  measure: TextMeasure;
}

function evenUp(value: number): number {
  return Math.ceil(value / 2) * 2;
}

function css(color: number): string {
  return `rgb(${(color >> 16) & 255}, ${(color >> 8) & 255}, ${color & 255})`;
}

export class Typesetter {
  readonly #book = new FontBook();
  readonly #ruler: SKRSContext2D = createCanvas(1, 1).getContext('2d');
  readonly #layouts = new Map<string, Layout>();

  /** See {@link Painter.measure}. */
  measure(setting: TextSetting): TextMeasure {
    return this.#layout(setting).measure;
  }

  #layout(setting: TextSetting): Layout {
    const key = JSON.stringify(setting);
    const kept = this.#layouts.get(key);
    if (kept) return kept;
    const layout = this.#set(setting);
    const oldest = this.#layouts.keys().next();
    if (this.#layouts.size === KEPT_LAYOUTS && !oldest.done) this.#layouts.delete(oldest.value);
    this.#layouts.set(key, layout);
    return layout;
  }

  #set({ text, font, fontPx, outline, align }: TextSetting): Layout {
    const border = outline?.px ?? 0;
    const missing = new Set<string>();
    const lines: Line[] = [];
    const ink = { left: 0, top: 0, right: 0, bottom: 0 };
    const extents: ReturnType<SKRSContext2D['measureText']>[] = [];
    for (const raw of [...text].slice(0, MAX_CHARACTERS).join('').split('\n')) {
      const choice = this.#book.choose(raw, font);
      for (const letter of choice.missing) missing.add(letter);
      const chosen = fontOf(choice, fontPx);
      this.#ruler.font = chosen;
      const metrics = this.#ruler.measureText(choice.text);
      extents.push(metrics);
      const y = border + (lines.length * LINE_EM + BASELINE_EM) * fontPx;
      lines.push({ text: choice.text, font: chosen, width: metrics.width, x: 0, y });
    }
    const widest = Math.max(...lines.map((line) => line.width));
    const isEmpty = widest === 0;
    const box = isEmpty
      ? { width: 0, height: 0 }
      : { width: evenUp(widest + 2 * border), height: evenUp(lines.length * LINE_EM * fontPx + 2 * border) };
    const share = { left: 0, center: 0.5, right: 1 }[align];
    for (const [index, line] of lines.entries()) {
      line.x = border + (box.width - 2 * border - line.width) * share;
      const metrics = extents[index];
      if (!metrics || line.width === 0) continue;
      const reach = border + EDGE;
      ink.left = Math.max(ink.left, metrics.actualBoundingBoxLeft + reach - line.x);
      ink.top = Math.max(ink.top, metrics.actualBoundingBoxAscent + reach - line.y);
      ink.right = Math.max(ink.right, line.x + metrics.actualBoundingBoxRight + reach - box.width);
      ink.bottom = Math.max(ink.bottom, line.y + metrics.actualBoundingBoxDescent + reach - box.height);
    }
    const over = {
      left: evenUp(ink.left),
      top: evenUp(ink.top),
      right: evenUp(ink.right),
      bottom: evenUp(ink.bottom),
    };
    return { lines, measure: { box, over, missing: [...missing].join('') } };
  }

  /** See {@link Painter.paint}. @throws RangeError when the part is larger than {@link MAX_SHEET_AREA} */
  paint(setting: TextSetting, part: Part): Sheet {
    if (part.width * part.height > MAX_SHEET_AREA) {
      throw new RangeError(`${part.width} x ${part.height} pixels are too many for one drawing`);
    }
    const { lines } = this.#layout(setting);
    const context = createCanvas(part.width, part.height).getContext('2d');
    const { outline } = setting;
    const fall = LINE_EM * setting.fontPx;
    const shown = lines.filter(({ y }) => y + fall > part.y && y - 2 * fall < part.y + part.height);
    // All outlines first, so that none lies over the letters of the line above.
    if (outline && outline.px > 0) {
      context.lineJoin = 'round';
      // Half of a stroke is inside the letter, and covered by it.
      context.lineWidth = 2 * outline.px;
      context.strokeStyle = css(outline.color);
      for (const line of shown) {
        context.font = line.font;
        context.strokeText(line.text, line.x - part.x, line.y - part.y);
      }
    }
    context.fillStyle = css(setting.color);
    for (const line of shown) {
      context.font = line.font;
      context.fillText(line.text, line.x - part.x, line.y - part.y);
    }
    return sheetOf(context, part.width, part.height);
  }

  /** See {@link Painter.label}. */
  label(text: string, style: LabelStyle): Sheet {
    const { fontPx, background } = style;
    const pad = LABEL_PAD_EM * fontPx;
    const most = Math.max(2, Math.floor(style.maxWidth / 2) * 2);
    const line = this.#shorten(text.replaceAll('\n', ' '), fontPx, most - 2 * pad);
    const width = Math.min(most, Math.max(2, evenUp(line.width + 2 * pad)));
    const height = Math.max(2, evenUp((LINE_EM + 0.2) * fontPx));
    const context = createCanvas(width, height).getContext('2d');
    context.fillStyle = css(background);
    context.fillRect(0, 0, width, height);
    context.font = line.font;
    context.fillStyle = css(style.color);
    context.fillText(line.text, pad, (BASELINE_EM + 0.1) * fontPx);
    return sheetOf(context, width, height);
  }

  /** The longest beginning that fits, with an ellipsis when it is not the whole. */
  #shorten(text: string, fontPx: number, room: number): { text: string; font: string; width: number } {
    const letters = [...text].slice(0, MAX_CHARACTERS);
    const measured = (count: number): { text: string; font: string; width: number } => {
      const cut = letters.slice(0, count).join('').trimEnd();
      const choice = this.#book.choose(count === letters.length ? cut : cut + ELLIPSIS, LABEL_FONT);
      this.#ruler.font = fontOf(choice, fontPx);
      return { text: choice.text, font: this.#ruler.font, width: this.#ruler.measureText(choice.text).width };
    };
    const whole = measured(letters.length);
    if (whole.width <= room) return whole;
    let fits = 0;
    let tooMany = letters.length;
    while (tooMany - fits > 1) {
      const middle = (fits + tooMany) >> 1;
      if (measured(middle).width <= room) fits = middle;
      else tooMany = middle;
    }
    return measured(fits);
  }
}

function fontOf({ families, weight }: FontChoice, fontPx: number): string {
  return `${weight} ${fontPx}px ${families.length > 0 ? families.join(', ') : 'none'}`;
}

function sheetOf(context: SKRSContext2D, width: number, height: number): Sheet {
  return sheetFromRgba(context.getImageData(0, 0, width, height).data, width, height);
}
