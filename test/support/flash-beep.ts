/** How far picture and sound of a source are apart in a recording: each second it flashes and beeps at the same time. */
import type { Area } from '../../src/lib/framecode.js';
import { beepOnsets, flashFrames } from './analyse.js';
import type { Decoded } from './decode.js';

/** How exactly a beep is found and times are written, ms. */
export const MEASURING = 2;
/** At the ends of a recording a flash may be there without its beep, and the other way round. */
const ENDS = 300;
/** A beep that is further from a flash belongs to another one. */
const NEAR = 400;

/**
 * Of each flash in an area (the whole picture unless told): by how much its beep comes later, ms. Flashes are seen at
 * ticks, so half a tick is part of it.
 * @throws Error when there are no flashes, or one has no beep
 */
export function beepsAfterFlashes({ frames, pcm }: Decoded, beepHz: number, area?: Area): number[] {
  const beeps = beepOnsets(pcm, beepHz);
  const first = Math.max(pcm.startMs, frames[0]?.ptsMs ?? 0) + ENDS;
  const last = Math.min(pcm.startMs + pcm.samples.length / 48, frames.at(-1)?.ptsMs ?? 0) - ENDS;
  const flashes = flashFrames(frames, area)
    .map(({ ptsMs }) => ptsMs)
    .filter((flash) => flash > first && flash < last);
  const apart = flashes.flatMap((flash) => beeps.map((beep) => beep - flash).filter((by) => Math.abs(by) < NEAR));
  if (apart.length === 0 || apart.length !== flashes.length) {
    throw new Error(`flashes at ${flashes}, beeps at ${beeps} ms`);
  }
  return apart;
}
