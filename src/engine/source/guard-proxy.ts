/**
 * A forward proxy on loopback through which everything that a source URL names is fetched.
 *
 * It resolves each host itself, refuses addresses that the configuration forbids, and connects to the very address
 * that it checked; so neither a redirect, nor a playlist, nor a name that resolves differently the second time leads
 * elsewhere. Clients must know a random password.
 *
 * FFmpeg speaks nothing but plain HTTP to it: an https address comes in a marked form (src/lib/guard-name.ts), TLS is
 * made here, with the certificate checked, and the https addresses in answers are marked in turn (guard-answer.ts).
 * Clients that make TLS themselves, which fetch pictures, use tunnels.
 *
 * Why a request of a client was refused can be asked for at {@link WHY_HOST} under the user name of that request.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  type ClientRequest,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { request as requestTls } from 'node:https';
import { connect, isIP, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AddressPolicy } from '../../lib/address.js';
import { hostHeader, type RealHost, realHost } from '../../lib/guard-name.js';
import { WHY_HOST } from '../../lib/guard-why.js';
import { bareHost, guardedLookup, literalAllowed, RefusedAddressError } from '../../lib/guarded-lookup.js';
import { bodyKind, MOST_PLAYLIST, markedHeaders, markedPlaylist } from './guard-answer.js';

/** Connections of one studio's sources at a time; HLS opens two or three each. */
const MAX_CONNECTIONS = 256;

/** Users whose last refusal is remembered; of more, the oldest are forgotten. */
const MOST_REASONS = 64;
/** Longest user name, characters. */
const MOST_USER = 64;

/** Headers that are between two hops only (RFC 9110 section 7.6.1). */
const HOP_HEADERS = new Set([
  'connection',
  'proxy-connection',
  'proxy-authorization',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.has(name)));
}

export interface GuardProxyOptions {
  /** Authorities, in PEM, whose certificates are good; without it those that Node knows (NODE_EXTRA_CA_CERTS included). */
  ca?: string;
}

export class GuardProxy {
  readonly #server: Server;
  readonly #policy: AddressPolicy;
  readonly #lookup: LookupFunction;
  readonly #options: GuardProxyOptions;
  /** By user name, oldest first. */
  readonly #reasons = new Map<string, string>();
  /** Clients of tunnels, which the server no longer knows. */
  readonly #tunnels = new Set<Duplex>();
  readonly #password = randomBytes(16).toString('hex');
  #port = 0;

  private constructor(policy: AddressPolicy, options: GuardProxyOptions) {
    this.#policy = policy;
    this.#options = options;
    this.#lookup = guardedLookup(policy);
    this.#server = createServer((incoming, answer) => this.#forward(incoming, answer));
    this.#server.on('connect', (incoming, socket, head) => this.#tunnel(incoming, socket, head));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  static async start(policy: AddressPolicy, options: GuardProxyOptions = {}): Promise<GuardProxy> {
    const proxy = new GuardProxy(policy, options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = proxy.#server.address();
    if (typeof address === 'object' && address) proxy.#port = address.port;
    return proxy;
  }

  /** Address for clients, with the password. Any other user name will do, too. */
  get url(): string {
    return `http://castdeck:${this.#password}@127.0.0.1:${this.#port}`;
  }

  /** The name of an authorised user, or null. */
  #user(incoming: IncomingMessage): string | null {
    const [, coded = ''] = /^Basic +([\w+/=]{1,400})$/i.exec(incoming.headers['proxy-authorization'] ?? '') ?? [];
    const text = Buffer.from(coded, 'base64').toString('latin1');
    const colon = text.indexOf(':');
    const given = Buffer.from(text.slice(colon + 1));
    const expected = Buffer.from(this.#password);
    const right = given.length === expected.length && timingSafeEqual(given, expected);
    return right && colon >= 0 ? text.slice(0, Math.min(colon, MOST_USER)) : null;
  }

  #remember(user: string, reason: string): void {
    this.#reasons.delete(user);
    this.#reasons.set(user, reason);
    const [oldest] = this.#reasons.keys();
    if (this.#reasons.size > MOST_REASONS && oldest !== undefined) this.#reasons.delete(oldest);
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse): void {
    // FFmpeg asks without credentials first and repeats the request with them when it is told to.
    const user = this.#user(incoming);
    if (user === null) {
      answer.writeHead(407, { 'proxy-authenticate': 'Basic realm="castdeck"', 'content-length': '0' });
      answer.end();
      return;
    }
    const refuse = (status: number, text: string): void => {
      this.#remember(user, text);
      if (!answer.headersSent) answer.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
      answer.end(text);
    };
    const url = URL.canParse(incoming.url ?? '') ? new URL(incoming.url ?? '') : null;
    if (url?.protocol !== 'http:') {
      refuse(400, 'only http addresses');
      return;
    }
    if (url.hostname === WHY_HOST) {
      answer.end(this.#reasons.get(user) ?? '');
      this.#reasons.delete(user);
      return;
    }
    const target = realHost(url);
    if (target.host === '') {
      refuse(400, 'the address names no host');
      return;
    }
    if (!literalAllowed(target.host, this.#policy)) {
      refuse(403, 'this address is not allowed');
      return;
    }
    const outgoing = this.#request(target, url.pathname + url.search, incoming);
    outgoing.on('response', (response) => {
      response.on('error', () => answer.destroy());
      passOn(response, answer, target.tls, (reason) => {
        outgoing.destroy();
        refuse(502, reason);
      });
    });
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy();
      refuse(502, 'the server wants another protocol');
    });
    outgoing.on('error', (error) => {
      if (answer.headersSent) answer.destroy();
      else refuse(error instanceof RefusedAddressError ? 403 : 502, reasonOf(error, target));
    });
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #request(target: RealHost, path: string, incoming: IncomingMessage): ClientRequest {
    const host = bareHost(target.host);
    const options: RequestOptions = {
      host,
      port: target.port,
      path,
      method: incoming.method,
      // Playlists are read here, so they must come as they are.
      headers: { ...endToEnd(incoming.headers), host: hostHeader(target), 'accept-encoding': 'identity' },
      lookup: this.#lookup,
      agent: false,
    };
    if (!target.tls) return request(options);
    const { ca } = this.#options;
    return requestTls({
      ...options,
      servername: isIP(host) === 0 ? host : '',
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
    });
  }

  #tunnel(incoming: IncomingMessage, client: Duplex, head: Buffer): void {
    const refuse = (status: string, extra = ''): void => {
      client.end(`HTTP/1.1 ${status}\r\n${extra}content-length: 0\r\n\r\n`);
    };
    client.on('error', () => client.destroy());
    if (this.#user(incoming) === null) {
      refuse('407 Proxy Authentication Required', 'proxy-authenticate: Basic realm="castdeck"\r\n');
      return;
    }
    const target = URL.canParse(`https://${incoming.url}`) ? new URL(`https://${incoming.url}`) : null;
    if (!target || !literalAllowed(target.hostname, this.#policy)) {
      refuse('403 Forbidden');
      return;
    }
    const host = bareHost(target.hostname);
    const upstream = connect({ host, port: Number(target.port || 443), lookup: this.#lookup }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      if (head.length > 0) upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
    });
    let established = false;
    upstream.on('connect', () => {
      established = true;
    });
    upstream.on('error', () => (established ? client.destroy() : refuse('502 Bad Gateway')));
    upstream.on('close', () => client.destroy());
    this.#tunnels.add(client);
    client.on('close', () => {
      this.#tunnels.delete(client);
      upstream.destroy();
    });
  }

  async close(): Promise<void> {
    for (const client of this.#tunnels) client.destroy();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** What went wrong on the way to a server, in words. */
function reasonOf(error: NodeJS.ErrnoException, { host }: RealHost): string {
  const isCertificate = /CERT|SELF_SIGNED|ISSUER|ALTNAME/.test(error.code ?? '');
  return isCertificate ? `the certificate of ${host} is not good: ${error.message}` : error.message;
}

/**
 * Passes an answer on: a playlist with its addresses marked, as a whole; anything else as it comes.
 * @param refuse called at most once, before anything was passed on
 */
function passOn(
  response: IncomingMessage,
  answer: ServerResponse,
  tls: boolean,
  refuse: (reason: string) => void,
): void {
  const status = response.statusCode ?? 502;
  const begin = (headers: IncomingHttpHeaders, as = status): boolean => {
    try {
      answer.writeHead(as, headers);
      return true;
    } catch {
      // Node takes more from a server than it lets a server send, a status of 99 for one.
      refuse('the server answered nonsense');
      return false;
    }
  };
  let headers: IncomingHttpHeaders;
  try {
    headers = markedHeaders(endToEnd(response.headers), tls);
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  let kind: ReturnType<typeof bodyKind> = 'open';
  const look = (chunk: Buffer): void => {
    chunks.push(chunk);
    size += chunk.length;
    if (kind === 'open') kind = bodyKind(Buffer.concat(chunks));
    if (kind === 'other') {
      response.off('data', look).off('end', finish).pause();
      if (!begin(headers)) return;
      for (const held of chunks.splice(0)) answer.write(held);
      response.pipe(answer);
    } else if (size > MOST_PLAYLIST) {
      response.off('data', look).off('end', finish);
      refuse('the playlist is too long');
    }
  };
  const finish = (): void => {
    const body = Buffer.concat(chunks);
    // An answer without a body, of which FFmpeg may want to know the length.
    if (kind !== 'playlist') {
      if (begin(headers)) answer.end(body);
      return;
    }
    try {
      const text = Buffer.from(markedPlaylist(body.toString('latin1'), tls), 'latin1');
      const { 'content-range': _range, 'accept-ranges': _ranges, ...rest } = headers;
      // As a whole it is no longer the part that was asked for, even if that was all of it.
      const whole = { ...rest, 'content-length': String(text.length) };
      if (begin(whole, status === 206 ? 200 : status)) answer.end(text);
    } catch (error) {
      refuse(`the playlist is refused: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  response.on('data', look).on('end', finish);
}
