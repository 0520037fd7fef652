/** One clock for a stream that outlives its publishers. */
import { expect, test } from 'vitest';
import { Timeline } from '../../../src/hub/timeline.js';

test('a clock that jumps does not jump for readers', () => {
  const timeline = new Timeline();
  expect(timeline.place(0, 1_000_000, 0)).toBe(1_000_000);
  expect(timeline.place(0, 1_040_000, 40)).toBe(1_040_000);
  expect(timeline.place(0, 900_000_000_000, 80)).toBe(1_080_000);
  expect(timeline.place(0, 900_000_040_000, 120)).toBe(1_120_000);
  expect(timeline.place(0, 5, 160)).toBe(1_160_000);
  expect(timeline.place(0, 4, 160)).toBeNull();
  expect(timeline.place(0, Number.NaN, 160)).toBeNull();
  expect(new Timeline().place(0, -9e18, 0)).toBe(0);
  const resumed = new Timeline();
  resumed.place(0, 1_000_000, 0);
  resumed.restart();
  expect(resumed.place(0, 1_500_000, 2_000)).toBe(3_000_000);
});
