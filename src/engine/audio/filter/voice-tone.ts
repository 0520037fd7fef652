/** Colours a voice: an equaliser for low or high ones, and a mild compressor behind it that both sides share. */
import { Biquad, type BiquadDesign, bell, highPass, highShelf, lowShelf } from './biquad.js';
import { LineGain } from './line-gain.js';
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
  readonly #gain = new LineGain({ gain: 1, line: LINE, rounds: ROUNDS, next: (power) => this.#next(power) });

  constructor(voice: 'deep' | 'bright') {
    this.#filters = EQUALISERS[voice].map((design) => [new Biquad(design), new Biquad(design)]);
  }

  run(pairs: Float32Array): void {
    const count = pairs.length / 2;
    for (const [left, right] of this.#filters) {
      left.run(pairs, count, 0, 2);
      right.run(pairs, count, 1, 2);
    }
    this.#gain.run(pairs);
  }

  /** A line is a millisecond, in which the times of attack and release are counted. @param power of the last one */
  #next(power: number): number {
    this.#power += (power - this.#power) * (power > this.#power ? ATTACK : RELEASE);
    const over = 10 * Math.log10(this.#power + 1e-12) - THRESHOLD;
    const curve = over <= -KNEE / 2 ? 0 : over >= KNEE / 2 ? over : (over + KNEE / 2) ** 2 / (2 * KNEE);
    return 10 ** ((-curve * (1 - KEEPS)) / 20);
  }

  close(): void {}
}
