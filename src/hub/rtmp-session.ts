/**
 * One RTMP connection: handshake, commands, and then either an encoder or a player.
 *
 * Until it publishes or plays, a connection may take 10 s and 64 kB; after that messages are limited to 8 MB for
 * encoders and 64 kB for players. An encoder that sends nothing for 60 s is disconnected. The session owns its socket.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Logger } from '../lib/log.js';
import { RtmpPublisher } from './ingest/rtmp-publisher.js';
import { createRtmpPlayer } from './playback/rtmp-player.js';
import { FLV_TRACKS } from './playback/tag-stream.js';
import { type AmfValue, decodeAmf } from './protocol/amf0.js';
import { ProtocolError } from './protocol/error.js';
import {
  ChunkReader,
  DEFAULT_CHUNK_SIZE,
  encodeMessage,
  type OutgoingMessage,
  type RtmpMessage,
} from './protocol/rtmp-chunk.js';
import * as rtmp from './protocol/rtmp-message.js';
import { parseRtmpAddress } from './rtmp-address.js';
import { mayPlay, sameSecret } from './secret.js';
import type { Publication } from './stream.js';
import type { StreamTable } from './stream-table.js';

const AUTHORISE_MS = 10_000;
const AUTHORISE_BYTES = 64 * 1024;
const PUBLISHER_IDLE_MS = 60_000;
const MAX_PUBLISHED_MESSAGE = 8 * 1024 * 1024;
const OUT_CHUNK_SIZE = 65_536;
const WINDOW = 2_500_000;
/** Answers to pings and commands of a peer that does not read them may pile up to this, bytes. */
const MAX_IDLE_BACKLOG = 256 * 1024;
const LINGER_MS = 5_000;
/** Message stream that every `createStream` is given: a connection carries one stream. */
const MESSAGE_STREAM = 1;

export interface RtmpSessionOptions {
  publishKey: string;
  table: StreamTable;
  log: Logger;
  /** How long a connection may take to show that it may publish or play, ms; 10,000 unless told. */
  authoriseMs?: number;
  /** The connection has shown that it may publish or play. */
  authorised: () => void;
}

type State =
  | { kind: 'hello'; received: Buffer[]; size: number }
  | { kind: 'idle' }
  | { kind: 'publishing'; publication: Publication; publisher: RtmpPublisher; stream: string }
  | { kind: 'playing'; leave: () => void }
  | { kind: 'closed' };

function text(value: AmfValue): string {
  return typeof value === 'string' ? value : '';
}

export class RtmpSession {
  readonly #socket: Socket;
  readonly #options: RtmpSessionOptions;
  readonly #chunks = new ChunkReader(AUTHORISE_BYTES);
  #timer: NodeJS.Timeout;
  #state: State = { kind: 'hello', received: [], size: 0 };
  #greeted = false;
  #outChunkSize = DEFAULT_CHUNK_SIZE;
  #app = '';
  #tcUrl = '';
  #window = WINDOW;
  #received = 0;
  #acknowledged = 0;
  #unauthorisedBytes = 0;
  #written = 0;

  constructor(socket: Socket, options: RtmpSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#timer = this.#deadline();
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (bytes: Buffer) => this.#data(bytes));
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => this.#leave('vanished', 'connection lost'));
  }

  #data(bytes: Buffer): void {
    if (this.#state.kind === 'closed') return;
    this.#received += bytes.length;
    if (this.#state.kind === 'hello' || this.#state.kind === 'idle') {
      this.#unauthorisedBytes += bytes.length;
      if (this.#unauthorisedBytes > AUTHORISE_BYTES) return void this.#socket.destroy();
    }
    try {
      const rest = this.#state.kind === 'hello' ? this.#handshake(this.#state, bytes) : bytes;
      if (rest.length > 0) {
        for (const message of this.#chunks.push(rest)) {
          this.#message(message);
          if (this.#is('closed')) return;
        }
      }
      if (this.#received - this.#acknowledged >= this.#window) {
        this.#acknowledged = this.#received;
        this.#send(rtmp.numberMessage(rtmp.ACKNOWLEDGEMENT, this.#received % 2 ** 32));
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A method, so that the compiler does not think the state could not have changed meanwhile. */
  #is(kind: State['kind']): boolean {
    return this.#state.kind === kind;
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof ProtocolError && this.#state.kind === 'publishing') {
      this.#options.log.warn({ stream: this.#state.stream, reason }, 'encoder refused');
      this.#refuse('NetStream.Publish.Denied', reason);
      return;
    }
    this.#options.log.info({ reason, address: this.#socket.remoteAddress }, 'rtmp connection broken');
    this.#socket.destroy();
  }

  /** Returns what follows the handshake. The contents of C1 and C2 are the peer's business. */
  #handshake(state: Extract<State, { kind: 'hello' }>, bytes: Buffer): Buffer {
    state.received.push(bytes);
    state.size += bytes.length;
    const c1End = 1 + rtmp.HANDSHAKE_SIZE;
    if (bytes.length > 0 && state.received[0]?.[0] !== 3) throw new ProtocolError('not RTMP');
    if (state.size < c1End) return Buffer.alloc(0);
    const all = Buffer.concat(state.received);
    state.received = [all];
    if (!this.#greeted) {
      this.#greeted = true;
      this.#write([rtmp.handshakeAnswer(all.subarray(1, c1End), randomBytes(rtmp.HANDSHAKE_SIZE))]);
    }
    const end = c1End + rtmp.HANDSHAKE_SIZE;
    if (all.length < end) return Buffer.alloc(0);
    this.#state = { kind: 'idle' };
    return all.subarray(end);
  }

  #message(message: RtmpMessage): void {
    const { payload } = message;
    const number = () => (payload.length >= 4 ? payload.readUInt32BE(0) : 0);
    switch (message.type) {
      case rtmp.SET_CHUNK_SIZE:
        this.#chunks.setChunkSize(number());
        return;
      case rtmp.ABORT:
        this.#chunks.abort(number());
        return;
      case rtmp.WINDOW_ACK_SIZE:
        this.#window = Math.min(WINDOW, Math.max(65_536, number()));
        return;
      case rtmp.USER_CONTROL:
        if (payload.length >= 6 && payload.readUInt16BE(0) === rtmp.EVENT_PING_REQUEST) {
          this.#send(rtmp.userControlMessage(rtmp.EVENT_PING_RESPONSE, payload.readUInt32BE(2)));
        }
        return;
      case rtmp.COMMAND_AMF0:
        this.#command(decodeAmf(payload));
        return;
      case rtmp.COMMAND_AMF3:
        // AMF3 commands carry AMF0 values after one byte that says so.
        this.#command(decodeAmf(payload.subarray(1)));
        return;
      case rtmp.VIDEO:
        if (this.#state.kind === 'publishing') this.#state.publisher.video(payload, message.timestamp);
        return;
      case rtmp.AUDIO:
        if (this.#state.kind === 'publishing') this.#state.publisher.audio(payload, message.timestamp);
        return;
      default:
      // Metadata, acknowledgements, shared objects and aggregates say nothing that is needed here.
    }
  }

  #command(values: AmfValue[]): void {
    const [name, transaction, object, argument] = values;
    const id = typeof transaction === 'number' ? transaction : 0;
    switch (name) {
      case 'connect':
        this.#connect(id, object);
        return;
      case 'createStream':
        this.#send(rtmp.commandMessage(0, '_result', id, null, MESSAGE_STREAM));
        return;
      case 'publish':
        this.#publish(text(argument));
        return;
      case 'play':
        this.#play(text(argument));
        return;
      case 'FCUnpublish':
      case 'deleteStream':
      case 'closeStream':
        this.#stop();
        return;
      case 'releaseStream':
      case 'FCPublish':
      case 'FCSubscribe':
      case '_checkbw':
        this.#send(rtmp.commandMessage(0, '_result', id, null, null));
        return;
      default:
    }
  }

  #connect(id: number, object: AmfValue): void {
    const options = typeof object === 'object' && object !== null && !Array.isArray(object) ? object : {};
    this.#app = text(options.app);
    this.#tcUrl = text(options.tcUrl);
    this.#send(rtmp.numberMessage(rtmp.WINDOW_ACK_SIZE, WINDOW));
    this.#send(rtmp.peerBandwidthMessage(WINDOW));
    this.#send(rtmp.numberMessage(rtmp.SET_CHUNK_SIZE, OUT_CHUNK_SIZE));
    this.#outChunkSize = OUT_CHUNK_SIZE;
    const info = {
      level: 'status',
      code: 'NetConnection.Connect.Success',
      description: 'Connection succeeded.',
      objectEncoding: 0,
    };
    this.#send(rtmp.commandMessage(0, '_result', id, { fmsVer: 'FMS/3,0,1,123', capabilities: 31 }, info));
  }

  #publish(name: string): void {
    if (this.#state.kind !== 'idle') {
      this.#refuse('NetStream.Publish.BadName', 'Already publishing or playing.');
      return;
    }
    const { stream: full, app, key } = parseRtmpAddress(this.#app, name, this.#tcUrl);
    if (app !== 'live') {
      this.#refuse('NetStream.Publish.Denied', 'Push to the application "live".');
      return;
    }
    if (full === null) {
      this.#refuse('NetStream.Publish.BadName', 'The stream name is not allowed.');
      return;
    }
    if (!sameSecret(key, this.#options.publishKey)) {
      this.#refuse('NetStream.Publish.Denied', 'The key is missing or wrong: push to NAME?key=KEY.');
      return;
    }
    const stream = this.#options.table.obtain(full);
    const publication = stream?.publish({
      canMakeKeyframes: false,
      keyframe: () => {},
      demand: () => {},
      replaced: () => this.#socket.destroy(),
    });
    if (!publication) {
      this.#refuse('NetStream.Publish.BadName', 'The stream is already being published.');
      return;
    }
    this.#state = { kind: 'publishing', publication, publisher: new RtmpPublisher(publication), stream: full };
    this.#authorised(MAX_PUBLISHED_MESSAGE);
    this.#socket.setTimeout(PUBLISHER_IDLE_MS);
    this.#options.log.info({ stream: full, address: this.#socket.remoteAddress }, 'encoder publishes');
    this.#send(rtmp.userControlMessage(rtmp.EVENT_STREAM_BEGIN, MESSAGE_STREAM));
    this.#send(rtmp.statusMessage(MESSAGE_STREAM, 'status', 'NetStream.Publish.Start', `${full} is being published.`));
  }

  #play(name: string): void {
    if (this.#state.kind !== 'idle') {
      this.#refuse('NetStream.Play.Failed', 'Already publishing or playing.');
      return;
    }
    const { stream: full, app, key } = parseRtmpAddress(this.#app, name, this.#tcUrl);
    if (app === 'live' && !mayPlay(key, full ?? '', this.#options.publishKey)) {
      this.#refuse('NetStream.Play.Failed', 'The key is missing or wrong: play NAME?key=KEY.');
      return;
    }
    const stream = full === null ? undefined : this.#options.table.find(full);
    if (!stream?.open) {
      this.#refuse('NetStream.Play.StreamNotFound', 'There is no such stream.');
      return;
    }
    if (this.#options.table.full) {
      this.#refuse('NetStream.Play.Failed', 'The server has no room for a viewer.');
      return;
    }
    this.#send(rtmp.userControlMessage(rtmp.EVENT_STREAM_BEGIN, MESSAGE_STREAM));
    this.#send(rtmp.statusMessage(MESSAGE_STREAM, 'status', 'NetStream.Play.Reset', 'Playing and resetting.'));
    this.#send(rtmp.statusMessage(MESSAGE_STREAM, 'status', 'NetStream.Play.Start', 'Started playing.'));
    const sink = createRtmpPlayer({
      messageStream: MESSAGE_STREAM,
      send: (message) => this.#send(message),
      backlog: () => this.#socket.writableLength,
      sent: () => this.#written - this.#socket.writableLength,
      finish: () => this.#finish(),
    });
    const reader = stream.join({ kind: 'rtmp', tracks: FLV_TRACKS, start: 'cached', patient: false, sink });
    this.#state = { kind: 'playing', leave: () => stream.leave(reader) };
    this.#authorised(AUTHORISE_BYTES);
  }

  #deadline(): NodeJS.Timeout {
    return setTimeout(() => this.#socket.destroy(), this.#options.authoriseMs ?? AUTHORISE_MS);
  }

  #authorised(maxMessage: number): void {
    clearTimeout(this.#timer);
    this.#chunks.maxMessage = maxMessage;
    this.#options.authorised();
  }

  /** The encoder or player is done, but may begin another stream on the same connection. */
  #stop(): void {
    if (this.#state.kind !== 'publishing' && this.#state.kind !== 'playing') return;
    this.#leave('stopped', 'encoder stopped');
    this.#state = { kind: 'idle' };
    this.#unauthorisedBytes = 0;
    this.#timer = this.#deadline();
  }

  #refuse(code: string, description: string): void {
    this.#options.log.info({ code, description, address: this.#socket.remoteAddress }, 'rtmp refused');
    this.#send(rtmp.statusMessage(MESSAGE_STREAM, 'error', code, description));
    this.#finish();
  }

  /** Ends the connection after what has been written; a peer that does not read is cut off. */
  #finish(): void {
    this.#leave('vanished', 'refused');
    this.#socket.end();
    this.#timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#timer.unref();
  }

  #leave(how: 'vanished' | 'stopped', reason: string): void {
    clearTimeout(this.#timer);
    const state = this.#state;
    this.#state = { kind: 'closed' };
    if (state.kind === 'publishing') {
      const { malformed } = state.publisher;
      this.#options.log.info({ stream: state.stream, how, reason, malformed }, 'encoder gone');
      state.publication.close(how, reason);
    } else if (state.kind === 'playing') state.leave();
  }

  #send(message: OutgoingMessage): void {
    this.#write(encodeMessage(message, this.#outChunkSize));
    if (this.#state.kind !== 'playing' && this.#socket.writableLength > MAX_IDLE_BACKLOG) this.#socket.destroy();
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
}
