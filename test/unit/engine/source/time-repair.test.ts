/** Times of a live input that jump within one connection. */
import { expect, test } from 'vitest';
import { TimeRepair } from '../../../../src/engine/source/time-repair.js';

const SECOND = 1_000_000;

test('times that run on are left alone, also when tracks are a little apart or packets come late', () => {
  const repair = new TimeRepair();
  for (let at = 0; at < 100; at++) {
    expect(repair.place('video', at * 40_000)).toEqual({ shift: 0, jumped: false });
    expect(repair.place('audio', at * 40_000 - 500_000)).toEqual({ shift: 0, jumped: false });
  }
  expect(repair.place('video', 99 * 40_000 - 900_000).jumped).toBe(false);
  expect(repair.place('video', 99 * 40_000 + 9 * SECOND).jumped).toBe(false);
});

test.each([
  ['forward by hours', 3600 * SECOND],
  ['back to the beginning', -3 * SECOND],
  ['over the end of 33 bits of 90 kHz', -95_443 * SECOND],
  ['over the end of 32 bits of milliseconds', -4_294_967 * SECOND],
])('a jump %s goes on right behind what was, and both tracks keep their distance', (_name, jump) => {
  const repair = new TimeRepair();
  const start = 4_300_000 * SECOND;
  for (let at = 0; at < 50; at++) {
    repair.place('video', start + at * 40_000);
    repair.place('audio', start + at * 40_000 + 7000);
  }
  const newest = start + 49 * 40_000 + 7000;
  const after = newest + 33_000 + jump;
  const video = repair.place('video', after);
  expect(video.jumped).toBe(true);
  expect(after + video.shift).toBe(newest + 33_000);
  expect(repair.place('audio', after + 7000)).toEqual({ shift: video.shift, jumped: false });
  expect(repair.place('video', after + 40_000)).toEqual({ shift: video.shift, jumped: false });
});

test('times that go back a little on one track are no jump: pictures are coded in another order', () => {
  const repair = new TimeRepair();
  for (const at of [0, 120_000, 40_000, 80_000, 240_000, 160_000]) {
    expect(repair.place('video', at)).toEqual({ shift: 0, jumped: false });
  }
});

test('jump after jump, to and fro: what comes out never goes back by more than a track may', () => {
  const repair = new TimeRepair();
  let before = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < 1000; at++) {
    const dts = (at % 7) * 3600 * SECOND + at * 40_000;
    const { shift } = repair.place('video', dts);
    expect(dts + shift).toBeGreaterThan(before - SECOND);
    before = Math.max(before, dts + shift);
  }
  // 1,000 pictures, 33 ms from jump to jump.
  expect(before).toBeLessThan(1000 * 41_000);
});
