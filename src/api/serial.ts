/** One call at a time for each studio; the others wait in a bounded line. Calls for different studios do not wait. */
import { fault } from './errors.js';

/** Calls that may wait for one studio; one more is refused (Throttling.Api). */
const LONGEST_LINE = 32;

export class StudioLine {
  readonly #lines = new Map<string, { waiting: number; last: Promise<unknown> }>();

  /** Runs `job` when those before it are done. @throws ApiError Throttling.Api, or what the job throws */
  async run<T>(casterId: string, job: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(casterId) ?? { waiting: 0, last: Promise.resolve() };
    if (line.waiting >= LONGEST_LINE) throw fault('Throttling.Api', undefined, 1000);
    line.waiting++;
    this.#lines.set(casterId, line);
    const turn = line.last.then(job);
    line.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      if (--line.waiting === 0) this.#lines.delete(casterId);
    }
  }
}
