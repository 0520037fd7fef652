/** Cuts the mix into the blocks of an audio codec and encodes them. */
import { CHANNELS } from '../audio/format.js';
import { AudioEncoder, type CodedSound } from '../av/audio-encoder.js';

export interface AudioTrackOptions {
  codec: 'aac' | 'opus';
  /** Bits per second. */
  bitrate: number;
  onSound: (sound: CodedSound) => void;
}

export class AudioTrack {
  readonly #encoder: AudioEncoder;
  readonly #onSound: AudioTrackOptions['onSound'];
  readonly #block: Float32Array;
  /** Sample pairs in the block, and the number of its first one. */
  #filled = 0;
  #start: number | null = null;

  constructor(options: AudioTrackOptions) {
    this.#encoder = new AudioEncoder(options.codec, options.bitrate);
    this.#onSound = options.onSound;
    this.#block = new Float32Array(this.#encoder.frameSize * CHANNELS);
  }

  get config(): Buffer {
    return this.#encoder.config;
  }

  /** Takes the next samples, which must follow on the ones before. @param sample number of the first of them */
  push(samples: Float32Array, sample: number): void {
    this.#start ??= sample;
    const size = this.#encoder.frameSize;
    for (let from = 0; from < samples.length / CHANNELS; ) {
      const count = Math.min(size - this.#filled, samples.length / CHANNELS - from);
      this.#block.set(samples.subarray(from * CHANNELS, (from + count) * CHANNELS), this.#filled * CHANNELS);
      this.#filled += count;
      from += count;
      if (this.#filled < size) return;
      for (const sound of this.#encoder.encode(this.#block, this.#start)) this.#onSound(sound);
      this.#start += size;
      this.#filled = 0;
    }
  }

  close(): void {
    this.#encoder.close();
  }
}
