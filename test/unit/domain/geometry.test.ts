/** Where layers come to lie: sizes by both fills, the nine points, offsets, odd numbers, extremes. */
import { describe, expect, test } from 'vitest';
import type { PositionRefer, VideoLayer } from '../../../src/domain/desired.js';
import { type Box, placeLayer } from '../../../src/domain/geometry.js';

const FRAME = { width: 1280, height: 720 };
const WIDE = { width: 640, height: 360 };

function layer(parts: Partial<VideoLayer>): VideoLayer {
  return { source: 'RV01', fill: 'fit', width: 1, height: 1, x: 0, y: 0, refer: 'topLeft', delayMs: 0, ...parts };
}

describe('sizes', () => {
  const rows: [string, Partial<VideoLayer>, { width: number; height: number }, Box][] = [
    ['fit, same aspect: the whole frame', {}, WIDE, { x: 0, y: 0, width: 1280, height: 720 }],
    ['fit, narrow: bars left and right', {}, { width: 480, height: 640 }, { x: 370, y: 0, width: 540, height: 720 }],
    ['fit, flat: bars above and below', {}, { width: 2560, height: 720 }, { x: 0, y: 180, width: 1280, height: 360 }],
    ['fit into a quarter', { width: 0.5, height: 0.5 }, WIDE, { x: 0, y: 0, width: 640, height: 360 }],
    ['none, by height', { fill: 'none', width: 0, height: 0.5 }, WIDE, { x: 0, y: 0, width: 640, height: 360 }],
    ['none, height wins', { fill: 'none', width: 0.1, height: 0.5 }, WIDE, { x: 0, y: 0, width: 640, height: 360 }],
    ['none, by width', { fill: 'none', width: 0.25, height: 0 }, WIDE, { x: 0, y: 0, width: 320, height: 180 }],
    [
      'none, own size',
      { fill: 'none', width: 0, height: 0 },
      { width: 1921, height: 1081 },
      { x: 0, y: 0, width: 1922, height: 1082 },
    ],
    [
      'none, upright at full height',
      { fill: 'none', width: 1, height: 1 },
      { width: 1080, height: 1920 },
      { x: 0, y: 0, width: 406, height: 720 },
    ],
    [
      'never less than two pixels',
      { width: 0.0001, height: 0.0001 },
      { width: 4000, height: 10 },
      { x: 0, y: 0, width: 2, height: 2 },
    ],
  ];
  test.each(rows)('%s', (_name, parts, source, box) => {
    expect(placeLayer(layer(parts), FRAME, source)).toEqual(box);
  });
});

describe('points and offsets', () => {
  // A quarter-sized layer with an offset of 128 and 72 pixels.
  const quarter = { width: 0.25, height: 0.25, x: 0.1, y: 0.1 };
  const rows: [PositionRefer, number, number][] = [
    ['topLeft', 128, 72],
    ['topCenter', 480 + 128, 72],
    ['topRight', 960 - 128, 72],
    ['leftCenter', 128, 270 + 72],
    ['center', 480 + 128, 270 + 72],
    ['rightCenter', 960 - 128, 270 + 72],
    ['bottomLeft', 128, 540 - 72],
    ['bottomCenter', 480 + 128, 540 - 72],
    ['bottomRight', 960 - 128, 540 - 72],
  ];
  test.each(rows)('%s', (refer, x, y) => {
    expect(placeLayer(layer({ ...quarter, refer }), FRAME, WIDE)).toEqual({ x, y, width: 320, height: 180 });
    const byHeight = layer({ ...quarter, width: 0, fill: 'none', refer });
    expect(placeLayer(byHeight, FRAME, WIDE)).toEqual({ x, y, width: 320, height: 180 });
  });
});

test('a layer may lie partly outside', () => {
  const right = placeLayer(layer({ width: 0.5, height: 0.5, x: 0.75, y: 0.9 }), FRAME, WIDE);
  expect(right).toEqual({ x: 960, y: 648, width: 640, height: 360 });
  const tall = { width: 1080, height: 1920 };
  const left = placeLayer(layer({ fill: 'none', width: 1, height: 0, refer: 'center' }), FRAME, tall);
  expect(left).toEqual({ x: 0, y: -778, width: 1280, height: 2276 });
});

test('everything is even and finite, whatever the source and the frame', () => {
  const sizes = [1, 2, 3, 101, 853, 8191].flatMap((width) => [1, 7, 480, 8191].map((height) => ({ width, height })));
  for (const fill of ['none', 'fit'] as const) {
    for (const source of sizes) {
      for (const share of [0.001, 0.333, 1]) {
        const box = placeLayer(layer({ fill, width: share, height: share, x: share, refer: 'center' }), FRAME, source);
        for (const value of Object.values(box)) expect(Math.abs(value % 2)).toBe(0);
        expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(2);
        if (fill === 'fit') expect(box.width).toBeLessThanOrEqual(1280);
      }
    }
  }
});
