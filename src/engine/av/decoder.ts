/**
 * Decoders for coded pictures and sound. Calls on one decoder must not overlap; `close` only between calls.
 * Decoded pictures are owned by the caller.
 */
import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_ID_AAC,
  AV_CODEC_ID_H264,
  AV_NOPTS_VALUE,
  AV_PKT_FLAG_KEY,
  AV_SAMPLE_FMT_FLT,
  type AVCodecID,
  type AVSampleFormat,
} from 'node-av/constants';
import {
  Codec,
  CodecContext,
  type CodecParameters,
  Frame,
  Packet,
  Rational,
  SoftwareResampleContext,
} from 'node-av/lib';
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import { type Picture, settleColour } from './picture.js';
import { check, isAgain, isEnd, MediaError, need } from './result.js';

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

function openContext(source: DecoderSource, threads: number): CodecContext {
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
    check('open decoder', context.open2Sync(codec));
  } catch (error) {
    context.freeContext();
    throw error;
  }
  return context;
}

function loadPacket(packet: Packet, coded: CodedPacket): void {
  packet.data = Buffer.from(coded.payload.buffer, coded.payload.byteOffset, coded.payload.byteLength);
  packet.pts = BigInt(Math.round(coded.pts));
  packet.dts = BigInt(Math.round(coded.dts));
  packet.flags = coded.key ? AV_PKT_FLAG_KEY : (0 as typeof packet.flags);
}

/** A decoded picture and its time in µs. */
export interface TimedPicture {
  picture: Picture;
  pts: number;
}

export class VideoDecoder {
  readonly #context: CodecContext;
  readonly #packet = new Packet();

  constructor(source: DecoderSource) {
    // One thread: frame threads would hold pictures back, and the other sources need the cores.
    this.#context = openContext(source, 1);
    this.#packet.alloc();
  }

  /**
   * Decodes one packet (`null` drains the decoder). Packets that are damaged are skipped, as a player would.
   * @throws MediaError when the decoder itself fails
   */
  async decode(coded: CodedPacket | null): Promise<TimedPicture[]> {
    if (coded) loadPacket(this.#packet, coded);
    const code = await this.#context.sendPacket(coded ? this.#packet : null);
    if (coded) this.#packet.unref();
    const pictures: TimedPicture[] = [];
    if (code < 0 && !isAgain(code)) return pictures;
    for (;;) {
      const picture = new Frame();
      picture.alloc();
      const received = this.#context.receiveFrameSync(picture);
      if (received < 0) {
        picture.free();
        if (isAgain(received) || isEnd(received)) return pictures;
        // A damaged picture: what came out before it is still good.
        return pictures;
      }
      const best = picture.bestEffortTimestamp;
      if (best === AV_NOPTS_VALUE) {
        picture.free();
        continue;
      }
      settleColour(picture);
      pictures.push({ picture, pts: Number(best) });
    }
  }

  close(): void {
    this.#packet.free();
    this.#context.freeContext();
  }
}

/** Decoded sound in the engine's own format, and the time of its first sample in µs. */
export interface TimedSound {
  samples: Float32Array;
  pts: number;
}

export class AudioDecoder {
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  #resampler: SoftwareResampleContext | undefined;
  #resamplerKey = '';

  constructor(source: DecoderSource) {
    this.#context = openContext(source, 1);
    this.#packet.alloc();
    this.#frame.alloc();
  }

  /** Decodes one packet; damaged ones give nothing. */
  decode(coded: CodedPacket | null): TimedSound[] {
    if (coded) loadPacket(this.#packet, coded);
    const code = this.#context.sendPacketSync(coded ? this.#packet : null);
    if (coded) this.#packet.unref();
    const sounds: TimedSound[] = [];
    if (code < 0 && !isAgain(code)) return sounds;
    for (;;) {
      if (this.#context.receiveFrameSync(this.#frame) < 0) return sounds;
      const pts = this.#frame.bestEffortTimestamp;
      const samples = this.#convert(this.#frame);
      this.#frame.unref();
      if (samples.length > 0 && pts !== AV_NOPTS_VALUE) sounds.push({ samples, pts: Number(pts) });
    }
  }

  #convert(frame: Frame): Float32Array {
    const layout = frame.channelLayout;
    const key = `${frame.sampleRate}/${frame.format}/${layout.nbChannels}/${layout.mask}`;
    if (!this.#resampler || key !== this.#resamplerKey) {
      this.#resampler?.free();
      this.#resampler = new SoftwareResampleContext();
      this.#resamplerKey = key;
      check(
        'set up resampler',
        this.#resampler.allocSetOpts2(
          AV_CHANNEL_LAYOUT_STEREO,
          AV_SAMPLE_FMT_FLT,
          SAMPLE_RATE,
          layout,
          frame.format as AVSampleFormat,
          frame.sampleRate,
        ),
      );
      check('open resampler', this.#resampler.init());
    }
    const room = this.#resampler.getOutSamples(frame.nbSamples);
    if (room < 0) throw new MediaError('size resampler', room);
    const out = new Float32Array(room * CHANNELS);
    const bytes = Buffer.from(out.buffer);
    const count = check(
      'resample',
      this.#resampler.convertSync([bytes], room, need(frame.extendedData, 'sound data'), frame.nbSamples),
    );
    return out.subarray(0, count * CHANNELS);
  }

  close(): void {
    this.#resampler?.free();
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
  }
}
