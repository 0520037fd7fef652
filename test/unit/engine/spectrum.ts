/** What a stretch of sound is made of. Samples are one channel at 48 kHz; levels are dB. */

const RATE = 48_000;

/**
 * Power of each frequency of `2^n` samples from `from` on, seen through a Blackman-Harris window with four terms: what lies
 * more than four lines beside a tone is its neighbour by 92 dB less.
 */
export function powers(samples: Float32Array, from: number, length: number): Float64Array {
  const re = new Float64Array(length);
  const im = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const turn = (2 * Math.PI * i) / length;
    const window = 0.35875 - 0.48829 * Math.cos(turn) + 0.14128 * Math.cos(2 * turn) - 0.01168 * Math.cos(3 * turn);
    re[i] = (samples[from + i] ?? 0) * window;
  }
  transform(re, im);
  const result = new Float64Array(length / 2);
  for (let line = 0; line < length / 2; line++) result[line] = (re[line] as number) ** 2 + (im[line] as number) ** 2;
  return result;
}

/** The fast Fourier transform in place (Cooley and Tukey, radix 2). */
function transform(re: Float64Array, im: Float64Array): void {
  const length = re.length;
  for (let i = 1, j = 0; i < length; i++) {
    let bit = length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j] as number, re[i] as number];
    [im[i], im[j]] = [im[j] as number, im[i] as number];
  }
  for (let size = 2; size <= length; size *= 2) {
    const angle = (-2 * Math.PI) / size;
    for (let k = 0; k < size / 2; k++) {
      const c = Math.cos(angle * k);
      const s = Math.sin(angle * k);
      for (let start = k; start < length; start += size) {
        const other = start + size / 2;
        const x = (re[other] as number) * c - (im[other] as number) * s;
        const y = (re[other] as number) * s + (im[other] as number) * c;
        re[other] = (re[start] as number) - x;
        im[other] = (im[start] as number) - y;
        re[start] = (re[start] as number) + x;
        im[start] = (im[start] as number) + y;
      }
    }
  }
}

/**
 * The strongest line that does not belong to a tone, relative to the tone; the lines within `beside` Hz of it are its own.
 */
export function purity(samples: Float32Array, from: number, length: number, hz: number, beside: number): number {
  const lines = powers(samples, from, length);
  let tone = 0;
  let rest = 0;
  for (const [line, power] of lines.entries()) {
    const isTone = Math.abs((line * RATE) / length - hz) <= beside;
    if (isTone) tone = Math.max(tone, power);
    else rest = Math.max(rest, power);
  }
  return 10 * Math.log10(rest / tone);
}

/**
 * The most energy above a frequency in any 1024 samples, as the level of a steady sine of full scale would be (dBFS).
 */
export function roughest(samples: Float32Array, above: number): number {
  const length = 1024;
  let most = 0;
  // A sine of full scale in the same window: half its energy in the lines of positive frequencies.
  const full = powers(sine(length, RATE / 8, 1), 0, length).reduce((sum, power) => sum + power, 0);
  for (let from = 0; from + length <= samples.length; from += length / 4) {
    const lines = powers(samples, from, length);
    let sum = 0;
    for (let line = Math.ceil((above * length) / RATE); line < lines.length; line++) sum += lines[line] as number;
    most = Math.max(most, sum);
  }
  return 10 * Math.log10(most / full + 1e-30);
}

/** A tone on one channel. */
export function sine(count: number, hz: number, level: number, first = 0): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => level * Math.sin((2 * Math.PI * hz * (first + i)) / RATE));
}

/** One side of interleaved pairs. */
export function sideOf(pairs: Float32Array, side: 0 | 1): Float32Array {
  return Float32Array.from({ length: pairs.length / 2 }, (_, i) => pairs[2 * i + side] as number);
}
