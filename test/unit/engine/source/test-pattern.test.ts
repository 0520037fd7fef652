/** The test pictures and their sound: readable numbers, and a flash that coincides with the beep. */
import { describe, expect, test } from 'vitest';
import type { TestPattern } from '../../../../src/domain/desired.js';
import { allocPicture, planesOf } from '../../../../src/engine/av/picture.js';
import {
  paintBackground,
  paintMoving,
  TEST_SOURCE_CODE,
  testSound,
} from '../../../../src/engine/source/test-pattern.js';
import { readFrameCode } from '../../../../src/lib/framecode.js';

const RATE = 48_000;

interface Sample {
  y: number;
  u: number;
  v: number;
}

function painted<T>(
  options: { width: number; height: number; pattern: TestPattern; frame: number; fps: number },
  look: (at: (x: number, y: number) => Sample, code: ReturnType<typeof readFrameCode>) => T,
): T {
  const { width, height } = options;
  using picture = allocPicture(width, height);
  const planes = planesOf(picture);
  paintBackground(planes, width, height, options.pattern);
  paintMoving(planes, options);
  const at = (x: number, y: number): Sample => {
    const column = Math.floor(x * width);
    const row = Math.floor(y * height);
    const chroma = (row >> 1) * planes.u.stride + (column >> 1);
    return {
      y: planes.y.data[row * planes.y.stride + column] ?? -1,
      u: planes.u.data[chroma] ?? -1,
      v: planes.v.data[chroma] ?? -1,
    };
  };
  return look(at, readFrameCode(planes.y, { x: 0, y: 0, width, height }));
}

describe.each(['clock', 'bars'] as const)('%s', (pattern) => {
  test.each([
    [1280, 720],
    [640, 360],
    [360, 640],
    [854, 480],
  ])('the frame code can be read at %ix%i', (width, height) => {
    for (const frame of [0, 1, 29, 30, 54_321, 51_000_000_000]) {
      const code = painted({ width, height, pattern, frame, fps: 30 }, (_at, found) => found);
      expect(code).toEqual({ source: TEST_SOURCE_CODE[pattern], frame: frame & 0xfffff });
    }
  });

  test('the code is colourless', () => {
    painted({ width: 640, height: 360, pattern, frame: 5, fps: 30 }, (at) => {
      for (let cell = 0; cell < 16; cell++) {
        const { u, v } = at((1.5 + cell) / 40, 1.5 / 20);
        expect(Math.abs(u - 128)).toBeLessThan(16);
        expect(Math.abs(v - 128)).toBeLessThan(16);
      }
    });
  });
});

test('the bars are those of BT.709 at 75 percent', () => {
  painted({ width: 1280, height: 720, pattern: 'bars', frame: 60, fps: 30 }, (at) => {
    const bars = Array.from({ length: 7 }, (_, bar) => at((bar + 0.3) / 7, 0.5));
    expect(bars).toEqual([
      { y: 180, u: 128, v: 128 },
      { y: 168, u: 44, v: 136 },
      { y: 145, u: 147, v: 44 },
      { y: 133, u: 63, v: 52 },
      { y: 63, u: 193, v: 204 },
      { y: 51, u: 109, v: 212 },
      { y: 28, u: 212, v: 120 },
    ]);
  });
});

/** Frames in [first, first + count) whose flash is lit. */
function litFrames(first: number, count: number, fps: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index).filter((frame) =>
    painted({ width: 320, height: 180, pattern: 'clock', frame, fps }, (at) => at(0.77, 0.65).y > 200),
  );
}

function sound(pattern: TestPattern, from: number, count: number, toneHz = 1000): Float32Array {
  const out = new Float32Array(count * 2);
  testSound(out, { pattern, toneHz, from });
  return out;
}

test.each([30, 25])('at %i frames a second, flash and beep begin together with the second', (fps) => {
  const firstFrame = 100 * fps;
  const next = firstFrame + fps;
  expect(litFrames(firstFrame - 5, 2 * fps, fps)).toEqual([firstFrame, firstFrame + 1, next, next + 1]);
  const first = 100 * RATE;
  const out = sound('clock', first - 1000, 2 * RATE);
  const loud: number[] = [];
  for (let i = 0; i < 2 * RATE; i++) if (Math.abs(out[2 * i] ?? 0) > 0.01) loud.push(i - 1000);
  // The beep of the first second is over after 100 ms; the one of the next begins a second later.
  expect(loud[0]).toBeGreaterThanOrEqual(0);
  expect(loud[0]).toBeLessThan(50);
  expect(loud.filter((at) => at > 4800 && at < RATE)).toEqual([]);
  expect(loud.find((at) => at >= RATE)).toBeLessThan(RATE + 50);
});

test('sound follows from its sample number, block by block, without a click', () => {
  const whole = sound('bars', 5 * RATE - 2000, 4800, 440);
  const pieces = [0, 1000, 2400].map((at, index) =>
    sound('bars', 5 * RATE - 2000 + at, [1000, 1400, 2400][index] ?? 0, 440),
  );
  expect(Float32Array.from(pieces.flatMap((piece) => [...piece]))).toEqual(whole);
  const step = (2 * Math.PI * 440) / RATE;
  let largest = 0;
  for (let i = 1; i < 4800; i++) largest = Math.max(largest, Math.abs((whole[2 * i] ?? 0) - (whole[2 * i - 2] ?? 0)));
  expect(largest).toBeLessThan(0.2 * step * 1.01);
  expect(Math.max(...whole)).toBeCloseTo(0.2, 2);
  expect(whole[101]).toBe(whole[100]);
});
