/** After a restart of the server: goes on until everything that was on air is on air again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { restoreStudios } from './restore.js';
import type { Services } from './services.js';

export interface KeepRestoringOptions {
  /** Ends it; a round that has begun is finished. */
  signal: AbortSignal;
  /** Pause before studios that did not come back are tried again, ms. */
  retryMs: number;
}

/**
 * Puts studios back on air, trying those that fail again until they run or are stopped by somebody. Never rejects: a
 * store that cannot be read must not end the studios that run by now.
 */
export async function keepRestoring(services: Services, { signal, retryMs }: KeepRestoringOptions): Promise<void> {
  while (!signal.aborted) {
    try {
      const { failed } = await restoreStudios(services);
      if (failed.length === 0) return;
    } catch (error) {
      if (signal.aborted) return;
      services.log.error({ err: error }, 'the studios that were on air could not be read and are tried again');
    }
    await sleep(retryMs, undefined, { signal }).catch(() => undefined);
  }
}
