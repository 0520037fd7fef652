/**
 * Takes away noise around speech, by RNNoise, each side for itself. What is the same on both sides, as speech mostly is, is
 * filtered once; between that and stereo it is cross-faded. Only the filtered sound is heard.
 */

import { RNNOISE_FRAME, Rnnoise } from './rnnoise.js';
import type { SoundStage } from './stage.js';

/** Frames for which both sides must have been the same before the second filter rests, and that it needs to begin. */
const REST_AFTER = 20;
const WARM_UP = 3;

export class SpeechNoise implements SoundStage {
  /** A frame must be full before it is filtered, and comes out as the one before it. */
  readonly latency = 2 * RNNOISE_FRAME - 1;
  readonly #first = new Rnnoise();
  /** Of the right side; made when that has a sound of its own. */
  #second: Rnnoise | null = null;
  readonly #input = [new Float32Array(RNNOISE_FRAME), new Float32Array(RNNOISE_FRAME)] as const;
  readonly #output = [new Float32Array(RNNOISE_FRAME), new Float32Array(RNNOISE_FRAME)] as const;
  #filled = 0;
  /** Frames for which both sides have been the same. */
  #same = REST_AFTER;
  /** Frames that the second filter has heard in a row; 0 while it rests. */
  #warm = 0;
  /** Whether the right side is the second filter's; else it is the left side's too. */
  #own = false;

  run(pairs: Float32Array): void {
    const [left, right] = this.#input;
    const [leftOut, rightOut] = this.#output;
    for (let i = 0; i < pairs.length; i += 2) {
      left[this.#filled] = pairs[i] as number;
      right[this.#filled] = pairs[i + 1] as number;
      if (++this.#filled === RNNOISE_FRAME) this.#frame();
      // The oldest sample that is finished: the first of a frame at the moment when it is filtered.
      pairs[i] = leftOut[this.#filled] as number;
      pairs[i + 1] = rightOut[this.#filled] as number;
    }
  }

  #frame(): void {
    this.#filled = 0;
    const [left, right] = this.#input;
    const [leftOut, rightOut] = this.#output;
    this.#same = left.every((value, i) => value === right[i]) ? this.#same + 1 : 0;
    leftOut.set(left);
    this.#first.run(leftOut);
    const isMono = this.#same >= REST_AFTER;
    if (isMono && !this.#own) {
      this.#warm = 0;
      rightOut.set(leftOut);
      return;
    }
    if (this.#warm === 0) this.#second?.reset();
    this.#second ??= new Rnnoise();
    rightOut.set(right);
    this.#second.run(rightOut);
    this.#warm++;
    if (isMono) {
      this.#own = false;
      crossFade(rightOut, leftOut, rightOut);
    } else if (!this.#own) {
      this.#own = this.#warm > WARM_UP;
      if (this.#own) crossFade(leftOut, rightOut, rightOut);
      else rightOut.set(leftOut);
    }
  }

  close(): void {
    this.#first.close();
    this.#second?.close();
  }
}

/** From one frame to another, within it. */
function crossFade(from: Float32Array, to: Float32Array, out: Float32Array): void {
  for (let i = 0; i < RNNOISE_FRAME; i++) {
    const share = 0.5 - 0.5 * Math.cos((Math.PI * (i + 1)) / RNNOISE_FRAME);
    out[i] = (from[i] as number) * (1 - share) + (to[i] as number) * share;
  }
}
