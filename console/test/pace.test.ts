import { expect, test } from 'vitest';
import { Pace } from '../src/pace.js';

test('the first turn is at once, the next ones keep their distance, and a pause is not made up for', async () => {
  let now = 1_000;
  const turns: number[] = [];
  const pace = new Pace(125, {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  });
  for (const idle of [0, 0, 20, 500, 0]) {
    now += idle;
    await pace.turn();
    turns.push(now);
  }
  expect(turns).toEqual([1_000, 1_125, 1_250, 1_750, 1_875]);
});

test('turns that are asked for at one moment do not fall together', async () => {
  const slept: number[] = [];
  const pace = new Pace(125, {
    now: () => 0,
    sleep: async (ms) => {
      slept.push(ms);
    },
  });
  await Promise.all([pace.turn(), pace.turn(), pace.turn()]);
  expect(slept).toEqual([125, 250]);
});
