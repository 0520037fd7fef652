/** Pauses between attempts to open an input: 0.5 s at first, doubled each time up to 5 s, without end. */
const FIRST_MS = 500;
const MOST_MS = 5000;

export class BackOff {
  #next = FIRST_MS;

  /** The pause before the next attempt, ms. */
  next(): number {
    const pause = this.#next;
    this.#next = Math.min(this.#next * 2, MOST_MS);
    return pause;
  }

  /** The input worked: the next failure starts with the short pause again. */
  reset(): void {
    this.#next = FIRST_MS;
  }
}

/** Waits, or less when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
