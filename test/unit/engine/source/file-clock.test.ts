/** The clock of files and segment lists: fixed by the first packet, moved only by a network that does not keep up. */
import { expect, test } from 'vitest';
import { FileClock } from '../../../../src/engine/source/file-clock.js';

const MS = 1000;

function newClock(delayMs = 0): FileClock {
  return new FileClock({ delayUs: delayMs * MS, leadUs: 150 * MS });
}

test('before the first packet nothing is ever due', () => {
  const clock = newClock();
  expect(clock.toEngine(5)).toBe(Number.POSITIVE_INFINITY);
  expect(clock.toSource(5)).toBe(Number.NEGATIVE_INFINITY);
});

test('the first packet is due a lead after it came, and the delay; how far the others are ahead does not matter', () => {
  const clock = newClock(400);
  clock.observe(1_000_000, 42_000);
  expect(clock.toEngine(42_000)).toBe(1_550_000);
  for (let frame = 1; frame < 50; frame++) clock.observe(1_000_000 + frame, 42_000 + frame * 33_333);
  expect(clock.toEngine(42_000)).toBe(1_550_000);
  expect(clock.toSource(1_550_000)).toBe(42_000);
});

test('packets up to 50 ms late leave the point where it is; a later one is due a lead, half as long again, after it came', () => {
  const clock = newClock();
  clock.observe(0, 0);
  clock.observe(1_200_000, 1_000_000);
  expect(clock.toEngine(0)).toBe(150 * MS);
  clock.observe(2_200_001, 2_000_000);
  expect(clock.toEngine(2_000_000)).toBe(2_200_001 + 225 * MS);
  clock.observe(2_250_000, 2_100_000);
  expect(clock.toEngine(2_000_000)).toBe(2_200_001 + 225 * MS);
});

test('an input that is late again and again soon is no more, and the lead is bounded', () => {
  const clock = new FileClock({ delayUs: 0, leadUs: 2_000_000 });
  const moved: number[] = [];
  let before = 0;
  for (let segment = 0; segment < 40; segment++) {
    // Two seconds each; every fourth one comes five seconds late.
    const arrival = segment * 2_000_000 + (segment % 4 === 3 ? 5_000_000 : 0);
    clock.observe(arrival, segment * 2_000_000);
    const point = clock.toEngine(0);
    if (segment > 0 && point !== before) moved.push(segment);
    before = point;
  }
  expect(moved).toEqual([3]);
  expect(clock.toEngine(0)).toBe(5_000_000 + 3_000_000);

  for (let stall = 1; stall < 12; stall++) clock.observe(1e9 + stall * 60_000_000, 1e9);
  expect(clock.toEngine(1e9)).toBe(1e9 + 11 * 60_000_000 + 8_000_000);
});

test('reset forgets the times', () => {
  const clock = newClock();
  clock.observe(0, 0);
  clock.reset();
  expect(clock.toSource(1)).toBe(Number.NEGATIVE_INFINITY);
  clock.observe(500, 9_000_000);
  expect(clock.toEngine(9_000_000)).toBe(500 + 150 * MS);
});
