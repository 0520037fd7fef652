/** Sources: what describes them on the wire, and the rules for adding, changing and removing them. Times in ms. */
import type { Caster, Resource } from './caster.js';
import type { SourceInput } from './desired.js';
import { Refused } from './error.js';
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
      'InvalidParameter.Malformed',
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
  const url = parseHttp(given.vodUrl ?? '', 'VodUrl', 'InvalidParameter.Malformed', around);
  const beginMs = given.beginOffset ?? 0;
  const endMs = given.endOffset ?? null;
  if (endMs !== null && endMs >= 0 && endMs <= beginMs) {
    throw new Refused(
      'InvalidParameter.Malformed',
      'EndOffset must lie behind BeginOffset, or be negative to count from the end of the file.',
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

/** The source goes, and its channel is free. @throws Refused InvalidResource.NotFound */
export function removeResource(caster: Caster, id: string): Caster {
  resourceOf(caster, id);
  return {
    ...caster,
    resources: caster.resources.filter((resource) => resource.id !== id),
    channels: caster.channels.filter((channel) => channel.resourceId !== id),
  };
}

/** What the engine plays now: the stored input, unless a change of it still waits to be effected. */
export function inputInEffect(resource: Resource): SourceInput {
  return resource.inEffect ?? resource.input;
}

function sameInput(a: SourceInput, b: SourceInput): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What is described after a change: another URL takes the place of the old one, whatever its kind. */
function mergedGiven(old: GivenSource, change: GivenSource): GivenSource {
  const { liveStreamUrl, vodUrl, imageUrl, materialId, imageId } = change;
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const isNewUrl = [liveStreamUrl, vodUrl, imageUrl, materialId, imageId].some((url) => url !== undefined);
  if (!isNewUrl) return { ...old, ...Object.fromEntries(given) };
  const { beginOffset, endOffset, repeatNum, progressMs } = old;
  const options =
    old.vodUrl !== undefined && vodUrl !== undefined ? { beginOffset, endOffset, repeatNum, progressMs } : {};
  return { ...options, ...Object.fromEntries(given) };
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
  const given = mergedGiven(old.given, call.change);
  const input = parseInput(given, caster, around);
  const shown = inputInEffect(old);
  const inEffect = caster.air && !sameInput(shown, input) ? shown : null;
  return withResource(caster, { ...old, name: call.name ?? old.name, input, given, inEffect });
}
