/** How long the last ticks took, in milliseconds. */
const KEPT = 600;

export class TickTimes {
  readonly #times = new Float64Array(KEPT);
  #count = 0;

  add(ms: number): void {
    this.#times[this.#count % KEPT] = ms;
    this.#count++;
  }

  /** @param q 0 to 1; 0 before the first tick */
  quantile(q: number): number {
    const sorted = this.#times.slice(0, Math.min(this.#count, KEPT)).sort();
    return Math.round((sorted[Math.floor(q * (sorted.length - 1))] ?? 0) * 1000) / 1000;
  }
}
