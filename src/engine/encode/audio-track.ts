/** Cuts the mix into the blocks of an audio codec and encodes them. */
import { CHANNELS } from '../audio/format.js';
import { AudioEncoder, type CodedSound } from '../av/audio-encoder.js';

/** Silence that is coded, pairs: 10 s. */
const MAX_GAP = 480_000;

export interface AudioTrackOptions {
  codec: 'aac' | 'opus';
  /** Bits per second. */
  bitrate: number;
  /** What is coded; the samples that come are pairs in any case. */
  channels: 1 | 2;
  onSound: (sound: CodedSound) => void;
}

export class AudioTrack {
  readonly #options: AudioTrackOptions;
  #encoder: AudioEncoder;
  readonly #block: Float32Array;
  /** Sample pairs in the block, and the number of its first one. */
  #filled = 0;
  #start: number | null = null;

  constructor(options: AudioTrackOptions) {
    this.#options = options;
    this.#encoder = new AudioEncoder(options.codec, options);
    this.#block = new Float32Array(this.#encoder.frameSize * CHANNELS);
  }

  get config(): Buffer {
    return this.#encoder.config;
  }

  /**
   * Takes the next samples. What lies between them and the ones before is silence; what was there already is left out.
   * @param sample number of the first of them
   * @throws MediaError when a block could not be encoded; all samples are taken nevertheless, so times stay true
   */
  push(samples: Float32Array, sample: number): void {
    this.#start ??= sample;
    const gap = sample - (this.#start + this.#filled);
    if (gap > 0) this.#take(new Float32Array(Math.min(gap, MAX_GAP) * CHANNELS));
    // After a longer one the times begin anew.
    if (gap > MAX_GAP) this.#start += gap - MAX_GAP;
    this.#take(gap < 0 ? samples.subarray(-gap * CHANNELS) : samples);
  }

  #take(samples: Float32Array): void {
    const size = this.#encoder.frameSize;
    let failure: unknown;
    for (let from = 0; from < samples.length / CHANNELS; ) {
      const count = Math.min(size - this.#filled, samples.length / CHANNELS - from);
      this.#block.set(samples.subarray(from * CHANNELS, (from + count) * CHANNELS), this.#filled * CHANNELS);
      this.#filled += count;
      from += count;
      if (this.#filled < size) break;
      const start: number = this.#start ?? 0;
      this.#start = start + size;
      this.#filled = 0;
      try {
        for (const sound of this.#encoder.encode(this.#block, start)) this.#options.onSound(sound);
      } catch (error) {
        failure ??= error;
        // FFmpeg counts the samples that come out; after a block that did not, all later times would be wrong.
        this.#encoder.close();
        this.#encoder = new AudioEncoder(this.#options.codec, this.#options);
      }
    }
    if (failure !== undefined) throw failure;
  }

  close(): void {
    this.#encoder.close();
  }
}
