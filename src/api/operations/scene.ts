/** Preview and programme: what they show, the take, and their sound. */
import type { Caster } from '../../domain/caster.js';
import { clearScene, sceneOf, setAudio, setScene, startScene, stopScene, updateScene } from '../../domain/scene.js';
import { switchStandby } from '../../domain/standby.js';
import { moveTBar, styleOf, take } from '../../domain/take.js';
import { changeCaster, requireCaster } from '../change.js';
import { audioParameters, mixEditOf } from '../layers.js';
import { casterId, type Operation, operation, sceneId, someId } from '../operation.js';
import { boolean, choice, decimal, integer, list, optional, required, withDefault } from '../params.js';
import { transitionOf, transitionParameters } from '../transition.js';
import { audioView, domainOf, monitorUrls, streamInfos } from '../view.js';

const components = list(someId, 99);

const effectCasterUrgent = operation({
  name: 'EffectCasterUrgent',
  qpsLimit: 10,
  parameters: { CasterId: casterId, SceneId: sceneId, OnAir: withDefault(boolean(), true) },
  async handle(call, services) {
    const rule = (caster: Caster): Caster => switchStandby(caster, call.SceneId, call.OnAir);
    // Who asks for it has no time: not for a take, before it in line, that waits for its pictures either.
    if (call.OnAir && rule(await requireCaster(services, call.CasterId)).mix.standby.on) {
      services.runtime.standby(call.CasterId);
    }
    await changeCaster(services, call.CasterId, rule);
    return {};
  },
});

const setCasterSceneConfig = operation({
  name: 'SetCasterSceneConfig',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    SceneId: sceneId,
    LayoutId: optional(someId),
    ComponentId: components,
    ...transitionParameters,
  },
  async handle(call, services) {
    const style = styleOf(transitionOf(call));
    await changeCaster(services, call.CasterId, (caster) =>
      setScene(caster, {
        sceneId: call.SceneId,
        layoutId: call.LayoutId,
        componentIds: call.ComponentId,
        style,
        standbyOnAir: services.runtime.stats(caster.id)?.standby === 'auto',
      }),
    );
    return {};
  },
});

const updateCasterSceneConfig = operation({
  name: 'UpdateCasterSceneConfig',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    SceneId: sceneId,
    LayoutId: required(someId),
    ComponentId: components,
    ...transitionParameters,
  },
  async handle(call, services) {
    const style = styleOf(transitionOf(call));
    await changeCaster(services, call.CasterId, (caster) =>
      updateScene(caster, { sceneId: call.SceneId, layoutId: call.LayoutId, componentIds: call.ComponentId, style }),
    );
    return {};
  },
});

const copyCasterSceneConfig = operation({
  name: 'CopyCasterSceneConfig',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    FromSceneId: sceneId,
    ToSceneId: sceneId,
    ...transitionParameters,
    TransitionPosition: optional(decimal({ min: 0, max: 1 })),
  },
  async handle(call, services) {
    const { CasterId, FromSceneId: fromId, ToSceneId: toId, TransitionPosition: at } = call;
    const given = transitionOf(call);
    if (at === undefined) {
      const style = styleOf(given);
      await changeCaster(services, CasterId, (caster) => take(caster, fromId, toId, style));
    } else {
      await changeCaster(services, CasterId, (caster) => moveTBar(caster, { fromId, toId, position: at, given }));
    }
    return {};
  },
});

const deleteCasterSceneConfig = operation({
  name: 'DeleteCasterSceneConfig',
  qpsLimit: 10,
  parameters: { CasterId: casterId, SceneId: sceneId, Type: required(choice(['Component', 'Layout', 'All'])) },
  async handle(call, services) {
    await changeCaster(services, call.CasterId, (caster) => clearScene(caster, call.SceneId, call.Type));
    return {};
  },
});

const startCasterScene = operation({
  name: 'StartCasterScene',
  qpsLimit: 10,
  parameters: { CasterId: casterId, SceneId: sceneId },
  async handle(call, services) {
    const caster = await changeCaster(services, call.CasterId, (before) => startScene(before, call.SceneId));
    return monitorUrls(services, caster, sceneOf(caster, call.SceneId));
  },
});

const stopCasterScene = operation({
  name: 'StopCasterScene',
  qpsLimit: 10,
  parameters: { CasterId: casterId, SceneId: sceneId },
  async handle(call, services) {
    await changeCaster(services, call.CasterId, (caster) => stopScene(caster, call.SceneId));
    return {};
  },
});

const updateCasterSceneAudio = operation({
  name: 'UpdateCasterSceneAudio',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    SceneId: sceneId,
    FollowEnable: optional(integer({ min: 0, max: 1 })),
    // Our extension: one layer can be changed without sending, and so undoing, the others.
    MixMode: withDefault(choice(['replace', 'change', 'add', 'remove']), 'replace'),
    ...audioParameters,
  },
  async handle(call, services) {
    const edit = mixEditOf(call);
    const follow = call.FollowEnable === undefined ? null : call.FollowEnable === 1;
    await changeCaster(services, call.CasterId, (caster) =>
      setAudio(caster, { sceneId: call.SceneId, edit, follow, mostSounds: services.config.limits.sounds }),
    );
    return {};
  },
});

const describeCasterSceneAudio = operation({
  name: 'DescribeCasterSceneAudio',
  qpsLimit: 15,
  parameters: { CasterId: casterId, SceneId: sceneId },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    const scene = sceneOf(caster, call.SceneId);
    return { CasterId: caster.id, FollowEnable: scene.follow ? 1 : 0, ...audioView(scene.audio) };
  },
});

const describeCasterScenes = operation({
  name: 'DescribeCasterScenes',
  qpsLimit: 15,
  parameters: { CasterId: casterId, SceneId: optional(someId) },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    domainOf(caster);
    const scenes = caster.scenes.filter(({ id }) => call.SceneId === undefined || id === call.SceneId);
    return {
      Total: scenes.length,
      SceneList: {
        Scene: scenes.map((scene) => ({
          SceneId: scene.id,
          SceneName: scene.kind === 'pvw' ? 'scene1' : 'scene2',
          OutputType: scene.kind === 'pgm' ? '1' : '0',
          Status: scene.on ? 1 : 0,
          LayoutId: scene.layoutId ?? undefined,
          ComponentIds: { componentId: scene.overlays.map(({ id }) => id) },
          // Our extension: what is in the scene itself, whatever became of its layout since.
          Pictures: { LocationId: scene.video.map(({ source }) => source) },
          Sounds: { LocationId: scene.audio.map(({ source }) => source) },
          ...monitorUrls(services, caster, scene),
          ...(scene.kind === 'pgm' && { StreamInfos: streamInfos(services, caster, scene) }),
        })),
      },
    };
  },
});

export const SCENE_OPERATIONS: readonly Operation[] = [
  setCasterSceneConfig,
  updateCasterSceneConfig,
  copyCasterSceneConfig,
  deleteCasterSceneConfig,
  effectCasterUrgent,
  startCasterScene,
  stopCasterScene,
  updateCasterSceneAudio,
  describeCasterSceneAudio,
  describeCasterScenes,
];
