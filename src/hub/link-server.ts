/**
 * The hub's end of the link: engines publish their streams here and subscribe to those of others.
 *
 * One connection carries one stream in one direction. A connection must say hello with the right token within 5 s and
 * 64 kB. A publisher that closes without `end` has crashed: its readers are kept. A subscriber may wait for a stream
 * that nobody publishes yet, for as long as it likes.
 */
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from '../lib/log.js';
import {
  encodeConfig,
  encodeControl,
  encodePacketHead,
  FrameReader,
  type Hello,
  type LinkControl,
  type LinkFrame,
  TRACK_AAC,
  TRACK_OPUS,
  TRACK_VIDEO,
  type TrackConfig,
} from '../link/frame.js';
import { parseAacConfig } from './protocol/aac.js';
import { parseAvcConfig } from './protocol/avc.js';
import { ProtocolError } from './protocol/error.js';
import type { Sink } from './reader.js';
import { sameSecret } from './secret.js';
import type { Publication, Publisher } from './stream.js';
import { streamApp } from './stream-name.js';
import type { StreamTable } from './stream-table.js';

const HELLO_MS = 5_000;
const HELLO_BYTES = 64 * 1024;
/** A publisher takes only small controls; one that does not read them is stuck. */
const MAX_CONTROL_BACKLOG = 1024 * 1024;

export interface LinkServerOptions {
  path: string;
  token: string;
  table: StreamTable;
  log: Logger;
}

type State =
  | { kind: 'new'; bytes: number }
  | { kind: 'publishing'; publication: Publication; stream: string }
  | { kind: 'subscribed'; leave: () => void }
  | { kind: 'closed' };

/** The config when it is of the codec that its track carries and can be used. @throws ProtocolError */
function checkedConfig(config: TrackConfig): TrackConfig {
  const codec = config.track === TRACK_VIDEO ? 'h264' : config.track === TRACK_AAC ? 'aac' : 'opus';
  if (config.codec !== codec) throw new ProtocolError(`${config.codec} on track ${config.track}`);
  if (config.codec === 'h264' && parseAvcConfig(config.extradata).lengthSize !== 4) {
    throw new ProtocolError('NAL unit lengths must have 4 bytes');
  }
  if (config.codec === 'aac') parseAacConfig(config.extradata);
  return config;
}

class LinkConnection {
  readonly #socket: Socket;
  readonly #options: LinkServerOptions;
  readonly #frames = new FrameReader();
  readonly #helloTimer: NodeJS.Timeout;
  #state: State = { kind: 'new', bytes: 0 };
  #written = 0;

  constructor(socket: Socket, options: LinkServerOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#helloTimer = setTimeout(() => this.#refuse('no hello'), HELLO_MS);
    socket.on('data', (chunk: Buffer) => this.#data(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#close('vanished', 'link lost'));
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #data(chunk: Buffer): void {
    if (this.#state.kind === 'new') {
      this.#state.bytes += chunk.length;
      if (this.#state.bytes > HELLO_BYTES) {
        this.destroy();
        return;
      }
    }
    try {
      for (const frame of this.#frames.push(chunk)) {
        if (this.#state.kind === 'closed') return;
        this.#frame(frame);
      }
    } catch (error) {
      this.#options.log.warn({ reason: error instanceof Error ? error.message : String(error) }, 'link broken');
      this.#socket.destroy();
    }
  }

  #frame(frame: LinkFrame): void {
    const state = this.#state;
    switch (frame.kind) {
      case 'hello':
        if (state.kind === 'new') this.#hello(frame.hello);
        else this.#refuse('second hello');
        return;
      case 'config':
        if (state.kind === 'publishing') state.publication.config(checkedConfig(frame.config));
        else this.#refuse('not publishing');
        return;
      case 'packet':
        if (state.kind === 'publishing') state.publication.packet(frame.packet);
        else this.#refuse('not publishing');
        return;
      case 'control':
        if (frame.control.type === 'ladder' && state.kind === 'publishing') {
          // A publisher speaks for its own stream and those named after it, and for no others.
          const { stream } = state;
          state.publication.ladder(
            frame.control.variants.filter(({ stream: name }) => name === stream || name.startsWith(`${stream}_`)),
          );
        }
        if (frame.control.type === 'end' && state.kind !== 'new') {
          this.#close('over', frame.control.reason);
          this.#socket.end();
        }
    }
  }

  #hello(hello: Hello): void {
    clearTimeout(this.#helloTimer);
    if (!sameSecret(hello.token, this.#options.token)) {
      this.#refuse('wrong token');
      return;
    }
    const app = streamApp(hello.stream);
    if (!app) {
      this.#refuse('bad stream name');
      return;
    }
    if (hello.role === 'subscribe') {
      this.#subscribe(hello.stream);
      return;
    }
    if (app !== 'caster') {
      this.#refuse('only caster streams can be published');
      return;
    }
    this.#publish(hello.stream);
  }

  #publish(name: string): void {
    const stream = this.#options.table.obtain(name);
    if (!stream) {
      this.#refuse('too many streams');
      return;
    }
    // `accepted` must be the first thing the publisher hears, but only a publication tells whether it may.
    const early: LinkControl[] = [];
    let accepted = false;
    const send = (control: LinkControl): void => {
      if (accepted) this.#send(control);
      else early.push(control);
    };
    const publisher: Publisher = {
      canMakeKeyframes: true,
      keyframe: () => send({ type: 'keyframe' }),
      demand: (readers, opus) => send({ type: 'demand', readers, opus }),
      replaced: () => this.#refuse('replaced'),
    };
    const publication = stream.publish(publisher);
    if (!publication) {
      this.#refuse('stream is being published');
      return;
    }
    this.#state = { kind: 'publishing', publication, stream: name };
    accepted = true;
    this.#send({ type: 'accepted' });
    for (const control of early) this.#send(control);
  }

  #subscribe(name: string): void {
    const stream = this.#options.table.obtain(name);
    if (!stream) {
      this.#refuse('too many streams');
      return;
    }
    this.#send({ type: 'accepted' });
    const socket = this.#socket;
    const sink: Sink = {
      config: (config) => this.#write([encodeConfig(config)]),
      packet: (packet) => this.#write([encodePacketHead(packet), packet.payload]),
      source: (live) => this.#send({ type: 'source', live }),
      clock: (shiftUs) => this.#send({ type: 'clock', shiftUs }),
      end: (reason) => {
        this.#send({ type: 'end', reason });
        this.#state = { kind: 'closed' };
        socket.end();
        // One that never reads would keep the socket half open.
        setTimeout(() => socket.destroy(), HELLO_MS).unref();
      },
      backlog: () => socket.writableLength,
      sent: () => this.#written - socket.writableLength,
    };
    const reader = stream.join({
      kind: 'link',
      tracks: new Set([TRACK_VIDEO, TRACK_AAC, TRACK_OPUS]),
      start: 'cached',
      patient: true,
      sink,
    });
    this.#state = { kind: 'subscribed', leave: () => stream.leave(reader) };
  }

  #write(pieces: readonly Uint8Array[]): void {
    if (!this.#socket.writable) return;
    this.#socket.cork();
    for (const piece of pieces) {
      this.#written += piece.length;
      this.#socket.write(piece);
    }
    this.#socket.uncork();
  }

  #send(control: LinkControl): void {
    this.#write([encodeControl(control)]);
    if (this.#state.kind === 'publishing' && this.#socket.writableLength > MAX_CONTROL_BACKLOG) this.#socket.destroy();
  }

  #refuse(reason: string): void {
    this.#options.log.warn({ reason }, 'link refused');
    this.#send({ type: 'refused', reason });
    this.#close('vanished', reason);
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), HELLO_MS).unref();
  }

  #close(how: 'vanished' | 'over', reason: string): void {
    clearTimeout(this.#helloTimer);
    const state = this.#state;
    this.#state = { kind: 'closed' };
    if (state.kind === 'publishing') {
      this.#options.log.info({ stream: state.stream, how, reason }, 'publisher gone');
      state.publication.close(how, reason);
    } else if (state.kind === 'subscribed') state.leave();
  }
}

export interface LinkServer {
  close(): Promise<void>;
}

/**
 * Listens on the unix socket; a stale one is removed first. The directory exists and only its owner may enter it.
 * @throws the error of `listen`.
 */
export async function startLinkServer(options: LinkServerOptions): Promise<LinkServer> {
  const connections = new Map<Socket, LinkConnection>();
  const server: Server = createServer((socket) => {
    connections.set(socket, new LinkConnection(socket, options));
    socket.on('close', () => connections.delete(socket));
  });
  rmSync(options.path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.path, () => {
      server.off('error', reject);
      server.on('error', (error) => options.log.error({ reason: error.message }, 'link server'));
      resolve();
    });
  });
  return {
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections.values()) connection.destroy();
      await closed;
    },
  };
}
