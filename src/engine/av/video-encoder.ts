/**
 * H.264 without B-frames and without look-ahead: a picture that goes in comes out at once.
 * Calls must not overlap; the owner waits for one to end before the next, and before `close`.
 */
import { availableParallelism } from 'node:os';
import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_TRC_BT709,
  type FFVideoEncoder,
} from 'node-av/constants';
import { Codec, CodecContext, Packet, Rational } from 'node-av/lib';
import { decoderConfig, toLengthPrefixed } from '../encode/avc.js';
import { setCodecOptions } from './codec-options.js';
import { DevicePictures } from './device-pictures.js';
import { type EncoderRecipe, RECIPES } from './encoder-recipe.js';
import { PictureGraph } from './graph.js';
import { type Picture, shapeOf } from './picture.js';
import { check, isAgain, isEnd, need } from './result.js';

export interface VideoEncoderOptions {
  /** Even numbers. */
  width: number;
  height: number;
  /** Ticks a second. */
  fps: number;
  /** Pictures a second, where not every tick has one. */
  rate?: number;
  /** Bits per second; the buffer of {@link BUFFER_SECONDS} keeps it near. */
  bitrate: number;
  /** x264's speed preset instead of the recipe's. */
  preset?: string;
  recipe?: EncoderRecipe;
}

/** One coded access unit, length-prefixed; its time is that of the picture, in ticks. */
export interface CodedPicture {
  key: boolean;
  tick: number;
  payload: Buffer;
}

/** So much may come at once above the rate, as seconds of the rate. */
export const BUFFER_SECONDS = 1;
/** Samples a second that x264 codes on one core with room to spare: 720 lines at 30 a second, and a little more. */
const SAMPLES_OF_CORE = 1280 * 720 * 30 * 1.2;

/**
 * Threads of x264. More than one cost more time in all, so there are no more than the pictures of a second need.
 * @param cores of the machine
 */
export function threadsFor({ width, height, fps, rate }: VideoEncoderOptions, cores: number): number {
  return Math.max(1, Math.min(cores, Math.ceil((width * height * (rate ?? fps)) / SAMPLES_OF_CORE)));
}

export class VideoEncoder {
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  readonly #recipe: EncoderRecipe;
  #device: DevicePictures | null = null;
  #convert: PictureGraph | null = null;
  /** AVCDecoderConfigurationRecord. */
  readonly config: Buffer;

  /** @throws Error when FFmpeg has no such encoder, MediaError when there is no such hardware or it refuses the settings */
  constructor(options: VideoEncoderOptions) {
    const recipe = options.recipe ?? RECIPES.x264;
    this.#recipe = recipe;
    const codec = need(Codec.findEncoderByName(recipe.codec as FFVideoEncoder), `encoder ${recipe.codec}`);
    const context = this.#context;
    context.allocContext3(codec);
    context.width = options.width;
    context.height = options.height;
    context.pixelFormat = recipe.device?.format ?? recipe.samples.format;
    context.timeBase = new Rational(1, options.fps);
    context.framerate = new Rational(options.rate ?? options.fps, 1);
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
    context.rcBufferSize = options.bitrate * BUFFER_SECONDS;
    context.threadCount = threadsFor(options, availableParallelism());
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    try {
      setCodecOptions(context, { ...recipe.options, ...(options.preset !== undefined && { preset: options.preset }) });
      if (recipe.device) {
        this.#device = new DevicePictures(recipe.device, options, recipe);
        context.hwFramesCtx = this.#device.frames;
      }
      check(`open ${recipe.codec}`, context.open2Sync(codec));
      this.config = decoderConfig(need(context.extraData, 'parameter sets'));
    } catch (error) {
      context.freeContext();
      this.#device?.[Symbol.dispose]();
      throw error;
    }
    this.#packet.alloc();
  }

  /** Encodes one picture and frees it. @throws MediaError */
  async encode(picture: Picture, tick: number, key: boolean): Promise<CodedPicture[]> {
    let ready = picture;
    try {
      ready = await this.#prepare(picture);
      ready.pts = BigInt(tick);
      ready.pictType = key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
      check('encode picture', await this.#context.sendFrame(ready));
    } finally {
      if (ready !== picture) ready.free();
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

  /** The picture as the encoder takes it: itself, or another one that the caller owns too. */
  async #prepare(picture: Picture): Promise<Picture> {
    const { samples } = this.#recipe;
    let ready = picture;
    if (picture.format !== samples.format) {
      this.#convert ??= new PictureGraph([shapeOf(picture)], `[in0]format=${samples.name}[out]`);
      ready = this.#convert.run([picture]);
    }
    if (!this.#device) return ready;
    try {
      return await this.#device.upload(ready);
    } finally {
      if (ready !== picture) ready.free();
    }
  }

  close(): void {
    this.#packet.free();
    this.#context.freeContext();
    this.#convert?.[Symbol.dispose]();
    this.#device?.[Symbol.dispose]();
  }
}
