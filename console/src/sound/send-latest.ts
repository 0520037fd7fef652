/**
 * Sends what a hand changes: at most one call at a time and eight a second, the newest state wins, the last is always
 * sent. Changes that come in while a call is under way are merged into one, so nothing queues up.
 *
 * These calls do not wait in the desk's action queue: a fader must not stand behind a take, nor a take behind a fader.
 */
import { Pace } from '../pace.js';

/** ms between two calls; the API allows ten a second. */
export const SEND_MS = 125;

export interface SendLatestOptions<T> {
  /** A later change on top of an earlier one that was not sent yet. */
  merge: (older: T, newer: T) => T;
  send: (change: T) => Promise<void>;
  /** `change` and whatever was added since are given up. */
  onError: (error: unknown, change: T) => void;
  pace?: Pace;
}

export class SendLatest<T> {
  readonly #options: SendLatestOptions<T>;
  readonly #pace: Pace;
  #waiting: { change: T } | null = null;
  #isRunning = false;

  constructor(options: SendLatestOptions<T>) {
    this.#options = options;
    this.#pace = options.pace ?? new Pace(SEND_MS);
  }

  add(change: T): void {
    this.#waiting = { change: this.#waiting ? this.#options.merge(this.#waiting.change, change) : change };
    if (!this.#isRunning) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting) {
      await this.#pace.turn();
      const taken = this.#take();
      if (!taken) break;
      try {
        await this.#options.send(taken.change);
      } catch (error) {
        const late = this.#take();
        this.#options.onError(error, late ? this.#options.merge(taken.change, late.change) : taken.change);
      }
    }
    this.#isRunning = false;
  }

  #take(): { change: T } | null {
    const taken = this.#waiting;
    this.#waiting = null;
    return taken;
  }
}
