/** From the stored studio to the whole state that its engine must show. */
import type { Caster, Scene } from './caster.js';
import type { DesiredState, RenditionSpec, SceneSpec } from './desired.js';
import { outputOf, renditionOf, type Transcode } from './template.js';

/** Hub stream of a scene. */
export function streamOf(scene: Scene): string {
  return `caster/${scene.stream}`;
}

/** The renditions that are made of a programme, in the order they were asked for. */
export function renditionsOf(transcode: Transcode, pgm: Scene): RenditionSpec[] {
  const output = outputOf(transcode);
  return transcode.renditions.flatMap((template) => {
    const encoding = renditionOf(template, output);
    return encoding ? [{ template, stream: `${streamOf(pgm)}_${template}`, encoding }] : [];
  });
}

/** A scene as the engine sees it: layers whose position has lost its source are left out. */
function specOf(caster: Caster, scene: Scene): SceneSpec {
  const known = new Set(caster.resources.map((resource) => resource.position));
  return {
    id: scene.id,
    video: scene.video.filter((layer) => known.has(layer.source)),
    audio: scene.audio.filter((layer) => known.has(layer.source)),
    overlays: [],
  };
}

/** The desired state of a studio on air; `null` when it is idle. */
export function desiredState(caster: Caster): DesiredState | null {
  const pvw = caster.scenes.find((scene) => scene.kind === 'pvw');
  const pgm = caster.scenes.find((scene) => scene.kind === 'pgm');
  if (!caster.air || !pvw || !pgm) return null;
  return {
    casterId: caster.id,
    revision: caster.revision,
    output: outputOf(caster.air.transcode),
    sources: caster.resources.map(({ id, position, name, input, delayMs }) => {
      return { id, position, name, input, delayMs, playback: { paused: false, seek: null } };
    }),
    pvw: pvw.on ? specOf(caster, pvw) : null,
    pgm: specOf(caster, pgm),
    take: { serial: 0, kind: 'cut', color: 0, durationMs: 0 },
    tbar: null,
    keys: [],
    fadeToBlack: { on: false, fadeMs: 0 },
    streams: { pvw: streamOf(pvw), pgm: streamOf(pgm), multiview: `${streamOf(pvw)}_multiview` },
    monitors: [],
    syncGroups: [],
    renditions: renditionsOf(caster.air.transcode, pgm),
  };
}

/** True when both states look the same to an engine, whatever their revisions. */
export function sameForEngine(a: DesiredState | null, b: DesiredState | null): boolean {
  if (!a || !b) return a === b;
  return JSON.stringify({ ...a, revision: 0 }) === JSON.stringify({ ...b, revision: 0 });
}
