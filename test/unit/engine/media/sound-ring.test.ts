/** The ring of a source's sound: addressed by sample, silent where nothing was written, and what it makes of times that are not exact. */
import { expect, test } from 'vitest';
import { SoundRing } from '../../../../src/engine/media/sound-ring.js';
import { SoundListener } from '../../../../src/engine/source/sound-listener.js';
import { generator } from '../../../support/random.js';

const RATE = 48_000;
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
  expect(new Set(read(ring, 10_000, 6 * 1024).left)).toEqual(new Set([0.5]));
});

test('a gap is silence between two stretches', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 4800), 0);
  ring.write(level(0.5, 4800), 9600);
  expect(ring.jumps).toBe(1);
  expect(ring.end).toBe(14_400);
  const { left, there } = read(ring, 0, 14_000);
  expect(there).toBe(14_000);
  expect(new Set(left.slice(0, 4800))).toEqual(new Set([0.5]));
  expect(new Set(left.slice(4800, 9600))).toEqual(new Set([0]));
  expect(new Set(left.slice(9600))).toEqual(new Set([0.5]));
  expect(ring.stretch(-5)).toEqual({ from: 0, to: 4800 });
  expect(ring.stretch(4799)).toEqual({ from: 0, to: 4800 });
  expect(ring.stretch(4800)).toEqual({ from: 9600, to: 14_400 });
  expect(ring.stretch(14_400)).toBeNull();
});

test('samples from the past are not taken; what goes beyond the end begins a stretch of its own', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 9600), 0);
  ring.write(level(-0.5, 9600), 4800);
  expect(ring.jumps).toBe(1);
  expect(ring.end).toBe(14_400);
  const { left } = read(ring, 0, 14_000);
  expect(left[9599]).toBe(0.5);
  expect(left[9600]).toBe(-0.5);
  expect(ring.stretch(9599)).toEqual({ from: 0, to: 9600 });
  expect(ring.stretch(9600)).toEqual({ from: 9600, to: 14_400 });

  const end = read(ring, 13_000, 1400);
  ring.write(level(0.9, 1024), 100);
  expect(ring.end).toBe(14_400);
  expect(read(ring, 13_000, 1000).left).toEqual(end.left.slice(0, 1000));
  // What follows the samples that were left out does not follow those that are there.
  ring.write(level(0.9, 1024), 14_000);
  expect(ring.stretch(14_400)).toEqual({ from: 14_400, to: 15_024 });
});

/** Mean distance of the last times from the places where their samples are, as a listener sees it. */
function offOf(ring: SoundRing, time: number, written: number): number {
  return time + 1024 - ring.skewAt(written) - written;
}

test('a lost packet leaves a gap, so that what follows is where its time says', () => {
  const ring = new SoundRing();
  for (let packet = 0; packet < 100; packet++) {
    // Times in whole milliseconds.
    const time = Math.round((Math.floor((packet * 1024 * 1000) / RATE) * RATE) / 1000);
    if (packet !== 40 && packet !== 60 && packet !== 61) ring.write(level(0.5, 1024), time);
  }
  expect(ring.jumps).toBe(2);
  expect(Math.abs(ring.end - 100 * 1024)).toBeLessThan(100);
  expect(Math.abs(ring.skewAt(ring.end))).toBeLessThan(72);
  const { left } = read(ring, 0, 100 * 1024);
  expect(left.filter((value) => value === 0).length).toBeGreaterThan(3 * 1024 - 150);
  expect(left.filter((value) => value === 0).length).toBeLessThan(3 * 1024 + 150);
});

test.each([300, -700, 1400])('times that are off by %i samples from some moment on are known after a while', (off) => {
  const ring = new SoundRing();
  for (let packet = 0; packet < 400; packet++) ring.write(level(0.5, 1024), packet * 1024 + (packet < 100 ? 0 : off));
  expect(ring.jumps).toBe(0);
  expect(ring.end).toBe(400 * 1024);
  expect(ring.skewAt(50 * 1024)).toBe(0);
  expect(Math.abs(offOf(ring, 399 * 1024 + off, ring.end))).toBeLessThan(10);
});

test('a clock of the encoder that is not that of its samples is known', () => {
  const ring = new SoundRing();
  let worst = 0;
  for (let packet = 0; packet < 3000; packet++) {
    const time = Math.round(packet * 1024 * 1.0003);
    ring.write(level(0.5, 1024), time);
    worst = Math.max(worst, Math.abs(offOf(ring, time, ring.end)));
  }
  expect(ring.jumps).toBe(0);
  // A millisecond.
  expect(worst).toBeLessThan(48);
});

test('times that jitter are not taken for losses, and their mean is kept to', () => {
  const ring = new SoundRing();
  const random = generator(5);
  for (let packet = 0; packet < 600; packet++) ring.write(level(0.5, 1024), packet * 1024 + (random() % 960) - 480);
  expect(ring.jumps).toBe(0);
  expect(Math.abs(offOf(ring, 599 * 1024, ring.end))).toBeLessThan(0.005 * RATE);
});

test('what is taken back is told, and what follows joins without a break', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 4800), 0);
  const { epoch } = ring;
  ring.truncate(4800);
  expect(ring.epoch).toBe(epoch);
  ring.truncate(4000);
  expect(ring.epoch).not.toBe(epoch);
  ring.write(level(0.25, 4800), 4000);
  expect(ring.stretch(0)).toEqual({ from: 0, to: 8800 });
  expect(read(ring, 3999, 2).left).toEqual([0.5, 0.25]);
  ring.write(level(0.5, 4800), 20_000);
  ring.truncate(15_000);
  ring.write(level(0.5, 4800), 15_000);
  expect(ring.stretch(9000)).toEqual({ from: 15_000, to: 19_800 });
});

test('gaps without number are bounded: the oldest samples go', () => {
  const ring = new SoundRing();
  for (let packet = 0; packet < 2000; packet++) ring.write(level(0.5, 10), packet * 2000);
  expect(ring.end).toBe(1999 * 2000 + 10);
  expect(ring.stretch(0)?.from).toBeGreaterThanOrEqual((2000 - 512) * 2000);
  expect(read(ring, 1900 * 2000, 10).left).toEqual(Array(10).fill(0.5));
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
  expect(read(ring, 0, 1000)).toEqual({ left: Array(1000).fill(0.5), right: Array(1000).fill(0.5), there: 1000 });
});

test('outside of what was written there is silence', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 4800), 1000);
  expect(read(ring, 0, 500)).toEqual({ left: Array(500).fill(0), right: Array(500).fill(0), there: 0 });
  expect(read(ring, 99_000, 10).there).toBe(0);
  const before = read(ring, 900, 200);
  expect(before.there).toBe(100);
  expect(before.left).toEqual([...Array(100).fill(0), ...Array(100).fill(0.5)]);
  const behind = read(ring, 5000, 1600);
  expect(behind.there).toBe(800);
  expect(behind.left).toEqual([...Array(800).fill(0.5), ...Array(800).fill(0)]);
});

test('a jump of more than the ring holds begins anew, forwards and backwards', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 4800), 0);
  ring.write(level(0.25, 4800), 10 * CAPACITY);
  expect(read(ring, 0, 100).there).toBe(0);
  expect(read(ring, 10 * CAPACITY, 100).left).toEqual(Array(100).fill(0.25));
  ring.write(level(0.125, 4800), -500);
  expect(read(ring, 10 * CAPACITY, 100).there).toBe(0);
  expect(read(ring, -500, 100).left).toEqual(Array(100).fill(0.125));
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

test('a time that is no number is not taken', () => {
  const ring = new SoundRing();
  ring.write(level(0.5, 480), Number.NaN);
  expect(ring.isEmpty).toBe(true);
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

test.each([
  [300, 10],
  [-300, 10],
  [300, 30],
  [-300, 30],
])('a loss of half a second is heard as such at %i ppm between samples and times, after %i min', (ppm, minutes) => {
  const ring = new SoundRing();
  const listener = new SoundListener();
  const block = new Float32Array(1024 * 2);
  const out = new Float32Array(800 * 2);
  const begin = minutes * 60 * RATE;
  const lost = { from: begin, to: begin + RATE / 2 };
  let written = 0;
  const silent: number[] = [];
  const late: number[] = [];
  // The first minutes are only written.
  for (let now = begin - 3 * RATE; now < begin + 2 * RATE; now += 800) {
    // A second before it is due; its value is its time, s / 10000.
    for (; written < now + RATE; written += 1024 * (1 + ppm / 1e6)) {
      block.fill(written / RATE / 10_000);
      if (written < lost.from || written >= lost.to) ring.write(block, Math.round(written));
    }
    listener.hear(out, ring, now - ring.skewAt(listener.place ?? now));
    if (now < begin - RATE) continue;
    for (let i = 0; i < 800; i++) {
      const value = out[2 * i] as number;
      if (value === 0) silent.push(now + i);
      // In a ramp it has no time.
      else if (now < begin - 1600 || now > lost.to + 4000) late.push(now + i - value * 10_000 * RATE);
    }
  }
  // Whole packets are lost.
  expect(Math.abs(silent.length - RATE / 2)).toBeLessThan(1024 + 0.01 * RATE);
  expect(Math.min(...silent)).toBeGreaterThan(lost.from - 0.01 * RATE);
  expect(Math.max(...silent)).toBeLessThan(lost.to + 1024 + 0.01 * RATE);
  expect(silent).toHaveLength(Math.max(...silent) - Math.min(...silent) + 1);
  // From the begin of its packet, 21 ms, and the mean that times are taken from; float has 3 ms here.
  expect(Math.max(...late)).toBeLessThan(0.035 * RATE);
  expect(Math.min(...late)).toBeGreaterThan(-0.015 * RATE);
  expect(late.length).toBeGreaterThan(2 * RATE);
});
