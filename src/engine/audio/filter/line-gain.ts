/**
 * A gain that is told anew at the end of each line of so many pairs where it is to go next, from how loud the sound of that
 * line was. It goes there in a straight line, whose corners are rounded.
 */

export interface LineGainOptions {
  /** Where it begins. */
  gain: number;
  /** Pairs of a line. */
  line: number;
  /** Share of the way to the line that a sample makes good: what rounds the corners. */
  rounds: number;
  /** Gives the gain at the end of the next line. @param power mean square of the louder side in the last one */
  next: (power: number) => number;
}

export class LineGain {
  readonly #options: LineGainOptions;
  #gain: number;
  #line: number;
  #step = 0;
  #lined = 0;
  #left = 0;
  #right = 0;

  constructor(options: LineGainOptions) {
    this.#options = options;
    this.#gain = options.gain;
    this.#line = options.gain;
  }

  /** Applies it to interleaved pairs; what it listens to is the sound before that. */
  run(pairs: Float32Array): void {
    const { line, rounds } = this.#options;
    for (let i = 0; i < pairs.length; i += 2) {
      const left = pairs[i] as number;
      const right = pairs[i + 1] as number;
      this.#left += left * left;
      this.#right += right * right;
      this.#line += this.#step;
      this.#gain += (this.#line - this.#gain) * rounds;
      pairs[i] = left * this.#gain;
      pairs[i + 1] = right * this.#gain;
      if (++this.#lined === line) this.#turn();
    }
  }

  #turn(): void {
    const { line, next } = this.#options;
    const power = Math.max(this.#left, this.#right) / line;
    this.#lined = 0;
    this.#left = 0;
    this.#right = 0;
    this.#step = (next(power) - this.#line) / line;
  }
}
