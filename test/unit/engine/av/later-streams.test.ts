/** When a stream that appears later takes the place of the one that was there. */
import { expect, test } from 'vitest';
import { LaterStreams } from '../../../../src/engine/av/later-streams.js';

const SECOND = 1_000_000;
const FRAME = 40_000;

/** Two pictures streams side by side, each taken as the track when it replaces the other; returns how often that is. */
function turns(clocksApart: number, jumpAt = -1): number {
  const later = new LaterStreams();
  let track = { index: 0, kind: 'video', lastDts: null as number | null };
  let count = 0;
  for (let at = 0; at < 500; at++) {
    for (const index of [0, 1]) {
      if (index === 1 && at < 50) continue;
      const dts = at * FRAME + index * clocksApart;
      if (index === track.index) {
        track.lastDts = dts;
        later.isAlive('video');
      } else if (later.outlasts(index, track, dts)) {
        later.replaced(track.index);
        track = { index, kind: 'video', lastDts: dts };
        count++;
      }
    }
    if (at !== jumpAt) continue;
    track.lastDts = null;
    later.isAlive('video');
  }
  return count;
}

test('two that are sent side by side do not take turns, however far their clocks are apart', () => {
  expect(turns(0)).toBe(0);
  expect(turns(-3600 * SECOND)).toBe(0);
  expect(turns(3600 * SECOND)).toBeLessThanOrEqual(1);
  expect(turns(0, 300)).toBe(0);
});

test('one that begins long after the end of the other follows at once', () => {
  expect(new LaterStreams().outlasts(1, { kind: 'video', lastDts: 0 }, 5 * SECOND)).toBe(true);
});

test('one that goes on where the other ended follows after a second, and the first one may come back so', () => {
  const later = new LaterStreams();
  const after = (index: number, lastDts: number): number => {
    let at = 1;
    while (!later.outlasts(index, { kind: 'video', lastDts }, lastDts + at * FRAME)) at++;
    return at;
  };
  expect(after(1, 0)).toBe(26);
  later.replaced(0);
  later.isAlive('video');
  expect(after(0, 100 * SECOND)).toBeLessThanOrEqual(26);
});

test('one that jumps once is not taken for a second of pictures', () => {
  const later = new LaterStreams();
  const track = { kind: 'video', lastDts: 0 };
  expect(later.outlasts(1, track, FRAME)).toBe(false);
  expect(later.outlasts(1, track, 3600 * SECOND)).toBe(false);
});
