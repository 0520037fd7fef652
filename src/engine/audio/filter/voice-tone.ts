/** Colours a voice: an equaliser for low or high ones, and a mild compressor behind it that both sides share. */
import { Biquad, type BiquadDesign, bell, highPass, highShelf, lowShelf } from './biquad.js';
import type { SoundStage } from './stage.js';

/** Shelves and cuts without a bump. */
const FLAT = Math.SQRT1_2;

const EQUALISERS: Record<'deep' | 'bright', readonly BiquadDesign[]> = {
  // Rumble away, body up, less of what sounds boxy.
  deep: [
    highPass({ hz: 55, q: FLAT }),
    lowShelf({ hz: 180, q: FLAT, gainDb: 4 }),
    bell({ hz: 450, q: 1, gainDb: -2 }),
    highShelf({ hz: 8000, q: FLAT, gainDb: -1 }),
  ],
  // Less of what is below the voice, presence and air up.
  bright: [
    highPass({ hz: 100, q: FLAT }),
    lowShelf({ hz: 250, q: FLAT, gainDb: -2 }),
    bell({ hz: 3500, q: 0.8, gainDb: 2.5 }),
    highShelf({ hz: 9000, q: FLAT, gainDb: 3.5 }),
  ],
};

/** dBFS (RMS) above which the compressor works, and how much of what is above it stays: 2 to 1, from a knee of 10 dB on. */
const THRESHOLD = -22;
const KEEPS = 0.5;
const KNEE = 10;
/** Pairs between which the gain goes in a straight line. */
const LINE = 48;
/** Rounds the corners between two lines: a time constant of 3 ms. */
const ROUNDS = 1 - Math.exp(-1 / (3 * LINE));
const ATTACK = 1 - Math.exp(-1 / 10);
const RELEASE = 1 - Math.exp(-1 / 150);

export class VoiceTone implements SoundStage {
  readonly latency = 0;
  readonly #filters: readonly (readonly [Biquad, Biquad])[];
  /** Mean square of the louder side. */
  #power = 0;
  /** The gain, and the straight lines that it follows. */
  #gain = 1;
  #line = 1;
  #step = 0;
  #lined = 0;
  #sums: [number, number] = [0, 0];

  constructor(voice: 'deep' | 'bright') {
    this.#filters = EQUALISERS[voice].map((design) => [new Biquad(design), new Biquad(design)]);
  }

  run(pairs: Float32Array): void {
    const count = pairs.length / 2;
    for (const [left, right] of this.#filters) {
      left.run(pairs, count, 0, 2);
      right.run(pairs, count, 1, 2);
    }
    for (let i = 0; i < pairs.length; i += 2) {
      const left = pairs[i] as number;
      const right = pairs[i + 1] as number;
      this.#sums[0] += left * left;
      this.#sums[1] += right * right;
      this.#line += this.#step;
      this.#gain += (this.#line - this.#gain) * ROUNDS;
      pairs[i] = left * this.#gain;
      pairs[i + 1] = right * this.#gain;
      if (++this.#lined === LINE) this.#turn();
    }
  }

  /** A line is a millisecond, in which the times of attack and release are counted. */
  #turn(): void {
    this.#lined = 0;
    const power = Math.max(...this.#sums) / LINE;
    this.#sums = [0, 0];
    this.#power += (power - this.#power) * (power > this.#power ? ATTACK : RELEASE);
    const over = 10 * Math.log10(this.#power + 1e-12) - THRESHOLD;
    const curve = over <= -KNEE / 2 ? 0 : over >= KNEE / 2 ? over : (over + KNEE / 2) ** 2 / (2 * KNEE);
    this.#step = (10 ** ((-curve * (1 - KEEPS)) / 20) - this.#line) / LINE;
  }

  close(): void {}
}
