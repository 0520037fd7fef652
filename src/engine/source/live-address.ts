/**
 * The parts of a live source's URL, by protocol. Pure: nothing is looked up or opened.
 *
 * What is read here decides what FFmpeg is told, so that no part of a URL reaches it unread (an SRT URL could otherwise
 * make it listen, or name local ports).
 */

export type LiveAddress =
  | { protocol: 'http'; url: string }
  | RtmpAddress
  | { protocol: 'rtsp'; host: string; port: number; tls: boolean; userInfo: string; path: string }
  | { protocol: 'srt'; host: string; port: number; options: SrtOptions };

export interface RtmpAddress {
  protocol: 'rtmp';
  host: string;
  port: number;
  tls: boolean;
  /** `user:password@` as written, or empty. */
  userInfo: string;
  app: string;
  playPath: string;
  /** The address of the application as the server is to see it: servers choose their virtual host by it. */
  tcUrl: string;
}

export interface SrtOptions {
  streamid?: string;
  passphrase?: string;
  pbkeylen?: number;
  /** ms. */
  latencyMs: number;
}

/** What libsrt does by itself, ms. */
const SRT_LATENCY = 120;
const SRT_MOST_LATENCY = 8000;

/** @throws Error in words for an operator when it cannot be a live source */
export function parseLiveAddress(text: string): LiveAddress {
  if (!URL.canParse(text)) throw new Error('this is not an address');
  const url = new URL(text);
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'srt' && url.hostname === '') throw new Error('the address names no host');
  switch (scheme) {
    case 'http':
    case 'https':
      return { protocol: 'http', url: text };
    case 'rtmp':
    case 'rtmps':
      return rtmp(url, scheme === 'rtmps');
    case 'rtsp':
    case 'rtsps': {
      const tls = scheme === 'rtsps';
      const path = (url.pathname || '/') + url.search;
      return { protocol: 'rtsp', host: url.hostname, port: portOf(url, tls ? 322 : 554), tls, ...userOf(url), path };
    }
    case 'srt':
      return srt(url);
    default:
      throw new Error(`${scheme} addresses cannot be opened`);
  }
}

function portOf(url: URL, usual: number): number {
  return url.port === '' ? usual : Number(url.port);
}

function userOf({ username, password }: URL): { userInfo: string } {
  return { userInfo: username === '' ? '' : `${username}${password === '' ? '' : `:${password}`}@` };
}

/** `rtmp://host/app/name`, `rtmp://host/app/instance/name`; a query belongs to the part that it is written in. */
function rtmp(url: URL, tls: boolean): RtmpAddress {
  const usual = tls ? 443 : 1935;
  const port = portOf(url, usual);
  const path = (url.pathname + url.search).slice(1);
  const [app, playPath] = splitApp(path);
  if (app === '' || playPath === '') throw new Error('an RTMP address needs an application and a stream name');
  const host = port === usual ? url.hostname : `${url.hostname}:${port}`;
  const tcUrl = `${url.protocol}//${host}/${app}`;
  return { protocol: 'rtmp', host: url.hostname, port, tls, ...userOf(url), app, playPath, tcUrl };
}

/** The application has two segments when three are there, as FFmpeg and most players take it. */
function splitApp(path: string): [app: string, playPath: string] {
  const query = path.indexOf('?');
  const first = path.indexOf('/');
  if (first < 0) return [path, ''];
  const second = path.indexOf('/', first + 1);
  // A query after the name may hold slashes (a token); they divide nothing. One before the first slash is the app's.
  const divides = second >= 0 && (query < 0 || query < first || second < query);
  const end = divides ? second : first;
  return [path.slice(0, end), path.slice(end + 1)];
}

function srt(url: URL): LiveAddress {
  const ask = url.searchParams;
  const mode = ask.get('mode') ?? 'caller';
  if (mode !== 'caller') {
    throw new Error(`an SRT source must be in caller mode, not ${mode}: push to the hub instead of letting it connect`);
  }
  if (url.hostname === '') throw new Error('the address names no host: a source calls, it does not listen');
  if (url.port === '') throw new Error('an SRT address needs a port');
  if ((ask.get('transtype') ?? 'live') !== 'live') throw new Error('SRT carries live streams only here');
  const options: SrtOptions = { latencyMs: latency(ask.get('latency') ?? ask.get('rcvlatency')) };
  const streamid = ask.get('streamid');
  if (streamid !== null) {
    if (Buffer.byteLength(streamid) > 512) throw new Error('the SRT stream id is longer than 512 bytes');
    options.streamid = streamid;
  }
  const passphrase = ask.get('passphrase');
  if (passphrase) {
    const length = Buffer.byteLength(passphrase);
    if (length < 10 || length > 79) throw new Error('an SRT passphrase has 10 to 79 characters');
    options.passphrase = passphrase;
  }
  const pbkeylen = Number(ask.get('pbkeylen') ?? 0);
  if (![0, 16, 24, 32].includes(pbkeylen)) throw new Error('the SRT key length is 16, 24 or 32');
  if (pbkeylen > 0) options.pbkeylen = pbkeylen;
  return { protocol: 'srt', host: url.hostname, port: Number(url.port), options };
}

/**
 * libsrt's own tools write ms, FFmpeg and OBS write µs. Nobody wants less than 8 ms or more than 8 s, so the size of
 * the number says which it is.
 */
function latency(text: string | null): number {
  if (text === null || text === '') return SRT_LATENCY;
  const value = Number(text);
  const ms = value > SRT_MOST_LATENCY ? value / 1000 : value;
  if (!Number.isFinite(value) || value < 0 || ms > SRT_MOST_LATENCY) throw new Error('the SRT latency is 0 to 8000 ms');
  return Math.round(ms);
}
