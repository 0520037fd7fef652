/** The ring of a source's sound: addressed by sample, silent where nothing was written, without clicks at its seams. */
import { expect, test } from 'vitest';
import { SoundRing } from '../../../../src/engine/media/sound-ring.js';

const RATE = 48_000;
const RAMP = 240;
const CAPACITY = 18 * RATE;

/** Pairs whose left is the sample number / 1e6 and whose right is the negative of it. */
function counting(first: number, count: number): Float32Array {
  const samples = new Float32Array(count * 2);
  for (let i = 0; i < count; i++) {
    samples[2 * i] = (first + i) / 1e6;
    samples[2 * i + 1] = -(first + i) / 1e6;
  }
  return samples;
}

function level(value: number, count: number): Float32Array {
  return new Float32Array(count * 2).fill(value);
}

function read(ring: SoundRing, first: number, count: number): { left: number[]; right: number[]; there: number } {
  const out = new Float32Array(count * 2).fill(9);
  const there = ring.read(out, first);
  const left = [...out].filter((_, index) => index % 2 === 0);
  return { left, right: [...out].filter((_, index) => index % 2 === 1), there };
}

function largestStep(values: number[]): number {
  return Math.max(...values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? 0))));
}

test('what was written is read back at its sample number, as often as wanted', () => {
  const ring = new SoundRing();
  ring.write(counting(5000, 1024), 5000);
  ring.write(counting(6024, 1024), 6024);
  for (let again = 0; again < 2; again++) {
    const { left, right, there } = read(ring, 5900, 200);
    expect(there).toBe(200);
    expect(left[0]).toBeCloseTo(0.0059, 7);
    expect(left[199]).toBeCloseTo(0.006099, 7);
    expect(right[199]).toBeCloseTo(-0.006099, 7);
  }
  expect(ring.end).toBe(7048);
  expect(ring.jumps).toBe(0);
});

test('blocks whose times jitter by up to 30 ms are put end to end', () => {
  const ring = new SoundRing();
  let first = 10_000;
  for (const jitter of [0, 20, -30, 1440, -1440, 7]) {
    ring.write(level(0.5, 1024), first + jitter);
    first += 1024;
  }
  expect(ring.jumps).toBe(0);
  expect(ring.end).toBe(10_000 + 6 * 1024);
  expect(new Set(read(ring, 10_000 + RAMP, 5 * 1024).left)).toEqual(new Set([0.5]));
});

test('sound begins and goes on after a gap in a ramp, and the gap is silence', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 4800), 0);
  ring.write(level(0.5, 4800), 9600);
  expect(ring.jumps).toBe(1);
  expect(ring.end).toBe(14_400);
  const { left, there } = read(ring, 0, 14_000);
  expect(there).toBe(14_000);
  expect(left[0]).toBe(0);
  expect(left[RAMP]).toBe(0.5);
  expect(left[4800 - RAMP - 1]).toBe(0.5);
  expect(left[4799]).toBe(0);
  expect(new Set(left.slice(4800, 9600))).toEqual(new Set([0]));
  expect(left[9600 + RAMP]).toBe(0.5);
  expect(largestStep(left)).toBeLessThan(0.5 / RAMP + 1e-6);
});

test('samples from the past are not taken; what goes beyond the end joins without a click', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 9600), 0);
  ring.write(level(-0.5, 9600), 4800);
  expect(ring.jumps).toBe(1);
  expect(ring.end).toBe(14_400);
  const { left } = read(ring, 0, 14_000);
  expect(left[5000]).toBe(0.5);
  expect(left[9599]).toBe(0);
  expect(left[9600 + RAMP]).toBe(-0.5);
  expect(largestStep(left)).toBeLessThan(0.5 / RAMP + 1e-6);

  const end = read(ring, 13_000, 1400);
  ring.write(level(0.9, 1024), 100);
  expect(ring.end).toBe(14_400);
  expect(read(ring, 13_000, 1000).left).toEqual(end.left.slice(0, 1000));
});

test('the ring wraps around and forgets the oldest', () => {
  const ring = new SoundRing();
  const block = 1000;
  for (let first = 0; first < CAPACITY + 2500; first += block) ring.write(counting(first, block), first);
  const end = CAPACITY + 3000;
  expect(ring.end).toBe(end);
  expect(read(ring, 2000, 1000).there).toBe(0);
  const oldest = read(ring, 2900, 200);
  expect(oldest.there).toBe(100);
  expect(oldest.left[99]).toBe(0);
  expect(oldest.left[100]).toBeCloseTo(0.003, 7);
  // Across the end of the memory.
  const middle = read(ring, CAPACITY - 50, 100).left;
  for (const [index, value] of middle.entries()) expect(value).toBeCloseTo((CAPACITY - 50 + index) / 1e6, 6);
});

test('twelve seconds that are written ahead leave room for a layer that is five seconds late', () => {
  const ring = new SoundRing();
  for (let first = 0; first < 17 * RATE; first += 1000) ring.write(level(0.5, 1000), first);
  expect(read(ring, RAMP, 1000)).toEqual({ left: Array(1000).fill(0.5), right: Array(1000).fill(0.5), there: 1000 });
});

test('outside of what was written there is silence, and the sound ends in a ramp', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 4800), 1000);
  expect(read(ring, 0, 500)).toEqual({ left: Array(500).fill(0), right: Array(500).fill(0), there: 0 });
  expect(read(ring, 99_000, 10).there).toBe(0);
  const before = read(ring, 900, 200);
  expect(before.there).toBe(100);
  expect(before.left.slice(0, 100)).toEqual(Array(100).fill(0));
  const behind = read(ring, 5000, 1600);
  expect(behind.there).toBe(800);
  expect(behind.left[0]).toBe(0.5);
  expect(behind.left.slice(800)).toEqual(Array(800).fill(0));
  expect(largestStep(behind.left)).toBeLessThan(0.5 / RAMP + 1e-6);
  expect(largestStep(behind.right)).toBeLessThan(0.5 / RAMP + 1e-6);
});

test('a jump of more than the ring holds begins anew, forwards and backwards', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 4800), 0);
  ring.write(level(0.25, 4800), 10 * CAPACITY);
  expect(read(ring, 0, 100).there).toBe(0);
  expect(read(ring, 10 * CAPACITY + RAMP, 100).left).toEqual(Array(100).fill(0.25));
  ring.write(level(0.125, 4800), -500);
  expect(read(ring, 10 * CAPACITY, 100).there).toBe(0);
  expect(read(ring, -500 + RAMP, 100).left).toEqual(Array(100).fill(0.125));
  expect(ring.end).toBe(4300);
});

test('times before zero are as good as any', () => {
  const ring = new SoundRing();
  ring.write(counting(-2000, 4000), -2000);
  const { left, there } = read(ring, -100, 200);
  expect(there).toBe(200);
  expect(left[0]).toBeCloseTo(-0.0001, 7);
  expect(left[199]).toBeCloseTo(0.000099, 7);
});

test('clear forgets everything', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 4800), 0);
  ring.clear();
  expect(ring.isEmpty).toBe(true);
  expect(read(ring, 0, 100).there).toBe(0);
  ring.write(level(0.5, 4800), 70_000);
  expect(read(ring, 71_000, 100).left).toEqual(Array(100).fill(0.5));
  expect(ring.jumps).toBe(0);
});

test('a gap over the end of the ring is silent, and nothing but the gap', () => {
  const ring = new SoundRing();
  // A lap and a half, so that every place has been written.
  for (let at = 0; at < 1.5 * CAPACITY; at += RATE) ring.write(level(0.5, RATE), at);
  for (let at = ring.end; at < 2 * CAPACITY - RATE; at += RATE) ring.write(level(0.5, RATE), at);
  const end = ring.end;
  ring.write(level(0.5, RATE), end + 2 * RATE);
  expect(end).toBeLessThan(2 * CAPACITY);
  expect(end + 2 * RATE).toBeGreaterThan(2 * CAPACITY);
  const { left, right } = read(ring, end, 2 * RATE);
  expect([...left, ...right].filter((sample) => sample !== 0).length).toBe(0);
  expect(read(ring, end - 1000, 1000).left[0]).toBe(0.5);
  expect(read(ring, end + 2 * RATE + 1000, 10).right[0]).toBe(0.5);
});
