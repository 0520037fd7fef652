/** Spaces calls out in time, so that a hand on a slider stays below the limits of the API. Times in ms. */

export interface PaceSurroundings {
  now: () => number;
  sleep: (ms: number) => Promise<void>;
}

const BROWSER: PaceSurroundings = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

export class Pace {
  readonly #everyMs: number;
  readonly #around: PaceSurroundings;
  #next = Number.NEGATIVE_INFINITY;

  constructor(everyMs: number, around: PaceSurroundings = BROWSER) {
    this.#everyMs = everyMs;
    this.#around = around;
  }

  /** Resolves at once when the last turn is long enough ago, else when it is. Never two turns at one time. */
  async turn(): Promise<void> {
    const now = this.#around.now();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#everyMs;
    if (at > now) await this.#around.sleep(at - now);
  }
}
