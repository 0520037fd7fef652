/**
 * What may happen to the two scenes of a studio, takes aside.
 *
 * A scene holds copies of picture, sound and overlays, taken when they are applied. While the preview is off, calls that name
 * it change the programme instead. The preview's sound is the mix that a take would bring to air.
 */
import type { Caster, Layout, Scene, SceneKind } from './caster.js';
import { overlaysOf } from './component.js';
import type { AudioLayer, Position, SoundFilter } from './desired.js';
import { Refused } from './error.js';
import { layoutOf, requireSources } from './layout.js';
import { CUT, type TakeStyle, withoutStandby, withTake, withTBar } from './mix.js';

/** @throws Refused InvalidScene.NotFound */
export function sceneOf(caster: Caster, id: string): Scene {
  const scene = caster.scenes.find((candidate) => candidate.id === id);
  if (!scene) throw new Refused('InvalidScene.NotFound', `The studio has no scene ${id}.`);
  return scene;
}

function sceneOfKind(caster: Caster, kind: SceneKind): Scene {
  const scene = caster.scenes.find((candidate) => candidate.kind === kind);
  if (!scene) throw new Refused('InvalidScene.NotFound', 'The studio has no scenes before its first StartCaster.');
  return scene;
}

/** @throws Refused IncorrectSceneStatus */
export function requireOnAir(caster: Caster): void {
  if (!caster.air) {
    throw new Refused('IncorrectSceneStatus', 'The scene is off because the studio is idle; call StartCaster first.');
  }
}

/** The scene that a call for `id` changes: itself, or the programme when the preview is off. */
function target(caster: Caster, id: string): Scene {
  const scene = sceneOf(caster, id);
  requireOnAir(caster);
  return scene.on ? scene : sceneOfKind(caster, 'pgm');
}

export function withScene(caster: Caster, scene: Scene): Caster {
  return { ...caster, scenes: caster.scenes.map((old) => (old.id === scene.id ? scene : old)) };
}

function applied(scene: Scene, layout: Layout): Scene {
  const audio = scene.follow ? layout.audio : scene.audio;
  return { ...scene, layoutId: layout.id, video: layout.video, audio };
}

/**
 * The scene with new content. That of the programme comes on air as `style` says; a preview that has nothing to take
 * any more lets go of the T-bar.
 */
function withContent(caster: Caster, scene: Scene, style: TakeStyle): Caster {
  const changed = withScene(caster, scene);
  if (scene.kind === 'pgm') return withTake(changed, style);
  return scene.layoutId === null ? withTBar(changed, null) : changed;
}

/**
 * SetCasterSceneConfig: the scene is wiped, then shows the layout; without one it is black and, if it follows, silent. A standby
 * of the programme ends. A call for nothing at all while the standby is on air only ends that: the programme is as it was.
 * @param call.standbyOnAir the engine shows it, also by itself
 */
export function setScene(
  caster: Caster,
  call: {
    sceneId: string;
    layoutId: string | undefined;
    componentIds: string[];
    style: TakeStyle;
    standbyOnAir?: boolean;
  },
): Caster {
  const scene = target(caster, call.sceneId);
  const isNothing = call.layoutId === undefined && call.componentIds.length === 0;
  if (scene.kind === 'pgm' && isNothing && (call.standbyOnAir || caster.mix.standby.on)) return withoutStandby(caster);
  const layout = call.layoutId === undefined ? null : layoutOf(caster, call.layoutId);
  const empty: Scene = {
    ...scene,
    layoutId: null,
    video: [],
    audio: scene.follow ? [] : scene.audio,
    overlays: overlaysOf(caster, call.componentIds),
  };
  const freed = scene.kind === 'pgm' ? withoutStandby(caster) : caster;
  return withContent(freed, layout ? applied(empty, layout) : empty, call.style);
}

/** UpdateCasterSceneConfig: components that are not given stay, as they were when they were applied. */
export function updateScene(
  caster: Caster,
  call: { sceneId: string; layoutId: string; componentIds: string[]; style: TakeStyle },
): Caster {
  const scene = target(caster, call.sceneId);
  const layout = layoutOf(caster, call.layoutId);
  const overlays = call.componentIds.length > 0 ? overlaysOf(caster, call.componentIds) : scene.overlays;
  return withContent(caster, { ...applied(scene, layout), overlays }, call.style);
}

/** DeleteCasterSceneConfig, a cut. */
export function clearScene(caster: Caster, sceneId: string, what: 'Component' | 'Layout' | 'All'): Caster {
  let scene = target(caster, sceneId);
  if (what !== 'Layout') scene = { ...scene, overlays: [] };
  if (what !== 'Component') scene = { ...scene, layoutId: null, video: [], audio: scene.follow ? [] : scene.audio };
  return withContent(caster, scene, CUT);
}

function previewOf(caster: Caster, id: string): Scene {
  const scene = sceneOf(caster, id);
  if (scene.kind !== 'pvw') {
    throw new Refused(
      'IncorrectSceneStatus',
      'Only a preview scene is started and stopped by itself; the programme runs with its studio.',
    );
  }
  return scene;
}

/** StartCasterScene. */
export function startScene(caster: Caster, id: string): Caster {
  const scene = previewOf(caster, id);
  if (!caster.air) throw new Refused('IncorrectCasterStatus.Idle', 'The studio is idle; call StartCaster first.');
  if (scene.on) throw new Refused('IncorrectSceneStatus.Inuse', 'The preview scene is on already.');
  return withScene(caster, { ...scene, on: true });
}

/** StopCasterScene; the T-bar is let go. */
export function stopScene(caster: Caster, id: string): Caster {
  const scene = previewOf(caster, id);
  if (!scene.on) throw new Refused('IncorrectSceneStatus.Idle', 'The preview scene is off already.');
  return withTBar(withScene(caster, { ...scene, on: false }), null);
}

/** A change of a layer that a mix has. What is absent stays as it is; `filter: null` takes the filter off. */
export type AudioLayerChange = Pick<AudioLayer, 'source'> &
  Partial<Omit<AudioLayer, 'source' | 'filter'>> & { filter?: SoundFilter | null };

/**
 * What UpdateCasterSceneAudio does to the mix of that very moment. Only `replace` knows the whole mix; the others touch
 * nothing but the layers that they name, so they undo neither a take nor what another hand does to other layers.
 */
export type MixEdit =
  | { mode: 'replace'; layers: AudioLayer[] }
  /** Layers that the mix does not have are left out. */
  | { mode: 'change'; changes: AudioLayerChange[] }
  /** They are put in, or take the place of those of the same sources. */
  | { mode: 'add'; layers: AudioLayer[] }
  /** Positions that the mix does not have are no mistake. */
  | { mode: 'remove'; sources: Position[] };

function changedLayer(layer: AudioLayer, change: AudioLayerChange | undefined): AudioLayer {
  if (!change) return layer;
  const { filter: old, ...plain } = layer;
  const { filter = old ?? null, ...rest } = change;
  return { ...plain, ...rest, ...(filter && { filter }) };
}

function edited(mix: AudioLayer[], edit: MixEdit): AudioLayer[] {
  const of = <T extends { source: Position }>(entries: T[], source: Position): T | undefined =>
    entries.find((entry) => entry.source === source);
  switch (edit.mode) {
    case 'replace':
      return edit.layers;
    case 'change':
      return mix.map((layer) => changedLayer(layer, of(edit.changes, layer.source)));
    case 'add': {
      const stays = mix.map((layer) => of(edit.layers, layer.source) ?? layer);
      return [...stays, ...edit.layers.filter(({ source }) => !of(mix, source))];
    }
    case 'remove':
      return mix.filter(({ source }) => !edit.sources.includes(source));
  }
}

/**
 * UpdateCasterSceneAudio: `null` leaves mix or mode as it is. The mix may name sources that are not in the picture. Positions
 * that it has already may have lost their source since: one that was deleted must not keep anybody from the others.
 * @throws Refused InvalidScene.NotFound, IncorrectSceneStatus, UserQuotaExceed, InvalidResource.NotFound
 */
export function setAudio(
  caster: Caster,
  call: { sceneId: string; edit: MixEdit | null; follow: boolean | null; mostSounds: number },
): Caster {
  const scene = sceneOf(caster, call.sceneId);
  requireOnAir(caster);
  if (!scene.on) {
    throw new Refused('IncorrectSceneStatus', 'The preview scene is off; start it with StartCasterScene first.');
  }
  const audio = call.edit ? edited(scene.audio, call.edit) : scene.audio;
  const had = new Set(scene.audio.map(({ source }) => source));
  const added = audio.map(({ source }) => source).filter((source) => !had.has(source));
  // Where the limit was lowered since, a mix may stay as large as it is.
  if (audio.length > call.mostSounds && added.length > 0) {
    throw new Refused('UserQuotaExceed', `A mix has at most ${call.mostSounds} sounds.`);
  }
  requireSources(caster, added);
  return withScene(caster, { ...scene, audio, follow: call.follow ?? scene.follow });
}
