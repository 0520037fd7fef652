/** Sources: what describes them on the wire, and the rules for adding, changing and removing them. Times in ms. */
import { type Caster, type Resource, withoutTriggers } from './caster.js';
import type { SourceInput } from './desired.js';
import { Refused } from './error.js';
import { sameValue } from './same-value.js';
import { parseHttp, parseLive, type SourceSurroundings } from './source-url.js';

/** What AddCasterVideoResource or ModifyCasterVideoResource was told. */
export interface GivenSource {
  liveStreamUrl?: string | undefined;
  vodUrl?: string | undefined;
  imageUrl?: string | undefined;
  materialId?: string | undefined;
  imageId?: string | undefined;
  beginOffset?: number | undefined;
  endOffset?: number | undefined;
  repeatNum?: number | undefined;
  /** PtsCallbackInterval, 0 is off. */
  progressMs?: number | undefined;
}

/** Reports closer than this would only load the line to the listener. */
export const LEAST_PROGRESS_MS = 100;

/**
 * The input that the parameters describe: exactly one kind.
 * @throws Refused InvalidParameter.Malformed or InvalidLiveStreamUrl.Malformed
 */
export function parseInput(given: GivenSource, caster: Caster, around: SourceSurroundings): SourceInput {
  if (given.materialId !== undefined || given.imageId !== undefined) {
    throw new Refused(
      given.materialId === undefined ? 'InvalidParameter.Malformed' : 'InvalidMaterialId.Malformed',
      'MaterialId and ImageId name entries of a media library, which this server does not have yet; give a VodUrl or an ImageUrl.',
    );
  }
  const kinds = [given.liveStreamUrl, given.vodUrl, given.imageUrl].filter((url) => url !== undefined);
  if (kinds.length !== 1) {
    throw new Refused(
      'InvalidParameter.Malformed',
      `A source has exactly one of LiveStreamUrl, VodUrl and ImageUrl; ${kinds.length} were given.`,
    );
  }
  if (given.liveStreamUrl !== undefined) return parseLive(given.liveStreamUrl, caster, around);
  if (given.imageUrl !== undefined) {
    return { kind: 'image', url: parseHttp(given.imageUrl, 'ImageUrl', 'InvalidParameter.Malformed', around) };
  }
  return fileInput(parseHttp(given.vodUrl ?? '', 'VodUrl', 'InvalidParameter.Malformed', around), given);
}

/** A file with its options. @throws Refused InvalidParameter.Malformed */
function fileInput(url: string, given: GivenSource): SourceInput {
  const beginMs = given.beginOffset ?? 0;
  // 0 is the end of the file: so an end that was set can be taken away again.
  const endMs = given.endOffset || null;
  if (endMs !== null && endMs > 0 && endMs <= beginMs) {
    throw new Refused(
      'InvalidParameter.Malformed',
      'EndOffset must lie behind BeginOffset, be negative to count from the end of the file, or be 0 for its end.',
    );
  }
  const progressMs = given.progressMs ?? 0;
  if (progressMs !== 0 && progressMs < LEAST_PROGRESS_MS) {
    throw new Refused(
      'InvalidParameter.Malformed',
      `PtsCallbackInterval must be 0 (off) or at least ${LEAST_PROGRESS_MS} ms.`,
    );
  }
  return { kind: 'file', url, beginMs, endMs, repeat: given.repeatNum ?? 0, progressMs };
}

/** @throws Refused InvalidResource.NotFound */
export function resourceOf(caster: Caster, id: string): Resource {
  const resource = caster.resources.find((candidate) => candidate.id === id);
  if (!resource) throw new Refused('InvalidResource.NotFound', `The studio has no source ${id}.`);
  return resource;
}

export function withResource(caster: Caster, resource: Resource): Caster {
  return { ...caster, resources: caster.resources.map((old) => (old.id === resource.id ? resource : old)) };
}

/** @throws Refused DuplicateLocationID or ResourceNumberExceed */
export function addResource(caster: Caster, resource: Resource, mostSources: number): Caster {
  if (caster.resources.some((other) => other.position === resource.position)) {
    throw new Refused('DuplicateLocationID', `Position ${resource.position} already has a source; delete it first.`);
  }
  if (caster.resources.length >= mostSources) {
    throw new Refused('ResourceNumberExceed', `A studio has at most ${mostSources} sources.`);
  }
  const resources = [...caster.resources, resource].sort((a, b) => (a.position < b.position ? -1 : 1));
  return { ...caster, resources };
}

/**
 * The source goes, and its channel is free. Without channels its layers leave both scenes: a source that takes its
 * position later is not on air by that, and does not turn others down. What names a channel waits for what is bound to it
 * next.
 * @throws Refused InvalidResource.NotFound
 */
export function removeResource(caster: Caster, id: string): Caster {
  const { position } = resourceOf(caster, id);
  const scenes = caster.scenes.map((scene) => ({
    ...scene,
    video: scene.video.filter((layer) => layer.source !== position),
    audio: scene.audio.filter((layer) => layer.source !== position),
  }));
  return {
    ...caster,
    resources: caster.resources.filter((resource) => resource.id !== id),
    channels: caster.channels.filter((channel) => channel.resourceId !== id),
    scenes: caster.settings.channels ? caster.scenes : scenes,
    sound: caster.settings.channels ? caster.sound : withoutTriggers(caster.sound, [position]),
  };
}

/** What the engine plays now: the stored input, unless a change of it still waits to be effected. */
export function inputInEffect(resource: Resource): SourceInput {
  return resource.inEffect ?? resource.input;
}

function namesUrl({ liveStreamUrl, vodUrl, imageUrl, materialId, imageId }: GivenSource): boolean {
  return [liveStreamUrl, vodUrl, imageUrl, materialId, imageId].some((url) => url !== undefined);
}

/** What is described after a change: another URL takes the place of the old one, whatever its kind. */
function mergedGiven(old: GivenSource, change: GivenSource): GivenSource {
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  if (!namesUrl(change)) return { ...old, ...Object.fromEntries(given) };
  const { beginOffset, endOffset, repeatNum, progressMs } = old;
  const options =
    old.vodUrl !== undefined && change.vodUrl !== undefined ? { beginOffset, endOffset, repeatNum, progressMs } : {};
  return { ...options, ...Object.fromEntries(given) };
}

/**
 * The input after a change. A URL that is not sent again is not read again either: it means what it meant when it was
 * sent, whatever this server is called or may fetch from by now.
 */
function changedInput(caster: Caster, old: Resource, change: GivenSource, around: SourceSurroundings): SourceInput {
  const given = mergedGiven(old.given, change);
  if (namesUrl(change)) return parseInput(given, caster, around);
  return old.input.kind === 'file' ? fileInput(old.input.url, given) : old.input;
}

/** The source with a jump within its old file forgotten; a pause stays for the next file. */
export function withoutJump(caster: Caster, { id, input }: Resource): Caster {
  const channels = caster.channels.map((channel) =>
    channel.resourceId === id
      ? { ...channel, playback: { paused: input.kind === 'file' && channel.playback.paused, seek: null } }
      : channel,
  );
  return { ...caster, channels };
}

/**
 * ModifyCasterVideoResource: what is not given stays. The name holds at once. On air the engine goes on with the old
 * input until EffectCasterVideoResource, or the next start.
 * @throws Refused InvalidResource.NotFound, or as {@link parseInput}
 */
export function modifyResource(
  caster: Caster,
  call: { id: string; name: string | undefined; change: GivenSource },
  around: SourceSurroundings,
): Caster {
  const old = resourceOf(caster, call.id);
  const input = changedInput(caster, old, call.change, around);
  const shown = inputInEffect(old);
  const isSame = sameValue(shown, input);
  const inEffect = caster.air && !isSame ? shown : null;
  const given = mergedGiven(old.given, call.change);
  // What means the same stays the very value that the engine has: it is not opened again for another order of keys.
  const changed = { ...old, name: call.name ?? old.name, input: isSame ? shown : input, given, inEffect };
  const kept = withResource(caster, changed);
  return caster.air || isSame ? kept : withoutJump(kept, changed);
}
