/**
 * Takes away steady noise around music, gently: no part of the sound is turned down by more than {@link FLOOR}.
 *
 * Short spectra (1024 samples, a quarter apart) are weighted by a Wiener gain with the decision-directed estimate of
 * Ephraim and Malah (1984). The noise is what each part of the spectrum never falls below for some seconds (Martin's minimum
 * statistics, 2001). A held note does not fall either, but it stands out from its neighbours, which noise does not: the
 * estimate may not be far above their median. Both sides get the same gain, so the stereo picture stands still.
 */

import { Fourier } from './fourier.js';
import type { SoundStage } from './stage.js';

const SIZE = 1024;
const HOP = SIZE / 4;
const BINS = SIZE / 2 + 1;
/** -12 dB. */
const FLOOR = 0.25;
/** Share of the old in the smoothed power, and in the estimate of the signal. */
const SMOOTH = 0.85;
const DECISION = 0.96;
/** The lowest is kept for spans of 94 spectra (0.5 s), of the last 8. */
const SPAN = 94;
const SPANS = 8;
/** The lowest of so much smoothed noise is below its mean by this; measured with white noise. */
const BIAS = 2.5;
/** Neighbours on each side of the median, and how far above it noise may be. */
const NEIGHBOURS = 12;
const STANDS_OUT = 2.5;
/**
 * Power of a part of the spectrum, in the units of the transform, below which there is nothing: -150 dBFS, less than the last
 * bit of any sound. Smaller numbers fade towards denormal ones, and what is divided by those is not finite.
 */
const NOTHING = 1e-12;

export class MusicNoise implements SoundStage {
  /** A sample is finished when the last spectrum that it is part of is. */
  readonly latency = SIZE - 1;
  readonly #fourier = new Fourier(SIZE);
  /** Hann's window is shared by analysis and synthesis. */
  readonly #window = Float64Array.from({ length: SIZE }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / SIZE));
  /** The last samples that came, and the sums that are not finished yet. */
  readonly #input = [new Float64Array(SIZE), new Float64Array(SIZE)] as const;
  readonly #output = [new Float64Array(SIZE), new Float64Array(SIZE)] as const;
  #filled = 0;
  readonly #re = new Float64Array(SIZE);
  readonly #im = new Float64Array(SIZE);
  readonly #gains = new Float64Array(BINS).fill(1);
  readonly #clean = new Float64Array(BINS);
  readonly #smooth = new Float64Array(BINS);
  readonly #spans = Array.from({ length: SPANS }, () => new Float64Array(BINS).fill(Number.POSITIVE_INFINITY));
  readonly #noise = new Float64Array(BINS);
  #spectra = 0;

  run(pairs: Float32Array): void {
    const [left, right] = this.#input;
    const [leftOut, rightOut] = this.#output;
    const start = SIZE - HOP;
    for (let i = 0; i < pairs.length; i += 2) {
      left[start + this.#filled] = pairs[i] as number;
      right[start + this.#filled] = pairs[i + 1] as number;
      if (++this.#filled === HOP) this.#spectrum();
      pairs[i] = leftOut[this.#filled] as number;
      pairs[i + 1] = rightOut[this.#filled] as number;
    }
  }

  #spectrum(): void {
    this.#filled = 0;
    const re = this.#re;
    const im = this.#im;
    const [left, right] = this.#input;
    // Two real signals are one complex one.
    for (let i = 0; i < SIZE; i++) {
      const weight = this.#window[i] as number;
      re[i] = weight * (left[i] as number);
      im[i] = weight * (right[i] as number);
    }
    for (const side of this.#input) side.copyWithin(0, HOP);
    this.#fourier.run(re, im);
    this.#weigh(re, im);
    // The inverse, by the parts exchanged.
    this.#fourier.run(im, re);
    const [leftOut, rightOut] = this.#output;
    for (const side of this.#output) {
      side.copyWithin(0, HOP);
      side.fill(0, SIZE - HOP);
    }
    // Four squared windows overlap to 2.
    for (let i = 0; i < SIZE; i++) {
      const weight = (this.#window[i] as number) / (2 * SIZE);
      leftOut[i] = (leftOut[i] as number) + weight * (re[i] as number);
      rightOut[i] = (rightOut[i] as number) + weight * (im[i] as number);
    }
  }

  #weigh(re: Float64Array, im: Float64Array): void {
    const span = this.#spans[Math.floor(this.#spectra / SPAN) % SPANS] as Float64Array;
    if (this.#spectra % SPAN === 0) span.fill(Number.POSITIVE_INFINITY);
    for (let k = 0; k < BINS; k++) {
      const mirror = (SIZE - k) % SIZE;
      const power =
        ((re[k] as number) ** 2 + (im[k] as number) ** 2 + (re[mirror] as number) ** 2 + (im[mirror] as number) ** 2) /
        2;
      const before = this.#spectra === 0 ? power : (this.#smooth[k] as number);
      const mixed = SMOOTH * before + (1 - SMOOTH) * power;
      const smooth = mixed < NOTHING ? 0 : mixed;
      this.#smooth[k] = smooth;
      if (smooth < (span[k] as number)) span[k] = smooth;
      this.#gains[k] = this.#gain(k, power);
    }
    for (let k = 0; k < BINS; k++) {
      // Single parts that come and go would tinkle.
      const low = this.#gains[Math.max(0, k - 1)] as number;
      const high = this.#gains[Math.min(BINS - 1, k + 1)] as number;
      const gain = (low + 2 * (this.#gains[k] as number) + high) / 4;
      re[k] = (re[k] as number) * gain;
      im[k] = (im[k] as number) * gain;
      const mirror = SIZE - k;
      if (mirror === k || mirror === SIZE) continue;
      re[mirror] = (re[mirror] as number) * gain;
      im[mirror] = (im[mirror] as number) * gain;
    }
    this.#spectra++;
    // After one span only, a chord that is held would be taken for noise more easily.
    if (this.#spectra % SPAN === 0 && this.#spectra > SPAN) this.#estimate();
  }

  #gain(k: number, power: number): number {
    const noise = this.#noise[k] as number;
    if (noise < NOTHING) {
      this.#clean[k] = power;
      return 1;
    }
    const surplus = Math.max(0, power / noise - 1);
    const ratio = DECISION * ((this.#clean[k] as number) / noise) + (1 - DECISION) * surplus;
    const gain = Math.max(FLOOR, ratio / (1 + ratio));
    this.#clean[k] = gain * gain * power;
    return gain;
  }

  #estimate(): void {
    const lowest = Float64Array.from({ length: BINS }, (_, k) =>
      Math.min(...this.#spans.map((span) => span[k] as number)),
    );
    for (let k = 0; k < BINS; k++) {
      const around = lowest.slice(Math.max(0, k - NEIGHBOURS), Math.min(BINS, k + NEIGHBOURS + 1)).sort();
      const median = around[around.length >> 1] as number;
      this.#noise[k] = BIAS * Math.min(lowest[k] as number, STANDS_OUT * median);
    }
  }

  close(): void {}
}
