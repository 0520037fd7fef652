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
  ['over the end of 33 bits', -95_443 * SECOND],
])('a jump %s goes on right behind what was, and both tracks keep their distance', (_name, jump) => {
  const repair = new TimeRepair();
  const start = 100_000 * SECOND;
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
