/**
 * What a sound has at other pitches than it should: clicks, steps and distortion show up as energy far from its tones.
 * Samples are one channel at 48 kHz, full scale 1; levels are dBFS, a sine of full scale has 0.
 */
import { Fourier } from '../../src/engine/audio/filter/fourier.js';

const RATE = 48_000;
/** Nothing is quieter than this. */
const BOTTOM = -200;

/** Window of Blackman and Harris with four terms: what a tone leaks is 92 dB below it. */
function windowOf(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => {
    const x = (2 * Math.PI * (i + 0.5)) / size;
    return 0.35875 - 0.48829 * Math.cos(x) + 0.14128 * Math.cos(2 * x) - 0.01168 * Math.cos(3 * x);
  });
}

/** One side of interleaved pairs. @param side 0 left, 1 right */
export function sideOf(pairs: Float32Array, side: 0 | 1 = 0): Float32Array {
  return Float32Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i + side] ?? 0);
}

/**
 * Amplitudes from 0 Hz to half the rate in equal steps; a sine that falls on one of them has its own amplitude there.
 * @param samples as many as a power of two
 */
export function spectrumOf(samples: ArrayLike<number>): Float64Array {
  const size = samples.length;
  const window = windowOf(size);
  const gain = window.reduce((sum, value) => sum + value, 0) / 2;
  const re = Float64Array.from(window, (value, i) => value * (samples[i] ?? 0));
  const im = new Float64Array(size);
  new Fourier(size).run(re, im);
  return Float64Array.from({ length: size / 2 }, (_, k) => Math.hypot(re[k] ?? 0, im[k] ?? 0) / gain);
}

export interface BandOptions {
  /** Hz. */
  from: number;
  to?: number;
  /** Samples that are looked at together, a power of two: fewer find shorter clicks. */
  size?: number;
}

/**
 * The most that is ever heard in a band: the samples are looked at in short pieces that overlap, and the loudest counts.
 * A step of height 1 is some -45 dB above 4 kHz, a ramp of 10 ms far below that.
 */
export function loudestInBand(samples: ArrayLike<number>, { from, to = RATE / 2, size = 1024 }: BandOptions): number {
  let most = 0;
  for (let begin = 0; begin + size <= samples.length; begin += size / 4) {
    const piece = Float32Array.from({ length: size }, (_, i) => samples[begin + i] ?? 0);
    let power = 0;
    for (const [k, amplitude] of spectrumOf(piece).entries()) {
      const hz = (k * RATE) / size;
      if (hz >= from && hz <= to) power += amplitude ** 2;
    }
    most = Math.max(most, power);
  }
  return Math.max(BOTTOM, 10 * Math.log10(most));
}

/** Level of a tone in a steady sound, by correlation with it over whole waves as far as they go. */
export function toneLevel(samples: ArrayLike<number>, hz: number): number {
  const wave = RATE / hz;
  const count = Math.round(Math.floor(samples.length / wave) * wave);
  let sin = 0;
  let cos = 0;
  for (let i = 0; i < count; i++) {
    sin += (samples[i] ?? 0) * Math.sin((2 * Math.PI * i) / wave);
    cos += (samples[i] ?? 0) * Math.cos((2 * Math.PI * i) / wave);
  }
  return Math.max(BOTTOM, 20 * Math.log10((2 * Math.hypot(sin, cos)) / count));
}

/** dBFS of the mean power; a sine of full scale has -3. */
export function rmsLevel(samples: ArrayLike<number>): number {
  let power = 0;
  for (let i = 0; i < samples.length; i++) power += (samples[i] ?? 0) ** 2;
  return Math.max(BOTTOM, 10 * Math.log10(power / samples.length));
}
