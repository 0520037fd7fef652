/**
 * Loudness of two channels by ITU-R BS.1770-4 and EBU R128: momentary (400 ms), short-term (3 s), integrated (gated), and
 * the loudness range of EBU Tech 3342. LUFS and LU.
 *
 * Momentary and short-term loudness move in steps of 10 ms, gated measures in steps of 100 ms. Integrated loudness and range come from histograms in steps of 0.01 LU, so memory is
 * the same after a minute and after a month.
 */
import { Biquad, type BiquadDesign } from './filter/biquad.js';
import { SAMPLE_RATE } from './format.js';

/** Pairs of a block, and blocks of the windows and of a step of the gated measures. */
const BLOCK = SAMPLE_RATE / 100;
const MOMENTARY = 40;
const SHORT_TERM = 300;
const STEP = 10;
/** LUFS below which nothing counts, and how far below the mean the relative gates are (BS.1770-4, Tech 3342). */
const ABSOLUTE_GATE = -70;
const INTEGRATED_GATE = -10;
const RANGE_GATE = -20;
const RANGE_LOW = 0.1;
const RANGE_HIGH = 0.95;

/** K-weighting at 48 kHz, tables 1 and 2 of BS.1770-4. */
const SHELF: BiquadDesign = {
  b0: 1.53512485958697,
  b1: -2.69169618940638,
  b2: 1.19839281085285,
  a1: -1.69065929318241,
  a2: 0.73248077421585,
};
const HIGH_PASS: BiquadDesign = { b0: 1, b1: -2, b2: 1, a1: -1.99004745483398, a2: 0.99007225036621 };

/** LUFS of a mean square, summed over the channels. */
function loudnessOf(power: number): number {
  return power > 0 ? -0.691 + 10 * Math.log10(power) : Number.NEGATIVE_INFINITY;
}

/** The K-weighted power of pairs, block by block. */
export class WeightedPower {
  readonly #filters = [0, 1].map(() => [new Biquad(SHELF), new Biquad(HIGH_PASS)] as const);
  readonly #onBlock: (power: number) => void;
  readonly #block: number;
  readonly #work: Float64Array;
  #sum = 0;
  #count = 0;

  /** @param block pairs; @param onBlock gets the mean square of each block, left and right added */
  constructor(block: number, onBlock: (power: number) => void) {
    this.#block = block;
    this.#work = new Float64Array(2 * block);
    this.#onBlock = onBlock;
  }

  /** @param pairs interleaved and finite; the first `count` of them */
  add(pairs: Float32Array, count: number): void {
    for (let done = 0; done < count; ) {
      const run = Math.min(count - done, this.#block - this.#count);
      this.#measure(pairs, done, run);
      done += run;
    }
  }

  #measure(pairs: Float32Array, first: number, count: number): void {
    const work = this.#work;
    for (let i = 0; i < 2 * count; i++) work[i] = pairs[2 * first + i] as number;
    for (const [side, filters] of this.#filters.entries())
      for (const filter of filters) filter.run(work, count, side, 2);
    let sum = 0;
    for (let i = 0; i < 2 * count; i++) sum += (work[i] as number) * (work[i] as number);
    this.#sum += sum;
    this.#count += count;
    if (this.#count < this.#block) return;
    this.#onBlock(this.#sum / this.#block);
    this.#sum = 0;
    this.#count = 0;
  }
}

/** How often each loudness was measured, with the powers that belong to it. */
class Histogram {
  static readonly #steps = 100;
  static readonly #highest = 30;
  readonly #counts = new Float64Array((Histogram.#highest - ABSOLUTE_GATE) * Histogram.#steps + 1);
  readonly #powers = new Float64Array(this.#counts.length);

  /** Takes a power; what the absolute gate keeps out does not count. */
  add(power: number): void {
    const loudness = loudnessOf(power);
    if (!(loudness > ABSOLUTE_GATE)) return;
    const at = Math.min(this.#counts.length - 1, Math.floor((loudness - ABSOLUTE_GATE) * Histogram.#steps));
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#powers[at] = (this.#powers[at] as number) + power;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#powers.fill(0);
  }

  #mean(from: number): number {
    let count = 0;
    let power = 0;
    for (let at = from; at < this.#counts.length; at++) {
      count += this.#counts[at] as number;
      power += this.#powers[at] as number;
    }
    return count > 0 ? loudnessOf(power / count) : Number.NEGATIVE_INFINITY;
  }

  /** First step that a gate lets pass, so far below the mean of what the absolute gate does; the length if nothing does. */
  #gate(below: number): number {
    const mean = this.#mean(0);
    if (mean === Number.NEGATIVE_INFINITY) return this.#counts.length;
    return Math.max(0, Math.round((mean + below - ABSOLUTE_GATE) * Histogram.#steps));
  }

  /** LUFS of what is above the relative gate. */
  gatedMean(): number {
    return this.#mean(this.#gate(INTEGRATED_GATE));
  }

  /** LU between the 10th and the 95th of 100 above the relative gate. */
  range(): number {
    const gate = this.#gate(RANGE_GATE);
    let all = 0;
    for (let at = gate; at < this.#counts.length; at++) all += this.#counts[at] as number;
    if (all === 0) return 0;
    return (
      (this.#at(gate, Math.round((all - 1) * RANGE_HIGH)) - this.#at(gate, Math.round((all - 1) * RANGE_LOW))) /
      Histogram.#steps
    );
  }

  #at(from: number, rank: number): number {
    let seen = 0;
    for (let at = from; at < this.#counts.length; at++) {
      seen += this.#counts[at] as number;
      if (seen > rank) return at;
    }
    return this.#counts.length - 1;
  }
}

export class Loudness {
  readonly #weighted = new WeightedPower(BLOCK, (power) => this.#take(power));
  /** Powers of the last blocks, for 3 s, in a ring; and where the next one goes. */
  readonly #recent = new Float64Array(SHORT_TERM);
  #at = 0;
  readonly #integrated = new Histogram();
  readonly #shortTerms = new Histogram();
  /** Blocks since the start, and since the last reset. */
  #all = 0;
  #blocks = 0;

  /** @param pairs interleaved and finite; the first `count` of them */
  add(pairs: Float32Array, count: number): void {
    this.#weighted.add(pairs, count);
  }

  #take(power: number): void {
    this.#recent[this.#at] = power;
    this.#at = (this.#at + 1) % SHORT_TERM;
    this.#all++;
    this.#blocks++;
    if (this.#blocks % STEP !== 0) return;
    // Only windows that lie after the reset.
    if (this.#blocks >= MOMENTARY) this.#integrated.add(this.#power(MOMENTARY));
    if (this.#blocks >= SHORT_TERM) this.#shortTerms.add(this.#power(SHORT_TERM));
  }

  #power(blocks: number): number {
    let sum = 0;
    for (let i = 1; i <= blocks; i++) sum += this.#recent[(this.#at - i + SHORT_TERM) % SHORT_TERM] as number;
    return sum / blocks;
  }

  /** LUFS of the last 400 ms; -Infinity for silence, or before there are as many. */
  get momentary(): number {
    return this.#all >= MOMENTARY ? loudnessOf(this.#power(MOMENTARY)) : Number.NEGATIVE_INFINITY;
  }

  /** LUFS of the last 3 s. */
  get shortTerm(): number {
    return this.#all >= SHORT_TERM ? loudnessOf(this.#power(SHORT_TERM)) : Number.NEGATIVE_INFINITY;
  }

  /** LUFS since the last reset. */
  get integrated(): number {
    return this.#integrated.gatedMean();
  }

  /** Seconds since the last reset. */
  get seconds(): number {
    return (this.#blocks * BLOCK) / SAMPLE_RATE;
  }

  /** LU since the last reset; 0 before there are 3 s. */
  get range(): number {
    return this.#shortTerms.range();
  }

  /** What counts since a reset begins anew; momentary and short-term loudness go on. */
  reset(): void {
    this.#blocks = 0;
    this.#integrated.clear();
    this.#shortTerms.clear();
  }
}
