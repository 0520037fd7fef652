/**
 * How a studio changes: in line, rule, store, then engine, and the answer waits for all of them.
 *
 * When the engine does not take a change, the store goes back to what it was (under a further revision) and the engine
 * is told so; the caller gets an error that says which state holds.
 */
import type { Caster } from '../domain/caster.js';
import { desiredState, sameForEngine } from '../domain/compose.js';
import { StudioRuntimeError } from '../domain/ports.js';
import { fault, runtimeFault } from './errors.js';
import type { Services } from './services.js';

/** @throws ApiError InvalidCaster.NotFound */
export async function requireCaster(services: Services, id: string): Promise<Caster> {
  const caster = await services.store.get(id);
  if (!caster) throw fault('InvalidCaster.NotFound', `There is no studio ${id}.`);
  return caster;
}

const STARTING =
  'The studio is being started again; repeat the call in some seconds. The studio is as it was before the call';

async function undo(services: Services, before: Caster, kept: Caster, cause: StudioRuntimeError): Promise<Error> {
  services.log.error({ casterId: kept.id, err: cause }, 'the engine did not take a change; going back');
  const back = await services.store.replace({ ...before, revision: kept.revision });
  // There is nobody to tell: whoever starts the engine takes the state from the store.
  if (cause.reason === 'not-running') return runtimeFault(cause, STARTING);
  const desired = desiredState(back);
  let outcome = 'The engine did not take the change; the studio is as it was before the call';
  try {
    if (desired) await services.runtime.apply(desired);
  } catch (error) {
    services.log.error({ casterId: kept.id, err: error }, 'the engine did not confirm the way back either');
    outcome =
      'The engine did not take the change. The stored studio is as it was before the call, but the engine has not ' +
      'confirmed that it shows it; a StopCaster and StartCaster puts that right';
  }
  return runtimeFault(cause, outcome);
}

/**
 * Changes a studio by a pure rule; a rule that gives back the same object changes nothing.
 * @returns the studio as it is kept now
 * @throws ApiError or Refused; then nothing is changed, or the message says what is
 */
export function changeCaster(services: Services, id: string, rule: (caster: Caster) => Caster): Promise<Caster> {
  return services.line.run(id, async () => {
    const before = await requireCaster(services, id);
    const after = rule(before);
    if (after === before) return before;
    const kept = await services.store.replace({ ...after, modifiedAt: services.clock.now() });
    const desired = desiredState(kept);
    if (!desired || sameForEngine(desiredState(before), desired)) return kept;
    try {
      await services.runtime.apply(desired);
    } catch (error) {
      const cause =
        error instanceof StudioRuntimeError ? error : new StudioRuntimeError('engine-failed', String(error));
      throw await undo(services, before, kept, cause);
    }
    return kept;
  });
}
