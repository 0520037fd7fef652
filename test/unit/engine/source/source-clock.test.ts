/**
 * The play-out point of live sources. The most that it moves at once: 40 ms and what one packet adds while a stream
 * arrives in time; what a packet is too late, and half of the reserve, when one comes too late.
 */
import { describe, expect, test } from 'vitest';
import { SourceClock } from '../../../../src/engine/source/source-clock.js';
import { generator } from '../../../support/random.js';

const MS = 1000;
const RESERVE = 70 * MS;
const FRAME = 1_000_000 / 30;
const HYSTERESIS = 40 * MS;

function newClock(delayMs = 0): SourceClock {
  return new SourceClock({ reserveUs: RESERVE, delayUs: delayMs * MS });
}

interface Run {
  /** Largest change of the play-out point between two packets. */
  largestShift: number;
  /** Least and greatest time between arrival and play-out of a packet. */
  least: number;
  greatest: number;
  offset: number;
}

/** Lets packets arrive; each is [arrival, dts]. What happens in the first `settleUs` is not judged. */
function observe(clock: SourceClock, packets: Iterable<[number, number]>, settleUs = 0): Run {
  const run: Run = { largestShift: 0, least: Number.POSITIVE_INFINITY, greatest: 0, offset: 0 };
  let begun: number | null = null;
  let before: number | null = null;
  for (const [arrival, dts] of packets) {
    clock.observe(arrival, dts);
    begun ??= arrival;
    run.offset = clock.toEngine(0);
    if (arrival - begun >= settleUs) {
      if (before !== null) run.largestShift = Math.max(run.largestShift, Math.abs(run.offset - before));
      const ahead = clock.toEngine(dts) - arrival;
      run.least = Math.min(run.least, ahead);
      run.greatest = Math.max(run.greatest, ahead);
    }
    before = run.offset;
  }
  return run;
}

/** Packets of a stream that is `ppm` faster than our clock, each delayed by up to `jitter`. */
function* stream(seconds: number, options: { ppm?: number; jitter?: number; seed?: number; start?: number } = {}) {
  const random = generator(options.seed ?? 1);
  let last = 0;
  for (let frame = 0; frame * FRAME < seconds * 1_000_000; frame++) {
    const made = (options.start ?? 0) + frame * FRAME;
    // TCP keeps the order.
    last = Math.max(last, made + (random() / 2 ** 32) * (options.jitter ?? 0));
    yield [last, 7_000_000 + frame * FRAME * (1 + (options.ppm ?? 0) / 1e6)] as [number, number];
  }
}

test('before the first packet nothing is ever due', () => {
  const clock = newClock();
  expect(clock.toEngine(0)).toBe(Number.POSITIVE_INFINITY);
  expect(clock.toEngine(5)).toBe(Number.POSITIVE_INFINITY);
  expect(clock.toSource(5)).toBe(Number.NEGATIVE_INFINITY);
});

test('a steady stream is played with the reserve and the delay, and the point never moves', () => {
  const clock = newClock(300);
  const run = observe(clock, stream(60));
  expect(run.largestShift).toBeLessThan(1);
  expect(run.least).toBeCloseTo(370 * MS, -1);
  expect(run.greatest).toBeCloseTo(370 * MS, -1);
  expect(clock.toSource(clock.toEngine(123_456))).toBeCloseTo(123_456, 3);
  expect(clock.lateMoves).toBe(0);
});

test('a cached group that comes in one piece does not add its length to the delay', () => {
  const clock = newClock();
  // Two seconds at once at time 5 s; the newest was made just then.
  const burst = Array.from({ length: 60 }, (_, frame): [number, number] => [5_000_000, (frame - 59) * FRAME]);
  observe(clock, burst);
  const after = Array.from({ length: 300 }, (_, i): [number, number] => [5_000_000 + (i + 1) * FRAME, (i + 1) * FRAME]);
  const run = observe(clock, after);
  expect(run.least).toBeGreaterThanOrEqual(RESERVE - 1);
  expect(run.greatest).toBeLessThanOrEqual(RESERVE + HYSTERESIS);
  expect(run.largestShift).toBeLessThanOrEqual(HYSTERESIS);
  expect(clock.lateMoves).toBe(0);
});

test('jitter within the reserve moves the point by less than a frame and makes nothing late', () => {
  const clock = newClock();
  const run = observe(clock, stream(300, { jitter: 60 * MS }), 8_000_000);
  expect(clock.lateMoves).toBe(0);
  expect(run.least).toBeGreaterThan(0);
  expect(run.greatest).toBeLessThanOrEqual(RESERVE + HYSTERESIS);
  expect(run.largestShift).toBeLessThan(10 * MS);
});

describe('an encoder whose clock is off by 300 ppm is followed for twenty minutes', () => {
  test('a slow one in small steps', () => {
    const clock = newClock();
    const run = observe(clock, stream(1200, { ppm: -300 }));
    expect(clock.lateMoves).toBe(0);
    // The window is 8 s long, in which the clocks part by 2.4 ms.
    expect(run.least).toBeGreaterThanOrEqual(RESERVE - 2.5 * MS);
    expect(run.greatest).toBeLessThanOrEqual(RESERVE + 1);
    expect(run.largestShift).toBeLessThan(0.5 * MS);
  });

  test('a fast one in steps of 40 ms, so that sound is not disturbed more often than every two minutes', () => {
    const clock = newClock();
    let shifts = 0;
    let before = Number.NaN;
    const counted = function* (): Generator<[number, number]> {
      for (const packet of stream(1200, { ppm: 300 })) {
        yield packet;
        if (clock.toEngine(0) !== before) shifts++;
        before = clock.toEngine(0);
      }
    };
    const run = observe(clock, counted());
    expect(clock.lateMoves).toBe(0);
    expect(run.least).toBeGreaterThanOrEqual(RESERVE - 1);
    expect(run.greatest).toBeLessThanOrEqual(RESERVE + HYSTERESIS + 1);
    expect(run.largestShift).toBeLessThanOrEqual(HYSTERESIS + 20);
    // 360 ms in 20 minutes, and the first setting.
    expect(shifts).toBeLessThanOrEqual(10);
    expect(shifts).toBeGreaterThanOrEqual(9);
  });

  test.each([-300, 300])('with jitter as well (%i ppm)', (ppm) => {
    const clock = newClock();
    const run = observe(clock, stream(1200, { ppm, jitter: 40 * MS, seed: 9 }), 8_000_000);
    expect(clock.lateMoves).toBe(0);
    expect(run.least).toBeGreaterThan(RESERVE - 40 * MS - 3 * MS);
    expect(run.greatest).toBeLessThanOrEqual(RESERVE + HYSTERESIS + 3 * MS);
    expect(run.largestShift).toBeLessThanOrEqual(HYSTERESIS + 3 * MS);
  });
});

test('a packet that is too late moves the point so that it, and what follows it, is in time', () => {
  const clock = newClock();
  observe(clock, stream(10));
  const before = clock.toEngine(0);
  // From here on everything takes 200 ms longer.
  const late = [...stream(10, { start: 10_000_000 })].map(([arrival, dts]): [number, number] => [
    arrival + 200 * MS,
    dts + 10_000_000,
  ]);
  const [first, ...rest] = late;
  if (!first) throw new Error('no packets');
  clock.observe(...first);
  expect(clock.lateMoves).toBe(1);
  // 130 ms too late, and half of the reserve.
  expect(clock.toEngine(0) - before).toBeCloseTo(130 * MS + RESERVE / 2, -1);
  expect(clock.toEngine(first[1]) - first[0]).toBeCloseTo(RESERVE / 2, -1);
  const run = observe(clock, rest);
  expect(clock.lateMoves).toBe(1);
  expect(run.least).toBeGreaterThanOrEqual(RESERVE / 2 - 1);
  expect(run.greatest).toBeLessThanOrEqual(RESERVE + 1);
});

test('after a stall that is caught up in a burst the delay is what it was before, to 40 ms', () => {
  const clock = newClock();
  const packets = [...stream(20)].map(([arrival, dts]): [number, number] =>
    arrival > 10_000_000 && arrival < 10_500_000 ? [10_500_000, dts] : [arrival, dts],
  );
  observe(clock, packets);
  const ahead = clock.toEngine(0) - -7_000_000;
  expect(ahead).toBeGreaterThanOrEqual(RESERVE - 1);
  expect(ahead).toBeLessThanOrEqual(RESERVE + HYSTERESIS);
  expect(clock.lateMoves).toBeGreaterThan(0);
});

test('reset forgets the stream: the next one may have any other times', () => {
  const clock = newClock();
  observe(clock, stream(10));
  clock.reset();
  expect(clock.toEngine(0)).toBe(Number.POSITIVE_INFINITY);
  clock.observe(20_000_000, 3);
  expect(clock.toEngine(3)).toBe(20_000_000 + RESERVE);
});
