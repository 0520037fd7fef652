/**
 * Decoders for coded pictures and sound. Calls on one decoder must not overlap; `close` only between calls.
 * Decoded pictures are owned by the caller.
 */
import { availableParallelism } from 'node:os';
import {
  AV_CODEC_ID_AAC,
  AV_CODEC_ID_AV1,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_NOPTS_VALUE,
  AV_PKT_FLAG_KEY,
  type AVCodecID,
} from 'node-av/constants';
import { avGetCodecName, Codec, CodecContext, type CodecParameters, Frame, Packet, Rational } from 'node-av/lib';
import { setCodecOptions } from './codec-options.js';
import { Normaliser, type TimedPicture } from './normalise.js';
import { check, isAgain, need } from './result.js';
import { SpotBudget, spotRecord } from './spot-budget.js';

/** What a decoder is made from: a config of the link, or the parameters of a demuxed stream. */
export type DecoderSource = { codec: 'h264' | 'aac'; extradata: Uint8Array } | { parameters: CodecParameters };

/** A coded packet on its way to a decoder; times in µs. */
export interface CodedPacket {
  payload: Uint8Array;
  pts: number;
  dts: number;
  key: boolean;
}

const MICROSECONDS = new Rational(1, 1_000_000);

/** FFmpeg's name of a codec (`h264`, `aac`). */
export function codecName(source: DecoderSource): string {
  return 'codec' in source ? source.codec : (avGetCodecName(source.parameters.codecId) ?? '');
}

/** Width and height that a picture may have; more, in all, than 8K has is refused before memory is taken for it. */
const MOST_SIDE = 8192;
const MOST_PIXELS = 8192 * 4352;
/** Pictures with more samples than 1080p are decoded by two threads. */
const LARGE = 1920 * 1088;

interface OpenOptions {
  kind: 'video' | 'audio';
  threads: number;
}

/**
 * Opens a decoder; the caller frees it.
 * @throws MediaError or Error when there is none for it
 */
export function openContext(source: DecoderSource, { kind, threads }: OpenOptions): CodecContext {
  const id: AVCodecID =
    'codec' in source ? (source.codec === 'h264' ? AV_CODEC_ID_H264 : AV_CODEC_ID_AAC) : source.parameters.codecId;
  const codec = need(Codec.findDecoder(id), `decoder for codec ${id}`);
  const context = new CodecContext();
  context.allocContext3(codec);
  try {
    if ('parameters' in source) check('copy parameters', context.parametersToContext(source.parameters));
    else context.extraData = Buffer.from(source.extradata);
    context.pktTimebase = MICROSECONDS;
    context.threadCount = threads;
    if (kind === 'video') setCodecOptions(context, { max_pixels: String(MOST_PIXELS) });
    // dav1d would hold back as many pictures as it has threads.
    if (id === AV_CODEC_ID_AV1 && codec.name === 'libdav1d') setCodecOptions(context, { max_frame_delay: '1' });
    check('open decoder', context.open2Sync(codec));
  } catch (error) {
    context.freeContext();
    throw error;
  }
  return context;
}

/**
 * A decoder for pictures. One thread as a rule: frame threads hold pictures back, one each, and the other sources need the
 * cores. Above 1080p one thread may not be enough, so there are two.
 */
function openVideo(source: DecoderSource): CodecContext {
  const context = openContext(source, { kind: 'video', threads: 1 });
  if (context.width * context.height <= LARGE || availableParallelism() < 2) return context;
  context.freeContext();
  return openContext(source, { kind: 'video', threads: 2 });
}

/** Puts a coded packet into one of FFmpeg's, which takes a copy. */
export function loadPacket(packet: Packet, coded: CodedPacket): void {
  packet.data = Buffer.from(coded.payload.buffer, coded.payload.byteOffset, coded.payload.byteLength);
  packet.pts = BigInt(Math.round(coded.pts));
  packet.dts = BigInt(Math.round(coded.dts));
  packet.flags = coded.key ? AV_PKT_FLAG_KEY : (0 as typeof packet.flags);
}

export type { TimedPicture };

/** Pictures up to 720p may be decoded on the spot. */
const SMALL = 1280 * 720;
/** One for all decoders of the process, since they share the thread. */
const SPOT = new SpotBudget(() => performance.now());

export class VideoDecoder {
  readonly #context: CodecContext;
  /** Calls for pictures that are answered at once. */
  readonly #prompt: number;
  readonly #packet = new Packet();
  readonly #normaliser = new Normaliser();
  readonly #spot = spotRecord();

  /** @throws MediaError or Error when there is no decoder for it */
  constructor(source: DecoderSource) {
    this.#context = openVideo(source);
    this.#packet.alloc();
    // A packet of H.264 or HEVC is one picture. In other codecs (VP9) it can be several, and the next is decoded by the call.
    const { codecId } = this.#context;
    this.#prompt =
      this.#context.threadCount > 1 ? 0 : codecId === AV_CODEC_ID_H264 || codecId === AV_CODEC_ID_HEVC ? 2 : 1;
  }

  /**
   * Decodes one packet (`null` drains the decoder). Pictures are upright and progressive, and their tags say how to read
   * them. Packets that are damaged are skipped, as a player would.
   * @throws MediaError when the decoder itself fails
   */
  async decode(coded: CodedPacket | null): Promise<TimedPicture[]> {
    if (coded) loadPacket(this.#packet, coded);
    const code = (coded && this.#sendHere()) ?? (await this.#context.sendPacket(coded ? this.#packet : null));
    if (coded) this.#packet.unref();
    const pictures: TimedPicture[] = [];
    if (code < 0 && !isAgain(code)) return pictures;
    try {
      await this.#receive(pictures);
      if (!coded) pictures.push(...(await this.#normaliser.drain()));
    } catch (error) {
      for (const { picture } of pictures) picture.free();
      throw error;
    }
    return pictures;
  }

  /** Decodes the packet on this thread when that is a small thing; undefined when it must be done beside it. */
  #sendHere(): number | undefined {
    const { width, height, threadCount } = this.#context;
    if (width * height > SMALL || threadCount > 1) return undefined;
    return SPOT.run(this.#spot, () => this.#context.sendPacketSync(this.#packet));
  }

  async #receive(pictures: TimedPicture[]): Promise<void> {
    for (let count = 0; ; count++) {
      const picture = new Frame();
      picture.alloc();
      // The first one was decoded while the packet was sent, and as a rule it is the only one, which the second call says.
      // What comes then may take its time, so not on this thread.
      const received =
        count < this.#prompt ? this.#context.receiveFrameSync(picture) : await this.#context.receiveFrame(picture);
      if (received < 0) {
        picture.free();
        // Also when a picture is damaged: what came out before it is still good.
        return;
      }
      const best = picture.bestEffortTimestamp;
      if (best === AV_NOPTS_VALUE || picture.width > MOST_SIDE || picture.height > MOST_SIDE) {
        picture.free();
        continue;
      }
      pictures.push(...(await this.#normaliser.push(picture, Number(best))));
    }
  }

  close(): void {
    this.#normaliser.close();
    this.#packet.free();
    this.#context.freeContext();
  }
}
