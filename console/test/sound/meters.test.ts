import { expect, test } from 'vitest';
import { Needle, placeOf, STALE_MS } from '../../src/sound/ballistics.js';
import type { Levels } from '../../src/sound/levels-wire.js';
import { MeterBoard } from '../../src/sound/meter-board.js';

test('the scale has 60 dB, and half of it for the upper 20', () => {
  expect([placeOf(-144), placeOf(-60), placeOf(0), placeOf(3)]).toEqual([0, 0, 1, 1]);
  expect(placeOf(-20)).toBeCloseTo(0.487, 2);
  expect(placeOf(-10)).toBeCloseTo(0.744, 2);
  for (let db = -59; db <= 0; db++) expect(placeOf(db)).toBeGreaterThan(placeOf(db - 1));
  expect(placeOf(Number.NaN)).toBe(0);
});

test('a needle is up at once and falls 20 dB in 1.7 seconds', () => {
  const needle = new Needle();
  needle.read(-6, 1_000);
  expect(needle.level(1_000)).toBe(-6);
  needle.read(-144, 1_100);
  expect(needle.level(2_700)).toBeCloseTo(-26, 5);
  needle.read(-10, 2_700);
  expect(needle.level(2_700)).toBe(-10);
});

test('the highest peak is held for two seconds', () => {
  const needle = new Needle();
  needle.read(-3, 0);
  for (let at = 100; at <= 1_900; at += 100) needle.read(-30, at);
  expect(needle.held(1_999)).toBe(-3);
  expect(needle.held(3_700)).toBeCloseTo(-23, 5);
  // A lower one does not begin the hold anew, a higher one does.
  needle.read(-1, 3_700);
  expect(needle.held(5_700)).toBe(-1);
  needle.clear();
  expect(needle.held(5_700)).toBe(Number.NEGATIVE_INFINITY);
  expect(needle.level(5_700)).toBe(Number.NEGATIVE_INFINITY);
});

/** A board whose frames and clock the test owns. */
function setUp() {
  const asked = new Set<{ run: () => void; from: number }>();
  const clock = { now: 0 };
  const board = new MeterBoard({
    now: () => clock.now,
    nextFrame: (run, ms) => {
      const one = { run, from: clock.now + ms };
      asked.add(one);
      return () => void asked.delete(one);
    },
  });
  const frame = (at: number): void => {
    clock.now = at;
    const due = [...asked].filter(({ from }) => from <= at);
    for (const one of due) asked.delete(one);
    for (const { run } of due) run();
  };
  return { board, frame, asked, clock };
}

const LEVELS = { pgm: {}, sources: new Map() } as unknown as Levels;

test('drawings hear every reading and are drawn at most once a frame, some 25 times a second', () => {
  const { board, frame, asked } = setUp();
  let [reads, draws] = [0, 0];
  const remove = board.add({ read: () => reads++, draw: () => draws++ });
  expect(asked.size).toBe(1);
  for (let at = 1_000; at < 2_000; at += 1_000 / 120) frame(at);
  expect(draws).toBeGreaterThan(20);
  expect(draws).toBeLessThan(35);
  for (let count = 0; count < 3; count++) board.read(LEVELS);
  expect(reads).toBe(3);
  expect(asked.size).toBe(1);
  remove();
  expect(asked.size).toBe(0);
});

test('an old reading is none', () => {
  const { board, frame, clock } = setUp();
  const seen: boolean[] = [];
  board.add({ read: () => {}, draw: (levels) => seen.push(levels !== null) });
  frame(100);
  clock.now = 200;
  board.read(LEVELS);
  frame(250);
  frame(200 + STALE_MS - 10);
  frame(200 + STALE_MS + 50);
  expect(seen).toEqual([false, true, true, false]);
  board.read(LEVELS);
  frame(2_000);
  board.clear();
  frame(2_050);
  expect(seen.slice(4)).toEqual([true, false]);
});
