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
  expect(repair.place('video', 99 * 40_000 - 900_000)?.jumped).toBe(false);
  expect(repair.place('video', 99 * 40_000 + 9 * SECOND)?.jumped).toBe(false);
});

test.each([
  ['forward by hours', 3600 * SECOND],
  ['back to the beginning', -3 * SECOND],
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
  if (!video) throw new Error('left out');
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
    const shift = repair.place('video', dts)?.shift ?? Number.NaN;
    expect(dts + shift).toBeGreaterThan(before - SECOND);
    before = Math.max(before, dts + shift);
  }
  // 1,000 pictures, 33 ms from jump to jump.
  expect(before).toBeLessThan(1000 * 41_000);
});

test.each([
  ['forward', 7200 * SECOND],
  ['back', -7200 * SECOND],
])('a straggler of the clock before a jump %s is left out, and nothing goes back', (_name, jump) => {
  const repair = new TimeRepair();
  const start = 10_000 * SECOND;
  for (let at = 0; at < 50; at++) {
    repair.place('video', start + at * 40_000);
    repair.place('audio', start + at * 40_000);
  }
  const end = start + 50 * 40_000;
  const shift = repair.place('video', end + jump)?.shift;
  expect(shift).toBeDefined();
  expect(repair.place('audio', end)).toBeNull();
  expect(repair.place('video', end + 40_000 + jump)).toEqual({ shift, jumped: false });
  expect(repair.place('audio', end + 20_000)).toBeNull();
  expect(repair.place('audio', end + 40_000 + jump)).toEqual({ shift, jumped: false });
  expect(repair.place('video', end + 80_000 + jump)).toEqual({ shift, jumped: false });
});

test('a track that stays on the old clock is heard again, at the place of the others, and moves them no more', () => {
  const repair = new TimeRepair();
  for (let at = 0; at < 50; at++) for (const track of ['video', 'audio']) repair.place(track, at * 40_000);
  const jumps = { video: 0, audio: 0 };
  let left = 0;
  for (let at = 50; at < 1000; at++) {
    const video = repair.place('video', at * 40_000 + 3600 * SECOND);
    const audio = repair.place('audio', at * 40_000);
    jumps.video += video?.jumped ? 1 : 0;
    jumps.audio += audio?.jumped ? 1 : 0;
    if (!audio) left++;
    else expect(Math.abs((video?.shift ?? 0) + 3600 * SECOND - audio.shift)).toBeLessThan(SECOND / 10);
  }
  expect(jumps).toEqual({ video: 1, audio: 1 });
  expect(left).toBe(200);
});

test('the clock of a transport stream that begins at 0 again just runs on, on each track when it comes to it', () => {
  const repair = new TimeRepair();
  const wrap = (2 ** 33 / 90_000) * SECOND;
  let before = { video: 0, audio: 0 };
  for (let at = 0; at < 400; at++) {
    const time = wrap - 4 * SECOND + at * 40_000;
    const next = { video: time, audio: time - 300_000 };
    for (const track of ['video', 'audio'] as const) {
      const dts = next[track] % wrap;
      const placed = repair.place(track, dts);
      expect(placed?.jumped).toBe(false);
      expect(dts + (placed?.shift ?? 0)).toBeCloseTo(next[track], 0);
      expect(dts + (placed?.shift ?? 0)).toBeGreaterThan(before[track]);
    }
    before = next;
  }
  // And back, as a relay does that goes on with what it had kept.
  const placed = repair.place('video', before.video);
  expect(placed).toEqual({ shift: 0, jumped: false });
});

/** Two tracks of a list of segments: 4 s, then 4 s that are further on by `by`, which come `later` than the rest. */
function hole(segmented: boolean, by: number, later: number): { jumps: number[]; step: number } {
  const repair = new TimeRepair({ segmented });
  const jumps: number[] = [];
  let newest = 0;
  let step = 0;
  for (let at = 0; at < 200; at++) {
    const second = at >= 100;
    for (const [name, offset] of [
      ['video', 0],
      ['audio', 7000],
    ] as const) {
      const dts = at * 40_000 + offset + (second ? by : 0);
      const placed = repair.place(name, dts, at * 10_000 + (second ? later : 0));
      if (!placed) throw new Error('left out');
      if (placed.jumped) jumps.push(at);
      if (at === 100 && name === 'video') step = dts + placed.shift - newest;
      newest = Math.max(newest, dts + placed.shift);
    }
  }
  return { jumps, step };
}

test('a hole in the times of a list of segments is not waited for, unless it took that long to come', () => {
  expect(hole(true, 7 * SECOND, 2 * SECOND)).toEqual({ jumps: [100], step: 33_000 });
  expect(hole(true, 7 * SECOND, 8 * SECOND)).toEqual({ jumps: [], step: 7_033_000 });
  expect(hole(true, 900_000, 0)).toEqual({ jumps: [], step: 933_000 });
  // Streams are played as they come: there it is for the clock to see.
  expect(hole(false, 7 * SECOND, 2 * SECOND)).toEqual({ jumps: [], step: 7_033_000 });
});

test('a list of segments with a picture every five seconds keeps its times', () => {
  const repair = new TimeRepair({ segmented: true });
  const shifts = Array.from({ length: 6 }, (_, at) => repair.place('video', at * 5 * SECOND, at)?.shift);
  expect(new Set(shifts)).toEqual(new Set([0]));
});

test('a picture that begins 3 s after the sound in a list of segments is no jump', () => {
  const repair = new TimeRepair({ segmented: true });
  for (let at = 0; at < 10; at++) repair.place('audio', at * 21_000, at);
  expect(repair.place('video', 3 * SECOND, 11)).toEqual({ shift: 0, jumped: false });
});
