/**
 * Finds clicks in sound that has nothing else high up: where the wave breaks off or steps. Differences of fourth order let
 * tones of up to 2 kHz through by less than a two-hundredth, and a step by its threefold.
 */
import { SAMPLE_RATE } from './coded-picture.js';
import type { Pcm } from './decode.js';

/** What one step of 1 gives at most. */
const GAIN = 3;
/** Steps nearer than this belong to one click. */
const APART = SAMPLE_RATE / 20;

export interface Clicks {
  /** When they were, ms on the clock of the stream. */
  at: number[];
  /** The roughest moment, as the height of a step, 0 to 1. */
  most: number;
}

/** @param least height of a step that counts as a click, 0 to 1 */
export function clicksIn({ samples, startMs }: Pcm, least: number): Clicks {
  const at: number[] = [];
  let most = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (let index = 4; index < samples.length; index++) {
    const [a, b, c, d, e] = [0, 1, 2, 3, 4].map((back) => samples[index - back] ?? 0) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const height = Math.abs(a - 4 * b + 6 * c - 4 * d + e) / GAIN / 32_768;
    if (height > most) most = height;
    if (height < least) continue;
    if (index - last > APART) at.push(startMs + (index * 1000) / SAMPLE_RATE);
    last = index;
  }
  return { at, most };
}
