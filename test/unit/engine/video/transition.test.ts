/** Transitions by their samples, at several moments of their way. */
import { afterEach, describe, expect, test } from 'vitest';
import { TRANSITION_KINDS, type TransitionKind } from '../../../../src/domain/desired.js';
import { allocPicture, type Picture, planesOf } from '../../../../src/engine/av/picture.js';
import { runsOf, type ShapeKind } from '../../../../src/engine/video/shape.js';
import { drawTransition, tint } from '../../../../src/engine/video/transition.js';

const WIDTH = 64;
const HEIGHT = 36;
const held: Picture[] = [];

afterEach(() => {
  for (const picture of held.splice(0)) picture.free();
});

/** Luma grows by `step` a column from `base` on. */
function made(base: number, step = 0): Picture {
  const picture = allocPicture(WIDTH, HEIGHT);
  held.push(picture);
  const { y, u, v } = planesOf(picture);
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) y.data[row * y.stride + column] = base + step * column;
  }
  u.data.fill(base);
  v.data.fill(255 - base);
  return picture;
}

const A = 40;
const B = 200;

function drawn(kind: TransitionKind, progress: number, color = 0): (x: number, y: number) => number {
  const out = made(0);
  drawTransition(out, made(A), made(B), { kind, color }, progress);
  const { y } = planesOf(out);
  return (column, row) => y.data[row * y.stride + column] ?? -1;
}

const KINDS = TRANSITION_KINDS.filter((kind) => kind !== 'cut');

test.each(KINDS)('%s begins with the old picture and ends with the new one, in every sample', (kind) => {
  for (const [progress, wanted] of [
    [0, A],
    [1, B],
  ] as const) {
    const out = made(0);
    drawTransition(out, made(A), made(B), { kind, color: 0x00ff00 }, progress);
    const planes = planesOf(out);
    for (const [name, expected] of [
      ['y', wanted],
      ['u', wanted],
      ['v', 255 - wanted],
    ] as const) {
      const half = name === 'y' ? 1 : 2;
      for (let row = 0; row < HEIGHT / half; row++) {
        const { data, stride } = planes[name];
        const samples = new Set(data.subarray(row * stride, row * stride + WIDTH / half));
        expect([...samples], `${name} row ${row}`).toEqual([expected]);
      }
    }
  }
});

const SHAPES = KINDS.filter((kind): kind is ShapeKind => kind !== 'fade' && kind !== 'dip');

test.each(SHAPES)('%s fills each row once at any moment, and shows more of the new picture all the time', (kind) => {
  let before = -1;
  for (let step = 0; step <= 40; step++) {
    let shown = 0;
    for (let row = 0; row < HEIGHT; row++) {
      const filled = new Uint8Array(WIDTH);
      for (const run of runsOf(kind, { row, width: WIDTH, height: HEIGHT, progress: step / 40 })) {
        expect(run.row).toBeGreaterThanOrEqual(0);
        expect(run.row).toBeLessThan(HEIGHT);
        expect(run.source).toBeGreaterThanOrEqual(0);
        expect(run.source + run.count).toBeLessThanOrEqual(WIDTH);
        for (let i = 0; i < run.count; i++) filled[run.target + i] = (filled[run.target + i] ?? 0) + 1;
        if (run.from === 'b') shown += run.count;
      }
      expect([...new Set(filled)]).toEqual([1]);
    }
    expect(shown).toBeGreaterThanOrEqual(before);
    before = shown;
  }
  expect(before).toBe(WIDTH * HEIGHT);
});

describe('half way', () => {
  test('a fade is the mean, a dip its colour', () => {
    expect(drawn('fade', 0.5)(10, 10)).toBe(120);
    expect(drawn('dip', 0.5, 0xffffff)(10, 10)).toBe(235);
    expect(drawn('dip', 0.25, 0x000000)(10, 10)).toBe((A + 16) / 2);
  });

  test.each<[TransitionKind, [number, number, number][]]>([
    [
      'wipeLeft',
      [
        [5, 18, A],
        [60, 18, B],
      ],
    ],
    [
      'wipeRight',
      [
        [5, 18, B],
        [60, 18, A],
      ],
    ],
    [
      'wipeUp',
      [
        [32, 2, A],
        [32, 33, B],
      ],
    ],
    [
      'wipeDown',
      [
        [32, 2, B],
        [32, 33, A],
      ],
    ],
    [
      'wipeDiagonal',
      [
        [2, 2, B],
        [62, 34, A],
      ],
    ],
    [
      'barnDoorH',
      [
        [32, 18, B],
        [2, 18, A],
        [61, 18, A],
      ],
    ],
    [
      'barnDoorV',
      [
        [32, 18, B],
        [32, 2, A],
        [32, 34, A],
      ],
    ],
    [
      'box',
      [
        [32, 18, B],
        [32, 2, A],
        [2, 18, A],
      ],
    ],
    [
      'circle',
      [
        [32, 18, B],
        [1, 1, A],
        [62, 34, A],
      ],
    ],
    [
      'clock',
      [
        [60, 5, B],
        [60, 30, B],
        [4, 5, A],
        [4, 30, A],
      ],
    ],
    [
      'slideLeft',
      [
        [5, 18, A],
        [60, 18, B],
      ],
    ],
    [
      'pushDown',
      [
        [32, 2, B],
        [32, 33, A],
      ],
    ],
  ])('%s', (kind, points) => {
    const at = drawn(kind, 0.5);
    for (const [x, y, wanted] of points) expect(at(x, y), `${x},${y}`).toBe(wanted);
  });

  test('a slide moves the new picture over the old one, a push moves both', () => {
    const row = (kind: TransitionKind): number[] => {
      const out = made(0);
      drawTransition(out, made(10, 1), made(100, 1), { kind, color: 0 }, 0.25);
      const { y } = planesOf(out);
      return [...y.data.subarray(0, WIDTH)];
    };
    expect(row('slideLeft').slice(44, 52)).toEqual([54, 55, 56, 57, 100, 101, 102, 103]);
    expect(row('pushLeft').slice(44, 52)).toEqual([70, 71, 72, 73, 100, 101, 102, 103]);
    expect(row('slideRight').slice(12, 20)).toEqual([160, 161, 162, 163, 26, 27, 28, 29]);
    expect(row('pushRight').slice(12, 20)).toEqual([160, 161, 162, 163, 10, 11, 12, 13]);
  });
});

test('a fade to black ends in black, and may be drawn in place', () => {
  const picture = made(B);
  tint(picture, picture, 0, 0.5);
  const { y, u } = planesOf(picture);
  expect(y.data[0]).toBe((B + 16) / 2);
  tint(picture, picture, 0, 1);
  expect([y.data[0], u.data[0]]).toEqual([16, 128]);
});

test('weights of a fade are exact', () => {
  const out = made(0);
  drawTransition(out, made(A), made(B), { kind: 'fade', color: 0 }, 100 / 256);
  const { y } = planesOf(out);
  for (let column = 0; column < WIDTH; column++) expect(y.data[column]).toBe((A * 156 + B * 100 + 128) >> 8);
});
