/**
 * Sound between its samples: a windowed sinc (32 samples, Kaiser window) in 512 steps from one sample to the next, and in
 * between them straight lines. What a tone of up to 18 kHz gets beside it lies 90 dB below it; its level is kept to
 * hundredths of a decibel. Pure; J. O. Smith, "Digital Audio Resampling", has the theory.
 */
import { CHANNELS } from '../audio/format.js';

/** Samples that one is made of: so many before the place, its own included, and as many behind it. */
export const HALF = 16;
const TAPS = 2 * HALF;
const STEPS = 512;
/** Of the Kaiser window: 96 dB. */
const BETA = 9.62;

/** Gains of the samples around a place, step after step; one step more, so that each has a next one. */
const TABLE = makeTable();

function makeTable(): Float32Array {
  const table = new Float32Array((STEPS + 1) * TAPS);
  for (let step = 0; step <= STEPS; step++) {
    const row = table.subarray(step * TAPS, (step + 1) * TAPS);
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap++) {
      const distance = tap - (HALF - 1) - step / STEPS;
      row[tap] = sinc(distance) * kaiser(distance / HALF);
      sum += row[tap] ?? 0;
    }
    // A constant stays what it is.
    for (let tap = 0; tap < TAPS; tap++) row[tap] = (row[tap] ?? 0) / sum;
  }
  return table;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** @param x -1 to 1 */
function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}

/** The modified Bessel function of the first kind, of order 0. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * Writes one pair.
 * @param input interleaved pairs
 * @param place in pairs, not whole; `HALF - 1` pairs before it and `HALF` behind it must be there
 * @param index pair of `out` that is written
 */
export function interpolate(out: Float32Array, index: number, input: Float32Array, place: number): void {
  const whole = Math.floor(place);
  const fine = (place - whole) * STEPS;
  const step = Math.floor(fine);
  const part = fine - step;
  let row = step * TAPS;
  let at = (whole - HALF + 1) * CHANNELS;
  let left = 0;
  let right = 0;
  for (let tap = 0; tap < TAPS; tap++) {
    const gain = TABLE[row] as number;
    const mixed = gain + part * ((TABLE[row + TAPS] as number) - gain);
    left += mixed * (input[at] as number);
    right += mixed * (input[at + 1] as number);
    row++;
    at += CHANNELS;
  }
  out[index * CHANNELS] = left;
  out[index * CHANNELS + 1] = right;
}
