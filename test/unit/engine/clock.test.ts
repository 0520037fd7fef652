/** The ticker: no drift, every tick in order, and what it does when the machine was away. */
import { expect, test } from 'vitest';
import { alignedOrigin, Ticker } from '../../../src/engine/clock.js';
import { generator } from '../../support/random.js';
import { FakeClock } from './fake-clock.js';

const SECOND = 1_000_000;

function run(clock: FakeClock, fps: number, origin = 0) {
  const ticks: { tick: number; skipped: number; at: number }[] = [];
  const ticker = new Ticker({
    clock,
    fps,
    origin,
    onTick: (tick, skipped) => ticks.push({ tick, skipped, at: clock.now() }),
  });
  return { ticks, ticker };
}

test.each([30, 25, 7, 60])('at %i a second no tick is lost and none drifts, though every timer is late', (fps) => {
  const clock = new FakeClock({ now: 123 });
  const random = generator(3);
  clock.lateness = () => random() % 8_000;
  const { ticks, ticker } = run(clock, fps, 5000);
  clock.runTo(600 * SECOND);
  expect(ticks.every(({ tick }, index) => tick === index)).toBe(true);
  expect(ticks.length).toBeGreaterThanOrEqual(600 * fps - 1);
  expect(ticks.filter(({ skipped }) => skipped > 0)).toEqual([]);
  const late = ticks.map(({ tick, at }) => at - (5000 + (tick * SECOND) / fps));
  expect(Math.min(...late)).toBeGreaterThanOrEqual(-1);
  expect(Math.max(...late)).toBeLessThan(8_001);
  expect(ticker.missed).toBe(0);
  ticker.stop();
});

test('up to 15 ticks that the machine slept through are caught up one by one, at once', () => {
  const clock = new FakeClock();
  const { ticks, ticker } = run(clock, 30);
  clock.runTo(SECOND - 1);
  expect(ticks.length).toBe(30);
  // Ticks 30 to 45 are due now: the one that is on time and 15 that are behind.
  clock.freeze(Math.ceil((15 * SECOND) / 30) + 2);
  const now = clock.now();
  clock.runTo(now);
  expect(ticks.length).toBe(46);
  expect(ticks.slice(30).every(({ skipped, at }) => skipped === 0 && at === now)).toBe(true);
  expect(ticker.missed).toBe(0);
  ticker.stop();
});

test('after a longer sleep the ticks in between are left out and counted', () => {
  const clock = new FakeClock();
  const { ticks, ticker } = run(clock, 30);
  clock.runTo(SECOND - 1);
  clock.freeze(Math.ceil((16 * SECOND) / 30) + 2);
  clock.runTo(clock.now());
  expect(ticks.slice(30).map(({ tick, skipped }) => ({ tick, skipped }))).toEqual([{ tick: 46, skipped: 16 }]);
  expect(ticker.missed).toBe(16);
  clock.freeze(10 * SECOND);
  clock.runTo(clock.now());
  expect(ticks.at(-1)).toMatchObject({ tick: 346, skipped: 299 });
  expect(ticker.missed).toBe(16 + 299);
  // From then on it is in step again.
  const last = ticks.at(-1);
  clock.runTo(clock.now() + SECOND);
  expect(ticks.at(-1)?.tick).toBe((last?.tick ?? 0) + 30);
  ticker.stop();
});

test('a timer that fires a little early neither doubles nor loses a tick', () => {
  const clock = new FakeClock();
  clock.lateness = () => -600;
  const { ticks, ticker } = run(clock, 30);
  clock.runTo(10 * SECOND - 1000);
  expect(ticks.map(({ tick }) => tick)).toEqual([...Array(300).keys()]);
  ticker.stop();
});

test('once stopped, also from within a tick, it does not tick again', () => {
  const clock = new FakeClock();
  const { ticks, ticker } = run(clock, 30);
  clock.runTo(SECOND / 2);
  const count = ticks.length;
  ticker.stop();
  clock.runTo(SECOND);
  expect(ticks.length).toBe(count);
  expect(clock.timers).toBe(0);

  let calls = 0;
  const other: Ticker = new Ticker({
    clock,
    fps: 30,
    origin: clock.now() + 1,
    onTick: () => {
      calls++;
      other.stop();
    },
  });
  clock.runTo(clock.now() + SECOND);
  expect(calls).toBe(1);
  expect(clock.timers).toBe(0);
});

test.each([30, 25, 50, 60])('at %i a second the ticks lie on the frames of the wall clock', (fps) => {
  const random = generator(fps);
  for (let round = 0; round < 50; round++) {
    const clock = new FakeClock({ now: (random() / 2 ** 32) * 1e10, wallOffset: 1.7e15 + (random() / 2 ** 32) * 1e9 });
    const origin = alignedOrigin(clock, fps);
    expect(origin - clock.now()).toBeGreaterThan(0);
    expect(origin - clock.now()).toBeLessThanOrEqual((2 * SECOND) / fps + 1);
    // One of the first `fps` ticks falls on a whole second, to two microseconds.
    const offsets = Array.from({ length: fps }, (_, tick) => clock.wall(origin + (tick * SECOND) / fps) % SECOND);
    const nearest = Math.min(...offsets.map((offset) => Math.min(offset, SECOND - offset)));
    expect(nearest).toBeLessThan(2);
  }
});
