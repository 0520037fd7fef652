/**
 * The RTMP chunk stream (Adobe RTMP 1.0, section 5.3): messages cut into chunks that are interleaved on one connection.
 *
 * The reader holds at most 18 bytes of unparsed input, 64 chunk streams and twice `maxMessage` bytes of unfinished
 * messages. Memory is taken for bytes that have arrived, at most twice as much, never for a length that was announced,
 * and does not depend on how many pieces they came in. Timestamps are unsigned 32-bit milliseconds that wrap.
 */
import { ProtocolError } from './error.js';

export interface RtmpMessage {
  type: number;
  /** Message stream id: 0 for the connection. */
  stream: number;
  /** Milliseconds modulo 2^32. */
  timestamp: number;
  payload: Buffer;
}

export const DEFAULT_CHUNK_SIZE = 128;
/** A message is at most 2^24 - 1 bytes long, so larger chunks mean the same. */
const MAX_CHUNK_SIZE = 0xffffff;
const MAX_CHUNK_STREAMS = 64;
const EXTENDED = 0xffffff;
/** First room for a message that comes in pieces, bytes. */
const FIRST_ROOM = 1024;

interface ChunkStream {
  timestamp: number;
  delta: number;
  /** The extended timestamp of the last header, when it had one. */
  extended: number | null;
  length: number;
  type: number;
  stream: number;
  /** The unfinished message; its first `received` bytes are there. */
  body: Buffer;
  received: number;
}

const NOTHING = Buffer.alloc(0);

/** Takes a piece of a message. Room grows by doubling, so that a message is copied twice at most on average. */
function append(chunk: ChunkStream, part: Buffer): void {
  const size = chunk.received + part.length;
  if (size > chunk.body.length) {
    const room = Buffer.allocUnsafe(Math.min(chunk.length, Math.max(FIRST_ROOM, 2 * size)));
    chunk.body.copy(room, 0, 0, chunk.received);
    chunk.body = room;
  }
  part.copy(chunk.body, chunk.received);
  chunk.received = size;
}

interface Header {
  chunk: ChunkStream;
  /** Bytes of the header. */
  size: number;
}

export class ChunkReader {
  #input: Buffer = Buffer.alloc(0);
  #chunkSize = DEFAULT_CHUNK_SIZE;
  readonly #streams = new Map<number, ChunkStream>();
  /** Bytes of all unfinished messages. */
  #pending = 0;
  /** The chunk whose payload is being read, and how much of it is missing. */
  #current: { chunk: ChunkStream; left: number } | null = null;
  /** Longest message that is accepted, bytes. May be changed at any time. */
  maxMessage: number;

  constructor(maxMessage: number) {
    this.maxMessage = maxMessage;
  }

  /** As the peer announced by Set Chunk Size. @throws ProtocolError below 128 or above 2^31 - 1. */
  setChunkSize(size: number): void {
    if (size < DEFAULT_CHUNK_SIZE || size > 0x7fffffff) throw new ProtocolError(`chunk size ${size}`);
    this.#chunkSize = Math.min(size, MAX_CHUNK_SIZE);
  }

  /** Forgets the unfinished message of a chunk stream (Abort Message). */
  abort(chunkStream: number): void {
    const chunk = this.#streams.get(chunkStream);
    if (!chunk) return;
    this.#pending -= chunk.received;
    chunk.body = NOTHING;
    chunk.received = 0;
  }

  /** Takes one chunk of the connection and yields the messages that it completes. @throws ProtocolError */
  *push(bytes: Buffer): Generator<RtmpMessage> {
    this.#input = this.#input.length > 0 ? Buffer.concat([this.#input, bytes]) : bytes;
    for (;;) {
      if (!this.#current) {
        const header = this.#header();
        if (!header) return;
        this.#input = this.#input.subarray(header.size);
        const { chunk } = header;
        this.#current = { chunk, left: Math.min(this.#chunkSize, chunk.length - chunk.received) };
      }
      const { chunk } = this.#current;
      const part = this.#input.subarray(0, this.#current.left);
      this.#pending += part.length;
      if (this.#pending > 2 * this.maxMessage) throw new ProtocolError('too many unfinished messages');
      this.#current.left -= part.length;
      this.#input = this.#input.subarray(part.length);
      // A message that is there in one piece is not copied.
      const whole = part.length === chunk.length;
      if (!whole) append(chunk, part);
      if (this.#current.left > 0) return;
      this.#current = null;
      if (!whole && chunk.received < chunk.length) continue;
      const payload = whole ? part : chunk.body;
      this.#pending -= chunk.length;
      chunk.body = NOTHING;
      chunk.received = 0;
      yield { type: chunk.type, stream: chunk.stream, timestamp: chunk.timestamp, payload };
    }
  }

  /** Parses a header when all of it is there; changes nothing otherwise. */
  #header(): Header | null {
    const input = this.#input;
    if (input.length < 1) return null;
    const first = input.readUInt8(0);
    const format = first >> 6;
    let id = first & 0x3f;
    let at = 1;
    if (id < 2) {
      at = id === 0 ? 2 : 3;
      if (input.length < at) return null;
      id = id === 0 ? 64 + input.readUInt8(1) : 64 + input.readUInt16LE(1);
    }
    const fieldsAt = at;
    at += [11, 7, 3, 0][format] ?? 0;
    if (input.length < at) return null;
    const known = this.#streams.get(id);
    if (!known && format !== 0) throw new ProtocolError(`chunk stream ${id} begins without a full header`);
    if (known && known.received > 0 && format !== 3) throw new ProtocolError('message began inside another');

    let extended: number | null = null;
    let field = 0;
    if (format < 3) {
      field = input.readUIntBE(fieldsAt, 3);
      if (field === EXTENDED) {
        if (input.length < at + 4) return null;
        extended = input.readUInt32BE(at);
        field = extended;
        at += 4;
      }
    } else if (known?.extended !== null && known !== undefined) {
      // Continuations repeat the extended timestamp, but some encoders leave it out: it counts when it is the same.
      if (input.length < at + 4) return null;
      extended = known.extended;
      if (input.readUInt32BE(at) === extended) at += 4;
    }
    const chunk = known ?? this.#open(id);
    if (format < 2) {
      chunk.length = input.readUIntBE(fieldsAt + 3, 3);
      chunk.type = input.readUInt8(fieldsAt + 6);
      if (chunk.length > this.maxMessage) throw new ProtocolError(`message of ${chunk.length} bytes`);
    }
    chunk.extended = extended;
    if (format === 0) {
      chunk.stream = input.readUInt32LE(fieldsAt + 7);
      chunk.timestamp = field;
      chunk.delta = 0;
    } else if (chunk.received === 0) {
      if (format < 3) chunk.delta = field;
      chunk.timestamp = (chunk.timestamp + chunk.delta) >>> 0;
    }
    return { chunk, size: at };
  }

  #open(id: number): ChunkStream {
    if (this.#streams.size >= MAX_CHUNK_STREAMS) throw new ProtocolError('too many chunk streams');
    const chunk: ChunkStream = {
      timestamp: 0,
      delta: 0,
      extended: null,
      length: 0,
      type: 0,
      stream: 0,
      body: NOTHING,
      received: 0,
    };
    this.#streams.set(id, chunk);
    return chunk;
  }
}

/** What is needed to write a message; the parts of the payload are sent as they are, without a copy. */
export interface OutgoingMessage {
  /** 2 to 63. */
  chunkStream: number;
  type: number;
  stream: number;
  /** Milliseconds, wraps at 2^32. */
  timestamp: number;
  payload: readonly Uint8Array[];
}

/** The pieces to be written one after the other, for a peer that was told `chunkSize`. */
export function encodeMessage(message: OutgoingMessage, chunkSize: number): Uint8Array[] {
  const timestamp = message.timestamp >>> 0;
  const extended = timestamp >= EXTENDED;
  const length = message.payload.reduce((sum, part) => sum + part.length, 0);
  const first = Buffer.alloc(extended ? 16 : 12);
  first.writeUInt8(message.chunkStream & 0x3f, 0);
  first.writeUIntBE(extended ? EXTENDED : timestamp, 1, 3);
  first.writeUIntBE(length, 4, 3);
  first.writeUInt8(message.type, 7);
  first.writeUInt32LE(message.stream, 8);
  const next = Buffer.alloc(extended ? 5 : 1);
  next.writeUInt8(0xc0 | (message.chunkStream & 0x3f), 0);
  if (extended) {
    first.writeUInt32BE(timestamp, 12);
    next.writeUInt32BE(timestamp, 1);
  }
  const pieces: Uint8Array[] = [first];
  let room = chunkSize;
  for (const part of message.payload) {
    for (let at = 0; at < part.length; ) {
      if (room === 0) {
        pieces.push(next);
        room = chunkSize;
      }
      const piece = part.subarray(at, at + room);
      pieces.push(piece);
      at += piece.length;
      room -= piece.length;
    }
  }
  return pieces;
}
