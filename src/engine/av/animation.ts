/**
 * Opens picture files of every kind from memory: png, jpg, webp (still and moving), gif, apng.
 *
 * A moving one is taken apart into its coded pictures at once (at most {@link MAX_PICTURES}; together no larger than the
 * file) and decoded as it is shown, so that memory does not grow with its length. FFmpeg composes the pictures of a file
 * (blending and disposal), so each that comes out is whole. A picture after the first that is damaged is left out.
 */
import { AV_NOPTS_VALUE, AVERROR_EOF, AVSEEK_SIZE, type AVSeekWhence } from 'node-av/constants';
import {
  Codec,
  CodecContext,
  CodecParameters,
  FormatContext,
  Frame,
  InputFormat,
  IOContext,
  Packet,
  Rational,
} from 'node-av/lib';
import { settleShape } from './convert.js';
import { type Picture, settleColour } from './picture.js';
import { MAX_MOVING_AREA, MAX_SHOWN_AREA, type PictureFile, type PictureFrame } from './picture-file.js';
import { playsOf } from './picture-plays.js';
import { check, isAgain, isEnd, need } from './result.js';
import { decodeStill, stillKindOf } from './still.js';

/** 10,000 pictures are more than three minutes at 50 a second. */
const MAX_PICTURES = 10_000;
/** Taking a file of 10 MB apart takes milliseconds; a demuxer that is led in circles must end too. */
const DEMUX_MS = 10_000;
/** What players make of a picture that is to be seen for no time, or of one that does not say, µs. */
const DEFAULT_DURATION = 100_000;
const LEAST_DURATION = 10_000;
const IO_BUFFER = 65_536;

type MovingKind = 'gif' | 'apng' | 'webp_anim';

/** The kinds that can move; a png or webp is one only when its head says so. */
function movingKindOf(bytes: Buffer): MovingKind | null {
  if (bytes.toString('latin1', 0, 4) === 'GIF8') return 'gif';
  const kind = stillKindOf(bytes);
  // An animation control chunk comes before the first image data (APNG 1.0).
  if (kind === 'png') {
    const control = bytes.indexOf('acTL', 8, 'latin1');
    const data = bytes.indexOf('IDAT', 8, 'latin1');
    return control >= 0 && (data < 0 || control < data) ? 'apng' : null;
  }
  // Bit 1 of the flags in the extended header (WebP container specification).
  const extended = kind === 'webp' && bytes.toString('latin1', 12, 16) === 'VP8X';
  return extended && ((bytes[20] ?? 0) & 2) !== 0 ? 'webp_anim' : null;
}

/**
 * Opens a picture file.
 * @param bytes the whole file, at most 10 MB; not kept
 * @throws Error in words when it is of no known kind, damaged or too large
 */
export async function openPicture(bytes: Buffer): Promise<PictureFile> {
  const kind = movingKindOf(bytes);
  if (kind) return await openMoving(bytes, kind);
  if (!stillKindOf(bytes)) throw new Error('the picture is neither png, jpg, webp nor gif');
  return new StillFile(await decodeStill(bytes));
}

/** One picture, decoded when it was opened. */
class StillFile implements PictureFile {
  readonly width: number;
  readonly height: number;
  readonly count = 1;
  readonly plays = Number.POSITIVE_INFINITY;
  readonly #picture: Picture;
  #given = false;

  constructor(picture: Picture) {
    this.#picture = picture;
    this.width = picture.width;
    this.height = picture.height;
  }

  async next(): Promise<PictureFrame | null> {
    if (this.#given) return null;
    this.#given = true;
    return { picture: need(this.#picture.clone(), 'memory'), durationUs: Number.POSITIVE_INFINITY };
  }

  rewind(): void {
    this.#given = false;
  }

  async close(): Promise<void> {
    this.#picture.free();
  }
}

interface CodedFrame {
  packet: Packet;
  durationUs: number;
}

class MovingFile implements PictureFile {
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly plays: number;
  readonly #parameters: CodecParameters;
  readonly #frames: CodedFrame[];
  #context: CodecContext | null = null;
  #at = 0;
  #decoding: Promise<PictureFrame | null> = Promise.resolve(null);
  #closed = false;

  /** Takes ownership of the packets and the parameters. */
  constructor(parameters: CodecParameters, frames: CodedFrame[], plays: number) {
    this.#parameters = parameters;
    this.#frames = frames;
    this.width = parameters.width;
    this.height = parameters.height;
    this.count = frames.length;
    this.plays = plays;
  }

  next(): Promise<PictureFrame | null> {
    this.#decoding = this.#next();
    return this.#decoding;
  }

  async #next(): Promise<PictureFrame | null> {
    // Time of pictures that are left out belongs to the one before them; it is lost, which nobody will notice.
    while (!this.#closed) {
      const isFirst = this.#at === 0;
      const coded = this.#frames[this.#at++];
      if (!coded) return null;
      const picture = await this.#decode(coded.packet);
      if (picture) return { picture, durationUs: this.count === 1 ? Number.POSITIVE_INFINITY : coded.durationUs };
      if (isFirst) throw new Error('the first picture of the animation is damaged');
    }
    return null;
  }

  async #decode(packet: Packet): Promise<Picture | null> {
    this.#context ??= await this.#open();
    const sent = await this.#context.sendPacket(packet);
    if (sent < 0 && !isAgain(sent)) return null;
    const picture = new Frame();
    picture.alloc();
    const got = await this.#context.receiveFrame(picture);
    if (got < 0 || picture.width !== this.width || picture.height !== this.height) {
      picture.free();
      return null;
    }
    settleColour(picture);
    return await settleShape(picture, MAX_SHOWN_AREA);
  }

  async #open(): Promise<CodecContext> {
    const codec = need(Codec.findDecoder(this.#parameters.codecId), 'decoder for the animation');
    const context = new CodecContext();
    context.allocContext3(codec);
    try {
      check('copy parameters', context.parametersToContext(this.#parameters));
      context.setOption('max_pixels', String(MAX_MOVING_AREA));
      context.threadCount = 1;
      context.pktTimebase = new Rational(1, 1_000_000);
      check('open picture decoder', await context.open2(codec));
      return context;
    } catch (error) {
      context.freeContext();
      throw error;
    }
  }

  rewind(): void {
    this.#at = 0;
    // A new decoder: what the last picture left behind must not shine through the first one.
    this.#context?.freeContext();
    this.#context = null;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#decoding.catch(() => undefined);
    this.#context?.freeContext();
    this.#context = null;
    for (const { packet } of this.#frames.splice(0)) packet.free();
    this.#parameters.free();
  }
}

/** A reader over bytes in memory. */
function memoryReader(bytes: Buffer): IOContext {
  let at = 0;
  const io = new IOContext();
  io.allocContextWithCallbacks(
    IO_BUFFER,
    0,
    (size) => {
      if (at >= bytes.length) return AVERROR_EOF;
      const part = bytes.subarray(at, at + size);
      at += part.length;
      return part;
    },
    null,
    (offset: bigint, whence: AVSeekWhence) => {
      if (whence === AVSEEK_SIZE) return BigInt(bytes.length);
      const base = whence === 1 ? at : whence === 2 ? bytes.length : 0;
      at = Math.min(bytes.length, Math.max(0, base + Number(offset)));
      return BigInt(at);
    },
  );
  return io;
}

async function openMoving(bytes: Buffer, kind: MovingKind): Promise<PictureFile> {
  const io = memoryReader(bytes);
  const format = new FormatContext();
  const packet = new Packet();
  const parameters = new CodecParameters();
  const frames: CodedFrame[] = [];
  const timer = setTimeout(() => format.interrupt(), DEMUX_MS);
  let opened = false;
  try {
    packet.alloc();
    parameters.alloc();
    format.allocContext();
    format.pb = io;
    const code = await format.openInput('', need(InputFormat.findInputFormat(kind), `reader for ${kind}`), null);
    if (code < 0) throw new Error('the animation is damaged');
    opened = true;
    const stream = need(format.streams[0], 'picture in the animation');
    const { width, height } = stream.codecpar;
    if (width <= 0 || height <= 0) throw new Error('the animation does not say how large it is');
    if (width * height > MAX_MOVING_AREA) {
      throw new Error(`the animation has ${width} x ${height} samples; ${MAX_MOVING_AREA} in all is most`);
    }
    check('copy parameters', stream.codecpar.copy(parameters));
    const { num, den } = stream.timeBase;
    await readFrames(format, packet, (1_000_000 * num) / den, frames);
    if (frames.length === 0) throw new Error('there is no picture in the animation');
    return new MovingFile(parameters, frames, playsOf(bytes, kind));
  } catch (error) {
    for (const frame of frames) frame.packet.free();
    parameters.free();
    throw error;
  } finally {
    clearTimeout(timer);
    packet.free();
    if (opened) await format.closeInput();
    else format.freeContext();
    io.freeContext();
  }
}

/** @param unit µs of one unit of the packets' times */
async function readFrames(format: FormatContext, packet: Packet, unit: number, frames: CodedFrame[]): Promise<void> {
  for (;;) {
    const code = await format.readFrame(packet);
    // A file that breaks off shows what it has.
    if (isEnd(code) || (code < 0 && frames.length > 0)) return;
    check('read the animation', code);
    if (frames.length === MAX_PICTURES) throw new Error(`the animation has more than ${MAX_PICTURES} pictures`);
    const own = need(packet.clone(), 'memory for a packet');
    const said = packet.duration === AV_NOPTS_VALUE ? 0 : Number(packet.duration) * unit;
    packet.unref();
    frames.push({ packet: own, durationUs: said >= LEAST_DURATION ? said : DEFAULT_DURATION });
  }
}
