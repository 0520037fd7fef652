import { expect, test } from 'vitest';
import { BackOff, pause } from '../../../../src/engine/source/back-off.js';

test('pauses grow from 0.5 s to 5 s and stay there; success begins anew', () => {
  const backOff = new BackOff();
  expect(Array.from({ length: 7 }, () => backOff.next())).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000]);
  backOff.reset();
  expect(backOff.next()).toBe(500);
});

test('a pause lasts as long as it should', async () => {
  const begun = performance.now();
  await pause(40, new AbortController().signal);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(38);
});

test('an abort ends a pause at once, and one that is over before it begins', async () => {
  const abort = new AbortController();
  const begun = performance.now();
  const waiting = pause(60_000, abort.signal);
  abort.abort();
  await waiting;
  await pause(60_000, abort.signal);
  expect(performance.now() - begun).toBeLessThan(1000);
});
