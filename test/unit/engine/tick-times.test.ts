import { expect, test } from 'vitest';
import { TickTimes } from '../../../src/engine/tick-times.js';

test('nothing was measured yet', () => {
  expect(new TickTimes().quantile(0.5)).toBe(0);
});

test('quantiles are of what was added, whatever its order', () => {
  const times = new TickTimes();
  for (const ms of [5, 1, 4, 2, 3]) times.add(ms);
  expect([0, 0.5, 1].map((q) => times.quantile(q))).toEqual([1, 3, 5]);
});

test('they are numbers, not texts, and rounded to a microsecond', () => {
  const times = new TickTimes();
  for (const ms of [100, 20, 6.54321]) times.add(ms);
  expect([0, 0.5, 1].map((q) => times.quantile(q))).toEqual([6.543, 20, 100]);
});

test('only the last 600 count', () => {
  const times = new TickTimes();
  for (let tick = 0; tick < 100; tick++) times.add(1000);
  for (let tick = 0; tick < 600; tick++) times.add(tick < 594 ? 2 : 30);
  expect(times.quantile(0.5)).toBe(2);
  expect(times.quantile(0.99)).toBe(2);
  expect(times.quantile(0.999)).toBe(30);
  expect(times.quantile(1)).toBe(30);
});
