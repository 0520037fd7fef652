/**
 * Peak and RMS of left and right over the last 100 ms, and how left and right go together.
 *
 * The window moves in steps of 10 ms of sound, whatever the length of the blocks. Levels are dBFS; what is not finite must
 * have been taken out before.
 */
import { type ChannelLevels, SILENCE_DB } from '../../domain/engine.js';
import { SAMPLE_RATE } from './format.js';

/** Pairs of one step, and steps of the window. */
const STEP = SAMPLE_RATE / 100;
const STEPS = 10;
/** What the correlation forgets with each step: it shows the last 0.4 s or so, less would jump about. */
const FORGET = Math.exp(-0.01 / 0.2);

/** Highest and lowest values that somebody else measures a step at a time; see {@link LevelWindow.note}. */
interface Step {
  peakLeft: number;
  peakRight: number;
  powerLeft: number;
  powerRight: number;
  product: number;
  truePeak: number;
  lowestGain: number;
}

/** dB of an amplitude; {@link SILENCE_DB} and nothing below it. */
export function decibels(amplitude: number): number {
  return amplitude > 0 ? Math.max(SILENCE_DB, 20 * Math.log10(amplitude)) : SILENCE_DB;
}

/** What goes on from step to step would never be finite again. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function emptyStep(): Step {
  return { peakLeft: 0, peakRight: 0, powerLeft: 0, powerRight: 0, product: 0, truePeak: 0, lowestGain: 1 };
}

export class LevelWindow {
  /** The steps of the window in a ring; the one that is being filled comes after them. */
  readonly #steps = Array.from({ length: STEPS + 1 }, emptyStep);
  #current = 0;
  #filled = 0;
  #together = 0;
  #left = 0;
  #right = 0;

  /** @param pairs interleaved; the first `count` of them */
  add(pairs: Float32Array, count: number): void {
    for (let done = 0; done < count; ) {
      const run = Math.min(count - done, STEP - this.#filled);
      this.#measure(pairs, done, run);
      done += run;
      this.#filled += run;
      if (this.#filled === STEP) this.#next();
    }
  }

  #measure(pairs: Float32Array, first: number, count: number): void {
    const step = this.#steps[this.#current] as Step;
    let { peakLeft, peakRight, powerLeft, powerRight, product } = step;
    for (let i = 2 * first; i < 2 * (first + count); i += 2) {
      const left = pairs[i] as number;
      const right = pairs[i + 1] as number;
      powerLeft += left * left;
      powerRight += right * right;
      product += left * right;
      const absLeft = Math.abs(left);
      const absRight = Math.abs(right);
      if (absLeft > peakLeft) peakLeft = absLeft;
      if (absRight > peakRight) peakRight = absRight;
    }
    step.peakLeft = peakLeft;
    step.peakRight = peakRight;
    step.powerLeft = powerLeft;
    step.powerRight = powerRight;
    step.product = product;
  }

  #next(): void {
    const step = this.#steps[this.#current] as Step;
    this.#together = finite(this.#together * FORGET + step.product);
    this.#left = finite(this.#left * FORGET + step.powerLeft);
    this.#right = finite(this.#right * FORGET + step.powerRight);
    this.#current = (this.#current + 1) % this.#steps.length;
    Object.assign(this.#steps[this.#current] as Step, emptyStep());
    this.#filled = 0;
  }

  /** Notes what was seen in the block that was added last. @param truePeak linear; @param lowestGain of a limiter, linear */
  note(truePeak: number, lowestGain: number): void {
    const step = this.#steps[this.#current] as Step;
    step.truePeak = Math.max(step.truePeak, truePeak);
    step.lowestGain = Math.min(step.lowestGain, lowestGain);
  }

  /** The largest of a value in the window, the step that is being filled included. */
  #most(of: (step: Step) => number): number {
    return this.#steps.reduce((most, step) => Math.max(most, of(step)), 0);
  }

  /** Over the whole steps of the window. */
  #rms(of: (step: Step) => number): number {
    const current = this.#steps[this.#current];
    const power = this.#steps.reduce((sum, step) => (step === current ? sum : sum + of(step)), 0);
    return Math.sqrt(power / (STEP * STEPS));
  }

  levels(): ChannelLevels {
    return {
      peakDb: [decibels(this.#most((step) => step.peakLeft)), decibels(this.#most((step) => step.peakRight))],
      rmsDb: [decibels(this.#rms((step) => step.powerLeft)), decibels(this.#rms((step) => step.powerRight))],
    };
  }

  /** Highest true peak of the window, linear. */
  get truePeak(): number {
    return this.#most((step) => step.truePeak);
  }

  /** Lowest gain of the window, linear. */
  get lowestGain(): number {
    return this.#steps.reduce((least, step) => Math.min(least, step.lowestGain), 1);
  }

  /** Phase correlation, -1 to 1; 0 while one side is silent. */
  get correlation(): number {
    const norm = Math.sqrt(this.#left * this.#right);
    return norm > 1e-10 ? Math.max(-1, Math.min(1, this.#together / norm)) : 0;
  }
}
