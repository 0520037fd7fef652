/** EffectCasterVideoResource: the moment at which a changed source is really changed. */
import type { Caster } from './caster.js';
import { positionOf } from './channel.js';
import { Refused } from './error.js';
import { resourceOf, withoutJump, withResource } from './resource.js';
import { requireOnAir, sceneOf } from './scene.js';

/**
 * The stored input takes effect now. A source is open once, so this shows wherever the source
 * is seen or heard, whichever of its scenes is named. A jump within the old file is forgotten.
 * @throws Refused InvalidScene.NotFound, IncorrectSceneStatus, IncorrectSceneStatus.Idle, InvalidLayout.NotFound,
 *   InvalidResource.NotFound
 */
export function effectResource(caster: Caster, call: { sceneId: string; resourceId: string }): Caster {
  const scene = sceneOf(caster, call.sceneId);
  requireOnAir(caster);
  if (!scene.on) {
    throw new Refused('IncorrectSceneStatus.Idle', 'The preview scene is off; start it with StartCasterScene first.');
  }
  const resource = resourceOf(caster, call.resourceId);
  const layers = [...scene.video, ...scene.audio];
  if (layers.length === 0) {
    throw new Refused('InvalidLayout.NotFound', 'The scene has no layout, so it uses no source; apply one first.');
  }
  const position = positionOf(caster, resource);
  if (!layers.some((layer) => layer.source === position)) {
    throw new Refused('InvalidResource.NotFound', `The scene does not use the source ${resource.id}.`);
  }
  if (resource.inEffect === null) return caster;
  return withoutJump(withResource(caster, { ...resource, inEffect: null }), resource);
}
