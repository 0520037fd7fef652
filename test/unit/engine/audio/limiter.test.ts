/** The limiter: what is under the ceiling passes bit for bit, what is above comes out below it, by a smooth gain. */
import { describe, expect, test } from 'vitest';
import { Limiter, LOOK_AHEAD } from '../../../../src/engine/audio/limiter.js';
import { TruePeak } from '../../../../src/engine/audio/true-peak.js';
import { generator } from '../../../support/random.js';
import { loudestInBand, sideOf, toneLevel } from '../../../support/spectrum.js';
import { BLOCK, RATE } from './bus-stage.js';

const CEILING = -3;

/** dBTP of the louder side. */
function truePeakOf(pairs: Float32Array): number {
  const peaks = ([0, 1] as const).map((side) => new TruePeak().follow(pairs, pairs.length / 2, side, 0));
  return 20 * Math.log10(Math.max(...peaks));
}

function pairsOf(seconds: number, of: (i: number) => [number, number] | number): Float32Array {
  const pairs = new Float32Array(Math.round(seconds * RATE) * 2);
  for (let i = 0; i < pairs.length / 2; i++) {
    const value = of(i);
    const [left, right] = typeof value === 'number' ? [value, value] : value;
    pairs[2 * i] = left;
    pairs[2 * i + 1] = right;
  }
  return pairs;
}

/** In blocks of changing lengths. */
function limited(pairs: Float32Array, limiter = new Limiter(CEILING)): Float32Array {
  const out = Float32Array.from(pairs);
  const lengths = [BLOCK, 801, 800, 7, 4800];
  for (let at = 0, turn = 0; at < out.length; turn++) {
    const end = Math.min(out.length, at + 2 * (lengths[turn % lengths.length] ?? BLOCK));
    limiter.run(out.subarray(at, end));
    at = end;
  }
  return out;
}

function noise(seed: number): () => number {
  const random = generator(seed);
  return () => random() / 2 ** 31 - 1;
}

test('what is below the ceiling comes out bit for bit, later by the look-ahead', () => {
  const random = noise(1);
  const pairs = pairsOf(1, () => [random() * 0.3, random() * 0.3]);
  const out = limited(pairs);
  expect(out.subarray(LOOK_AHEAD * 2)).toEqual(pairs.subarray(0, pairs.length - LOOK_AHEAD * 2));
});

test('it is transparent again, bit for bit, some time after something loud', () => {
  const random = noise(2);
  const pairs = pairsOf(4, (i) => random() * (i < RATE / 2 ? 8 : 0.3));
  const limiter = new Limiter(CEILING);
  const out = limited(pairs, limiter);
  const from = 3 * RATE * 2;
  expect(out.subarray(from + LOOK_AHEAD * 2)).toEqual(pairs.subarray(from, pairs.length - LOOK_AHEAD * 2));
  expect(limiter.lowestGain).toBe(1);
});

describe('true peaks stay under the ceiling', () => {
  const white = noise(3);
  const other = noise(4);
  const rows: [string, (i: number) => [number, number] | number][] = [
    ['white noise', () => [white() * 10, other() * 4]],
    ['a square', (i) => (Math.sin((2 * Math.PI * 997 * i) / RATE) > 0 ? 10 : -10)],
    ['a sine between the samples', (i) => 10 * Math.sin((2 * Math.PI * i) / 4 + Math.PI / 4)],
    ['a low sine', (i) => 10 * Math.sin((2 * Math.PI * 40 * i) / RATE)],
    ['single clicks', (i) => (i % 5000 === 4000 ? 10 : 0)],
    ['bursts', (i) => (i % 9600 < 4800 ? 0.01 : 10) * white()],
    [
      '16 loud sources',
      (i) => 10 * (white() + other() + Math.sin(i / 7) + Math.sign(Math.sin(i / 50)) + 4 * Math.sin(i / 3)),
    ],
  ];
  test.each(rows)('%s', (_name, of) => {
    const peak = truePeakOf(limited(pairsOf(1, of)));
    expect(peak).toBeLessThan(CEILING + 0.05);
    // Of noise coders make more noise; it is kept 2 dB lower.
    expect(peak).toBeGreaterThan(CEILING - 2.1);
  });
});

test('the lower ceiling is for noise alone: tones and low noise reach the one that is set', () => {
  const white = noise(8);
  let low = 0;
  const rows: [(i: number) => number, number][] = [
    [(i) => 10 * Math.sin(i / 10), CEILING],
    [() => (low += (10 * white() - low) * 0.2), CEILING],
    [() => 10 * white(), CEILING - 2],
  ];
  for (const [of, expected] of rows) expect(truePeakOf(limited(pairsOf(1, of)))).toBeCloseTo(expected, 1);
});

test('a steady tone keeps its form, also a low one', () => {
  for (const hz of [30, 50, 100, 1000]) {
    const out = sideOf(limited(pairsOf(3, (i) => 4 * Math.sin((2 * Math.PI * hz * i) / RATE)))).subarray(RATE);
    expect(toneLevel(out, hz)).toBeCloseTo(CEILING, 1);
    // Third and higher harmonics: -70 dB is 0.03 %.
    expect(loudestInBand(out, { from: hz * 2.5, size: 16_384 })).toBeLessThan(-70);
  }
});

test('the gain is down before a loud sample, and takes its time on the way back', () => {
  const limiter = new Limiter(CEILING);
  const level = 0.25;
  // A rectangle is loud for 10 ms.
  const pairs = pairsOf(2, (i) => (i >= RATE && i < RATE + 480 ? level * 16 : level));
  const gains = sideOf(limited(pairs, limiter)).map((value) => value / level);
  const start = RATE + LOOK_AHEAD;
  expect(gains[start - LOOK_AHEAD]).toBe(1);
  expect(gains[start - LOOK_AHEAD / 2]).toBeLessThan(0.9);
  const after = gains.subarray(start + 480 + 100);
  expect(after[0]).toBeLessThan(0.25);
  const back = after.findIndex((gain) => gain > 1 - (1 - (after[0] ?? 0)) / Math.E) / RATE;
  expect(back).toBeGreaterThan(0.1);
  expect(back).toBeLessThan(0.2);
});

test('both sides are turned down together', () => {
  const out = limited(pairsOf(1, (i) => [8 * Math.sin(i / 20), 0.1]));
  const right = sideOf(out, 1).subarray(RATE / 2);
  expect(Math.max(...right)).toBeLessThan(0.012);
});
