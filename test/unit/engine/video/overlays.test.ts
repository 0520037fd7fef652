/** Overlays in the composed picture, by its samples: their place, colour and opacity, moving or not. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allocPicture, type Picture, planesOf } from '../../../../src/engine/av/picture.js';
import { Compositor } from '../../../../src/engine/video/compositor.js';
import { FramePool } from '../../../../src/engine/video/frame-pool.js';
import { sheetFromRgba } from '../../../../src/engine/video/sheet.js';
import { PictureWatch } from '../picture-watch.js';
import { type Colour, colour, expectNear, layer, luma } from './samples.js';

const WIDTH = 320;
const HEIGHT = 180;
const BLACK = 16;

let compositor: Compositor;
let pool: FramePool;
let watch: PictureWatch;

beforeEach(() => {
  pool = new FramePool({ width: WIDTH, height: HEIGHT });
  compositor = new Compositor({ width: WIDTH, height: HEIGHT }, pool);
  watch = new PictureWatch();
});

afterEach(() => {
  compositor[Symbol.dispose]();
  pool[Symbol.dispose]();
});

function plain(width: number, height: number, colour: Colour | number): Picture {
  const picture = allocPicture(width, height);
  const planes = planesOf(picture);
  const { y, u, v } = typeof colour === 'number' ? { y: colour, u: 128, v: 128 } : colour;
  planes.y.data.fill(y);
  planes.u.data.fill(u);
  planes.v.data.fill(v);
  return watch.watch(picture);
}

describe('overlays', () => {
  function sheet(width: number, height: number, rgba: [number, number, number, number]) {
    return sheetFromRgba(new Uint8Array(Array.from({ length: width * height }, () => rgba).flat()), width, height);
  }

  function composeAll(cover: number, background: number): Picture {
    const red = sheet(20, 10, [255, 0, 0, 255]);
    return watch.watch(
      compositor.compose({
        background: [{ sheet: sheet(40, 40, [255, 255, 255, 255]), x: 0, y: 0, opacity: background }],
        pictures: [{ layer: layer({ width: 0.5, height: 0.5, x: 0.5, y: 0.5 }), picture: plain(320, 180, 90) }],
        cover: [{ sheet: red, x: 200, y: 100, opacity: cover }],
      }),
    );
  }

  test('lie above and below the pictures, in their own colour', () => {
    const result = composeAll(1, 1);
    expectNear(luma(result, 10, 10), 235);
    expectNear(luma(result, 60, 10), BLACK);
    expectNear(luma(result, 180, 100), 90);
    // Red of BT.709 in video range.
    expect(colour(result, 210, 104)).toEqual({ y: 63, u: 102, v: 240 });
  });

  test('are as opaque as they are told', () => {
    const result = composeAll(0.5, 0);
    expectNear(luma(result, 10, 10), BLACK);
    expectNear(colour(result, 210, 104).v, (128 + 240) / 2);
    expectNear(luma(result, 210, 104), (90 + 63) / 2);
  });

  test('never change a picture that others hold', () => {
    const source = plain(WIDTH, HEIGHT, 90);
    const result = watch.watch(
      compositor.compose({
        background: [],
        pictures: [{ layer: layer(), picture: source }],
        cover: [{ sheet: sheet(20, 10, [255, 255, 255, 255]), x: 0, y: 0, opacity: 1 }],
      }),
    );
    expectNear(luma(result, 5, 5), 235);
    expectNear(luma(source, 5, 5), 90);
  });

  test('that stick out are cut off, on every side', () => {
    for (const [x, y] of [
      [-10, -4],
      [310, 174],
      [-400, 20],
      [20, 400],
    ] as const) {
      const white = { sheet: sheet(20, 10, [255, 255, 255, 255]), x, y, opacity: 1 };
      const result = watch.watch(compositor.compose({ background: [], pictures: [], cover: [white] }));
      const inside = x > -20 && x < WIDTH && y < HEIGHT;
      expectNear(
        luma(result, Math.min(Math.max(x + 9, 0), WIDTH - 1), Math.min(Math.max(y + 5, 0), HEIGHT - 1)),
        inside ? 235 : BLACK,
      );
    }
  });

  describe('that have kept their place for a while', () => {
    /** Half of it see-through, with colours. */
    const glass = sheetFromRgba(
      new Uint8Array(Array.from({ length: 40 * 20 }, (_, i) => [(i * 7) % 256, 200, 30, (i % 40) * 6]).flat()),
      40,
      20,
    );

    function at(laid: { x: number; y: number; opacity: number; sheet?: typeof glass }[]): Picture {
      const source = plain(WIDTH, HEIGHT, { y: 120, u: 90, v: 160 });
      const cover = laid.map(({ x, y, opacity, sheet: own }) => ({ sheet: own ?? glass, x, y, opacity }));
      return watch.watch(
        compositor.compose({ background: [], pictures: [{ layer: layer(), picture: source }], cover }),
      );
    }

    test('look as they did before, though the graph lays them now', () => {
      const places = [
        { x: 40, y: 60, opacity: 1 },
        { x: 50, y: 66, opacity: 0.5 },
        { x: -10, y: 170, opacity: 0.75 },
      ];
      const first = at(places);
      const later = Array.from({ length: 8 }, () => at(places)).at(-1) ?? first;
      let most = 0;
      for (let y = 0; y < HEIGHT; y++) {
        for (let x = 0; x < WIDTH; x++) {
          const [before, after] = [colour(first, x, y), colour(later, x, y)];
          for (const name of ['y', 'u', 'v'] as const) most = Math.max(most, Math.abs(before[name] - after[name]));
        }
      }
      expect(most).toBeLessThanOrEqual(3);
    });

    test('show another drawing of the same size at once', () => {
      const black = sheet(40, 20, [0, 0, 0, 255]);
      const white = sheet(40, 20, [255, 255, 255, 255]);
      const place = { x: 40, y: 60, opacity: 1 };
      for (let tick = 0; tick < 12; tick++) expectNear(luma(at([{ ...place, sheet: black }]), 50, 70), BLACK);
      expectNear(luma(at([{ ...place, sheet: white }]), 50, 70), 235);
      expectNear(luma(at([{ ...place, sheet: black }]), 50, 70), BLACK);
    });

    test('are not taken for settled when they are an animation: each drawing would have to be converted', () => {
      const frames = Array.from({ length: 6 }, (_, index) => sheet(40, 20, [index * 40, 0, 0, 255]));
      const place = { x: 40, y: 60, opacity: 1 };
      const samples = Array.from({ length: 18 }, (_, tick) => {
        const drawing = frames[tick % frames.length];
        return drawing ? colour(at([{ ...place, sheet: drawing }]), 50, 70).v : -1;
      });
      expect(samples.slice(12)).toEqual(samples.slice(0, 6));
      expect(new Set(samples).size).toBe(6);
    });

    test('stay above those below them that move', () => {
      const white = sheet(40, 20, [255, 255, 255, 255]);
      const black = sheet(40, 20, [0, 0, 0, 255]);
      for (let tick = 0; tick < 12; tick++) {
        const result = at([
          { x: 20 + 2 * tick, y: 60, opacity: 1, sheet: white },
          { x: 40, y: 60, opacity: 1, sheet: black },
        ]);
        expectNear(luma(result, 50, 70), BLACK);
      }
    });
  });
});
