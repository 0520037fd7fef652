/**
 * Keeps the true peaks of a mix under a ceiling. What stays below it passes bit for bit, only later by {@link LOOK_AHEAD}.
 * For noise the ceiling is lower, by up to {@link NOISE_DB}: see {@link noiseShare}.
 *
 * Each sample asks for the gain that would bring the true peak there to the ceiling. The lowest gain that is asked for
 * within the look-ahead, and within the hold after it, is averaged over the look-ahead: so the gain is down before a loud
 * sample comes, gets there without a corner, and is never above what was asked for. Two peaks of a low tone lie within the
 * hold, so it is turned down as a whole and keeps its form; afterwards the gain comes back slowly.
 */
import { CHANNELS, SAMPLE_RATE } from './format.js';
import { TRUE_PEAK_DELAY, TruePeak } from './true-peak.js';

/** Pairs by which the output is later than the input: 3.125 ms. */
export const LOOK_AHEAD = 150;

/** The gain is averaged twice in a row, over so many samples each: that makes a triangle of 138 samples. */
const BOX_A = 69;
const BOX_B = 70;
/**
 * Samples for which a request counts: until the loud sample has left the averages, and half a wave of 25 Hz more. The
 * averages (138), the interval of the true peak and the reach of its filter on both sides (11) fit into the look-ahead.
 */
const HOLD = LOOK_AHEAD + TRUE_PEAK_DELAY + SAMPLE_RATE / 50;
/** Time constant of the way back, 120 ms. */
const RELEASE = 1 - Math.exp(-1 / (0.12 * SAMPLE_RATE));
/** So close to 1 the way back is at its end. */
const NEARLY = 1 - 1e-5;

/** How much lower the ceiling is for white noise, dB, and pairs over which a sound is looked at for it. */
const NOISE_DB = 2;
const LOOK = 64;

/**
 * How much of a sound is like white noise, 0 to 1. Of noise, coders make a noise of their own: what is decoded reaches 2 to
 * 3 dB higher than what was coded, where tones, speech and music keep within 1.5 dB. In white noise neighbouring samples have
 * nothing to do with each other, so their differences have twice its power; those of music have a tenth of its power.
 * @param differences power of the differences; @param power of the samples
 */
function noiseShare(differences: number, power: number): number {
  return power > 0 ? Math.max(0, Math.min(1, (differences / power - 0.4) / 0.6)) : 0;
}

export class Limiter {
  readonly #ceiling: number;
  readonly #lowest: number;
  readonly #peaks = [new TruePeak(), new TruePeak()] as const;
  /** The pairs on their way. */
  readonly #line = new Float32Array(LOOK_AHEAD * CHANNELS);
  #place = 0;
  /** At each sample of a block the gain that it asks for; before that its true peak, or 0 where that does not matter. */
  #wanted = new Float32Array(0);
  readonly #requests = new LowestOfLast(HOLD);
  #gain = 1;
  readonly #first = new Average(BOX_A);
  readonly #second = new Average(BOX_B);
  /** Samples since the last gain other than 1 went into the averages. */
  #idle = BOX_A + BOX_B + 1;
  #reduction = 1;
  /** Of the last samples: powers of differences and of samples, and the last pair. */
  #differences = 0;
  #power = 0;
  #last: [number, number] = [0, 0];

  /** @param ceilingDb dBTP, 0 or below */
  constructor(ceilingDb: number) {
    this.#ceiling = 10 ** (ceilingDb / 20);
    this.#lowest = 10 ** ((ceilingDb - NOISE_DB) / 20);
  }

  /** The lowest gain of the last block, linear, 1 when nothing was limited. */
  get lowestGain(): number {
    return this.#reduction;
  }

  /** Exchanges a block of interleaved pairs for that of {@link LOOK_AHEAD} pairs ago, limited. No sample may be NaN. */
  run(block: Float32Array): void {
    const count = block.length / CHANNELS;
    if (this.#wanted.length < count) this.#wanted = new Float32Array(count);
    const wanted = this.#wanted;
    wanted.fill(0, 0, count);
    let highest = 0;
    for (const offset of [0, 1] as const) {
      highest = Math.max(highest, this.#peaks[offset].follow(block, count, offset, this.#lowest, wanted));
    }
    this.#reduction = 1;
    if (highest <= this.#lowest && this.#isIdle()) {
      this.#delay(block);
      return;
    }
    for (let begin = 0; begin < count; begin += LOOK) this.#ask(block, begin, Math.min(count, begin + LOOK));
    this.#limit(block, count, wanted);
  }

  /** Turns true peaks into the gains that they ask for. */
  #ask(block: Float32Array, begin: number, end: number): void {
    let [left, right] = this.#last;
    let differences = this.#differences / 2;
    let power = this.#power / 2;
    for (let i = begin; i < end; i++) {
      const nextLeft = block[2 * i] as number;
      const nextRight = block[2 * i + 1] as number;
      differences += (nextLeft - left) ** 2 + (nextRight - right) ** 2;
      power += nextLeft ** 2 + nextRight ** 2;
      left = nextLeft;
      right = nextRight;
    }
    this.#last = [left, right];
    this.#differences = differences;
    this.#power = power;
    const ceiling = this.#ceiling * 10 ** ((-NOISE_DB * noiseShare(differences, power)) / 20);
    const wanted = this.#wanted;
    for (let i = begin; i < end; i++) {
      const peak = wanted[i] as number;
      wanted[i] = peak > ceiling ? ceiling / peak : 1;
    }
  }

  #isIdle(): boolean {
    return this.#gain === 1 && this.#requests.isEmpty && this.#idle >= BOX_A + BOX_B;
  }

  #delay(block: Float32Array): void {
    const line = this.#line;
    let place = this.#place;
    for (let i = 0; i < block.length; i++) {
      const value = block[i] as number;
      block[i] = line[place] as number;
      line[place] = value;
      place = place + 1 === line.length ? 0 : place + 1;
    }
    this.#place = place;
  }

  #limit(block: Float32Array, count: number, wanted: Float32Array): void {
    const line = this.#line;
    for (let i = 0; i < count; i++) {
      const gain = this.#nextGain(wanted[i] as number);
      if (gain < this.#reduction) this.#reduction = gain;
      const at = i * CHANNELS;
      for (let channel = 0; channel < CHANNELS; channel++) {
        const value = block[at + channel] as number;
        block[at + channel] = (line[this.#place + channel] as number) * gain;
        line[this.#place + channel] = value;
      }
      this.#place = this.#place + CHANNELS === line.length ? 0 : this.#place + CHANNELS;
    }
  }

  #nextGain(request: number): number {
    const asked = this.#requests.next(request);
    this.#gain = asked < this.#gain ? asked : this.#gain + (asked - this.#gain) * RELEASE;
    if (asked === 1 && this.#gain > NEARLY) this.#gain = 1;
    this.#idle = this.#gain === 1 ? Math.min(this.#idle + 1, BOX_A + BOX_B + 1) : 0;
    const all = BOX_A + BOX_B;
    if (this.#idle < all) return this.#second.next(this.#first.next(this.#gain));
    if (this.#idle === all) {
      // Sums of what is not a whole number are never quite right: begun anew, they cannot go astray in a month.
      this.#first.reset();
      this.#second.reset();
    }
    return 1;
  }
}

/** The lowest of the last values; only values below 1 are kept, so the usual case costs nothing. */
class LowestOfLast {
  readonly #length: number;
  /** Candidates in a ring, rising from the oldest to the newest, and when each came. */
  readonly #values: Float64Array;
  readonly #times: Float64Array;
  #head = 0;
  #count = 0;
  #now = 0;

  constructor(length: number) {
    this.#length = length;
    this.#values = new Float64Array(length + 1);
    this.#times = new Float64Array(length + 1);
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  next(value: number): number {
    const size = this.#values.length;
    this.#now++;
    if (this.#count > 0 && (this.#times[this.#head] as number) <= this.#now - this.#length) {
      this.#head = (this.#head + 1) % size;
      this.#count--;
    }
    if (value < 1) {
      while (this.#count > 0 && (this.#values[(this.#head + this.#count - 1) % size] as number) >= value) this.#count--;
      const at = (this.#head + this.#count) % size;
      this.#values[at] = value;
      this.#times[at] = this.#now;
      this.#count++;
    }
    return this.#count > 0 ? (this.#values[this.#head] as number) : 1;
  }
}

/** Average of the last values; 1 before the first. */
class Average {
  readonly #values: Float64Array;
  #sum: number;
  #at = 0;

  constructor(length: number) {
    this.#values = new Float64Array(length).fill(1);
    this.#sum = length;
  }

  next(value: number): number {
    this.#sum += value - (this.#values[this.#at] as number);
    this.#values[this.#at] = value;
    this.#at = this.#at + 1 === this.#values.length ? 0 : this.#at + 1;
    return this.#sum / this.#values.length;
  }

  /** All values are 1 again, which they are by then but for rounding. */
  reset(): void {
    this.#sum = this.#values.length;
    this.#values.fill(1);
  }
}
