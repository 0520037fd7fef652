/** Whether an input that shows the same picture has stopped, or is only slow. */
import { beforeEach, expect, test } from 'vitest';
import { PicturePace } from '../../../../src/engine/source/picture-pace.js';

const TICK = 40_000;
const SECOND = 1_000_000;

let pace: PicturePace;
let now: number;
let shown: object | null;

beforeEach(() => {
  pace = new PicturePace();
  now = 0;
  shown = null;
});

/** Ticks with a new picture every so often; gives the longest time for which it seemed to stand still. */
function play(us: number, interval: number): number {
  let most = 0;
  let next = now + interval;
  for (const end = now + us; now < end; ) {
    now += TICK;
    if (now >= next) {
      shown = {};
      next += interval;
    }
    pace.look(now, shown, true);
    most = Math.max(most, pace.stillFor(now));
  }
  return most;
}

test.each([25, 10, 2, 1, 0.5, 0.1])(
  '%d pictures a second are no stop, once they are known; an end of them is',
  (fps) => {
    const interval = SECOND / fps;
    play(3 * interval, interval);
    expect(play(10 * interval, interval)).toBe(0);
    play(interval, interval);
    const limit = Math.max(SECOND / 2, 3 * interval);
    expect(play(limit - interval, Number.POSITIVE_INFINITY)).toBe(0);
    play(interval + 2 * TICK, Number.POSITIVE_INFINITY);
    // All the time since the last picture, not only what is beyond the limit.
    expect(pace.stillFor(now)).toBeGreaterThanOrEqual(limit);
    expect(pace.stillFor(now)).toBeLessThan(limit + interval + 3 * TICK);
  },
);

test('a stop that is over does not hide the next one', () => {
  play(SECOND, TICK);
  expect(play(20 * SECOND, Number.POSITIVE_INFINITY)).toBeGreaterThan(19 * SECOND);
  expect(play(3 * TICK, TICK)).toBe(0);
  expect(play(SECOND, Number.POSITIVE_INFINITY)).toBeGreaterThan(SECOND / 2);
});

test('an input that becomes slow is taken for stopped for three pictures at most', () => {
  play(SECOND, TICK);
  play(3.2 * SECOND, SECOND);
  expect(play(10 * SECOND, SECOND)).toBe(0);
});

test('time in which nobody looks is none, and belongs to no interval', () => {
  play(SECOND, TICK);
  for (const end = now + 60 * SECOND; now < end; ) {
    now += TICK;
    pace.look(now, shown, false);
    expect(pace.stillFor(now)).toBe(0);
  }
  expect(play(SECOND, TICK)).toBe(0);
  expect(play(SECOND, Number.POSITIVE_INFINITY)).toBeGreaterThan(SECOND / 2);
});

test('an input that never gave a picture stands still from the begin on', () => {
  play(2 * SECOND, Number.POSITIVE_INFINITY);
  expect(pace.stillFor(now)).toBe(2 * SECOND);
});
