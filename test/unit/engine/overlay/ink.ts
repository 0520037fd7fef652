/** Looks at the samples of a sheet. */
import { colourSamples, type Sheet } from '../../../../src/engine/video/sheet.js';

export interface Ink {
  left: number;
  top: number;
  /** One past the last. */
  right: number;
  bottom: number;
  /** Samples that are not see-through. */
  count: number;
}

/** Where there is something to see; `colour` (0xrrggbb): only samples that are opaque and of this brightness. */
export function inkIn(sheet: Sheet, colour?: number): Ink {
  const ink = { left: sheet.width, top: sheet.height, right: 0, bottom: 0, count: 0 };
  const { y } = sheet;
  const wanted = colour === undefined ? null : colourSamples(colour).y;
  for (let row = 0; row < y.height; row++) {
    for (let column = 0; column < y.width; column++) {
      const at = row * y.width + column;
      const alpha = y.alpha[at] ?? 0;
      if (wanted === null ? alpha === 0 : alpha < 255 || Math.abs((y.data[at] ?? 0) - wanted) > 2) continue;
      ink.count++;
      ink.left = Math.min(ink.left, column);
      ink.right = Math.max(ink.right, column + 1);
      ink.top = Math.min(ink.top, row);
      ink.bottom = Math.max(ink.bottom, row + 1);
    }
  }
  return ink;
}

/** The samples at one place, not multiplied with their alpha. */
export function sampleOf(
  { y, u, v }: Sheet,
  column: number,
  row: number,
): { y: number; u: number; v: number; alpha: number } {
  const at = row * y.width + column;
  const half = (row >> 1) * u.width + (column >> 1);
  const of = (data: Uint8Array, alpha: Uint8Array, index: number): number =>
    Math.round((255 * (data[index] ?? 0)) / Math.max(1, alpha[index] ?? 0));
  return {
    y: of(y.data, y.alpha, at),
    u: of(u.data, u.alpha, half),
    v: of(v.data, v.alpha, half),
    alpha: y.alpha[at] ?? 0,
  };
}

/** A sheet of one colour. */
export function plainSheet(width: number, height: number, luma = 128): Sheet {
  const plane = (w: number, h: number, value: number): Sheet['y'] => ({
    width: w,
    height: h,
    data: new Uint8Array(w * h).fill(value),
    alpha: new Uint8Array(w * h).fill(255),
    first: new Int32Array(h),
    end: new Int32Array(h).fill(w),
  });
  return {
    width,
    height,
    y: plane(width, height, luma),
    u: plane(width / 2, height / 2, 128),
    v: plane(width / 2, height / 2, 128),
  };
}
