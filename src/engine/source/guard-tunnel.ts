/**
 * A way for one input from loopback to one host and port that was named beforehand, for protocols that know no proxy.
 *
 * FFmpeg is told to connect to the tunnel, on loopback; the tunnel resolves the name, refuses addresses that the policy
 * forbids, and connects to the very address that it checked. TLS is made here, with the certificate checked against the
 * name that the operator wrote. An RTSP server is kept from sending FFmpeg elsewhere ({@link RedirectStop}).
 */
import { connect, createServer, isIP, type Server, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { AddressPolicy } from '../../lib/address.js';
import { bareHost, guardedLookup, literalAllowed } from '../../lib/guarded-lookup.js';

/** Sockets at a time; RTMP connects a second time to log in. */
const MAX_CONNECTIONS = 2;
/** Time to reach the host, ms. */
const CONNECT_TIME = 8000;

export interface TunnelOptions {
  host: string;
  port: number;
  tls: boolean;
  policy: AddressPolicy;
  /** Cut the connection when an RTSP server answers with a redirect, which FFmpeg would follow past the tunnel. */
  stopRedirects: boolean;
}

export class GuardTunnel {
  readonly #options: TunnelOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Why the host could not be reached or was cut off, in words; empty as long as nothing is wrong. */
  failure = '';

  private constructor(options: TunnelOptions) {
    this.#options = options;
    this.#server = createServer((client) => this.#join(client));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  static async open(options: TunnelOptions): Promise<GuardTunnel> {
    const tunnel = new GuardTunnel(options);
    await new Promise<void>((resolve, reject) => {
      tunnel.#server.once('error', reject);
      tunnel.#server.listen(0, '127.0.0.1', resolve);
    });
    return tunnel;
  }

  /** On 127.0.0.1. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  #join(client: Socket): void {
    const { host, port, tls, policy, stopRedirects } = this.#options;
    this.#sockets.add(client);
    const name = bareHost(host);
    if (!literalAllowed(name, policy)) {
      this.#fail(client, `the address ${name} is not allowed`);
      return;
    }
    const target = { host: name, port, lookup: guardedLookup(policy) };
    const upstream: Socket = tls
      ? connectTls({ ...target, ...(isIP(name) === 0 ? { servername: name } : {}) })
      : connect(target);
    this.#sockets.add(upstream);
    let reached = false;
    const tooLong = setTimeout(() => this.#fail(client, `${name} does not answer`), CONNECT_TIME);
    upstream.once(tls ? 'secureConnect' : 'connect', () => {
      reached = true;
      clearTimeout(tooLong);
      upstream.setNoDelay(true);
    });
    upstream.on('error', (error) => (reached ? client.destroy() : this.#fail(client, error.message)));
    upstream.on('close', () => {
      clearTimeout(tooLong);
      this.#sockets.delete(upstream);
      client.destroy();
    });
    client.on('error', () => client.destroy());
    client.on('close', () => {
      this.#sockets.delete(client);
      upstream.destroy();
    });
    if (stopRedirects) {
      const stop = new RedirectStop();
      stop.on('error', (error) => this.#fail(client, error.message));
      client.on('data', (chunk: Buffer) => stop.sent(chunk));
      upstream.pipe(stop).pipe(client);
    } else {
      upstream.pipe(client);
    }
    client.pipe(upstream);
  }

  #fail(client: Socket, reason: string): void {
    this.failure ||= reason;
    client.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Longest text that is looked at across two chunks: `RTSP/1.0 200 `. */
const OVERLAP = 24;

/**
 * What an RTSP server sends, passed on unchanged until it answers with a status of 300 to 399 (RFC 2326 section 11.3).
 *
 * FFmpeg follows a redirect only before its PLAY request, so what follows that is not looked at. Until then the server
 * sends text: each `RTSP/` in it must be the end of a request line or the beginning of a plain status line, because
 * what FFmpeg's lenient parser makes of another is hard to foresee. That parser leaves out every CR, wherever it is, and
 * so does whoever looks here.
 */
export class RedirectStop extends Transform {
  #tail = '';
  /** As if a line had ended: a request begins a line, and what is cut off from a line's beginning is none. */
  #sentTail = '\n';
  #playing = false;

  /** The client sent this. */
  sent(chunk: Buffer): void {
    if (this.#playing) return;
    const text = this.#sentTail + chunk.toString('latin1');
    this.#playing = /\nPLAY /.test(text);
    this.#sentTail = text.slice(-OVERLAP);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#playing) {
      done(null, chunk);
      return;
    }
    const text = this.#tail + chunk.toString('latin1').replaceAll('\r', '');
    for (const { index } of text.matchAll(/RTSP\//g)) {
      const line = text.slice(index, index + OVERLAP);
      if (/^RTSP\/\d\.\d\n/.test(line) || /^RTSP\/\d\.\d [12456]\d\d[ \n]/.test(line)) continue;
      // Cut off at the end of what came: it is looked at again with what follows.
      if (line.length < OVERLAP && /^RTSP\/(\d(\.(\d( ([12456](\d(\d)?)?)?)?)?)?)?$/.test(line)) continue;
      done(new Error('the server sends its clients to another address; name that one'));
      return;
    }
    // Status 3.. is refused as soon as its first digit is there, so that what was passed on holds no whole redirect.
    this.#tail = text.slice(-OVERLAP);
    done(null, chunk);
  }
}
