/**
 * The media port: HTTP-FLV, HLS and WHEP.
 *
 * | request | answer |
 * |---|---|
 * | GET /caster/NAME.flv, /live/NAME.flv?key= | HTTP-FLV |
 * | GET /caster/NAME.m3u8, /live/NAME.m3u8?key= | HLS playlist |
 * | GET /caster/NAME/master.m3u8, /live/NAME/master.m3u8?key= | HLS master playlist of a programme |
 * | GET /hls/ID/FILE | HLS segment |
 * | POST /whep/caster/NAME, /whep/live/NAME?key= | WHEP answer |
 * | DELETE /whep/session/ID | end of a WHEP session |
 *
 * Headers must be complete within 10 s and a request within 15 s; headers are 16 kB at most, a body 64 kB. Problems
 * are `{"code", "message"}`. Nothing that a client sends is an exception here.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../../lib/log.js';
import { mayPlay } from '../secret.js';
import type { Stream } from '../stream.js';
import { type StreamApp, streamName } from '../stream-name.js';
import type { StreamTable } from '../stream-table.js';
import type { HlsShelf } from './hls.js';
import { serveFlv } from './http-flv.js';
import { masterPlaylist, programmeOf } from './master.js';
import { sendBytes, sendEmpty, sendProblem } from './reply.js';
import type { WhepDesk } from './whep.js';

const MAX_OFFER = 64 * 1024;
const EXTRA_CONNECTIONS = 1024;

/** Milliseconds. */
export interface RequestTimeouts {
  /** Until the headers are complete. */
  headers: number;
  /** Until the request with its body is. */
  request: number;
  /** Between two looks at who is late. */
  check: number;
}

const TIMEOUTS: RequestTimeouts = { headers: 10_000, request: 15_000, check: 2_000 };

export interface HttpServerOptions {
  host: string;
  port: number;
  publishKey: string;
  maxReaders: number;
  table: StreamTable;
  hls: HlsShelf;
  whep: WhepDesk;
  log: Logger;
  /** For tests, which do not wait that long. */
  timeouts?: RequestTimeouts;
}

export interface HttpServer {
  port: number;
  close(): Promise<void>;
}

/** The body as text, or `null` when it is longer than allowed or breaks off. */
async function readBody(req: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of req) {
      size += (part as Buffer).length;
      if (size > MAX_OFFER) return null;
      parts.push(part as Buffer);
    }
  } catch {
    return null;
  }
  return Buffer.concat(parts).toString('utf8');
}

class MediaRoutes {
  readonly #options: HttpServerOptions;

  constructor(options: HttpServerOptions) {
    this.#options = options;
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method === 'OPTIONS') return sendEmpty(res, 204);
    const url = req.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const key = mark < 0 ? '' : (new URLSearchParams(url.slice(mark + 1)).get('key') ?? '');
    const media = /^\/(live|caster)\/([^/]+)\.(flv|m3u8)$/.exec(path);
    const master = /^\/(live|caster)\/([^/]+)\/master\.m3u8$/.exec(path);
    const segment = /^\/hls\/([0-9a-f]{32})\/([a-z0-9.]{1,32})$/.exec(path);
    const offer = /^\/whep\/(live|caster)\/([^/]+)$/.exec(path);
    const session = /^\/whep\/session\/([0-9a-f]{32})$/.exec(path);
    if (media?.[1] && media[2]) {
      if (req.method !== 'GET' && req.method !== 'HEAD') return this.#method(res, 'GET, HEAD, OPTIONS');
      const name = this.#authorise(res, media[1] as StreamApp, media[2], key);
      if (!name) return;
      return media[3] === 'flv' ? this.#flv(req, res, name) : this.#playlist(res, name);
    }
    if (master?.[1] && master[2]) {
      if (req.method !== 'GET' && req.method !== 'HEAD') return this.#method(res, 'GET, HEAD, OPTIONS');
      const name = this.#authorise(res, master[1] as StreamApp, master[2], key);
      if (name) this.#master(res, name, key);
      return;
    }
    if (segment?.[1] && segment[2]) {
      const data = this.#options.hls.file(segment[1], segment[2]);
      if (!data) return sendProblem(res, 404, 'NotFound', 'There is no such segment.');
      const type = segment[2].endsWith('.mp4') ? 'video/mp4' : 'video/iso.segment';
      return sendBytes(res, 200, type, data, 'public, max-age=3600, immutable');
    }
    if (session?.[1]) return this.#session(req, res, session[1]);
    if (offer?.[1] && offer[2]) {
      if (req.method !== 'POST') return this.#method(res, 'POST, OPTIONS');
      const name = this.#authorise(res, offer[1] as StreamApp, offer[2], key);
      if (name) await this.#offer(req, res, name);
      return;
    }
    sendProblem(res, 404, 'NotFound', 'There is nothing here.');
  }

  #method(res: ServerResponse, allow: string): void {
    res.setHeader('Allow', allow);
    sendProblem(res, 405, 'MethodNotAllowed', `Allowed: ${allow}.`);
  }

  /** The full name of the stream; answers and returns `null` when it is not allowed. */
  #authorise(res: ServerResponse, app: StreamApp, name: string, key: string): string | null {
    const full = streamName(app, name);
    if (app === 'live' && !mayPlay(key, full ?? '', this.#options.publishKey)) {
      sendProblem(res, 403, 'Forbidden', 'The key is missing or wrong.');
      return null;
    }
    if (full === null) this.#unknown(res);
    return full;
  }

  #unknown(res: ServerResponse): void {
    sendProblem(res, 404, 'StreamNotFound', 'There is no such stream.');
  }

  /** The stream that a further viewer may join; answers and returns `null` otherwise. */
  #joinable(res: ServerResponse, name: string): Stream | null {
    const stream = this.#options.table.find(name);
    if (!stream?.open) {
      this.#unknown(res);
      return null;
    }
    if (this.#options.table.full) {
      sendProblem(res, 503, 'TooManyViewers', 'The server has no room for another viewer.');
      return null;
    }
    return stream;
  }

  #flv(req: IncomingMessage, res: ServerResponse, name: string): void {
    const stream = this.#joinable(res, name);
    if (stream) serveFlv(req, res, stream);
  }

  async #playlist(res: ServerResponse, name: string): Promise<void> {
    const { hls, table } = this.#options;
    const known = hls.has(name);
    if (!known && !this.#joinable(res, name)) return;
    const text = await hls.playlist(name, table.find(name), programmeOf(table, name));
    if (text === null) {
      res.setHeader('Retry-After', '2');
      return sendProblem(res, 503, 'NotReady', 'The stream has not sent a segment yet.');
    }
    this.#sendPlaylist(res, text);
  }

  #sendPlaylist(res: ServerResponse, text: string): void {
    sendBytes(res, 200, 'application/vnd.apple.mpegurl', Buffer.from(text), 'no-cache');
  }

  #master(res: ServerResponse, name: string, key: string): void {
    const { table } = this.#options;
    const stream = table.find(name);
    const query = key === '' ? '' : `?key=${encodeURIComponent(key)}`;
    const text = stream?.open ? masterPlaylist(table, stream, query) : null;
    if (text === null) this.#unknown(res);
    else this.#sendPlaylist(res, text);
  }

  async #offer(req: IncomingMessage, res: ServerResponse, name: string): Promise<void> {
    if (!/^application\/sdp\b/i.test(req.headers['content-type'] ?? '')) {
      return sendProblem(res, 415, 'UnsupportedMediaType', 'Send the offer as application/sdp.');
    }
    const text = await readBody(req);
    if (text === null) {
      res.shouldKeepAlive = false;
      return sendProblem(res, 413, 'OfferTooLarge', 'An offer has 64 kB at most.');
    }
    const stream = this.#joinable(res, name);
    if (!stream) return;
    const answer = await this.#options.whep.open(stream, text);
    if (answer.kind === 'refused') return sendProblem(res, answer.status, answer.code, answer.message);
    if (res.destroyed) return this.#options.whep.end(answer.id);
    // Relative to the request: behind a proxy the public address may have a path of its own.
    res.setHeader('Location', `../session/${answer.id}`);
    sendBytes(res, 201, 'application/sdp', Buffer.from(answer.sdp), 'no-store');
  }

  #session(req: IncomingMessage, res: ServerResponse, id: string): void {
    const { whep } = this.#options;
    if (!whep.has(id)) {
      sendProblem(res, 404, 'SessionNotFound', 'There is no such session.');
      return;
    }
    if (req.method === 'DELETE') {
      whep.end(id);
      sendEmpty(res, 200);
      return;
    }
    // Answers hold all candidates and so do offers: neither trickle nor restarts are needed.
    this.#method(res, 'DELETE, OPTIONS');
  }
}

/** @throws the error of `listen`. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const routes = new MediaRoutes(options);
  const timeouts = options.timeouts ?? TIMEOUTS;
  const server = createServer(
    {
      headersTimeout: timeouts.headers,
      requestTimeout: timeouts.request,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: timeouts.check,
      maxHeaderSize: 16_384,
    },
    (req, res) => {
      routes.handle(req, res).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        options.log.error({ reason }, 'media request failed');
        if (res.headersSent) res.destroy();
        else sendProblem(res, 500, 'InternalError', 'The server failed.');
      });
    },
  );
  server.maxConnections = options.maxReaders + EXTRA_CONNECTIONS;
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      server.on('error', (error) => options.log.error({ reason: error.message }, 'media server'));
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
