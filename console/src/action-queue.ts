/**
 * Runs the operator's actions one after the other, in the order of the clicks. While one is under way up to
 * {@link MAX_WAITING} wait; one more is refused aloud. Of waiting actions with the same name only the newest counts when
 * nothing else came between: the last of three quick layout picks is the one that is meant. Actions for one studio
 * neither replace nor cancel those for another.
 */

export interface Action {
  /** What it is, for the eye: `TAKE`, `Layout 2`. */
  label: string;
  /** Waiting neighbours of one kind for one studio replace each other. */
  kind: string;
  /** The studio that it was made for, whichever the desk shows by the time it runs. */
  studio: { readonly id: string; readonly name: string };
  run: () => Promise<void>;
}

export interface QueueEvents {
  /** The action under way or null, and how many wait. */
  onBusy: (action: Action | null, waiting: number) => void;
  onError: (action: Action, error: unknown) => void;
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
    if (last?.kind === action.kind && last.studio.id === action.studio.id) this.#waiting.pop();
    if (this.#waiting.length >= MAX_WAITING) {
      this.#events.onError(action, new Error('not sent: too many actions are waiting'));
      return;
    }
    this.#waiting.push(action);
    if (!this.#isRunning) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isRunning = true;
    for (let action = this.#waiting.shift(); action; action = this.#waiting.shift()) {
      this.#events.onBusy(action, this.#waiting.length);
      try {
        await action.run();
      } catch (error) {
        this.#events.onError(action, error);
        // What was clicked after a failure was meant for a picture that did not come about.
        const { label, studio } = action;
        const dropped = this.#waiting.filter((waiting) => waiting.studio.id === studio.id);
        this.#waiting = this.#waiting.filter((waiting) => waiting.studio.id !== studio.id);
        for (const one of dropped) this.#events.onError(one, new Error(`not sent, because ${label} failed`));
      }
    }
    this.#isRunning = false;
    this.#events.onBusy(null, 0);
  }
}
