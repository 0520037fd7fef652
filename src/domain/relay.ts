/**
 * Relays: the coded programme of a studio, copied to servers elsewhere by RTMP, RTMPS and SRT.
 *
 * A target is parsed once, where it comes in, so that whoever opens it reads no URL any more. URLs hold stream keys and
 * passwords: what people see is {@link maskedRelay} and {@link withoutSecrets}. Times are milliseconds.
 */
import { Refused } from './error.js';
import { hostOf, type SourceSurroundings } from './source-url.js';

/** Most entries of SideOutputUrlList; SideOutputUrl is one more. */
export const MOST_RELAYS = 20;

export interface RtmpTarget {
  protocol: 'rtmp';
  /** As it was sent. */
  url: string;
  tls: boolean;
  /** Without the brackets of IPv6. */
  host: string;
  port: number;
  app: string;
  /** Stream name or key, its query included. */
  name: string;
  /** Address of the application as the server is to see it: servers choose their virtual host by it. */
  tcUrl: string;
  /** Decoded; empty when none was given. */
  user: string;
  password: string;
  /** A stream pushed into our own hub; the hub reaches itself, whatever it is called outside. */
  own: boolean;
}

export interface SrtTarget {
  protocol: 'srt';
  /** As it was sent. */
  url: string;
  host: string;
  port: number;
  streamid: string;
  passphrase: string;
  /** 0: as libsrt chooses. */
  pbkeylen: number;
  latencyMs: number;
}

export type RelayTarget = RtmpTarget | SrtTarget;

/** What a studio's settings say of relays. */
export interface RelaySettings {
  /** As they came, for queries. */
  given: { url: string; list: string[] };
  /** All of them, each address once. */
  targets: RelayTarget[];
}

/** A relay of a studio on air. */
export interface RelaySpec {
  casterId: string;
  /** Hub stream of the programme. */
  stream: string;
  target: RelayTarget;
}

/** Every relay that a process has to keep up; sent whole, never as a delta. */
export interface RelayPlan {
  /** Which hosts may be connected to: see `lib/address.ts`. */
  addresses: 'public' | 'lan' | 'all';
  relays: RelaySpec[];
}

export type RelayStatus =
  /** Not open yet, for the first time or because the programme is not there. */
  | 'connecting'
  /** Packets are taken. */
  | 'live'
  /** It could not be opened, or broke; it is tried again without end. */
  | 'retrying';

export interface RelayState {
  status: RelayStatus;
  /** In words for an operator, without secrets; empty while live. */
  reason: string;
  /** When it came into this status, ms since 1970. */
  since: number;
  /** Of coded picture and sound handed to the network since the relay began. */
  bytes: number;
  /** Bits a second over the last seconds. */
  bitrate: number;
  /** Pictures and packets of sound that found no room. */
  droppedFrames: number;
  /** Times that it was opened again after it had been open. */
  reconnects: number;
  /** Attempts to open it that failed since it was last open. */
  failures: number;
}

/** How one relay does. */
export interface RelayReport {
  casterId: string;
  /** Of the target, as it was sent. */
  url: string;
  state: RelayState;
}

/** @param name `SideOutputUrl`, or `SideOutputUrlList` with the place in it */
function malformed(name: string, what: string): Refused {
  const code = name === 'SideOutputUrl' ? 'InvalidSideOutputUrl' : 'InvalidSideOutputUrlList';
  return new Refused(code, `${name} ${what}`);
}

/** A URL without everything that lets others publish: server and application stay, and the first letters of a long key. */
export function maskedRelay(target: RelayTarget): string {
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  if (target.protocol === 'srt') return `srt://${host}:${target.port}`;
  const port = target.port === (target.tls ? 443 : 1935) ? '' : `:${target.port}`;
  const name = target.name.replace(/\?.*$/s, '');
  const shown = name.length >= 12 ? name.slice(0, 3) : '';
  return `${target.tls ? 'rtmps' : 'rtmp'}://${host}${port}/${target.app.replace(/\?.*$/s, '')}/${shown}***`;
}

/** What a server said, short, printable, and without the secrets of the target that it may have repeated. */
export function withoutSecrets(text: string, target: RelayTarget): string {
  const secrets =
    target.protocol === 'srt'
      ? [target.streamid, target.passphrase]
      : [target.name, target.name.replace(/\?.*$/s, ''), target.password, target.user];
  const clean = secrets
    .filter((secret) => secret.length >= 3)
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return clean
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 300);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Name of a stream that is pushed into our own hub. */
const OWN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(\?.*)?$/s;

function rtmpTarget(url: URL, text: string, name: string, around: SourceSurroundings): RtmpTarget {
  const tls = url.protocol === 'rtmps:';
  const usual = tls ? 443 : 1935;
  const port = url.port === '' ? usual : Number(url.port);
  const host = hostOf(url);
  const slash = url.pathname.lastIndexOf('/');
  const app = url.pathname.slice(1, Math.max(1, slash)).replace(/\/+$/, '');
  const last = url.pathname.slice(slash + 1);
  // A fragment means nothing here, but keys may hold its mark.
  const key = last + url.search + url.hash;
  if (app === '' || last === '') {
    throw malformed(name, `must name application and stream: ${url.protocol}//<host>/<application>/<stream key>.`);
  }
  const own = !tls && around.isOwnRtmp(host, port);
  if (own && (app !== 'live' || !OWN_NAME.test(key))) {
    throw malformed(
      name,
      `leads to this very server, which takes pushed streams only as rtmp://<host>/live/<name>?key=<publish key>; ` +
        'an output of a studio cannot be a target.',
    );
  }
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const tcUrl = `${url.protocol}//${shownHost}${port === usual ? '' : `:${port}`}/${app}`;
  const { username, password } = url;
  return {
    ...{ protocol: 'rtmp', url: text, tls, host, port, app, name: key, tcUrl, own },
    ...{ user: decoded(username), password: decoded(password) },
  };
}

/** What libsrt does by itself, ms, and the most that is taken. */
const SRT_LATENCY = 120;
const SRT_MOST_LATENCY = 8000;
const SRT_KNOWN = ['mode', 'transtype', 'latency', 'streamid', 'passphrase', 'pbkeylen'];

/** libsrt's own tools write ms, FFmpeg and OBS write µs; the size of the number says which it is, as with sources. */
function srtLatency(text: string, name: string): number {
  const value = text === '' ? SRT_LATENCY : Number(text);
  const ms = value > SRT_MOST_LATENCY ? value / 1000 : value;
  if (!(ms >= 0 && ms <= SRT_MOST_LATENCY)) throw malformed(name, 'has a latency outside 0 to 8000 ms.');
  return Math.round(ms);
}

function srtTarget(url: URL, text: string, name: string): SrtTarget {
  const ask = url.searchParams;
  if (url.port === '') throw malformed(name, 'needs a port: srt://<host>:<port>.');
  const unknown = [...ask.keys()].find((key) => !SRT_KNOWN.includes(key));
  if (unknown !== undefined) {
    throw malformed(name, `has the SRT option "${unknown.slice(0, 32)}"; there are ${SRT_KNOWN.join(', ')}.`);
  }
  if (ask.getAll('mode').some((mode) => mode !== 'caller')) {
    throw malformed(name, 'asks for another SRT mode than caller; this server only calls.');
  }
  if (ask.getAll('transtype').some((type) => type !== 'live')) {
    throw malformed(name, 'asks for another SRT transtype than live.');
  }
  const streamid = ask.get('streamid') ?? '';
  const bytes = (value: string): number => new TextEncoder().encode(value).length;
  if (bytes(streamid) > 512) throw malformed(name, 'has an SRT stream id of more than 512 bytes.');
  const passphrase = ask.get('passphrase') ?? '';
  if (passphrase !== '' && (bytes(passphrase) < 10 || bytes(passphrase) > 79)) {
    throw malformed(name, 'has an SRT passphrase that is not 10 to 79 bytes long.');
  }
  // FFmpeg reads options out of an address, and a passphrase as it stands there.
  if (/[^!-~]|[&+%#]/.test(passphrase)) {
    throw malformed(
      name,
      'has an SRT passphrase with characters that cannot be passed on: a space, &, +, %, #, or not ASCII.',
    );
  }
  const pbkeylen = Number(ask.get('pbkeylen') ?? 0);
  if (![0, 16, 24, 32].includes(pbkeylen)) throw malformed(name, 'has an SRT key length that is not 16, 24 or 32.');
  const latencyMs = srtLatency(ask.get('latency') ?? '', name);
  return {
    ...{ protocol: 'srt', url: text, host: hostOf(url), port: Number(url.port) },
    ...{ streamid, passphrase, pbkeylen, latencyMs },
  };
}

const SCHEMES = ['rtmp:', 'rtmps:', 'srt:'];
/** A name or an address; whatever else a URL can hold is no host. */
const HOST = /^([a-z0-9_]([a-z0-9._-]*)|[0-9a-f:.]*:[0-9a-f:.]*)$/;

/**
 * One target as SetCasterConfig names it.
 * @param name of the parameter, for messages; what was sent is never repeated in them
 * @throws Refused InvalidSideOutputUrl, InvalidSideOutputUrlList
 */
export function parseRelay(text: string, name: string, around: SourceSurroundings): RelayTarget {
  // Stream ids of SRT may begin with a bare "#!::", which a URL parser would take for a fragment.
  const usual = /^srt:/i.test(text) ? text.replaceAll('#', '%23') : text;
  const url = URL.canParse(usual) ? new URL(usual) : null;
  if (!url || !SCHEMES.includes(url.protocol) || !HOST.test(hostOf(url))) {
    throw malformed(name, 'is not a usable target; it must begin with rtmp://, rtmps:// or srt:// and name a host.');
  }
  const target = url.protocol === 'srt:' ? srtTarget(url, text, name) : rtmpTarget(url, text, name, around);
  const reason = target.protocol === 'rtmp' && target.own ? null : around.refuseHost(target.host);
  if (reason !== null) throw malformed(name, `is refused: ${reason}`);
  return target;
}

/**
 * SideOutputUrl (empty: none) and SideOutputUrlList as settings.
 * @returns `null` when there is none
 * @throws Refused InvalidSideOutputUrl, InvalidSideOutputUrlList, also for an address that is named twice
 */
export function relaysOf(url: string, list: string[], around: SourceSurroundings): RelaySettings | null {
  if (url === '' && list.length === 0) return null;
  const targets = [
    ...(url === '' ? [] : [parseRelay(url, 'SideOutputUrl', around)]),
    ...list.map((text, index) => parseRelay(text, `SideOutputUrlList.${index + 1}`, around)),
  ];
  const places = targets.map((target) =>
    target.protocol === 'srt'
      ? `srt ${target.host} ${target.port} ${target.streamid}`
      : `rtmp ${target.own ? '' : target.host} ${target.port} ${target.app} ${target.name.replace(/\?.*$/s, '')}`,
  );
  const twice = places.findIndex((place, index) => places.indexOf(place) < index);
  if (twice >= 0) {
    const shown = maskedRelay(targets[twice] as RelayTarget);
    throw malformed('SideOutputUrlList', `names one target twice (${shown}); each can be sent to once.`);
  }
  return { given: { url, list }, targets };
}
