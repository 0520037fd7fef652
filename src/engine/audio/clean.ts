/** Sound of a damaged source must not stay in a filter, a meter or an encoder for good. */

/** Samples beyond 24 dB over full scale are no sound. */
const MOST = 16;

/** Makes what is not finite silence, and holds what is endless loud; leaves the rest alone. */
export function cleanSound(samples: Float32Array): void {
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    // Also when it is no number, for which no comparison holds.
    if (!(value <= MOST && value >= -MOST)) samples[i] = Number.isFinite(value) ? Math.sign(value) * MOST : 0;
  }
}
