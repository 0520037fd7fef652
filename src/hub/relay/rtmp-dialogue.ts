/**
 * The publishing side of RTMP, as encoders speak it (Adobe RTMP 1.0, sections 5.2 and 7.2): handshake, connect,
 * releaseStream, FCPublish, createStream, publish; then messages. Knows no sockets and no time.
 *
 * What the server sends is bounded by the chunk reader; messages but answers, pings and control are ignored. A server
 * that says no, or breaks the protocol, is a {@link RelayRefusal} or a ProtocolError thrown out of `data`.
 */
import { type AmfValue, decodeAmf } from '../protocol/amf0.js';
import {
  ChunkReader,
  DEFAULT_CHUNK_SIZE,
  encodeMessage,
  type OutgoingMessage,
  type RtmpMessage,
} from '../protocol/rtmp-chunk.js';
import * as rtmp from '../protocol/rtmp-message.js';

const MAX_MESSAGE = 64 * 1024;
const CHUNK_SIZE = 60_000;
const CONNECT = 1;
const RELEASE = 2;
const FC_PUBLISH = 3;
const CREATE = 4;
const PUBLISH = 5;

/** The server's no, in its own words. */
export class RelayRefusal extends Error {
  override readonly name = 'RelayRefusal';
  /** Said to `connect`, where a server may ask for credentials. */
  readonly atConnect: boolean;
  constructor(message: string, atConnect: boolean) {
    super(message);
    this.atConnect = atConnect;
  }
}

export interface DialogueOptions {
  app: string;
  tcUrl: string;
  /** Stream name or key. */
  name: string;
  /** 1,528 random bytes for the handshake. */
  random: Uint8Array;
  write: (pieces: readonly Uint8Array[]) => void;
  /** The server takes messages from now on. */
  onPublishing: () => void;
}

function infoOf(values: AmfValue[]): { level: string; code: string; description: string } {
  const info = values.find(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && 'code' in value,
  );
  const text = (key: string): string => {
    const value = info && typeof info === 'object' && !Array.isArray(info) ? info[key] : undefined;
    return typeof value === 'string' ? value : '';
  };
  return { level: text('level'), code: text('code'), description: text('description') };
}

export class RtmpDialogue {
  readonly #options: DialogueOptions;
  readonly #reader = new ChunkReader(MAX_MESSAGE);
  /** What of S0, S1 and S2 has come; `null` when all has. */
  #hello: Buffer | null = Buffer.alloc(0);
  #greeted = false;
  #chunkSize = DEFAULT_CHUNK_SIZE;
  #stream = 0;
  #publishing = false;
  #window = Number.POSITIVE_INFINITY;
  #received = 0;
  #acknowledged = 0;

  constructor(options: DialogueOptions) {
    this.#options = options;
  }

  /** True while messages may be sent. */
  get publishing(): boolean {
    return this.#publishing;
  }

  /** C0 and C1; the connection is there. */
  begin(): void {
    const hello = Buffer.alloc(1 + rtmp.HANDSHAKE_SIZE);
    hello.writeUInt8(3, 0);
    hello.set(this.#options.random.subarray(0, rtmp.HANDSHAKE_SIZE - 8), 1 + 8);
    this.#options.write([hello]);
  }

  /** @throws RelayRefusal, ProtocolError; the connection is of no more use then */
  data(bytes: Buffer): void {
    this.#received += bytes.length;
    const rest = this.#hello ? this.#handshake(Buffer.concat([this.#hello, bytes])) : bytes;
    if (rest.length > 0) for (const message of this.#reader.push(rest)) this.#message(message);
    if (this.#received - this.#acknowledged >= this.#window) {
      this.#acknowledged = this.#received;
      this.#send(rtmp.numberMessage(rtmp.ACKNOWLEDGEMENT, this.#received % 2 ** 32));
    }
  }

  /** Returns what follows the handshake. */
  #handshake(all: Buffer): Buffer {
    const s1End = 1 + rtmp.HANDSHAKE_SIZE;
    if (all.length > 0 && all[0] !== 3) throw new RelayRefusal('this is no RTMP server', false);
    if (all.length >= s1End && !this.#greeted) {
      this.#greeted = true;
      this.#options.write([all.subarray(1, s1End)]);
    }
    const end = s1End + rtmp.HANDSHAKE_SIZE;
    if (all.length < end) {
      this.#hello = all;
      return Buffer.alloc(0);
    }
    this.#hello = null;
    this.#connect();
    return all.subarray(end);
  }

  #connect(): void {
    const { app, tcUrl } = this.#options;
    const flashVer = 'FMLE/3.0 (compatible; Castdeck)';
    this.#command(0, 'connect', CONNECT, { app, type: 'nonprivate', flashVer, swfUrl: tcUrl, tcUrl });
  }

  #message({ type, payload }: RtmpMessage): void {
    const number = (): number => (payload.length >= 4 ? payload.readUInt32BE(0) : 0);
    switch (type) {
      case rtmp.SET_CHUNK_SIZE:
        this.#reader.setChunkSize(number());
        return;
      case rtmp.ABORT:
        this.#reader.abort(number());
        return;
      case rtmp.WINDOW_ACK_SIZE:
        this.#window = Math.max(1024, number());
        return;
      case rtmp.USER_CONTROL:
        if (payload.length >= 6 && payload.readUInt16BE(0) === rtmp.EVENT_PING_REQUEST) {
          this.#send(rtmp.userControlMessage(rtmp.EVENT_PING_RESPONSE, payload.readUInt32BE(2)));
        }
        return;
      case rtmp.COMMAND_AMF0:
        this.#answer(decodeAmf(payload));
        return;
      case rtmp.COMMAND_AMF3:
        this.#answer(decodeAmf(payload.subarray(1)));
        return;
      default:
    }
  }

  #answer(values: AmfValue[]): void {
    const [name, transaction] = values;
    if (name === '_result' && transaction === CONNECT) this.#create();
    else if (name === '_result' && transaction === CREATE) this.#publish(values[3]);
    else if (name === '_error' && (transaction === CONNECT || transaction === CREATE)) {
      const { code, description } = infoOf(values);
      throw new RelayRefusal(description || code || 'the server refused the connection', transaction === CONNECT);
    } else if (name === 'onStatus') this.#status(values);
    else if (name === 'close') throw new RelayRefusal('the server closed the connection', false);
  }

  #create(): void {
    this.#send(rtmp.numberMessage(rtmp.SET_CHUNK_SIZE, CHUNK_SIZE));
    this.#chunkSize = CHUNK_SIZE;
    const { name } = this.#options;
    this.#command(0, 'releaseStream', RELEASE, null, name);
    this.#command(0, 'FCPublish', FC_PUBLISH, null, name);
    this.#command(0, 'createStream', CREATE, null);
  }

  #publish(id: AmfValue): void {
    if (this.#stream !== 0) return;
    this.#stream = typeof id === 'number' && Number.isInteger(id) && id > 0 ? id : 1;
    this.#command(this.#stream, 'publish', PUBLISH, null, this.#options.name, 'live');
  }

  #status(values: AmfValue[]): void {
    const { level, code, description } = infoOf(values);
    if (code === 'NetStream.Publish.Start') {
      if (this.#publishing || this.#stream === 0) return;
      this.#publishing = true;
      this.#options.onPublishing();
    } else if (level === 'error') throw new RelayRefusal(description || code || 'the server refused the stream', false);
  }

  /** A video, audio or data message; nothing before and after it is {@link publishing}. `timestamp` in ms. */
  media(type: number, timestamp: number, body: readonly Uint8Array[]): void {
    if (!this.#publishing) return;
    const chunkStream = type === rtmp.VIDEO ? 6 : type === rtmp.AUDIO ? 4 : 5;
    // Metadata is stored by servers for those who come later only when it is said to be (`@setDataFrame`).
    const payload = type === rtmp.DATA_AMF0 ? [SET_DATA_FRAME, ...body] : body;
    this.#send({ chunkStream, type, stream: this.#stream, timestamp, payload });
  }

  /** Says that the stream is over; nothing is sent after it. */
  goodbye(): void {
    if (!this.#publishing) return;
    this.#publishing = false;
    this.#command(0, 'FCUnpublish', PUBLISH + 1, null, this.#options.name);
    this.#command(0, 'deleteStream', PUBLISH + 2, null, this.#stream);
  }

  #command(stream: number, ...values: AmfValue[]): void {
    this.#send(rtmp.commandMessage(stream, ...values));
  }

  #send(message: OutgoingMessage): void {
    this.#options.write(encodeMessage(message, this.#chunkSize));
  }
}

/** The AMF0 string `@setDataFrame`. */
const SET_DATA_FRAME = Buffer.concat([Buffer.from([2, 0, 13]), Buffer.from('@setDataFrame')]);
