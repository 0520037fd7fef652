/** Fourier transform of complex values whose number is a power of two, in place (Cooley and Tukey, radix 2). */
export class Fourier {
  readonly size: number;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  readonly #reversed: Uint32Array;

  /** @param size a power of two, 2 or more */
  constructor(size: number) {
    this.size = size;
    this.#cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.#sin = Float64Array.from({ length: size / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / size));
    const bits = Math.log2(size);
    this.#reversed = Uint32Array.from({ length: size }, (_, i) => {
      let reversed = 0;
      for (let bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
      return reversed;
    });
  }

  /** Not divided by the size. Of values whose parts are exchanged it is the inverse, with parts exchanged. */
  run(re: Float64Array, im: Float64Array): void {
    const { size } = this;
    for (let i = 0; i < size; i++) {
      const j = this.#reversed[i] as number;
      if (j <= i) continue;
      const a = re[i] as number;
      re[i] = re[j] as number;
      re[j] = a;
      const b = im[i] as number;
      im[i] = im[j] as number;
      im[j] = b;
    }
    for (let half = 1; half < size; half *= 2) {
      const step = size / (2 * half);
      for (let k = 0; k < half; k++) {
        const c = this.#cos[k * step] as number;
        const s = this.#sin[k * step] as number;
        for (let i = k; i < size; i += 2 * half) {
          const j = i + half;
          const x = re[j] as number;
          const y = im[j] as number;
          const u = x * c + y * s;
          const v = y * c - x * s;
          re[j] = (re[i] as number) - u;
          im[j] = (im[i] as number) - v;
          re[i] = (re[i] as number) + u;
          im[i] = (im[i] as number) + v;
        }
      }
    }
  }
}
