/**
 * The test tone: a sine that stands in for the mix. Tones come and go by cross-fades of 20 ms, between mix and tone as
 * between two tones, so neither a switch nor another frequency clicks.
 */
import type { SoundSpec } from '../../domain/desired.js';
import { SAMPLE_RATE } from './format.js';
import { Ramp } from './ramp.js';

/** 20 ms. */
const FADE = SAMPLE_RATE / 50;

interface Sine {
  hz: number;
  /** Turns, 0 to 1. */
  phase: number;
  amplitude: number;
  share: Ramp;
}

export class TestTone {
  /** The newest is last; the others are fading. */
  #sines: Sine[] = [];
  /** Share of the mix. */
  readonly #mix = new Ramp(1);
  #curve = new Float32Array(0);

  set(spec: SoundSpec['tone']): void {
    this.#mix.moveTo(spec ? 0 : 1, FADE);
    const newest = this.#sines.at(-1);
    const amplitude = spec ? 10 ** (spec.levelDb / 20) : 0;
    if (spec && newest?.hz === spec.hz && newest.amplitude === amplitude && newest.share.target === 1) return;
    for (const sine of this.#sines) sine.share.moveTo(0, FADE);
    if (!spec) return;
    // Goes on from the same phase when only the level changes: two sines that cancel each other would be a dip.
    const phase = newest?.hz === spec.hz ? newest.phase : 0;
    const share = new Ramp(0);
    share.moveTo(1, FADE);
    this.#sines.push({ hz: spec.hz, phase, amplitude, share });
  }

  /** Puts the tone in the place of a mixed block. @param block interleaved pairs */
  run(block: Float32Array, pairs: number): void {
    if (this.#sines.length === 0 && this.#mix.target === 1 && !this.#mix.isMoving) return;
    if (this.#curve.length < pairs) this.#curve = new Float32Array(pairs);
    const curve = this.#curve;
    this.#mix.write(curve, pairs);
    for (let i = 0; i < pairs; i++) {
      const gain = curve[i] as number;
      block[2 * i] = (block[2 * i] as number) * gain;
      block[2 * i + 1] = (block[2 * i + 1] as number) * gain;
    }
    for (const sine of this.#sines) this.#add(sine, block, pairs);
    this.#sines = this.#sines.filter(({ share }) => share.target > 0 || share.isMoving);
  }

  #add(sine: Sine, block: Float32Array, pairs: number): void {
    const curve = this.#curve;
    sine.share.write(curve, pairs);
    const step = sine.hz / SAMPLE_RATE;
    for (let i = 0; i < pairs; i++) {
      const value = sine.amplitude * (curve[i] as number) * Math.sin(2 * Math.PI * sine.phase);
      block[2 * i] = (block[2 * i] as number) + value;
      block[2 * i + 1] = (block[2 * i + 1] as number) + value;
      sine.phase += step;
      if (sine.phase >= 1) sine.phase -= 1;
    }
  }
}
