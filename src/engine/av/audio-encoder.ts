/** AAC and Opus, stereo or mono, from interleaved 32-bit float stereo at 48 kHz. Calls must not overlap. */
import {
  AV_CHANNEL_LAYOUT_MONO,
  AV_CHANNEL_LAYOUT_STEREO,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_SAMPLE_FMT_FLT,
  AV_SAMPLE_FMT_FLTP,
  type AVSampleFormat,
  FF_ENCODER_AAC,
  FF_ENCODER_LIBOPUS,
  type FFAudioEncoder,
} from 'node-av/constants';
import { Codec, CodecContext, Frame, Packet, Rational } from 'node-av/lib';
import { SAMPLE_RATE } from '../audio/format.js';
import { setCodecOptions } from './codec-options.js';
import { check, isAgain, isEnd, need } from './result.js';

export interface CodedSound {
  /** Sample at which the packet's first decoded sample is to be heard; negative while the codec warms up. */
  sample: number;
  payload: Buffer;
}

interface CodecChoice {
  encoder: FFAudioEncoder;
  format: AVSampleFormat;
  options: Record<string, string>;
}

const CHOICES: Record<'aac' | 'opus', CodecChoice> = {
  aac: { encoder: FF_ENCODER_AAC, format: AV_SAMPLE_FMT_FLTP, options: {} },
  opus: {
    encoder: FF_ENCODER_LIBOPUS,
    format: AV_SAMPLE_FMT_FLT,
    options: { application: 'audio', frame_duration: '20' },
  },
};

export class AudioEncoder {
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  readonly #planar: boolean;
  readonly #layout: typeof AV_CHANNEL_LAYOUT_STEREO;
  /** AudioSpecificConfig or OpusHead. */
  readonly config: Buffer;
  /** Samples per call of {@link encode}: 1024 for AAC, 960 for Opus. */
  readonly frameSize: number;

  /** @param coding bits per second; one channel is left and right in equal parts */
  constructor(codecName: 'aac' | 'opus', { bitrate, channels }: { bitrate: number; channels: 1 | 2 }) {
    const choice = CHOICES[codecName];
    const codec = need(Codec.findEncoderByName(choice.encoder), `encoder for ${codecName}`);
    const context = this.#context;
    this.#layout = channels === 1 ? AV_CHANNEL_LAYOUT_MONO : AV_CHANNEL_LAYOUT_STEREO;
    this.#planar = choice.format === AV_SAMPLE_FMT_FLTP;
    context.allocContext3(codec);
    context.sampleRate = SAMPLE_RATE;
    context.sampleFormat = choice.format;
    context.channelLayout = this.#layout;
    context.timeBase = new Rational(1, SAMPLE_RATE);
    context.bitRate = BigInt(bitrate);
    context.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
    try {
      setCodecOptions(context, choice.options);
      check(`open ${codecName} encoder`, context.open2Sync(codec));
    } catch (error) {
      context.freeContext();
      throw error;
    }
    this.config = Buffer.from(need(context.extraData, 'audio config'));
    this.frameSize = context.frameSize;
    this.#packet.alloc();
  }

  /** Encodes `frameSize` sample pairs that begin at sample number `sample`. @throws MediaError */
  encode(samples: Float32Array, sample: number): CodedSound[] {
    using frame = new Frame();
    frame.alloc();
    frame.format = this.#planar ? AV_SAMPLE_FMT_FLTP : AV_SAMPLE_FMT_FLT;
    frame.sampleRate = SAMPLE_RATE;
    frame.channelLayout = this.#layout;
    frame.nbSamples = this.frameSize;
    check('allocate sound', frame.getBuffer(0));
    this.#fill(frame, samples);
    frame.pts = BigInt(sample);
    check('encode sound', this.#context.sendFrameSync(frame));
    const coded: CodedSound[] = [];
    for (;;) {
      const code = this.#context.receivePacketSync(this.#packet);
      if (isAgain(code) || isEnd(code)) return coded;
      check('take coded sound', code);
      coded.push({
        sample: Number(this.#packet.pts),
        payload: Buffer.from(need(this.#packet.data, 'packet data')),
      });
      this.#packet.unref();
    }
  }

  #fill(frame: Frame, samples: Float32Array): void {
    const data = need(frame.extendedData, 'sound data');
    const plane = (index: number): Float32Array => {
      const bytes = need(data[index], 'sound plane');
      return new Float32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
    };
    if (this.#layout.nbChannels === 1) {
      const only = plane(0);
      for (let i = 0; i < this.frameSize; i++) only[i] = ((samples[2 * i] ?? 0) + (samples[2 * i + 1] ?? 0)) / 2;
      return;
    }
    if (!this.#planar) {
      plane(0).set(samples.subarray(0, this.frameSize * 2));
      return;
    }
    const left = plane(0);
    const right = plane(1);
    for (let i = 0; i < this.frameSize; i++) {
      left[i] = samples[2 * i] ?? 0;
      right[i] = samples[2 * i + 1] ?? 0;
    }
  }

  close(): void {
    this.#packet.free();
    this.#context.freeContext();
  }
}
