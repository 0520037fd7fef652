/**
 * H.264 by x264, without B-frames and without look-ahead: a picture that goes in comes out at once.
 * Calls must not overlap; the owner waits for one to end before the next, and before `close`.
 */
import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, Packet, Rational } from 'node-av/lib';
import { decoderConfig, toLengthPrefixed } from '../encode/avc.js';
import { setCodecOptions } from './codec-options.js';
import type { Picture } from './picture.js';
import { check, isAgain, isEnd, need } from './result.js';

export interface VideoEncoderOptions {
  /** Even numbers. */
  width: number;
  height: number;
  fps: number;
  /** Bits per second; the one-second buffer keeps it near. */
  bitrate: number;
  /** x264's speed preset. */
  preset: string;
}

/** One coded access unit, length-prefixed; its time is that of the picture, in ticks. */
export interface CodedPicture {
  key: boolean;
  tick: number;
  payload: Buffer;
}

export class VideoEncoder {
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  /** AVCDecoderConfigurationRecord. */
  readonly config: Buffer;

  /** @throws MediaError when x264 refuses the settings */
  constructor(options: VideoEncoderOptions) {
    const codec = need(Codec.findEncoderByName(FF_ENCODER_LIBX264), 'encoder libx264');
    const context = this.#context;
    context.allocContext3(codec);
    context.width = options.width;
    context.height = options.height;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, options.fps);
    context.framerate = new Rational(options.fps, 1);
    context.sampleAspectRatio = new Rational(1, 1);
    context.colorRange = AVCOL_RANGE_MPEG;
    context.colorSpace = AVCOL_SPC_BT709;
    context.colorPrimaries = AVCOL_PRI_BT709;
    context.colorTrc = AVCOL_TRC_BT709;
    context.maxBFrames = 0;
    // Key frames are asked for by tick, the same in all renditions; the codec's own limit is only a safety net.
    context.gopSize = options.fps * 60;
    context.bitRate = BigInt(options.bitrate);
    context.rcMaxRate = BigInt(options.bitrate);
    context.rcBufferSize = options.bitrate;
    // A 1080 line picture does not fit into one tick of one core; smaller ones do, and cost least on one.
    context.threadCount = options.height > 720 ? 2 : 1;
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    try {
      setCodecOptions(context, {
        preset: options.preset,
        tune: 'zerolatency',
        profile: 'main',
        'forced-idr': '1',
        'x264-params': 'scenecut=0',
      });
      check('open x264', context.open2Sync(codec));
      this.config = decoderConfig(need(context.extraData, 'x264 parameter sets'));
    } catch (error) {
      context.freeContext();
      throw error;
    }
    this.#packet.alloc();
  }

  /** Encodes one picture and frees it. @throws MediaError */
  async encode(picture: Picture, tick: number, key: boolean): Promise<CodedPicture[]> {
    try {
      picture.pts = BigInt(tick);
      picture.pictType = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
      check('encode picture', await this.#context.sendFrame(picture));
    } finally {
      picture.free();
    }
    const coded: CodedPicture[] = [];
    for (;;) {
      const code = this.#context.receivePacketSync(this.#packet);
      if (isAgain(code) || isEnd(code)) return coded;
      check('take coded picture', code);
      const payload = toLengthPrefixed(need(this.#packet.data, 'packet data'));
      coded.push({ key: this.#packet.isKeyframe, tick: Number(this.#packet.pts), payload });
      this.#packet.unref();
    }
  }

  close(): void {
    this.#packet.free();
    this.#context.freeContext();
  }
}
