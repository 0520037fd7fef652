/**
 * The play-out point of live sources. While a stream arrives in time it glides by at most 1 ms a second; a packet that
 * comes too late moves it at once, by its lateness and half of the reserve.
 */
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../../src/engine/av/media.js';
import { PictureQueue } from '../../../../src/engine/media/picture-queue.js';
import { SourceClock } from '../../../../src/engine/source/source-clock.js';
import { generator } from '../../../support/random.js';

const MS = 1000;
const RESERVE = 70 * MS;
const FRAME = 1_000_000 / 30;
/** A smaller difference is left alone. */
const HYSTERESIS = 10 * MS;
/** The most that the point moves between two packets. */
const GLIDE = FRAME / 1000;

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
  test.each([
    ['slow', -300],
    ['fast', 300],
  ])('a %s one, gliding', (_name, ppm) => {
    const clock = newClock();
    const run = observe(clock, stream(1200, { ppm }), 2_500_000);
    expect(clock.lateMoves).toBe(0);
    // The window is 8 s long, in which the clocks part by 2.4 ms.
    expect(run.least).toBeGreaterThanOrEqual(RESERVE - HYSTERESIS - 2.5 * MS);
    expect(run.greatest).toBeLessThanOrEqual(RESERVE + HYSTERESIS + 2.5 * MS);
    expect(run.largestShift).toBeLessThanOrEqual(GLIDE + 1);
  });

  test.each([-300, 300])('with jitter as well (%i ppm)', (ppm) => {
    const clock = newClock();
    const run = observe(clock, stream(1200, { ppm, jitter: 40 * MS, seed: 9 }), 8_000_000);
    expect(clock.lateMoves).toBe(0);
    expect(run.least).toBeGreaterThan(RESERVE - 40 * MS - HYSTERESIS - 3 * MS);
    expect(run.greatest).toBeLessThanOrEqual(RESERVE + HYSTERESIS + 3 * MS);
    // Packets come up to 73 ms apart.
    expect(run.largestShift).toBeLessThanOrEqual(0.1 * MS);
  });
});

/**
 * Six hours of a stream of 30 pictures a second on a mixer with 30 ticks a second, with times in whole milliseconds as
 * FLV has them: which picture each tick shows.
 */
describe('six hours', () => {
  interface Shown {
    repeated: number;
    left: number;
    /** Most pictures in a row that were repeated or left out. */
    most: number;
    leastApart: number;
    latency: { least: number; greatest: number };
  }

  /** Pictures that are made each `period` of our clock, a frame apart by their own. */
  function* camera(seconds: number, period: number): Generator<[number, number]> {
    const random = generator(4);
    let last = 0;
    for (let frame = 0; frame * period < seconds * 1_000_000; frame++) {
      last = Math.max(last, frame * period + (random() / 2 ** 32) * 30 * MS);
      yield [last, 7_000_000 + frame * FRAME];
    }
  }

  function show(ppm: number, seconds: number): Shown {
    const clock = newClock();
    const queue = new PictureQueue();
    const nearest = 500_000 / 30;
    const picture = (number: number): Picture => ({ number, free: () => {} }) as unknown as Picture;
    const period = FRAME / (1 + ppm / 1e6);
    const packets = camera(seconds, period);
    const shown: Shown = {
      repeated: 0,
      left: 0,
      most: 0,
      leastApart: Infinity,
      latency: { least: Infinity, greatest: 0 },
    };
    let next = packets.next();
    let number = 0;
    let last = -1;
    let run = 0;
    let lastOdd = 0;
    for (let tick = 1; !next.done; tick++) {
      const now = tick * FRAME;
      while (!next.done && next.value[0] <= now) {
        const [arrival, dts] = next.value;
        const pts = Math.round(dts / 1000) * 1000;
        clock.observe(arrival, pts);
        queue.push({ picture: picture(number++), pts });
        next = packets.next();
      }
      const time = clock.toSource(now) + nearest;
      queue.advance(time, nearest / 8);
      const on = (queue.at(time) as unknown as { number: number } | null)?.number ?? -1;
      const step = on - last;
      last = on;
      if (tick < 300) continue;
      if (step !== 1) {
        if (lastOdd > 0) shown.leastApart = Math.min(shown.leastApart, tick - lastOdd);
        lastOdd = tick;
      }
      run = step === 1 ? 0 : Math.max(run + 1, Math.abs(step - 1));
      shown.most = Math.max(shown.most, run);
      if (step < 1) shown.repeated += 1 - step;
      else shown.left += step - 1;
      const latency = now - on * period;
      shown.latency.least = Math.min(shown.latency.least, latency);
      shown.latency.greatest = Math.max(shown.latency.greatest, latency);
    }
    queue.clear();
    return shown;
  }

  const HOURS = 6 * 3600;
  /** A picture a 300 ppm: one in 111 s. */
  const PICTURES = HOURS / ((FRAME / 1e6) * (1e6 / 300));

  test.each([
    ['slow', -300, PICTURES, 0],
    ['fast', 300, 0, PICTURES],
    ['true', 0, 0, 0],
  ])('of a %s source', { timeout: 60_000 }, (_name, ppm, repeated, left) => {
    const shown = show(ppm, HOURS);
    expect(shown.repeated).toBeGreaterThanOrEqual(repeated - 2);
    expect(shown.repeated).toBeLessThanOrEqual(repeated + 2);
    expect(shown.left).toBeGreaterThanOrEqual(left - 2);
    expect(shown.left).toBeLessThanOrEqual(left + 2);
    expect(shown.most).toBeLessThanOrEqual(1);
    if (ppm !== 0) expect(shown.leastApart).toBeGreaterThan(30 * 60);
    expect(shown.latency.greatest).toBeLessThan(150 * MS);
    expect(shown.latency.greatest - shown.latency.least).toBeLessThan(70 * MS);
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

test('moved back by one late packet, a source returns at once to those that it is in step with; alone it glides', () => {
  for (const target of [null, 7_050 * MS]) {
    const clock = newClock();
    const late = 20 * 30;
    const offsets: number[] = [];
    for (let frame = 0; frame < 25 * 30; frame++) {
      const dts = frame * FRAME;
      clock.observe(dts + 7_000 * MS + (frame === late ? RESERVE + 50 * MS : 0), dts);
      clock.alignTo(target);
      offsets.push(clock.toEngine(0));
    }
    const usual = 7_000 * MS + RESERVE;
    expect(offsets[late - 1]).toBeCloseTo(usual, -2);
    const back = (offsets[late] ?? 0) - usual;
    expect(back).toBeGreaterThan(40 * MS);
    // Not before a second has passed: it may be late again.
    expect((offsets[late + 25] ?? 0) - usual).toBeGreaterThan(back - 2 * MS);
    const after = (offsets[late + 40] ?? 0) - usual;
    if (target === null) expect(after).toBeGreaterThan(back - 2 * MS);
    else expect(Math.abs(after)).toBeLessThan(HYSTERESIS);
  }
});

test.each([1, -1])('a target that moves away in many small steps is followed closely (%i)', (way) => {
  const clock = newClock();
  let target = 7_500 * MS;
  let furthest = 0;
  for (let frame = 0; frame < 20 * 30; frame++) {
    const dts = frame * FRAME;
    clock.observe(dts + 7_000 * MS, dts);
    // 15 ms a second: gliding alone makes up for one.
    if (frame % 30 === 29) target += way * 15 * MS;
    clock.alignTo(target);
    if (frame > 30) furthest = Math.max(furthest, Math.abs(clock.toEngine(0) - target));
  }
  expect(furthest).toBeLessThanOrEqual(20 * MS);
});

test('after a stall that is caught up in a burst the delay is what it was before, to 40 ms', () => {
  const clock = newClock();
  const packets = [...stream(20)].map(([arrival, dts]): [number, number] =>
    arrival > 10_000_000 && arrival < 10_500_000 ? [10_500_000, dts] : [arrival, dts],
  );
  observe(clock, packets);
  const ahead = clock.toEngine(0) - -7_000_000;
  expect(ahead).toBeGreaterThanOrEqual(RESERVE - 1);
  expect(ahead).toBeLessThanOrEqual(RESERVE + 40 * MS);
  expect(clock.lateMoves).toBeGreaterThan(0);
});

describe('a stream that comes in pieces of half a second', () => {
  /** Each packet arrives with the last one of its piece, a little later each time. */
  function* pieces(seconds: number, ppm = 0, size = 15): Generator<[number, number]> {
    const random = generator(6);
    let jitter = 0;
    for (let frame = 0; frame * FRAME < seconds * 1_000_000; frame++) {
      if (frame % size === 0) jitter = (random() / 2 ** 32) * 10 * MS;
      const piece = (Math.floor(frame / size) + 1) * size;
      yield [piece * FRAME + jitter, 7_000_000 + frame * FRAME * (1 + ppm / 1e6)];
    }
  }

  test.each([0, 300, -300])('gets the reserve that it needs and is late no more (%i ppm)', (ppm) => {
    const clock = newClock();
    const packets = [...pieces(600, ppm)];
    observe(clock, packets.slice(0, 60));
    const { lateMoves } = clock;
    expect(lateMoves).toBeLessThanOrEqual(4);
    const run = observe(clock, packets.slice(60));
    expect(clock.lateMoves - lateMoves).toBeLessThanOrEqual(2);
    expect(run.least).toBeGreaterThan(-1 * MS);
    expect(run.greatest).toBeLessThan(500 * MS + 2 * RESERVE);
  });

  test('gives it up once it comes steadily, by gliding', () => {
    const clock = newClock();
    observe(clock, pieces(60));
    const steady = [...stream(600, { start: 60_500_000 })].map(([arrival, dts]): [number, number] => [
      arrival,
      dts + 60_000_000,
    ]);
    const run = observe(clock, steady);
    expect(run.largestShift).toBeLessThanOrEqual(GLIDE + 1);
    const last = steady.at(-1);
    expect(last && clock.toEngine(last[1]) - last[0]).toBeLessThanOrEqual(RESERVE + HYSTERESIS);
  });

  test('never gets more than two seconds, however long the pieces', () => {
    const clock = newClock();
    const packets = [...pieces(300, 0, 150)];
    observe(clock, packets);
    const newest = packets.at(-1);
    expect(newest && clock.toEngine(newest[1]) - newest[0]).toBeLessThanOrEqual(2100 * MS);
  });
});

test('reset forgets the stream: the next one may have any other times', () => {
  const clock = newClock();
  observe(clock, stream(10));
  clock.reset();
  expect(clock.toEngine(0)).toBe(Number.POSITIVE_INFINITY);
  clock.observe(20_000_000, 3);
  expect(clock.toEngine(3)).toBe(20_000_000 + RESERVE);
});
