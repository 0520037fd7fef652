/**
 * A forward proxy on loopback through which everything that a source URL names is fetched.
 *
 * It resolves each host itself, refuses addresses that the configuration forbids, and connects to the very address
 * that it checked; so neither a redirect, nor a playlist, nor a name that resolves differently the second time leads
 * elsewhere. Clients must know a random password.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';
import type { AddressPolicy } from '../../lib/address.js';
import { bareHost, checkedLookup, literalAllowed, RefusedAddress } from './checked-address.js';

/** Connections of one studio's sources at a time; HLS opens two or three each. */
const MAX_CONNECTIONS = 256;

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

export class GuardProxy {
  readonly #server: Server;
  readonly #policy: AddressPolicy;
  readonly #lookup: LookupFunction;
  /** Clients of tunnels, which the server no longer knows. */
  readonly #tunnels = new Set<Duplex>();
  readonly #password = randomBytes(16).toString('hex');
  #port = 0;

  private constructor(policy: AddressPolicy) {
    this.#policy = policy;
    this.#lookup = checkedLookup(policy);
    this.#server = createServer((incoming, answer) => this.#forward(incoming, answer));
    this.#server.on('connect', (incoming, socket, head) => this.#tunnel(incoming, socket, head));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  static async start(policy: AddressPolicy): Promise<GuardProxy> {
    const proxy = new GuardProxy(policy);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    const address = proxy.#server.address();
    if (typeof address === 'object' && address) proxy.#port = address.port;
    return proxy;
  }

  /** Address for clients, with the password. */
  get url(): string {
    return `http://castdeck:${this.#password}@127.0.0.1:${this.#port}`;
  }

  #authorised(incoming: IncomingMessage): boolean {
    const expected = Buffer.from(`Basic ${Buffer.from(`castdeck:${this.#password}`).toString('base64')}`);
    const given = Buffer.from(incoming.headers['proxy-authorization'] ?? '');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse): void {
    const refuse = (status: number, text: string): void => {
      if (!answer.headersSent) answer.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
      answer.end(text);
    };
    // FFmpeg asks without credentials first and repeats the request with them when it is told to.
    if (!this.#authorised(incoming)) {
      answer.writeHead(407, { 'proxy-authenticate': 'Basic realm="castdeck"', 'content-length': '0' });
      answer.end();
      return;
    }
    const url = URL.canParse(incoming.url ?? '') ? new URL(incoming.url ?? '') : null;
    if (url?.protocol !== 'http:') {
      refuse(400, 'only http addresses');
      return;
    }
    if (!literalAllowed(url.hostname, this.#policy)) {
      refuse(403, 'this address is not allowed');
      return;
    }
    const outgoing = request(
      {
        host: bareHost(url.hostname),
        port: url.port || 80,
        path: url.pathname + url.search,
        method: incoming.method,
        headers: endToEnd(incoming.headers),
        lookup: this.#lookup,
        agent: false,
      },
      (response) => {
        try {
          answer.writeHead(response.statusCode ?? 502, endToEnd(response.headers));
        } catch {
          // Node takes more from a server than it lets a server send, a status of 99 for one.
          outgoing.destroy();
          refuse(502, 'the server answered nonsense');
          return;
        }
        response.pipe(answer);
        response.on('error', () => answer.destroy());
      },
    );
    outgoing.on('upgrade', (_response, socket) => {
      socket.destroy();
      refuse(502, 'the server wants another protocol');
    });
    outgoing.on('error', (error) =>
      answer.headersSent ? answer.destroy() : refuse(error instanceof RefusedAddress ? 403 : 502, error.message),
    );
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #tunnel(incoming: IncomingMessage, client: Duplex, head: Buffer): void {
    const refuse = (status: string, extra = ''): void => {
      client.end(`HTTP/1.1 ${status}\r\n${extra}content-length: 0\r\n\r\n`);
    };
    client.on('error', () => client.destroy());
    if (!this.#authorised(incoming)) {
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
