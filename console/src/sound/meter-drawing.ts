/** What meters look like, on a canvas whose size is in CSS pixels. */
import { type Needle, placeOf, RED_DB, WARN_DB } from './ballistics.js';

export type Canvas = CanvasRenderingContext2D;

const COLOURS = {
  ground: '#0a0d11',
  mark: '#2c343f',
  strong: '#9aa5b3',
  low: '#46b4c8',
  lowDim: '#235661',
  warn: '#ffb648',
  warnDim: '#7d5b26',
  red: '#f0353f',
  redDim: '#7d1f25',
} as const;

/** Levels that have a line across a meter. */
export const METER_MARKS: readonly number[] = [0, -6, -12, -20, -30, -40, -50];

/** Loudness of the scale's ends, LUFS, and the level that programmes are to have (EBU R128). */
const LOUDNESS = { low: -41, high: -5, target: -23, tolerance: 1 };

/**
 * A canvas and its size, which is measured only when it changes: to ask for it in every picture would make the browser
 * lay out the page anew each time. Its owner calls close().
 */
export class Sheet {
  readonly #canvas: HTMLCanvasElement;
  readonly #observer: ResizeObserver;
  #width: number;
  #height: number;
  /** What was drawn last, in the words of whoever draws. */
  #drawn = '';

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    [this.#width, this.#height] = [canvas.clientWidth, canvas.clientHeight];
    this.#observer = new ResizeObserver(() => {
      [this.#width, this.#height] = [canvas.clientWidth, canvas.clientHeight];
      this.#drawn = '';
    });
    this.#observer.observe(canvas);
  }

  close(): void {
    this.#observer.disconnect();
  }

  /** Of the drawing, in CSS pixels. */
  get height(): number {
    return this.#height;
  }

  /**
   * An empty sheet to draw on, in CSS pixels; null when it is not shown, or when there is already what is to be drawn.
   * @param what says what is to be drawn, the same words for the same picture
   */
  begin(what: string): { at: Canvas; width: number; height: number } | null {
    const [width, height] = [this.#width, this.#height];
    if (this.#drawn === what || width === 0 || height === 0) return null;
    const at = this.#canvas.getContext('2d', { alpha: false });
    if (!at) return null;
    this.#drawn = what;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== w || this.#canvas.height !== h) Object.assign(this.#canvas, { width: w, height: h });
    at.setTransform(ratio, 0, 0, ratio, 0, 0);
    at.fillStyle = COLOURS.ground;
    at.fillRect(0, 0, width, height);
    return { at, width, height };
  }
}

/** A level from the bottom up, coloured by zones: below -9 dBFS, below -1, above. */
function bar(at: Canvas, x: number, width: number, height: number, db: number, isDim: boolean): void {
  const zones = [
    [placeOf(WARN_DB), isDim ? COLOURS.lowDim : COLOURS.low],
    [placeOf(RED_DB), isDim ? COLOURS.warnDim : COLOURS.warn],
    [1, isDim ? COLOURS.redDim : COLOURS.red],
  ] as const;
  const top = placeOf(db);
  let from = 0;
  for (const [to, colour] of zones) {
    const until = Math.min(top, to);
    if (until > from) {
      at.fillStyle = colour;
      at.fillRect(x, height * (1 - until), width, height * (until - from));
    }
    from = to;
  }
}

export interface Channel {
  peak: Needle;
  rms: Needle;
}

/** Left and right side by side: RMS full, the peak above it dim, the held peak as a line. */
export function drawChannels(sheet: Sheet, channels: readonly Channel[], isKnown: boolean, now: number): void {
  // Half a pixel is not seen.
  const half = (db: number): number => Math.round(placeOf(db) * sheet.height * 2);
  const places = channels.map(({ peak, rms }) => [peak.level(now), rms.level(now), peak.held(now)].map(half));
  const begun = sheet.begin(isKnown ? places.join() : 'unknown');
  if (!begun) return;
  const { at, width, height } = begun;
  const each = (width - (channels.length - 1) * 2) / channels.length;
  for (const [index, { peak, rms }] of channels.entries()) {
    const x = index * (each + 2);
    at.fillStyle = '#141920';
    at.fillRect(x, 0, each, height);
    if (!isKnown) continue;
    bar(at, x, each, height, peak.level(now), true);
    bar(at, x, each, height, rms.level(now), false);
    const held = peak.held(now);
    const place = placeOf(held);
    if (place > 0) {
      at.fillStyle = held > RED_DB ? COLOURS.red : held > WARN_DB ? COLOURS.warn : '#d6f3f8';
      at.fillRect(x, Math.min(height - 2, Math.max(0, height * (1 - place) - 1)), each, 2);
    }
  }
  at.fillStyle = 'rgb(0 0 0 / 45%)';
  for (const db of METER_MARKS) at.fillRect(0, Math.round(height * (1 - placeOf(db))), width, 1);
}

/** Momentary loudness as a bar, short-term as a line, integrated as a triangle below; the target is marked. */
export function drawLoudness(
  sheet: Sheet,
  known: { momentary: number; shortTerm: number; integrated: number } | null,
): void {
  const begun = sheet.begin(known ? [known.momentary, known.shortTerm, known.integrated].join() : 'unknown');
  if (!begun) return;
  const { at, width, height } = begun;
  const { low, high, target, tolerance } = LOUDNESS;
  const x = (lufs: number): number => Math.min(1, Math.max(0, (lufs - low) / (high - low))) * width;
  at.fillStyle = '#1d2731';
  at.fillRect(x(target - tolerance), 0, x(target + tolerance) - x(target - tolerance), height);
  if (known) {
    const end = x(known.momentary);
    const limit = x(target + tolerance);
    at.fillStyle = COLOURS.low;
    at.fillRect(0, 3, Math.min(end, limit), height - 8);
    at.fillStyle = COLOURS.warn;
    if (end > limit) at.fillRect(limit, 3, end - limit, height - 8);
    at.fillStyle = '#fff';
    if (known.shortTerm > low) at.fillRect(x(known.shortTerm) - 1, 1, 2, height - 4);
    if (known.integrated > low) {
      const middle = x(known.integrated);
      at.beginPath();
      at.moveTo(middle, height - 6);
      at.lineTo(middle + 5, height);
      at.lineTo(middle - 5, height);
      at.fill();
    }
  }
  at.fillStyle = COLOURS.strong;
  at.fillRect(x(target), 0, 1, height);
}

/** From -1 at the left to 1 at the right; out of phase warns. */
export function drawCorrelation(sheet: Sheet, value: number | null): void {
  const begun = sheet.begin(String(value));
  if (!begun) return;
  const { at, width, height } = begun;
  const middle = width / 2;
  at.fillStyle = COLOURS.mark;
  for (const share of [0.25, 0.5, 0.75]) at.fillRect(width * share, 0, 1, height);
  if (value === null) return;
  const x = middle + Math.min(1, Math.max(-1, value)) * middle;
  at.fillStyle = value < 0 ? COLOURS.warn : COLOURS.low;
  at.fillRect(Math.min(x, middle), height / 2 - 1, Math.abs(x - middle), 2);
  at.fillRect(Math.min(width - 4, Math.max(0, x - 2)), 1, 4, height - 2);
}

/** How much is turned down, from the right end: 0 to `most` dB. */
export function drawReduction(sheet: Sheet, db: number | null, most: number): void {
  const begun = sheet.begin(String(db));
  if (!begun || db === null) return;
  const { at, width, height } = begun;
  const share = Math.min(1, Math.max(0, db / most));
  at.fillStyle = COLOURS.warn;
  at.fillRect(width * (1 - share), 1, width * share, height - 2);
}
