/** What tests of composed pictures share: a layer that fills the frame, and reading samples. */
import { expect } from 'vitest';
import type { VideoLayer } from '../../../../src/domain/desired.js';
import { type Picture, planesOf } from '../../../../src/engine/av/picture.js';

export function layer(parts: Partial<VideoLayer> = {}): VideoLayer {
  return { source: 'RV01', fill: 'fit', width: 1, height: 1, x: 0, y: 0, refer: 'topLeft', delayMs: 0, ...parts };
}

export interface Colour {
  y: number;
  u: number;
  v: number;
}

export function luma(picture: Picture, x: number, y: number): number {
  const plane = planesOf(picture).y;
  return plane.data[y * plane.stride + x] ?? -1;
}

export function colour(picture: Picture, x: number, y: number): Colour {
  const { u, v } = planesOf(picture);
  const at = (y >> 1) * u.stride + (x >> 1);
  return { y: luma(picture, x, y), u: u.data[at] ?? -1, v: v.data[at] ?? -1 };
}

export function expectNear(actual: number, wanted: number, tolerance = 3): void {
  expect(Math.abs(actual - wanted), `${actual} is not ${wanted}`).toBeLessThanOrEqual(tolerance);
}
