/** Going on air and off it, and where to watch. */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Caster, type SceneIds, type SceneKind, startCaster, stopCaster } from '../../domain/caster.js';
import { desiredState } from '../../domain/compose.js';
import type { DesiredState } from '../../domain/desired.js';
import { StudioRuntimeError } from '../../domain/ports.js';
import { requireCaster } from '../change.js';
import type { Answer } from '../encode.js';
import { fault, runtimeFault } from '../errors.js';
import { casterId, type Operation, operation } from '../operation.js';
import type { Services } from '../services.js';
import { monitorUrls, streamInfos } from '../view.js';

function newIds(): SceneIds {
  return { id: randomUUID(), stream: randomBytes(16).toString('hex') };
}

/** @throws ApiError when the engine does not start */
async function startEngine(services: Services, desired: DesiredState | null): Promise<void> {
  if (!desired) throw new Error('a studio on air has a desired state');
  try {
    await services.runtime.start(desired);
  } catch (error) {
    if (!(error instanceof StudioRuntimeError)) throw error;
    services.log.error({ casterId: desired.casterId, err: error }, 'a studio could not be started');
    throw runtimeFault(error, 'The studio could not be started and stays as it was');
  }
}

/**
 * Starts the engine first and stores the start when it runs, so that a failed start leaves nothing behind. A studio that
 * is on air in the store, after a restart of the server, comes back with the settings that it went on air with.
 */
async function start(services: Services, before: Caster): Promise<Caster> {
  if (before.air) {
    await startEngine(services, desiredState(before));
    return before;
  }
  const ids: Record<SceneKind, SceneIds> = { pvw: newIds(), pgm: newIds() };
  const now = services.clock.now();
  const after = { ...startCaster(before, now, ids), modifiedAt: now };
  await startEngine(services, desiredState({ ...after, revision: before.revision + 1 }));
  try {
    return await services.store.replace(after);
  } catch (error) {
    await services.runtime.stop(before.id);
    throw error;
  }
}

function startView(services: Services, caster: Caster): Answer {
  const infos = (kind: SceneKind): Answer => ({
    SceneInfo: caster.scenes
      .filter((scene) => scene.kind === kind)
      .map((scene) => ({
        SceneId: scene.id,
        ...monitorUrls(services, caster, scene),
        ...(kind === 'pgm' && { StreamInfos: streamInfos(services, caster, scene) }),
      })),
  });
  return { PvwSceneInfos: infos('pvw'), PgmSceneInfos: infos('pgm') };
}

const startCasterOperation = operation({
  name: 'StartCaster',
  qpsLimit: 10,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    const caster = await services.line.run(call.CasterId, async () => {
      const before = await requireCaster(services, call.CasterId);
      if (before.air && services.runtime.isRunning(before.id)) return before;
      return start(services, before);
    });
    return startView(services, caster);
  },
});

/** On an idle studio it answers the same: what the caller wants is so. */
const stopCasterOperation = operation({
  name: 'StopCaster',
  qpsLimit: 10,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    await services.line.run(call.CasterId, async () => {
      const before = await requireCaster(services, call.CasterId);
      if (!before.air) return;
      await services.runtime.stop(before.id);
      await services.store.replace({ ...stopCaster(before), modifiedAt: services.clock.now() });
    });
    return {};
  },
});

const describeCasterStreamUrl = operation({
  name: 'DescribeCasterStreamUrl',
  qpsLimit: 5,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    if (caster.scenes.length === 0) {
      throw fault('InvalidScene.NotFound', 'The studio has no scenes before its first StartCaster.');
    }
    return {
      CasterId: caster.id,
      Total: caster.scenes.length,
      CasterStreams: {
        CasterStream: caster.scenes.map((scene) => ({
          SceneId: scene.id,
          OutputType: scene.kind === 'pgm' ? 1 : 0,
          ...monitorUrls(services, caster, scene),
          ...(scene.kind === 'pgm' && { StreamInfos: streamInfos(services, caster, scene) }),
        })),
      },
    };
  },
});

export const AIR_OPERATIONS: readonly Operation[] = [
  startCasterOperation,
  stopCasterOperation,
  describeCasterStreamUrl,
];
