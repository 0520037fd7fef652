import { expect, test } from 'vitest';
import { dbOf, faderOf, gainAt, gainByKey, gainOf, readDb, readWhole, writeDb } from '../../src/sound/decibel.js';

const key = (name: string, shiftKey = false) => ({ key: name, shiftKey });

test('a fader goes from off to twice the level, and the mark of 0 dB is exactly 1', () => {
  expect(gainAt(0)).toBe(0);
  expect(gainAt(1)).toBe(2);
  expect(gainAt(faderOf(1))).toBe(1);
  expect(gainAt(faderOf(1) + 0.002)).toBe(1);
  expect(faderOf(0)).toBe(0);
  expect(faderOf(2)).toBe(1);
  expect(faderOf(10)).toBe(1);
  expect(faderOf(0.0001)).toBe(0);
});

test('places and gains are the same way both ways, and grow together', () => {
  let before = -1;
  for (let db = -60; db <= 6; db += 0.5) {
    const place = faderOf(gainOf(db));
    expect(place).toBeGreaterThan(before);
    before = place;
    if (Math.abs(db) > 0.2) expect(dbOf(gainAt(place))).toBeCloseTo(db, 1);
  }
  // Half of the way is for the upper 12 dB or so.
  expect(dbOf(gainAt(0.5))).toBeGreaterThan(-13);
  expect(dbOf(gainAt(0.5))).toBeLessThan(-9);
});

test('keys step by a dB, by a tenth with Shift, and end at the fader', () => {
  expect(dbOf(gainByKey(1, key('ArrowDown')) ?? 0)).toBeCloseTo(-1, 2);
  expect(dbOf(gainByKey(1, key('ArrowUp', true)) ?? 0)).toBeCloseTo(0.1, 2);
  expect(dbOf(gainByKey(0.5, key('PageUp')) ?? 0)).toBeCloseTo(0, 1);
  expect(gainByKey(2, key('ArrowUp'))).toBe(2);
  expect(gainByKey(4, key('ArrowUp'))).toBe(4);
  expect(gainByKey(0, key('ArrowUp'))).toBeCloseTo(0.001, 4);
  expect(gainByKey(0.001, key('ArrowDown'))).toBe(0);
  expect(gainByKey(0, key('ArrowDown'))).toBe(0);
  expect(gainByKey(0.3, key('Home'))).toBe(0);
  expect(gainByKey(0.3, key('End'))).toBe(2);
  expect(gainByKey(0.3, key('0'))).toBe(1);
  expect(gainByKey(0.3, key('1'))).toBeNull();
});

test('dB as they are written and typed', () => {
  expect([0, -6, 3.25, -0.04, Number.NEGATIVE_INFINITY].map(writeDb)).toEqual(['0.0', '−6.0', '+3.3', '0.0', '−∞']);
  expect(readDb('-6')).toBeCloseTo(0.5012, 4);
  expect(readDb(' +3,5 dB')).toBeCloseTo(1.496, 3);
  expect(readDb('−12.0')).toBeCloseTo(0.2512, 4);
  expect([readDb('0'), readDb('20'), readDb('40'), readDb('-61')]).toEqual([1, 10, 10, 0]);
  expect([readDb('off'), readDb('-inf'), readDb('−∞'), readDb('-Infinity')]).toEqual([0, 0, 0, 0]);
  expect([readDb(''), readDb('loud'), readDb('1e2'), readDb('--3'), readDb('.')]).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
});

test('whole numbers stay within their range', () => {
  expect([readWhole('120', 0, 5000), readWhole('6000', 0, 5000), readWhole('−70', -60, 0)]).toEqual([120, 5000, -60]);
  expect([readWhole('12,6', 0, 60), readWhole('', 0, 60), readWhole('x', 0, 60)]).toEqual([13, null, null]);
});
