/**
 * The link: coded packets and a little control between an engine and the hub, over one socket per stream and direction
 * (a unix socket on one host, TCP across hosts).
 *
 * A frame is `length` (u32, big endian, of what follows), `kind` (u8), body. All numbers are big endian.
 *
 * | kind | body | who sends it |
 * |---|---|---|
 * | 1 hello | JSON {@link Hello} | the engine, first |
 * | 2 config | track u8, codec u8, extradata | publisher of packets, before the first packet of the track, again on change |
 * | 3 packet | track u8, flags u8, dts i64 µs, cts i32 µs, payload | publisher of packets |
 * | 4 control | JSON {@link LinkControl} | both |
 *
 * `hello.role` is the engine's: with `publish` packets flow to the hub, with `subscribe` from it. Times are
 * microseconds on the clock of the publisher; pts = dts + cts. Payloads: H.264 as length-prefixed NAL units (4 bytes,
 * ISO/IEC 14496-15), extradata an AVCDecoderConfigurationRecord; AAC raw access units, extradata an
 * AudioSpecificConfig (ISO/IEC 14496-3 1.6.2.1); Opus packets, extradata an OpusHead (RFC 7845 section 5.1).
 */

export const FRAME_HELLO = 1;
export const FRAME_CONFIG = 2;
export const FRAME_PACKET = 3;
export const FRAME_CONTROL = 4;

/** Longest frame that is accepted, bytes; a peer that announces more is cut off. */
export const MAX_FRAME = 16 * 1024 * 1024;

export type Codec = 'h264' | 'aac' | 'opus';
const CODECS: readonly Codec[] = ['h264', 'aac', 'opus'];

/** Track numbers on every stream. Absent tracks send no config. */
export const TRACK_VIDEO = 0;
export const TRACK_AAC = 1;
export const TRACK_OPUS = 2;
export type Track = typeof TRACK_VIDEO | typeof TRACK_AAC | typeof TRACK_OPUS;

export interface Hello {
  version: 1;
  role: 'publish' | 'subscribe';
  stream: string;
  token: string;
}

/** The first coded frame of a group that can be decoded on its own. */
export const FLAG_KEY = 1;

export interface TrackConfig {
  track: Track;
  codec: Codec;
  extradata: Uint8Array;
}

export interface MediaPacket {
  track: Track;
  key: boolean;
  /** Decode time, µs. */
  dts: number;
  /** Presentation minus decode time, µs; may be negative. */
  cts: number;
  payload: Uint8Array;
}

/** One rendition of a programme; their key frames are at the same times, and all are published on one clock. */
export interface LadderVariant {
  /** The name of its stream: that of the ladder's own stream, or that with a suffix. */
  stream: string;
  width: number;
  height: number;
  fps: number;
  /** Of the pictures, bits a second, and what may come at once above that, bits. */
  bitrate: number;
  burst: number;
  /** Of the sound, bits a second. */
  soundBitrate: number;
  /** Of the pictures, by RFC 6381 section 3.3: `avc1.4D401F`. */
  codec: string;
}

export type LinkControl =
  /** Hub: hello accepted. For `subscribe` the cached configs and the last group of pictures follow if there are any. */
  | { type: 'accepted' }
  /** Hub: hello refused (then it closes); or either: the stream is over for good and its readers shall be let go. */
  | { type: 'refused'; reason: string }
  | { type: 'end'; reason: string }
  /** Hub to publisher: a reader needs a key frame soon. */
  | { type: 'keyframe' }
  /** Publisher to hub: the stream's renditions, itself among them, each as it is or would be coded. */
  | { type: 'ladder'; variants: LadderVariant[] }
  /**
   * Hub to publisher: how many readers the stream has now, and how many of them need Opus. HLS counts as one while its
   * playlist is being asked for. Sent on every change and once after `accepted`.
   */
  | { type: 'demand'; readers: number; opus: number }
  /** Hub to subscriber: the stream has a publisher (again), or lost it. */
  | { type: 'source'; live: boolean }
  /**
   * Hub to subscriber: what the hub adds to the publisher's own times in the packets that follow, µs, so that streams of
   * encoders that share a clock can be compared. Not sent as long as it adds nothing.
   */
  | { type: 'clock'; shiftUs: number };

export type LinkFrame =
  | { kind: 'hello'; hello: Hello }
  | { kind: 'config'; config: TrackConfig }
  | { kind: 'packet'; packet: MediaPacket }
  | { kind: 'control'; control: LinkControl };

/** A peer broke the framing; the connection is of no more use. */
export class LinkProtocolError extends Error {
  override readonly name = 'LinkProtocolError';
}

function head(kind: number, bodyLength: number): Buffer {
  const buffer = Buffer.allocUnsafe(5 + bodyLength);
  buffer.writeUInt32BE(1 + bodyLength, 0);
  buffer.writeUInt8(kind, 4);
  return buffer;
}

function json(kind: number, value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value));
  const buffer = head(kind, text.length);
  text.copy(buffer, 5);
  return buffer;
}

export function encodeHello(hello: Hello): Buffer {
  return json(FRAME_HELLO, hello);
}

export function encodeControl(control: LinkControl): Buffer {
  return json(FRAME_CONTROL, control);
}

export function encodeConfig(config: TrackConfig): Buffer {
  const buffer = head(FRAME_CONFIG, 2 + config.extradata.length);
  buffer.writeUInt8(config.track, 5);
  buffer.writeUInt8(CODECS.indexOf(config.codec), 6);
  buffer.set(config.extradata, 7);
  return buffer;
}

/** Header of a packet frame; the payload follows as it is, so that it is not copied. */
export function encodePacketHead(packet: MediaPacket): Buffer {
  const buffer = Buffer.allocUnsafe(5 + 14);
  buffer.writeUInt32BE(1 + 14 + packet.payload.length, 0);
  buffer.writeUInt8(FRAME_PACKET, 4);
  buffer.writeUInt8(packet.track, 5);
  buffer.writeUInt8(packet.key ? FLAG_KEY : 0, 6);
  buffer.writeBigInt64BE(BigInt(Math.round(packet.dts)), 7);
  buffer.writeInt32BE(Math.round(packet.cts), 15);
  return buffer;
}

function parseJson(body: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new LinkProtocolError('body is not JSON');
  }
  if (typeof value !== 'object' || value === null) throw new LinkProtocolError('body is not an object');
  return value as Record<string, unknown>;
}

function parseTrack(value: number): Track {
  if (value !== TRACK_VIDEO && value !== TRACK_AAC && value !== TRACK_OPUS) {
    throw new LinkProtocolError(`unknown track ${value}`);
  }
  return value;
}

function parseHello(body: Buffer): Hello {
  const value = parseJson(body);
  const { version, role, stream, token } = value;
  if (version !== 1 || (role !== 'publish' && role !== 'subscribe')) throw new LinkProtocolError('bad hello');
  if (typeof stream !== 'string' || typeof token !== 'string') throw new LinkProtocolError('bad hello');
  return { version, role, stream, token };
}

function parseCount(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new LinkProtocolError('bad count');
  return value;
}

/** Renditions of one stream that a hub keeps. */
const MAX_VARIANTS = 32;

function parseVariant(value: unknown): LadderVariant {
  const { stream, codec, ...numbers } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  if (typeof stream !== 'string' || typeof codec !== 'string' || !/^avc1\.[0-9A-F]{6}$/.test(codec)) {
    throw new LinkProtocolError('bad ladder');
  }
  return {
    stream,
    codec,
    width: parseCount(numbers.width),
    height: parseCount(numbers.height),
    fps: parseCount(numbers.fps),
    bitrate: parseCount(numbers.bitrate),
    burst: parseCount(numbers.burst),
    soundBitrate: parseCount(numbers.soundBitrate),
  };
}

function parseControl(body: Buffer): LinkControl {
  const value = parseJson(body);
  switch (value.type) {
    case 'accepted':
    case 'keyframe':
      return { type: value.type };
    case 'refused':
    case 'end':
      // Never String(value): a peer could send an object that throws when it is turned into text.
      if (typeof value.reason !== 'string') throw new LinkProtocolError(`${value.type} without a reason`);
      return { type: value.type, reason: value.reason };
    case 'ladder':
      if (!Array.isArray(value.variants) || value.variants.length > MAX_VARIANTS) {
        throw new LinkProtocolError('bad ladder');
      }
      return { type: 'ladder', variants: value.variants.map(parseVariant) };
    case 'demand':
      return { type: 'demand', readers: parseCount(value.readers), opus: parseCount(value.opus) };
    case 'source':
      return { type: 'source', live: value.live === true };
    case 'clock':
      if (typeof value.shiftUs !== 'number') throw new LinkProtocolError('clock without a shift');
      return { type: 'clock', shiftUs: value.shiftUs };
    default:
      throw new LinkProtocolError('unknown control');
  }
}

/** @throws LinkProtocolError on anything that is not a frame of the table above. */
function parseFrame(kind: number, body: Buffer): LinkFrame {
  switch (kind) {
    case FRAME_HELLO:
      return { kind: 'hello', hello: parseHello(body) };
    case FRAME_CONTROL:
      return { kind: 'control', control: parseControl(body) };
    case FRAME_CONFIG: {
      if (body.length < 2) throw new LinkProtocolError('short config');
      const codec = CODECS[body.readUInt8(1)];
      if (!codec) throw new LinkProtocolError('unknown codec');
      return { kind: 'config', config: { track: parseTrack(body.readUInt8(0)), codec, extradata: body.subarray(2) } };
    }
    case FRAME_PACKET: {
      if (body.length < 14) throw new LinkProtocolError('short packet');
      const packet: MediaPacket = {
        track: parseTrack(body.readUInt8(0)),
        key: (body.readUInt8(1) & FLAG_KEY) !== 0,
        dts: Number(body.readBigInt64BE(2)),
        cts: body.readInt32BE(10),
        payload: body.subarray(14),
      };
      return { kind: 'packet', packet };
    }
    default:
      throw new LinkProtocolError(`unknown frame kind ${kind}`);
  }
}

/**
 * Cuts a byte stream into frames. Bodies are views of the received chunks where a frame lies within one, copies where
 * it spans several; either way they stay valid as long as they are referenced.
 */
export class FrameReader {
  #chunks: Buffer[] = [];
  #size = 0;

  /** Takes one chunk and yields the frames that it completes. @throws LinkProtocolError */
  *push(chunk: Buffer): Generator<LinkFrame> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= 5) {
      const prefix = this.#peek(5);
      const length = prefix.readUInt32BE(0);
      if (length < 1 || length > MAX_FRAME) throw new LinkProtocolError(`frame of ${length} bytes`);
      if (this.#size < 4 + length) return;
      const frame = this.#take(4 + length);
      yield parseFrame(frame.readUInt8(4), frame.subarray(5));
    }
  }

  #peek(count: number): Buffer {
    const first = this.#chunks[0];
    if (first && first.length >= count) return first;
    this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #take(count: number): Buffer {
    let first = this.#chunks[0];
    if (!first || first.length < count) {
      first = Buffer.concat(this.#chunks);
      this.#chunks = [first];
    }
    this.#size -= count;
    if (first.length === count) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(count);
    return first.subarray(0, count);
  }
}
