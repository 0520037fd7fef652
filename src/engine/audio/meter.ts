/** Peak levels for level bars: what was heard in the last block, falling slowly afterwards. */

/** Fall of the bar, dB a second: slow enough to be read, as peak programme meters do (IEC 60268-10 type I: 20 dB in 1.7 s). */
const FALL = 11.8;

export class PeakMeter {
  /** dBFS; -Infinity for silence. */
  #peak = Number.NEGATIVE_INFINITY;

  /** dBFS, 0 at full scale. */
  get peak(): number {
    return this.#peak;
  }

  /** @param samples interleaved; @param seconds that they last */
  add(samples: Float32Array, seconds: number): void {
    let most = 0;
    for (let i = 0; i < samples.length; i++) most = Math.max(most, Math.abs(samples[i] ?? 0));
    const heard = most > 0 ? 20 * Math.log10(most) : Number.NEGATIVE_INFINITY;
    this.#peak = Math.max(heard, this.#peak - FALL * seconds);
  }
}
