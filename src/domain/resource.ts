/** Sources: what a URL of the wire means, and the rules for adding and removing them. Offsets and delays in ms. */
import type { Caster, Resource } from './caster.js';
import type { SourceInput } from './desired.js';
import { Refused } from './error.js';

/** What AddCasterVideoResource was told. */
export interface GivenSource {
  liveStreamUrl: string | undefined;
  vodUrl: string | undefined;
  imageUrl: string | undefined;
  materialId: string | undefined;
  imageId: string | undefined;
  beginOffset: number | undefined;
  endOffset: number | undefined;
  repeatNum: number | undefined;
}

/** What the rules must know of the machine. */
export interface SourceSurroundings {
  /** True when `host` (no brackets, lower case) and `port` are our own RTMP address. */
  isOwnRtmp(host: string, port: number): boolean;
  /** An address of ours that is right for certain, without a path. */
  ownRtmp: string;
  /** Why this host must not be fetched from, or `null`. Names that need DNS are checked by the engine again. */
  refuseHost(host: string): string | null;
}

const STREAM_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const CASTER_STREAM = /^[0-9a-f]{32}(_[a-z-]{2,16})?$/;

function malformedLive(message: string): Refused {
  return new Refused('InvalidLiveStreamUrl.Malformed', message);
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}

/** The host without the brackets of an IPv6 literal. */
function hostOf(url: URL): string {
  return url.hostname.toLowerCase().replace(/^\[|\]$/g, '');
}

function parseHttp(text: string, name: string, code: 'live' | 'other', around: SourceSurroundings): URL {
  const bad = (message: string): Refused =>
    code === 'live' ? malformedLive(message) : new Refused('InvalidParameter.Malformed', message);
  const url = parseUrl(text);
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw bad(`${name} is not a usable URL; it must begin with http:// or https://.`);
  }
  const reason = around.refuseHost(hostOf(url));
  if (reason !== null) throw bad(`${name} is refused: ${reason}`);
  return url;
}

function parseTest(url: URL): SourceInput {
  const pattern = url.hostname;
  if (pattern !== 'clock' && pattern !== 'bars') {
    throw malformedLive(`LiveStreamUrl names the test picture "${pattern}"; there are test://clock and test://bars.`);
  }
  const tone = url.searchParams.get('tone');
  const toneHz = tone === null ? (pattern === 'clock' ? 1000 : 440) : Number(tone);
  if (!Number.isInteger(toneHz) || toneHz < 20 || toneHz > 20_000) {
    throw malformedLive('The tone of a test picture is a whole number from 20 to 20000 (Hz).');
  }
  return { kind: 'test', pattern, toneHz };
}

function parseRtmp(url: URL, caster: Caster, around: SourceSurroundings): SourceInput {
  const port = url.port === '' ? 1935 : Number(url.port);
  if (!around.isOwnRtmp(hostOf(url), port)) {
    throw malformedLive(
      'Pulling RTMP from other servers is not supported yet. Push the stream to this server and give its own address ' +
        `(${around.ownRtmp}/live/<name> always names it), or use an http:// or https:// URL of an FLV or HLS stream.`,
    );
  }
  const [app, name, ...more] = url.pathname.slice(1).split('/');
  if (app === 'live' && name !== undefined && more.length === 0 && STREAM_NAME.test(name)) {
    return { kind: 'hub', stream: `live/${name}` };
  }
  if (app === 'caster' && name !== undefined && more.length === 0 && CASTER_STREAM.test(name)) {
    if (caster.scenes.some((scene) => name.startsWith(scene.stream))) {
      throw malformedLive('LiveStreamUrl is an output of this very studio; a studio cannot be its own source.');
    }
    return { kind: 'hub', stream: `caster/${name}` };
  }
  throw malformedLive(
    'An address on this server is rtmp://<host>/live/<name> for a pushed stream or rtmp://<host>/caster/<stream> for ' +
      'the output of another studio; a name is up to 128 letters, digits, dots, dashes and underscores.',
  );
}

function parseLive(text: string, caster: Caster, around: SourceSurroundings): SourceInput {
  const url = parseUrl(text);
  if (url?.protocol === 'test:') return parseTest(url);
  if (url?.protocol === 'rtmp:') return parseRtmp(url, caster, around);
  if (url && url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw malformedLive(
      `LiveStreamUrl uses ${url.protocol}// which is not supported yet; supported are http:// and https:// (FLV, HLS), ` +
        'rtmp:// of a stream that is pushed to this server, and test://clock or test://bars.',
    );
  }
  return { kind: 'live', url: parseHttp(text, 'LiveStreamUrl', 'live', around).href };
}

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
    return { kind: 'image', url: parseHttp(given.imageUrl, 'ImageUrl', 'other', around).href };
  }
  const url = parseHttp(given.vodUrl ?? '', 'VodUrl', 'other', around).href;
  const beginMs = given.beginOffset ?? 0;
  const endMs = given.endOffset ?? null;
  if (endMs !== null && endMs >= 0 && endMs <= beginMs) {
    throw new Refused(
      'InvalidParameter.Malformed',
      'EndOffset must lie behind BeginOffset, or be negative to count from the end of the file.',
    );
  }
  return { kind: 'file', url, beginMs, endMs, repeat: given.repeatNum ?? 0, progressMs: 0 };
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

/** @throws Refused InvalidResource.NotFound */
export function removeResource(caster: Caster, id: string): Caster {
  if (!caster.resources.some((resource) => resource.id === id)) {
    throw new Refused('InvalidResource.NotFound', `The studio has no source ${id}.`);
  }
  return { ...caster, resources: caster.resources.filter((resource) => resource.id !== id) };
}
