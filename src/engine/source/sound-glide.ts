/**
 * One listener's way through the sound of a source whose clock is not quite the engine's: where it reads next is kept near
 * the place that the clock says by taking a sample more or less now and then, spread over a block so that nobody hears it.
 *
 * A block is stretched or squeezed by at most {@link MOST_STRETCH} (2 cents of pitch); only a distance that this could not
 * make up for soon is jumped over. As long as the clocks agree the samples pass untouched.
 */
import { CHANNELS } from '../audio/format.js';

/** Fills `out` with sample pairs from a place on; silence where there are none. */
export interface SoundReader {
  read(out: Float32Array, sample: number): number;
}

/** Samples by which a place may be off before it is brought back (1 ms), and up to which that goes on. */
const NOTICED = 48;
const SETTLED = 4;
/** A greater distance is jumped over: 40 ms, which gliding would take half a minute for. */
const JUMP = 1920;
/** Share of a block; a source clock glides by 0.001. */
const MOST_STRETCH = 0.00125;

/** Where a listener stands; see `SoundCursor`. */
export interface GlidingPlace {
  next: number | null;
  gliding?: boolean;
}

/**
 * Fills `out` (interleaved pairs) and moves the listener on.
 * @param exact sample where the clock says that the block begins; whole
 */
export function readGliding(from: SoundReader, out: Float32Array, place: GlidingPlace, exact: number): void {
  let next = place.next;
  if (next === null || Math.abs(exact - next) > JUMP) {
    next = exact;
    place.gliding = false;
  }
  const off = exact - next;
  if (Math.abs(off) > NOTICED) place.gliding = true;
  else if (Math.abs(off) <= SETTLED) place.gliding = false;
  const count = out.length / CHANNELS;
  const most = Math.max(1, Math.floor(count * MOST_STRETCH));
  const extra = place.gliding && count > 1 ? Math.max(-most, Math.min(most, off)) : 0;
  if (extra === 0) from.read(out, next);
  else stretch(from, out, next, count + extra);
  place.next = next + count + extra;
}

/** Reads `length` pairs and fits them into `out`, by cubic interpolation (Catmull and Rom). */
function stretch(from: SoundReader, out: Float32Array, first: number, length: number): void {
  // One pair before and two behind, which the curve needs.
  const buffer = new Float32Array((length + 3) * CHANNELS);
  from.read(buffer, first - 1);
  const count = out.length / CHANNELS;
  const step = length / count;
  for (let index = 0; index < count; index++) {
    const place = index * step;
    const whole = Math.floor(place);
    const t = place - whole;
    for (let channel = 0; channel < CHANNELS; channel++) {
      const at = whole * CHANNELS + channel;
      const a = buffer[at] ?? 0;
      const b = buffer[at + CHANNELS] ?? 0;
      const c = buffer[at + 2 * CHANNELS] ?? 0;
      const d = buffer[at + 3 * CHANNELS] ?? 0;
      const curve = (3 * (b - c) + d - a) * t + 2 * a - 5 * b + 4 * c - d;
      out[index * CHANNELS + channel] = b + 0.5 * t * (c - a + t * curve);
    }
  }
}
