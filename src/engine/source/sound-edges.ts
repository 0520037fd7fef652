/**
 * Where the sound of a source stops and starts again by hand, it does so without a click: what was heard last fades out
 * over {@link RAMP} samples, and what comes fades in. Each listener of the source has its own edges.
 */
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import type { SoundCursor } from './source.js';

/** 5 ms. */
const RAMP = Math.round(SAMPLE_RATE * 0.005);

export class SoundEdges {
  /** The last pair of samples that a listener has heard; none when it hears silence. */
  readonly #last = new WeakMap<SoundCursor, [number, number]>();

  /**
   * Fills `out` with a block for one listener.
   * @param stands nothing is to be heard
   * @param read fills `out` with what is to be heard, and moves the cursor on
   */
  shape(out: Float32Array, cursor: SoundCursor, stands: boolean, read: () => void): void {
    const last = this.#last.get(cursor);
    if (stands) {
      out.fill(0);
      cursor.next = null;
      if (last) fadeFrom(out, last);
      this.#last.delete(cursor);
      return;
    }
    read();
    if (!last) fadeIn(out);
    this.#last.set(cursor, [out[out.length - 2] ?? 0, out[out.length - 1] ?? 0]);
  }
}

function fadeFrom(out: Float32Array, [left, right]: [number, number]): void {
  const count = Math.min(RAMP, out.length / CHANNELS);
  for (let i = 0; i < count; i++) {
    const gain = 1 - (i + 1) / count;
    out[i * CHANNELS] = left * gain;
    out[i * CHANNELS + 1] = right * gain;
  }
}

function fadeIn(out: Float32Array): void {
  const count = Math.min(RAMP, out.length / CHANNELS);
  for (let i = 0; i < count * CHANNELS; i++) out[i] = ((out[i] ?? 0) * Math.floor(i / CHANNELS)) / count;
}
