/**
 * What the URL of a source or a picture means, and which of them are refused. Host names are judged by what they say;
 * what they resolve to is checked again by whoever connects.
 */
import type { Caster } from './caster.js';
import type { SourceInput } from './desired.js';
import { type RefusalCode, Refused } from './error.js';

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
/** A scene's stream, or a rendition, the multiview or a channel's monitor beside it. */
const CASTER_STREAM = /^[0-9a-f]{32}(_[a-z][a-z0-9-]{1,15})?$/;

function malformedLive(message: string): Refused {
  return new Refused('InvalidLiveStreamUrl.Malformed', message);
}

/**
 * The host in lower case, without the brackets of an IPv6 literal. URLs of schemes that browsers do not know keep a
 * host as it was written; read as http it loses its disguises (`0x7f.1`, percent signs), so that the policy sees through.
 */
export function hostOf(url: URL): string {
  const usual = `http://${url.hostname}/`;
  const host = URL.canParse(usual) ? new URL(usual).hostname : url.hostname;
  return host.toLowerCase().replace(/^\[|\]$/g, '');
}

/**
 * A URL that is fetched by http or https.
 * @param name of the parameter, for the message
 * @throws Refused `code`
 */
export function parseHttp(text: string, name: string, code: RefusalCode, around: SourceSurroundings): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.hostname === '') {
    throw new Refused(code, `${name} is not a usable URL; it must begin with http:// or https://.`);
  }
  const reason = around.refuseHost(hostOf(url));
  if (reason !== null) throw new Refused(code, `${name} is refused: ${reason}`);
  return url.href;
}

function parseTest(url: URL, name: string): SourceInput {
  const pattern = url.hostname;
  if (pattern !== 'clock' && pattern !== 'bars') {
    throw malformedLive(`${name} names the test picture "${pattern}"; there are test://clock and test://bars.`);
  }
  const tone = url.searchParams.get('tone');
  const toneHz = tone === null ? (pattern === 'clock' ? 1000 : 440) : Number(tone);
  if (!Number.isInteger(toneHz) || toneHz < 20 || toneHz > 20_000) {
    throw malformedLive('The tone of a test picture is a whole number from 20 to 20000 (Hz).');
  }
  return { kind: 'test', pattern, toneHz };
}

function parseOwn(url: URL, caster: Caster, parameter: string): SourceInput {
  const [app, name, ...more] = url.pathname.slice(1).split('/');
  if (app === 'live' && name !== undefined && more.length === 0 && STREAM_NAME.test(name)) {
    return { kind: 'hub', stream: `live/${name}` };
  }
  if (app === 'caster' && name !== undefined && more.length === 0 && CASTER_STREAM.test(name)) {
    if (caster.scenes.some((scene) => name.startsWith(scene.stream))) {
      throw malformedLive(`${parameter} is an output of this very studio; a studio cannot be its own source.`);
    }
    return { kind: 'hub', stream: `caster/${name}` };
  }
  throw malformedLive(
    'An address on this server is rtmp://<host>/live/<name> for a pushed stream or rtmp://<host>/caster/<stream> for ' +
      'the output of another studio; a name is up to 128 letters, digits, dots, dashes and underscores.',
  );
}

/** @throws Refused when this is not the address of a stream that we can call for */
function requirePullable(url: URL, name: string): void {
  if (url.protocol === 'srt:') {
    if (url.port === '') throw malformedLive(`${name} needs a port: srt://<host>:<port>.`);
    const mode = url.searchParams.getAll('mode').find((value) => value !== 'caller');
    if (mode !== undefined) {
      throw malformedLive(
        `${name} asks for the SRT mode "${mode}"; this server only calls (mode=caller, the default). Let the ` +
          'other side listen, or push the stream to this server by RTMP.',
      );
    }
  }
  if (url.protocol.startsWith('rtmp') && !/^\/[^/]+\/./.test(url.pathname)) {
    throw malformedLive(`${name} must name application and stream: rtmp://<host>/<application>/<stream>.`);
  }
}

const PULLED = ['rtmp:', 'rtmps:', 'srt:', 'rtsp:', 'rtsps:'];

/**
 * What LiveStreamUrl names: a stream in our own hub, a stream of another server, or a test picture.
 * @param name of the parameter, for messages
 * @throws Refused InvalidLiveStreamUrl.Malformed
 */
export function parseLive(
  text: string,
  caster: Caster,
  around: SourceSurroundings,
  name = 'LiveStreamUrl',
): SourceInput {
  // Stream ids of SRT may begin with a bare "#!::", which a URL parser would take for a fragment.
  const usual = /^srt:/i.test(text) ? text.replaceAll('#', '%23') : text;
  const url = URL.canParse(usual) ? new URL(usual) : null;
  if (url?.protocol === 'test:') return parseTest(url, name);
  if (url && PULLED.includes(url.protocol)) {
    const host = hostOf(url);
    if (host === '') throw malformedLive(`${name} names no host; it must look like ${url.protocol}//<host>/...`);
    if (url.protocol === 'rtmp:' && around.isOwnRtmp(host, url.port === '' ? 1935 : Number(url.port))) {
      return parseOwn(url, caster, name);
    }
    requirePullable(url, name);
    const reason = around.refuseHost(host);
    if (reason !== null) {
      const own = `A stream that is pushed to this server is named ${around.ownRtmp}/live/<name>.`;
      throw malformedLive(`${name} is refused: ${reason}${url.protocol === 'rtmp:' ? ` ${own}` : ''}`);
    }
    return { kind: 'live', url: url.href };
  }
  if (url && url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw malformedLive(
      `${name} begins with ${url.protocol}// which is not supported; supported are http:// and https:// (FLV, HLS), ` +
        'rtmp://, rtmps://, srt:// (as the caller), rtsp://, rtsps://, and test://clock or test://bars.',
    );
  }
  return { kind: 'live', url: parseHttp(text, name, 'InvalidLiveStreamUrl.Malformed', around) };
}
