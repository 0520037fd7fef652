import { expect, test } from 'vitest';
import { RestartPause } from '../../../src/cluster/restart-pause.js';

test('the first restart is at once, then pauses grow to 5 s', () => {
  const pause = new RestartPause();
  expect(Array.from({ length: 8 }, () => pause.after(100))).toEqual([0, 250, 500, 1000, 2000, 4000, 5000, 5000]);
});

test('a process that ran well for 30 s makes what was before forgotten', () => {
  const pause = new RestartPause();
  for (let crash = 0; crash < 6; crash++) pause.after(10);
  expect(pause.after(29_999)).toBe(5000);
  expect(pause.after(30_000)).toBe(0);
  expect(pause.after(10)).toBe(250);
});
