/** The clock of files and segment lists: fixed by the first packet, moved only by a network that does not keep up. */
import { expect, test } from 'vitest';
import { FileClock } from '../../../../src/engine/source/file-clock.js';
import { generator } from '../../../support/random.js';

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

test('held, the place stays, what is to come is due later, and it goes on from there', () => {
  const clock = newClock();
  clock.observe(0, 0);
  clock.advance(1_000_000);
  clock.hold(1_000_000);
  expect(clock.isHeld).toBe(true);
  clock.advance(3_000_000);
  expect(clock.toSource(3_000_000)).toBe(850_000);
  expect(clock.toEngine(900_000)).toBe(3_050_000);
  // Delayed layers go on to the place where it stands, and look back rightly when it runs again.
  expect(clock.toSource(900_000)).toBe(750_000);
  clock.run(3_000_000);
  expect(clock.toSource(3_100_000)).toBe(950_000);
  expect(clock.toSource(2_000_000)).toBe(850_000);
  expect(clock.toSource(500_000)).toBe(350_000);
  expect(clock.toSource(2_100_000)).toBe(850_000);
});

test('held before the first packet, its place is known at once; a wait for a slow network ends with it', () => {
  const clock = newClock();
  clock.hold(0);
  clock.observe(400_000, 70_000);
  expect(clock.toSource(9_000_000)).toBe(70_000);
  clock.run(9_000_000);
  expect(clock.toSource(9_500_000)).toBe(570_000);
  clock.observe(9_700_000, 600_000);
  // 100 ms late: it stands at what is missing for the longer lead.
  expect(clock.toSource(9_800_000)).toBe(600_000);
  expect(clock.toSource(9_925_000)).toBe(600_000);
  expect(clock.toSource(10_025_000)).toBe(700_000);
  clock.hold(9_800_000);
  clock.run(9_810_000);
  expect(clock.toSource(9_910_000)).toBe(700_000);
});

test('what it remembers is bounded, however often it is held', () => {
  const clock = newClock();
  clock.observe(0, 0);
  for (let time = 1; time < 5_000; time++) {
    if (time % 2) clock.hold(time * 100);
    else clock.run(time * 100);
  }
  clock.run(500_000);
  clock.advance(60_000_000);
  expect(clock.toSource(60_000_000)).toBeCloseTo(60_000_000 - 250_000 - 150_000, -3);
});

test.each([300, -300, 0])(
  'a list of segments whose encoder is off by %i ppm keeps its distance for six hours',
  (ppm) => {
    const random = generator(3);
    const clock = new FileClock({ delayUs: 0, leadUs: 4_000_000, glides: true });
    const segment = 2_000_000;
    const least: number[] = [];
    let low = Number.POSITIVE_INFINITY;
    let offset: number | null = null;
    let fastest = 0;
    for (let number = 0; number * segment < 6 * 3600e6; number++) {
      // Complete when its last picture is, and fetched up to 150 ms later.
      const arrival = ((number + 1) * segment) / (1 + ppm / 1e6) + (random() / 2 ** 32) * 150 * MS;
      for (let part = 0; part < 4; part++) clock.observe(arrival, number * segment + (part * segment) / 4);
      clock.advance(arrival);
      low = Math.min(low, clock.toEngine(number * segment) - arrival);
      const now = arrival - clock.toSource(arrival);
      if (offset !== null) fastest = Math.max(fastest, Math.abs(now - offset));
      offset = now;
      // Time never stands still.
      expect(clock.toSource(arrival + 1000)).toBeGreaterThan(clock.toSource(arrival));
      if (number % 60 === 59) {
        least.push(low);
        low = Number.POSITIVE_INFINITY;
      }
    }
    expect(Math.max(...least) - Math.min(...least)).toBeLessThan(600 * MS);
    // Seen from segment to segment.
    expect(fastest).toBeLessThanOrEqual(ppm === 0 ? 1 : 3 * MS);
  },
);
