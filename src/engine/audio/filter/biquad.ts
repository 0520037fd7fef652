/**
 * Second-order filters, as a design and as something that runs on two channels (transposed direct form II, in doubles).
 * Designs with names are those of Robert Bristow-Johnson's audio EQ cookbook, for 48 kHz.
 */
import { SAMPLE_RATE } from '../format.js';

/** Coefficients with a0 = 1. */
export interface BiquadDesign {
  b0: number;
  b1: number;
  b2: number;
  a1: number;
  a2: number;
}

interface Shape {
  hz: number;
  /** Quality; 0.707 for shelves and cuts without a bump. */
  q: number;
  gainDb?: number;
}

function scaled(b: [number, number, number], a: [number, number, number]): BiquadDesign {
  const [a0, a1, a2] = a;
  return { b0: b[0] / a0, b1: b[1] / a0, b2: b[2] / a0, a1: a1 / a0, a2: a2 / a0 };
}

function parts({ hz, q, gainDb = 0 }: Shape): { cos: number; alpha: number; amp: number } {
  const w = (2 * Math.PI * hz) / SAMPLE_RATE;
  return { cos: Math.cos(w), alpha: Math.sin(w) / (2 * q), amp: 10 ** (gainDb / 40) };
}

export function highPass(shape: Shape): BiquadDesign {
  const { cos, alpha } = parts(shape);
  return scaled([(1 + cos) / 2, -1 - cos, (1 + cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]);
}

export function bell(shape: Shape): BiquadDesign {
  const { cos, alpha, amp } = parts(shape);
  return scaled([1 + alpha * amp, -2 * cos, 1 - alpha * amp], [1 + alpha / amp, -2 * cos, 1 - alpha / amp]);
}

export function lowShelf(shape: Shape): BiquadDesign {
  const { cos, alpha, amp } = parts(shape);
  const root = 2 * Math.sqrt(amp) * alpha;
  return scaled(
    [
      amp * (amp + 1 - (amp - 1) * cos + root),
      2 * amp * (amp - 1 - (amp + 1) * cos),
      amp * (amp + 1 - (amp - 1) * cos - root),
    ],
    [amp + 1 + (amp - 1) * cos + root, -2 * (amp - 1 + (amp + 1) * cos), amp + 1 + (amp - 1) * cos - root],
  );
}

export function highShelf(shape: Shape): BiquadDesign {
  const { cos, alpha, amp } = parts(shape);
  const root = 2 * Math.sqrt(amp) * alpha;
  return scaled(
    [
      amp * (amp + 1 + (amp - 1) * cos + root),
      -2 * amp * (amp - 1 + (amp + 1) * cos),
      amp * (amp + 1 + (amp - 1) * cos - root),
    ],
    [amp + 1 - (amp - 1) * cos + root, 2 * (amp - 1 - (amp + 1) * cos), amp + 1 - (amp - 1) * cos - root],
  );
}

/** What is left in a filter after the sound has ended; smaller numbers would be denormal, which are slow. */
const NOTHING = 1e-30;

/** A state as it is kept: nothing for what is next to nothing, and for what is not finite and would be so for good. */
function kept(state: number): number {
  return Math.abs(state) >= NOTHING && Math.abs(state) < Number.POSITIVE_INFINITY ? state : 0;
}

/** One filter on one channel of interleaved pairs. */
export class Biquad {
  readonly #design: BiquadDesign;
  #z1 = 0;
  #z2 = 0;

  constructor(design: BiquadDesign) {
    this.#design = design;
  }

  /** Filters `count` samples in place, every `stride`th from `offset` on. */
  run(samples: Float32Array | Float64Array, count: number, offset = 0, stride = 1): void {
    const { b0, b1, b2, a1, a2 } = this.#design;
    let z1 = this.#z1;
    let z2 = this.#z2;
    for (let i = 0, at = offset; i < count; i++, at += stride) {
      const x = samples[at] as number;
      const y = b0 * x + z1;
      z1 = b1 * x - a1 * y + z2;
      z2 = b2 * x - a2 * y;
      samples[at] = y;
    }
    this.#z1 = kept(z1);
    this.#z2 = kept(z2);
  }
}
