/**
 * Decodes sound of any kind into the engine's own: two channels, 48 kHz, 32-bit float, each block with the time of its
 * first sample. More channels are mixed down (mix-down.ts). Rate, format and channels may change in mid-stream.
 *
 * What is decoded belongs to whoever called; everything else is the decoder's until `close`.
 */
import {
  AV_CHANNEL_LAYOUT_STEREO,
  AV_NOPTS_VALUE,
  AV_SAMPLE_FMT_FLT,
  type AVChannelOrder,
  type AVSampleFormat,
} from 'node-av/constants';
import { type CodecContext, Frame, Packet, SoftwareResampleContext } from 'node-av/lib';
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import { type CodedPacket, type DecoderSource, loadPacket, openContext } from './decoder.js';
import { mixDownOf, ORDER_UNSPECIFIED } from './mix-down.js';
import { check, isAgain, MediaError, need } from './result.js';

/** Rates and channels that sound may have: others are tricks that would make a second of sound of a single sample. */
const LEAST_RATE = 4000;
const MOST_RATE = 384_000;
const MOST_CHANNELS = 64;
/** Samples of one frame, each channel: what FLAC, which has the largest, can have. */
const MOST_SAMPLES = 65_536;
/** Bytes of one packet of sound; what is larger would be decoded for longer than a tick. */
const MOST_SOUND = 256 * 1024;

/** Decoded sound in the engine's own format, and the time of its first sample in µs. */
export interface TimedSound {
  samples: Float32Array;
  pts: number;
}

export class AudioDecoder {
  readonly #context: CodecContext;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  #resampler: SoftwareResampleContext | null = null;
  #resamplerKey = '';
  /** Time of the first sample behind the last frame, µs; null before the first. */
  #expected: number | null = null;

  /** @throws MediaError or Error when there is no decoder for it */
  constructor(source: DecoderSource) {
    this.#context = openContext(source, { kind: 'audio', threads: 1 });
    this.#packet.alloc();
    this.#frame.alloc();
  }

  /**
   * Decodes one packet; damaged ones give nothing. `null` takes out what the decoder and the resampler hold back; no packet
   * can follow that.
   * @throws MediaError when the resampler cannot be set up for what comes
   */
  decode(coded: CodedPacket | null): TimedSound[] {
    if (coded && coded.payload.length > MOST_SOUND) return [];
    if (coded) loadPacket(this.#packet, coded);
    const code = this.#context.sendPacketSync(coded ? this.#packet : null);
    if (coded) this.#packet.unref();
    const sounds: TimedSound[] = [];
    if (code >= 0 || isAgain(code)) while (this.#context.receiveFrameSync(this.#frame) >= 0) this.#take(sounds);
    if (!coded) this.#finish(sounds);
    return sounds;
  }

  /** Converts the frame that has come out. */
  #take(sounds: TimedSound[]): void {
    const frame = this.#frame;
    try {
      const best = frame.bestEffortTimestamp;
      // Of several frames in a packet only the first one has a time.
      const pts = best === AV_NOPTS_VALUE ? this.#expected : Number(best);
      const { sampleRate, nbSamples } = frame;
      const { nbChannels } = frame.channelLayout;
      const isOdd = sampleRate < LEAST_RATE || sampleRate > MOST_RATE || nbChannels > MOST_CHANNELS || nbChannels < 1;
      if (pts === null || isOdd || nbSamples > MOST_SAMPLES) return;
      const resampler = this.#resamplerOf(frame, sounds);
      // What the resampler still holds comes out first.
      const held = Number(resampler.getDelay(1_000_000n));
      this.#expected = pts + (nbSamples * 1_000_000) / sampleRate;
      this.#convert(resampler, frame, pts - held, sounds);
    } finally {
      frame.unref();
    }
  }

  #resamplerOf(frame: Frame, sounds: TimedSound[]): SoftwareResampleContext {
    const { nbChannels, mask, order } = frame.channelLayout;
    const key = `${frame.sampleRate}/${frame.format}/${nbChannels}/${order}/${mask}`;
    if (this.#resampler && key === this.#resamplerKey) return this.#resampler;
    this.#finish(sounds);
    const resampler = new SoftwareResampleContext();
    try {
      const code = resampler.allocSetOpts2(
        AV_CHANNEL_LAYOUT_STEREO,
        AV_SAMPLE_FMT_FLT,
        SAMPLE_RATE,
        // The gains say what each channel is; a name that the resampler does not know would only keep it from working.
        { nbChannels, order: ORDER_UNSPECIFIED as AVChannelOrder, mask: 0n },
        frame.format as AVSampleFormat,
        frame.sampleRate,
      );
      check('set up resampler', code);
      check('set gains of channels', resampler.setMatrix(mixDownOf({ nbChannels, mask, order }), nbChannels));
      check('open resampler', resampler.init());
    } catch (error) {
      resampler.free();
      throw error;
    }
    this.#resampler = resampler;
    this.#resamplerKey = key;
    return resampler;
  }

  /** Resamples a frame (null: what is left), whose first sample out has this time. */
  #convert(resampler: SoftwareResampleContext, frame: Frame | null, pts: number, sounds: TimedSound[]): void {
    const count = frame?.nbSamples ?? 0;
    const room = resampler.getOutSamples(count);
    if (room < 0) throw new MediaError('size resampler', room);
    if (room === 0) return;
    const out = new Float32Array(room * CHANNELS);
    const input = frame && need(frame.extendedData, 'sound data');
    const made = check('resample', resampler.convertSync([Buffer.from(out.buffer)], room, input, count));
    if (made > 0) sounds.push({ samples: out.subarray(0, made * CHANNELS), pts });
  }

  /** Takes out what the resampler holds, and ends it. */
  #finish(sounds: TimedSound[]): void {
    const resampler = this.#resampler;
    this.#resampler = null;
    if (!resampler) return;
    try {
      const held = Number(resampler.getDelay(1_000_000n));
      if (held > 0 && this.#expected !== null) this.#convert(resampler, null, this.#expected - held, sounds);
    } finally {
      resampler.free();
    }
  }

  close(): void {
    this.#resampler?.free();
    this.#resampler = null;
    this.#packet.free();
    this.#frame.free();
    this.#context.freeContext();
  }
}
