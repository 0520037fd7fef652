/**
 * A gain that moves to where it is told to go without a step.
 *
 * As a rule it takes a raised cosine of a fixed length, whose spectrum falls off quickly, so that a low tone does not click
 * where its gain changes; told to move evenly it takes a straight line over the whole block, which joins on to the next
 * line of a longer fade. Two ramps that begin together, one up and one down, always add up to the same.
 */

export class Ramp {
  #from: number;
  #to: number;
  #at = 0;
  #length = 0;
  #even = false;

  constructor(value: number) {
    this.#from = value;
    this.#to = value;
  }

  /** Where it is now. */
  get value(): number {
    return this.#at >= this.#length ? this.#to : this.#from + (this.#to - this.#from) * this.#shape(this.#at);
  }

  get target(): number {
    return this.#to;
  }

  get isMoving(): boolean {
    return this.#at < this.#length;
  }

  /**
   * Sets out for a target from where it is now; a way to the same target that has begun is gone on with.
   * @param samples length of the way, 1 or more
   * @param even a straight line instead of a raised cosine
   */
  moveTo(target: number, samples: number, even = false): void {
    if (target === this.#to) return;
    this.#from = this.value;
    this.#to = target;
    this.#at = 0;
    this.#length = samples;
    this.#even = even;
  }

  /** Goes to silence from where it is now, by a way of its own, wherever it was going. */
  cut(samples: number): void {
    const value = this.value;
    this.#from = value;
    this.#to = 0;
    this.#at = 0;
    this.#length = value === 0 ? 0 : samples;
    this.#even = false;
  }

  /** Writes the values of the next `count` samples and moves on by them. */
  write(curve: Float32Array, count: number): void {
    const moving = Math.min(count, this.#length - this.#at);
    const way = this.#to - this.#from;
    for (let i = 0; i < moving; i++) curve[i] = this.#from + way * this.#shape(this.#at + i + 1);
    // To the sample, so that what has arrived is left alone.
    if (moving > 0 && this.#at + moving >= this.#length) curve[moving - 1] = this.#to;
    if (moving < count) curve.fill(this.#to, Math.max(0, moving), count);
    this.#at += Math.max(0, moving);
  }

  #shape(at: number): number {
    const share = at / this.#length;
    return this.#even ? share : 0.5 - 0.5 * Math.cos(Math.PI * share);
  }
}
