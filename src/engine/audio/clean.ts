/** Sound of a damaged source, or of a filter that has gone astray, must not stay in a filter, a meter or an encoder for good. */

/** Samples beyond 24 dB over full scale are no sound. */
const MOST = 16;

/**
 * Makes what is not finite silence, and holds what is endless loud; leaves the rest alone.
 * @returns whether all of it was finite
 */
export function cleanSound(samples: Float32Array): boolean {
  let allFinite = true;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] as number;
    // Also when it is no number, for which no comparison holds.
    if (value <= MOST && value >= -MOST) continue;
    if (Number.isFinite(value)) samples[i] = Math.sign(value) * MOST;
    else {
      samples[i] = 0;
      allFinite = false;
    }
  }
  return allFinite;
}

/** Makes what is not finite silence, and nothing else: a mix of many may be louder than a source. */
export function dropNonsense(samples: Float32Array): void {
  for (let i = 0; i < samples.length; i++) if (!Number.isFinite(samples[i])) samples[i] = 0;
}
