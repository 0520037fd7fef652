import { expect, test } from 'vitest';
import { Reel } from '../../../../src/engine/overlay/reel.js';
import type { Sheet } from '../../../../src/engine/video/sheet.js';
import { plainSheet } from './ink.js';

const sheets = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => plainSheet(2, 2, index));
function sheet(index: number): Sheet {
  const one = sheets[index];
  if (!one) throw new RangeError('no such sheet');
  return one;
}
const shownAt = (reel: Reel, now: number): number => {
  reel.advance(now);
  return reel.sheet ? sheets.indexOf(reel.sheet) : -1;
};

async function kept(plays: number): Promise<Reel> {
  const reel = new Reel({ keep: true, plays });
  for (const [index, durationUs] of [100_000, 50_000, 200_000].entries()) {
    expect(await reel.push({ sheet: sheet(index), durationUs })).toBe(true);
  }
  reel.complete();
  return reel;
}

test('each picture is shown for its time, round after round, from the first look on', async () => {
  const reel = await kept(Number.POSITIVE_INFINITY);
  const begun = 7_000_000;
  const shown: number[] = [];
  for (let ms = 0; ms < 1050; ms += 25) shown.push(shownAt(reel, begun + ms * 1000));
  const round = [0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2];
  expect(shown).toEqual([...round, ...round, ...round]);
});

test('after its plays the last picture stays', async () => {
  const reel = await kept(2);
  const shown = [0, 110, 160, 360, 460, 510, 800, 5000].map((ms) => shownAt(reel, ms * 1000));
  expect(shown).toEqual([0, 1, 2, 0, 1, 2, 2, 2]);
});

test('a still stays', async () => {
  const reel = new Reel({ keep: true, plays: Number.POSITIVE_INFINITY });
  expect(reel.isReady).toBe(false);
  expect(shownAt(reel, 0)).toBe(-1);
  await reel.push({ sheet: sheet(3), durationUs: Number.POSITIVE_INFINITY });
  reel.complete();
  expect(reel.isReady).toBe(true);
  expect([1, 1e9, 1e15].map((now) => shownAt(reel, now))).toEqual([3, 3, 3]);
});

test('after a pause of the ticks it goes on where it was, without a rush', async () => {
  const reel = await kept(Number.POSITIVE_INFINITY);
  expect(shownAt(reel, 0)).toBe(0);
  expect(shownAt(reel, 3_600_000_000)).toBe(1);
  expect(shownAt(reel, 3_600_040_000)).toBe(1);
  expect(shownAt(reel, 3_600_050_000)).toBe(2);
});

test('of a large animation three pictures wait; whoever decodes waits for room', async () => {
  const reel = new Reel({ keep: false, plays: 1 });
  let pushed = 0;
  const decoding = (async () => {
    for (let index = 0; index < 8; index++) {
      if (!(await reel.push({ sheet: sheet(index), durationUs: 40_000 }))) return;
      pushed++;
    }
  })();
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await settle();
  expect(pushed).toBe(3);
  const shown: number[] = [];
  for (let tick = 0; tick < 10; tick++) {
    shown.push(shownAt(reel, tick * 40_000));
    await settle();
  }
  await decoding;
  expect(shown).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 7, 7]);
});

test('closing wakes whoever decodes, and nothing is kept', async () => {
  const reel = new Reel({ keep: false, plays: 1 });
  const pushes = [0, 1, 2, 3].map((index) => reel.push({ sheet: sheet(index), durationUs: 40_000 }));
  reel.close();
  expect(await Promise.all(pushes)).toEqual([true, true, true, false]);
  expect(reel.isReady).toBe(false);
});
