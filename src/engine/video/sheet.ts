/**
 * A picture with transparency, prepared for being laid over yuv420p pictures (BT.709, limited range): samples are
 * multiplied with their alpha beforehand, so that laying one over another is one multiplication a sample.
 *
 * A sheet is plain memory and never changes; whoever holds it needs not free it.
 */
import { type Picture, type Plane, planesOf } from '../av/picture.js';

/** One plane: `data[i]` is sample times alpha / 255, `alpha[i]` 0 (see-through) to 255. */
export interface SheetPlane {
  width: number;
  height: number;
  data: Uint8Array;
  alpha: Uint8Array;
  /** For each row the first column that is not see-through, and one past the last; equal when there is none. */
  first: Int32Array;
  end: Int32Array;
}

export interface Sheet {
  /** Even numbers. */
  width: number;
  height: number;
  y: SheetPlane;
  /** Half as wide and high. */
  u: SheetPlane;
  v: SheetPlane;
}

/** Samples of video range (ITU-R BT.709 section 3), not rounded. */
function luma(r: number, g: number, b: number): number {
  return 16 + (219 * (0.2126 * r + 0.7152 * g + 0.0722 * b)) / 255;
}

function chromaB(r: number, g: number, b: number): number {
  return 128 + (224 * (b - (0.2126 * r + 0.7152 * g + 0.0722 * b))) / 1.8556 / 255;
}

function chromaR(r: number, g: number, b: number): number {
  return 128 + (224 * (r - (0.2126 * r + 0.7152 * g + 0.0722 * b))) / 1.5748 / 255;
}

function emptyPlane(width: number, height: number): SheetPlane {
  return {
    width,
    height,
    data: new Uint8Array(width * height),
    alpha: new Uint8Array(width * height),
    first: new Int32Array(height),
    end: new Int32Array(height),
  };
}

/** Notes for each row where something is to be seen. */
function findSpans(plane: SheetPlane): void {
  const { width, height, alpha } = plane;
  for (let row = 0; row < height; row++) {
    let first = 0;
    while (first < width && alpha[row * width + first] === 0) first++;
    let end = width;
    while (end > first && alpha[row * width + end - 1] === 0) end--;
    plane.first[row] = first;
    plane.end[row] = end;
  }
}

/** A colour 0xrrggbb as video samples. */
export function colourSamples(colour: number): { y: number; u: number; v: number } {
  const r = (colour >> 16) & 255;
  const g = (colour >> 8) & 255;
  const b = colour & 255;
  return { y: Math.round(luma(r, g, b)), u: Math.round(chromaB(r, g, b)), v: Math.round(chromaR(r, g, b)) };
}

/**
 * @param rgba samples in rows without padding, not multiplied with their alpha; only read
 * @param width even; @param height even
 */
export function sheetFromRgba(rgba: Uint8Array | Uint8ClampedArray, width: number, height: number): Sheet {
  if (width % 2 !== 0 || height % 2 !== 0) throw new RangeError('a sheet has even sides');
  const y = emptyPlane(width, height);
  const u = emptyPlane(width / 2, height / 2);
  const v = emptyPlane(width / 2, height / 2);
  for (let i = 0; i < width * height; i++) {
    const alpha = rgba[4 * i + 3] ?? 0;
    if (alpha === 0) continue;
    y.alpha[i] = alpha;
    y.data[i] = Math.round((luma(rgba[4 * i] ?? 0, rgba[4 * i + 1] ?? 0, rgba[4 * i + 2] ?? 0) * alpha) / 255);
  }
  for (let row = 0; row < u.height; row++) {
    for (let column = 0; column < u.width; column++) {
      let alpha = 0;
      let blue = 0;
      let red = 0;
      for (let part = 0; part < 4; part++) {
        const at = 4 * ((2 * row + (part >> 1)) * width + 2 * column + (part & 1));
        const opacity = rgba[at + 3] ?? 0;
        if (opacity === 0) continue;
        const [r, g, b] = [rgba[at] ?? 0, rgba[at + 1] ?? 0, rgba[at + 2] ?? 0];
        alpha += opacity;
        blue += chromaB(r, g, b) * opacity;
        red += chromaR(r, g, b) * opacity;
      }
      const at = row * u.width + column;
      u.alpha[at] = v.alpha[at] = Math.round(alpha / 4);
      u.data[at] = Math.round(blue / 4 / 255);
      v.data[at] = Math.round(red / 4 / 255);
    }
  }
  for (const plane of [y, u, v]) findSpans(plane);
  return { width, height, y, u, v };
}

/** Lays one plane over another with its left upper corner at `x`, `y`; `opacity` 0 to 256. */
function layPlane(
  target: Plane,
  size: { width: number; height: number },
  plane: SheetPlane,
  x: number,
  y: number,
  opacity: number,
): void {
  const { data } = target;
  const top = Math.max(0, -y);
  const bottom = Math.min(plane.height, size.height - y);
  for (let row = top; row < bottom; row++) {
    const first = Math.max(plane.first[row] ?? 0, -x);
    const end = Math.min(plane.end[row] ?? 0, size.width - x);
    const from = row * plane.width;
    const to = (y + row) * target.stride + x;
    for (let column = first; column < end; column++) {
      const alpha = ((plane.alpha[from + column] ?? 0) * opacity) >> 8;
      const sample = ((plane.data[from + column] ?? 0) * opacity) >> 8;
      // (n + 127) * 257 >> 16 divides by 255 and rounds, for every n that comes here.
      data[to + column] = sample + ((((data[to + column] ?? 0) * (255 - alpha) + 127) * 257) >> 16);
    }
  }
}

/**
 * Lays a sheet over a yuv420p picture; what sticks out is cut off.
 * @param picture writable; it stays the caller's
 * @param x even, may be negative; @param y the same
 * @param opacity 0 to 1
 */
export function laySheet(picture: Picture, sheet: Sheet, x: number, y: number, opacity: number): void {
  const share = Math.round(Math.max(0, Math.min(1, opacity)) * 256);
  if (share === 0) return;
  const { width, height } = picture;
  const target = planesOf(picture);
  const half = { width: width / 2, height: height / 2 };
  layPlane(target.y, { width, height }, sheet.y, x, y, share);
  layPlane(target.u, half, sheet.u, x / 2, y / 2, share);
  layPlane(target.v, half, sheet.v, x / 2, y / 2, share);
}

/** Fills a rectangle of even place and size with a colour 0xrrggbb; what sticks out is cut off. */
export function fillBox(
  picture: Picture,
  box: { x: number; y: number; width: number; height: number },
  colour: number,
): void {
  const samples = colourSamples(colour);
  const target = planesOf(picture);
  for (const name of ['y', 'u', 'v'] as const) {
    const half = name === 'y' ? 1 : 2;
    const left = Math.max(0, box.x / half);
    const right = Math.min(picture.width, box.x + box.width) / half;
    const bottom = Math.min(picture.height, box.y + box.height) / half;
    const { data, stride } = target[name];
    for (let row = Math.max(0, box.y / half); row < bottom; row++) {
      if (right > left) data.fill(samples[name], row * stride + left, row * stride + right);
    }
  }
}
