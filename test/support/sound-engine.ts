/**
 * An engine's end of the link that publishes nothing but sound, as a stream to listen to a source has it: a tone in AAC
 * while anybody listens, and in Opus too while somebody needs that. The owner destroys the socket.
 */
import { AudioEncoder } from '../../src/engine/av/audio-encoder.js';
import { encodeConfig, type MediaPacket, TRACK_AAC, TRACK_OPUS } from '../../src/link/frame.js';
import { LinkEngine } from './link-engine.js';

const RATE = 48_000;
const TURN_MS = 10;
const LEVEL = 0.5;

export interface SoundEngineOptions {
  linkPath: string;
  token: string;
  stream: string;
  channels: 1 | 2;
  toneHz: number;
}

export class SoundEngine {
  readonly link: LinkEngine;
  /** Every Opus packet that was sent, in order. */
  readonly opus: MediaPacket[] = [];
  readonly #options: SoundEngineOptions;

  constructor(options: SoundEngineOptions) {
    this.#options = options;
    this.link = new LinkEngine(options.linkPath, { role: 'publish', stream: options.stream, token: options.token });
    const ends = [this.#coded('aac'), this.#coded('opus')];
    this.link.socket.on('close', () => {
      for (const end of ends) end();
    });
  }

  /** What the hub asked for last. */
  get demand(): { readers: number; opus: number } {
    const last = this.link.controls('demand').at(-1);
    return last?.type === 'demand' ? last : { readers: 0, opus: 0 };
  }

  #coded(codec: 'aac' | 'opus'): () => void {
    const { channels, toneHz } = this.#options;
    const encoder = new AudioEncoder(codec, { bitrate: 96_000, channels });
    const track = codec === 'aac' ? TRACK_AAC : TRACK_OPUS;
    const begun = performance.now();
    const block = new Float32Array(2 * encoder.frameSize);
    let announced = false;
    let sample = 0;
    const timer = setInterval(() => {
      const until = ((performance.now() - begun) * RATE) / 1000;
      const wanted = codec === 'aac' ? this.demand.readers > 0 : this.demand.opus > 0;
      for (; sample + encoder.frameSize <= until; sample += encoder.frameSize) {
        if (!wanted) continue;
        for (let index = 0; index < encoder.frameSize; index++) {
          const value = LEVEL * Math.sin((2 * Math.PI * toneHz * (sample + index)) / RATE);
          block[2 * index] = value;
          block[2 * index + 1] = value;
        }
        const coded = encoder.encode(block, sample);
        if (!announced) this.link.socket.write(encodeConfig({ track, codec, extradata: encoder.config }));
        announced = true;
        for (const one of coded) {
          // A second behind the beginning, so that the codec's warm-up is not before it.
          const dts = 1_000_000 + Math.round((one.sample * 1e6) / RATE);
          const packet: MediaPacket = { track, key: true, dts, cts: 0, payload: one.payload };
          if (codec === 'opus') this.opus.push(packet);
          this.link.send(packet);
        }
      }
    }, TURN_MS);
    return () => {
      clearInterval(timer);
      encoder.close();
    };
  }
}
