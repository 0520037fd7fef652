/**
 * True peaks: how far the wave reaches between its samples, by four-fold oversampling with the filter of ITU-R BS.1770-4
 * annex 2. Samples themselves count too, so that a true peak is never below the sample peak.
 *
 * One instance follows one channel. Its values are late: the one for a new sample lies {@link TRUE_PEAK_DELAY} to
 * TRUE_PEAK_DELAY - 1 samples before it.
 */

/** Samples from the earlier end of the interval that is looked at to the newest sample. */
export const TRUE_PEAK_DELAY = 6;

const TAPS = 12;
/** The table of the annex; the other two phases are these backwards. */
const PHASE_0 = [
  0.001708984375, 0.010986328125, -0.0196533203125, 0.033203125, -0.0594482421875, 0.1373291015625, 0.97216796875,
  -0.102294921875, 0.047607421875, -0.026611328125, 0.014892578125, -0.00830078125,
];
const PHASE_1 = [
  -0.0291748046875, 0.029296875, -0.0517578125, 0.089111328125, -0.16650390625, 0.465087890625, 0.77978515625,
  -0.2003173828125, 0.1015625, -0.0582275390625, 0.0330810546875, -0.0189208984375,
];
const COEFFICIENTS = Float64Array.from([...PHASE_0, ...PHASE_1]);

/** What the filter can make of samples of 1 at most. */
const MOST = Math.max(...[PHASE_0, PHASE_1].map((taps) => taps.reduce((sum, tap) => sum + Math.abs(tap), 0)));

/** Samples that are looked at together: when none of them can matter, none is filtered. */
const CHUNK = 64;

export class TruePeak {
  /** The last samples of the block before, then those of this one. */
  #line = new Float64Array(TAPS - 1);

  /**
   * Takes the next samples of one channel of an interleaved pair.
   * @param offset 0 left, 1 right
   * @param enough true peaks up to here (linear) need not be told from each other
   * @param out gets max(what it has, true peak) for each pair, where that is above `enough`
   * @returns the largest true peak, linear, or something up to `enough`
   */
  follow(pairs: Float32Array, count: number, offset: 0 | 1, enough: number, out?: Float32Array): number {
    const line = this.#take(pairs, count, offset);
    let highest = 0;
    for (let begin = 0; begin < count; begin += CHUNK) {
      const end = Math.min(count, begin + CHUNK);
      let most = 0;
      for (let i = begin; i < end + TAPS - 1; i++) {
        const value = Math.abs(line[i] as number);
        if (value > most) most = value;
      }
      // A meter that has seen more already is not interested, a limiter in what is below its ceiling.
      if (most * MOST <= (out ? enough : Math.max(enough, highest))) continue;
      for (let i = begin; i < end; i++) {
        const peak = peakAt(line, i);
        if (peak > highest) highest = peak;
        if (out && peak > enough && peak > (out[i] as number)) out[i] = peak;
      }
    }
    line.copyWithin(0, count, count + TAPS - 1);
    return highest;
  }

  #take(pairs: Float32Array, count: number, offset: number): Float64Array {
    if (this.#line.length < count + TAPS - 1) {
      const longer = new Float64Array(count + TAPS - 1);
      longer.set(this.#line.subarray(0, TAPS - 1));
      this.#line = longer;
    }
    for (let i = 0; i < count; i++) this.#line[TAPS - 1 + i] = pairs[2 * i + offset] as number;
    return this.#line;
  }
}

/** The largest of the four phases, and of the two samples that they lie between. @param first oldest of twelve samples */
function peakAt(line: Float64Array, first: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let tap = 0; tap < TAPS; tap++) {
    const early = line[first + tap] as number;
    const late = line[first + TAPS - 1 - tap] as number;
    const outer = COEFFICIENTS[tap] as number;
    const inner = COEFFICIENTS[TAPS + tap] as number;
    a += outer * late;
    b += inner * late;
    c += inner * early;
    d += outer * early;
  }
  return Math.max(
    Math.abs(a),
    Math.abs(b),
    Math.abs(c),
    Math.abs(d),
    Math.abs(line[first + 5] as number),
    Math.abs(line[first + 6] as number),
  );
}
