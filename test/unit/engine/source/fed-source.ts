/** A source that is fed with packets by hand, and plain samples to feed it with. */
import { AV_CHANNEL_LAYOUT_STEREO, AV_CODEC_ID_PCM_F32LE, AVMEDIA_TYPE_AUDIO } from 'node-av/constants';
import { CodecParameters } from 'node-av/lib';
import { SAMPLE_RATE } from '../../../../src/engine/audio/format.js';
import type { CodedPacket, DecoderSource } from '../../../../src/engine/av/decoder.js';
import { CodedSource, type PlayoutClock } from '../../../../src/engine/source/coded-source.js';
import type { SoundCursor } from '../../../../src/engine/source/source.js';
import { sourceSpecOf } from '../../../support/desired.js';
import { FRAME } from '../coded-stream.js';
import { sideOf } from '../spectrum.js';

const FPS = 25;
/** Sample pairs of a tick. */
export const BLOCK = SAMPLE_RATE / FPS;
/** Times that are those of the engine, but for what a test moves. */
export class Times {
  offset = 0;
  readonly observe = (): void => {};
  readonly reset = (): void => {};
  readonly toEngine = (us: number): number => us + this.offset;
  readonly toSource = (us: number): number => us - this.offset;
}

/** Moved on by hand; remembers what one listener has heard of it. */
export class FedSource extends CodedSource {
  readonly cursor: SoundCursor = { next: null };
  readonly heard: Float32Array[] = [];

  readonly #now: { us: number };

  constructor(clock: PlayoutClock, now = { us: 0 }) {
    const spec = sourceSpecOf({ id: 'a', input: { kind: 'hub', stream: 'live/a' } });
    super({ spec, now: () => now.us, fps: FPS, report: () => {} }, clock);
    this.#now = now;
  }

  /** Engine time, µs. */
  get time(): number {
    return this.#now.us;
  }

  begin(video: DecoderSource | null, audio: DecoderSource | null): void {
    this.restartTimes();
    this.media.setVideoConfig(video);
    this.media.setAudioConfig(audio);
    this.setStatus('live');
  }

  changeSound(config: DecoderSource): void {
    this.media.setAudioConfig(config);
  }

  push(kind: 'video' | 'audio', packets: readonly CodedPacket[]): void {
    for (const packet of packets) this.take(kind, packet);
  }

  /** Ticks; what is heard is that of the tick before, as in the mixer. */
  tick(count = 1): void {
    for (let done = 0; done < count; done++) {
      this.#now.us += FRAME;
      this.advance(this.time);
      const out = new Float32Array(2 * BLOCK);
      this.sound(out, this.time - FRAME, this.cursor);
      this.heard.push(sideOf(out, 0));
    }
  }

  get left(): Float32Array {
    const all = new Float32Array(this.heard.length * BLOCK);
    for (const [index, block] of this.heard.entries()) all.set(block, index * BLOCK);
    return all;
  }
}

/** Plain samples, so that whatever is heard beside them is not a coder's. */
export const PLAIN: DecoderSource = { parameters: plainParameters() };

function plainParameters(): CodecParameters {
  const parameters = new CodecParameters();
  parameters.alloc();
  parameters.codecType = AVMEDIA_TYPE_AUDIO;
  parameters.codecId = AV_CODEC_ID_PCM_F32LE;
  parameters.sampleRate = SAMPLE_RATE;
  parameters.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  return parameters;
}

/** Sound by a function of the sample number, in packets of 1024 samples. */
export function plain(seconds: number, value: (sample: number) => number, first = 0): CodedPacket[] {
  return Array.from({ length: Math.floor((seconds * SAMPLE_RATE) / 1024) }, (_, index) => {
    const from = first + index * 1024;
    const samples = Float32Array.from({ length: 2048 }, (__, i) => value(from + (i >> 1)));
    const pts = (from * 1_000_000) / SAMPLE_RATE;
    return { payload: new Uint8Array(samples.buffer), pts, dts: pts, key: true };
  });
}
