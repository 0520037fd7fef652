/** Which play of a file it is at a time, and how many follow. */
import { expect, test } from 'vitest';
import { PlayList } from '../../../../src/engine/source/play-list.js';

test('plays follow each other without a gap, and each knows how many are left', () => {
  const plays = new PlayList();
  plays.restart(2);
  plays.repeat(3_000, 1_000);
  expect(plays.newest).toEqual({ from: 3_000, shift: 2_000, left: 1 });
  plays.repeat(3_000, 1_000);
  expect(plays.newest).toEqual({ from: 5_000, shift: 4_000, left: 0 });
  expect([1_000, 2_999, 3_000, 4_999, 5_000].map((time) => plays.at(time).left)).toEqual([2, 2, 1, 1, 0]);
  plays.restart(-1);
  plays.repeat(3_000, 1_000);
  expect(plays.newest.left).toBe(-1);
});

test('of endless plays the oldest are forgotten', () => {
  const plays = new PlayList();
  plays.restart(-1);
  for (let play = 0; play < 10_000; play++) plays.repeat(100, 0);
  expect(plays.newest.shift).toBe(1_000_000);
  expect(plays.at(999_999).shift).toBe(999_900);
  expect(plays.at(0).shift).toBeGreaterThan(900_000);
});
