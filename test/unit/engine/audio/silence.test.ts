/** Silence is told once when it has lasted, and once when it is over. */
import { expect, test } from 'vitest';
import { SilenceWatch } from '../../../../src/engine/audio/silence.js';

const SPEC = { belowDb: -60, afterMs: 1000 };

test('what stays below the level for long enough is silent, and is back at once', () => {
  const watch = new SilenceWatch();
  const told = [-20, -70, -70, -70, -144, -144, -144, -60, -70].map((db) => watch.update([db, db], 300, SPEC));
  expect(told).toEqual([null, null, null, null, 'silent', null, null, 'back', null]);
});

test('one side is enough, and a sound in between begins the time anew', () => {
  const watch = new SilenceWatch();
  for (let i = 0; i < 10; i++) expect(watch.update(i % 3 === 0 ? [-144, -59.9] : [-144, -144], 400, SPEC)).toBeNull();
  expect(watch.isSilent).toBe(false);
});

test('without a setting nothing is silent, and the time begins with the setting', () => {
  const watch = new SilenceWatch();
  expect(watch.update([-144, -144], 5000, SPEC)).toBe('silent');
  expect(watch.isSilent).toBe(true);
  expect(watch.update([-144, -144], 100, null)).toBeNull();
  expect(watch.isSilent).toBe(false);
  expect(watch.update([-144, -144], 999, SPEC)).toBeNull();
  expect(watch.update([-144, -144], 1, SPEC)).toBe('silent');
});
