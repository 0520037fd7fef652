import { beforeEach, expect, test } from 'vitest';
import { FaderGrip } from '../../src/sound/fader-grip.js';

let grip: FaderGrip;
let told: string[];
const holder =
  (name: string) =>
  (isHeld: boolean): void => {
    told.push(`${name} ${isHeld}`);
  };
const at = (y: number, isFine = false, id = 1) => ({ id, y, isFine });

beforeEach(() => {
  grip = new FaderGrip();
  told = [];
});

test('it moves from where it stands, within its ends, five times as fine with Shift', () => {
  expect(grip.move(at(0), 100)).toBeNull();
  grip.take(at(50), 0.5, holder('a'));
  expect(grip.move(at(40), 100)).toBeCloseTo(0.6);
  // Shift on the way makes no jump.
  expect(grip.move(at(40, true), 100)).toBeCloseTo(0.6);
  expect(grip.move(at(30, true), 100)).toBeCloseTo(0.62);
  expect(grip.move(at(-900), 100)).toBe(1);
  expect(grip.move(at(900), 100)).toBe(0);
  expect(grip.move(at(40, false, 2), 100)).toBeNull();
  expect(grip.move(at(40), 0)).toBeNull();
});

test('who was told that it is held is told once that it is not; then it does not move any more', () => {
  grip.letGo();
  grip.take(at(50), 0.5, holder('a'));
  grip.letGo();
  grip.letGo();
  expect(told).toEqual(['a true', 'a false']);
  expect(grip.move(at(10), 100)).toBeNull();
});

test('a second pointer takes it from the first', () => {
  grip.take(at(50), 0.5, holder('a'));
  grip.take(at(50, false, 2), 0.5, holder('b'));
  grip.letGo();
  expect(told).toEqual(['a true', 'a false', 'b true', 'b false']);
});
