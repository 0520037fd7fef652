/** After a restart of the server: studios that were on air go on air again. */
import { desiredState } from '../domain/compose.js';
import type { Services } from './services.js';

/** Starts at the same time; more would only slow each other down. */
const TOGETHER = 2;

/**
 * Starts the engine of every studio that the store has on air. One that cannot start is logged and stays on air in the
 * store, so that StartCaster or the next start of the server tries again; the others are not held up by it.
 * @returns ids of the studios by outcome
 */
export async function restoreStudios(services: Services): Promise<{ started: string[]; failed: string[] }> {
  const outcome = { started: [] as string[], failed: [] as string[] };
  const waiting = (await services.store.list()).filter((caster) => caster.air !== null).map((caster) => caster.id);
  const work = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const casterId = id;
      try {
        await services.line.run(casterId, async () => {
          const caster = await services.store.get(casterId);
          const desired = caster ? desiredState(caster) : null;
          if (desired && !services.runtime.isRunning(casterId)) await services.runtime.start(desired);
        });
        outcome.started.push(casterId);
      } catch (error) {
        services.log.error({ casterId, err: error }, 'a studio that was on air could not be started again');
        outcome.failed.push(casterId);
      }
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  return outcome;
}
