/**
 * Sources of other rates than the mixer's 30 ticks a second: each picture is shown when there is a tick for it, none for
 * longer than its share and the rounding to whole ticks. Times in whole ms, as FLV has them.
 */
import { describe, expect, test } from 'vitest';
import type { Picture } from '../../../../src/engine/av/media.js';
import { PictureQueue } from '../../../../src/engine/media/picture-queue.js';
import type { PlayoutClock } from '../../../../src/engine/source/coded-source.js';
import { FileClock } from '../../../../src/engine/source/file-clock.js';
import { SourceClock } from '../../../../src/engine/source/source-clock.js';
import { generator } from '../../../support/random.js';

const TICK = 1_000_000 / 30;
/** As in coded-source.ts. */
const NEAREST = 499_000 / 30;
const SECONDS = 120;

interface Showing {
  /** How many ticks each picture is on; those of the first and the last second left out. */
  ticks: number[];
  periods: number[];
  /** Of each that is on: from the time that its sound is heard to its first tick, µs. */
  off: number[];
}

function show(clock: PlayoutClock, periods: () => number, jitter: number): Showing {
  const random = generator(11);
  const queue = new PictureQueue();
  const made: { pts: number; arrival: number; period: number }[] = [];
  let arrival = 0;
  for (let pts = 0; pts < SECONDS * 1_000_000; ) {
    const period = periods();
    arrival = Math.max(arrival, pts + (random() / 2 ** 32) * jitter);
    made.push({ pts: Math.round(pts / 1000) * 1000, arrival, period });
    pts += period;
  }
  const ticks = made.map(() => 0);
  const off: number[] = [];
  let next = 0;
  for (let now = 0; now < SECONDS * 1_000_000; now += TICK) {
    for (let one = made[next]; one && one.arrival <= now; one = made[++next]) {
      clock.observe(one.arrival, one.pts);
      queue.push({ picture: { number: next, free: () => {} } as unknown as Picture, pts: one.pts });
    }
    const time = clock.toSource(now) + NEAREST;
    queue.advance(time, NEAREST / 8);
    const on = (queue.at(time) as unknown as { number: number } | null)?.number;
    if (on === undefined) continue;
    const isJudged = now > 1_000_000 && now < (SECONDS - 2) * 1_000_000;
    if (ticks[on] === 0 && isJudged) off.push(now - clock.toEngine(made[on]?.pts ?? 0));
    ticks[on] = (ticks[on] ?? 0) + 1;
  }
  expect(queue.dropped + queue.late).toBe(0);
  const judged = made.flatMap(({ pts }, index) => (pts > 1e6 && pts < (SECONDS - 2) * 1e6 ? [index] : []));
  return {
    ticks: judged.map((index) => ticks[index] ?? 0),
    periods: judged.map((index) => made[index]?.period ?? 0),
    off,
  };
}

describe.each([
  ['live', () => new SourceClock({ reserveUs: 70_000, delayUs: 0 }), 30_000],
  ['file', () => new FileClock({ delayUs: 0, leadUs: 150_000 }), 0],
] as const)('%s', (_kind, newClock, jitter) => {
  test.each([24, 24000 / 1001, 25, 30000 / 1001, 30])('%f a second: every picture is shown, some twice', (fps) => {
    const { ticks, off } = show(newClock(), () => 1_000_000 / fps, jitter);
    // Half a tick, and a little so that times of whole ms do not make it uneven.
    expect(Math.max(...off.map(Math.abs))).toBeLessThan(19_500);
    expect(Math.min(...ticks)).toBe(1);
    expect(Math.max(...ticks)).toBeLessThanOrEqual(fps === 30 ? 1 : 2);
    const repeated = ticks.filter((count) => count === 2).length;
    expect(Math.abs(repeated - ticks.length * (30 / fps - 1))).toBeLessThanOrEqual(2);
  });

  test.each([50, 60000 / 1001, 60])('%f a second: none is shown twice, and as many as there are ticks', (fps) => {
    const { ticks } = show(newClock(), () => 1_000_000 / fps, jitter);
    const on = ticks.filter((count) => count > 0).length;
    expect(Math.max(...ticks)).toBeLessThanOrEqual(fps > 59.9 && fps < 60 ? 2 : 1);
    expect(Math.abs(on - (ticks.length * 30) / fps)).toBeLessThanOrEqual(6);
  });

  test('a variable rate: each is on for its own time, to a tick and a little', () => {
    const random = generator(2);
    const each = (): number => [20_000, 33_333, 40_000, 70_000, 200_000][random() % 5] ?? 0;
    const { ticks, periods } = show(newClock(), each, jitter);
    const off = ticks.map((count, index) => Math.abs(count * TICK - (periods[index] ?? 0)));
    expect(Math.max(...off)).toBeLessThanOrEqual(1.35 * TICK);
    const shown = ticks.filter((count, index) => count > 0 || (periods[index] ?? 0) < TICK - 1000).length;
    expect(shown).toBeGreaterThan(ticks.length * 0.97);
  });
});
