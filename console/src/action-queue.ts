/**
 * Runs the operator's actions one after the other, in the order of the clicks. While one is under way up to
 * {@link MAX_WAITING} wait; one more is refused aloud. Of waiting actions with the same name only the newest counts when
 * nothing else came between: the last of three quick layout picks is the one that is meant.
 */

export interface Action {
  /** What it is, for the eye: `TAKE`, `Layout 2`. */
  label: string;
  /** Waiting neighbours of one kind replace each other. */
  kind: string;
  run: () => Promise<void>;
}

export interface QueueEvents {
  /** Label of the action under way or null, and how many wait. */
  onBusy: (label: string | null, waiting: number) => void;
  onError: (label: string, error: unknown) => void;
}

export const MAX_WAITING = 8;

export class ActionQueue {
  readonly #events: QueueEvents;
  #waiting: Action[] = [];
  #isRunning = false;

  constructor(events: QueueEvents) {
    this.#events = events;
  }

  add(action: Action): void {
    const last = this.#waiting.at(-1);
    if (last?.kind === action.kind) this.#waiting.pop();
    if (this.#waiting.length >= MAX_WAITING) {
      this.#events.onError(action.label, new Error('not sent: too many actions are waiting'));
      return;
    }
    this.#waiting.push(action);
    if (!this.#isRunning) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isRunning = true;
    for (let action = this.#waiting.shift(); action; action = this.#waiting.shift()) {
      this.#events.onBusy(action.label, this.#waiting.length);
      try {
        await action.run();
      } catch (error) {
        this.#events.onError(action.label, error);
        // What was clicked after a failure was meant for a picture that did not come about.
        for (const dropped of this.#waiting.splice(0)) {
          this.#events.onError(dropped.label, new Error(`not sent, because ${action.label} failed`));
        }
      }
    }
    this.#isRunning = false;
    this.#events.onBusy(null, 0);
  }
}
