/**
 * How long to wait before a crashed process is started again: not at all the first time, then 0.25 s, doubled up to
 * 5 s; forgotten after the process has run well for {@link HEALTHY_MS}.
 */
const FIRST_MS = 250;
const MOST_MS = 5000;
const HEALTHY_MS = 30_000;

export class RestartPause {
  #next = 0;

  /** @param ranMs how long the process that just ended had run; returns milliseconds */
  after(ranMs: number): number {
    if (ranMs >= HEALTHY_MS) this.#next = 0;
    const pause = this.#next;
    this.#next = pause === 0 ? FIRST_MS : Math.min(pause * 2, MOST_MS);
    return pause;
  }
}
