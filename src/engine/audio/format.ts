/** The one sound format inside the engine: interleaved 32-bit float, two channels, 48 kHz. */
export const SAMPLE_RATE = 48_000;
export const CHANNELS = 2;

/** Whole samples up to a time. @param us microseconds */
export function samplesAt(us: number): number {
  return Math.round((us * SAMPLE_RATE) / 1_000_000);
}
