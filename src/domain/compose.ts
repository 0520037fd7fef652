/** From the stored studio to the whole state that its engine must show. */
import type { Caster, Scene } from './caster.js';
import { playbackOf, positionOf } from './channel.js';
import type { DesiredState, Position, RenditionSpec, SceneSpec, SourceSpec, SyncGroup } from './desired.js';
import { inputInEffect } from './resource.js';
import { sameValue } from './same-value.js';
import { soundSpecOf } from './sound.js';
import { standbySpecOf } from './standby.js';
import { customRenditionOf, outputOf, renditionOf, type Transcode } from './template.js';

/** Hub stream of a scene. */
export function streamOf(scene: Scene): string {
  return `caster/${scene.stream}`;
}

/** The renditions that are made of a programme, in the order they were asked for. */
export function renditionsOf(transcode: Transcode, pgm: Scene): RenditionSpec[] {
  const output = outputOf(transcode);
  const encodings = [
    ...transcode.renditions.map((template) => [template, renditionOf(template, output)] as const),
    ...(transcode.custom?.renditions ?? []).map((own) => [own.name, customRenditionOf(own, output)] as const),
  ];
  return encodings.flatMap(([template, encoding]) =>
    encoding ? [{ template, stream: `${streamOf(pgm)}_${template}`, encoding }] : [],
  );
}

/** Hub stream of the small picture of a channel. */
export function monitorStream(pvw: Scene, channelId: Position): string {
  return `${streamOf(pvw)}_${channelId.toLowerCase()}`;
}

/** Hub stream of the sound of a source as it comes in. */
export function listenStream(pvw: Scene, position: Position): string {
  return `${streamOf(pvw)}_listen_${position.toLowerCase()}`;
}

/** Hub stream of the multiview. */
export function multiviewStream(pvw: Scene): string {
  return `${streamOf(pvw)}_multiview`;
}

/** The sources with the positions under which layouts find them, and what is played by hand. */
export function sourcesOf(caster: Caster): SourceSpec[] {
  return caster.resources.map((resource) => ({
    id: resource.id,
    position: positionOf(caster, resource),
    name: resource.name,
    input: inputInEffect(resource),
    delayMs: resource.delayMs,
    playback: playbackOf(caster, resource),
  }));
}

/** A scene as the engine sees it: layers of channels that nothing is bound to are left out. */
function specOf(sources: SourceSpec[], scene: Scene): SceneSpec {
  const known = new Set(sources.map((source) => source.position));
  return {
    id: scene.id,
    video: scene.video.filter((layer) => known.has(layer.source)),
    audio: scene.audio.filter((layer) => known.has(layer.source)),
    overlays: scene.overlays,
  };
}

/** Only what exists can be aligned; a group of one, or one that has lost its host, is none. */
function syncGroupsOf(caster: Caster, groups: SyncGroup[]): SyncGroup[] {
  const known = new Set(caster.resources.map((resource) => resource.id));
  return groups
    .map((group) => ({ ...group, sources: group.sources.filter((id) => known.has(id)) }))
    .filter(({ host, sources }) => sources.length > 1 && (host === null || sources.includes(host)));
}

/** The desired state of a studio on air; `null` when it is idle. */
export function desiredState(caster: Caster): DesiredState | null {
  const pvw = caster.scenes.find((scene) => scene.kind === 'pvw');
  const pgm = caster.scenes.find((scene) => scene.kind === 'pgm');
  if (!caster.air || !pvw || !pgm) return null;
  const sources = sourcesOf(caster);
  const positions = sources.flatMap(({ position }) => position ?? []);
  const { take, tbar, keys, fadeToBlack } = caster.mix;
  return {
    casterId: caster.id,
    revision: caster.revision,
    output: outputOf(caster.air.transcode),
    sources,
    pvw: pvw.on ? specOf(sources, pvw) : null,
    pgm: specOf(sources, pgm),
    take,
    tbar,
    keys: keys.map(({ overlay, on, fadeMs }) => ({ overlay, on, fadeMs })),
    fadeToBlack,
    streams: { pvw: streamOf(pvw), pgm: streamOf(pgm), multiview: multiviewStream(pvw) },
    renditions: renditionsOf(caster.air.transcode, pgm),
    monitors: caster.channels.map(({ id }) => ({ position: id, stream: monitorStream(pvw, id) })),
    standby: standbySpecOf(caster),
    sound: soundSpecOf(caster.sound, positions),
    listens: positions.map((position) => ({ position, stream: listenStream(pvw, position) })),
    syncGroups: syncGroupsOf(caster, caster.air.syncGroups),
    relays: caster.settings.relays?.targets ?? [],
  };
}

/** True when both states look the same to an engine, whatever their revisions. */
export function sameForEngine(a: DesiredState | null, b: DesiredState | null): boolean {
  if (!a || !b) return a === b;
  return sameValue({ ...a, revision: 0 }, { ...b, revision: 0 });
}
