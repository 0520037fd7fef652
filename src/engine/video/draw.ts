/** Draws on the samples of a picture: sheets and plain boxes. What sticks out is cut off. */
import type { Box } from '../../domain/geometry.js';
import { type Picture, type Plane, type Planes, planesOf } from '../av/picture.js';
import { colourSamples, type Sheet, type SheetPlane } from './sheet.js';

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

/** A yuv420p picture to be drawn on. The views are valid as long as the picture is. */
export interface Surface {
  width: number;
  height: number;
  planes: Planes;
}

/** The surface of a writable picture; the picture stays the caller's. Ask once for a picture, see {@link planesOf}. */
export function surfaceOf(picture: Picture): Surface {
  return { width: picture.width, height: picture.height, planes: planesOf(picture) };
}

/**
 * Lays a sheet over a picture; what sticks out is cut off.
 * @param x even, may be negative; @param y the same
 * @param opacity 0 to 1
 */
export function laySheet(
  { width, height, planes }: Surface,
  sheet: Sheet,
  x: number,
  y: number,
  opacity: number,
): void {
  const share = Math.round(Math.max(0, Math.min(1, opacity)) * 256);
  if (share === 0) return;
  const half = { width: width / 2, height: height / 2 };
  layPlane(planes.y, { width, height }, sheet.y, x, y, share);
  layPlane(planes.u, half, sheet.u, x / 2, y / 2, share);
  layPlane(planes.v, half, sheet.v, x / 2, y / 2, share);
}

/** Fills a rectangle of even place and size with a colour 0xrrggbb; what sticks out is cut off. */
export function fillBox({ width, height, planes }: Surface, box: Box, colour: number): void {
  const samples = colourSamples(colour);
  for (const name of ['y', 'u', 'v'] as const) {
    const half = name === 'y' ? 1 : 2;
    const left = Math.max(0, box.x / half);
    const right = Math.min(width, box.x + box.width) / half;
    const bottom = Math.min(height, box.y + box.height) / half;
    const { data, stride } = planes[name];
    for (let row = Math.max(0, box.y / half); row < bottom; row++) {
      if (right > left) data.fill(samples[name], row * stride + left, row * stride + right);
    }
  }
}
