/** A decoded picture in colour, and what a test asks of it. Areas are pixels of the picture; colours are 0xrrggbb. */
import { type Area, type FrameCode, readFrameCode } from '../../src/lib/framecode.js';

export interface Colour {
  r: number;
  g: number;
  b: number;
}

/** How far apart two samples of one colour may be after lossy coding. */
const NEAR = 32;

export function colourOf(value: number): Colour {
  return { r: (value >> 16) & 0xff, g: (value >> 8) & 0xff, b: value & 0xff };
}

/** `share` of `over` on the rest of `under`. */
export function mixed(over: number, under: number, share: number): number {
  const [a, b] = [colourOf(over), colourOf(under)];
  const mix = (x: number, y: number): number => Math.round(x * share + y * (1 - share));
  return (mix(a.r, b.r) << 16) | (mix(a.g, b.g) << 8) | mix(a.b, b.b);
}

export class ColourPicture {
  readonly width: number;
  readonly height: number;
  /** r, g, b of each pixel, row after row. */
  readonly data: Uint8Array;
  /** Time on the clock of its stream. */
  readonly ptsMs: number;

  constructor(width: number, height: number, data: Uint8Array, ptsMs: number) {
    if (data.length !== width * height * 3)
      throw new Error(`${data.length} bytes are no picture of ${width}x${height}`);
    this.width = width;
    this.height = height;
    this.data = data;
    this.ptsMs = ptsMs;
  }

  at(x: number, y: number): Colour {
    const from = (y * this.width + x) * 3;
    return { r: this.data[from] ?? 0, g: this.data[from + 1] ?? 0, b: this.data[from + 2] ?? 0 };
  }

  isNear(x: number, y: number, colour: number, tolerance = NEAR): boolean {
    const [seen, wanted] = [this.at(x, y), colourOf(colour)];
    return (
      Math.abs(seen.r - wanted.r) <= tolerance &&
      Math.abs(seen.g - wanted.g) <= tolerance &&
      Math.abs(seen.b - wanted.b) <= tolerance
    );
  }

  /** Mean colour of an area; the whole picture unless told. */
  mean(area: Area = { x: 0, y: 0, width: this.width, height: this.height }): Colour {
    const sum = { r: 0, g: 0, b: 0 };
    let count = 0;
    for (let y = Math.round(area.y); y < Math.round(area.y + area.height); y++) {
      for (let x = Math.round(area.x); x < Math.round(area.x + area.width); x++) {
        const { r, g, b } = this.at(x, y);
        sum.r += r;
        sum.g += g;
        sum.b += b;
        count++;
      }
    }
    if (count === 0) throw new Error('an empty area has no colour');
    return { r: sum.r / count, g: sum.g / count, b: sum.b / count };
  }

  /** Greatest difference of a channel between the mean of an area and a colour. */
  distance(colour: number, area?: Area): number {
    const [seen, wanted] = [this.mean(area), colourOf(colour)];
    return Math.max(Math.abs(seen.r - wanted.r), Math.abs(seen.g - wanted.g), Math.abs(seen.b - wanted.b));
  }

  /** Share of an area that has a colour, 0 to 1. */
  share(colour: number, area: Area, tolerance?: number): number {
    let count = 0;
    let all = 0;
    for (let y = Math.round(area.y); y < Math.round(area.y + area.height); y++) {
      for (let x = Math.round(area.x); x < Math.round(area.x + area.width); x++) {
        all++;
        if (this.isNear(x, y, colour, tolerance)) count++;
      }
    }
    return all > 0 ? count / all : 0;
  }

  /**
   * The box around all pixels of a colour; null when there are none. A row or column counts from 3 such pixels on, so that
   * coding noise does not.
   */
  boxOf(colour: number, tolerance?: number): Area | null {
    const rows = new Array<number>(this.height).fill(0);
    const columns = new Array<number>(this.width).fill(0);
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        if (!this.isNear(x, y, colour, tolerance)) continue;
        rows[y] = (rows[y] ?? 0) + 1;
        columns[x] = (columns[x] ?? 0) + 1;
      }
    }
    const isSome = (count: number): boolean => count >= 3;
    const [top, bottom] = [rows.findIndex(isSome), rows.findLastIndex(isSome)];
    const [left, right] = [columns.findIndex(isSome), columns.findLastIndex(isSome)];
    if (top < 0 || left < 0) return null;
    return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
  }

  /** Brightness of each pixel, 0 to 255. */
  luma(): Uint8Array {
    const luma = new Uint8Array(this.width * this.height);
    for (let index = 0; index < luma.length; index++) {
      const [r, g, b] = [this.data[index * 3] ?? 0, this.data[index * 3 + 1] ?? 0, this.data[index * 3 + 2] ?? 0];
      luma[index] = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    }
    return luma;
  }

  /** Code of the coded picture that lies in `area`; null when there is none. */
  code(area: Area = { x: 0, y: 0, width: this.width, height: this.height }): FrameCode | null {
    return readFrameCode({ data: this.luma(), stride: this.width }, area);
  }
}
