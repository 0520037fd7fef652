/** A level that moves evenly to where it is told to go, 0 to 1. Times are µs. */

export class Level {
  #value: number;
  #target: number;
  #speed = 0;

  constructor(value: number) {
    this.#value = value;
    this.#target = value;
  }

  get value(): number {
    return this.#value;
  }

  get isMoving(): boolean {
    return this.#value !== this.#target;
  }

  /** @param fadeMs time for the whole way from 0 to 1; at once for 0 */
  moveTo(target: number, fadeMs: number): void {
    this.#target = target;
    this.#speed = fadeMs <= 0 ? Number.POSITIVE_INFINITY : 1 / (fadeMs * 1000);
  }

  advance(us: number): void {
    if (us <= 0 || !this.isMoving) return;
    const left = this.#target - this.#value;
    const step = this.#speed * us;
    this.#value = step >= Math.abs(left) ? this.#target : this.#value + Math.sign(left) * step;
  }
}
