/** A stream that carries nothing but sound. It is coded while somebody listens, and for {@link LINGER} seconds after. */
import { StreamOutput } from '../output/stream-output.js';
import { type SoundCoding, SoundTracks } from './sound-tracks.js';

const LINGER = 10;

export interface SoundOutputOptions {
  stream: string;
  coding: SoundCoding;
  fps: number;
  linkPath: string;
  linkToken: string;
}

export class SoundOutput {
  readonly #output: StreamOutput;
  readonly #tracks: SoundTracks;
  readonly #linger: number;
  #tick = 0;
  #heard = Number.NEGATIVE_INFINITY;
  #opusHeard = Number.NEGATIVE_INFINITY;

  constructor({ stream, coding, fps, linkPath, linkToken }: SoundOutputOptions) {
    this.#linger = LINGER * fps;
    this.#output = new StreamOutput({ stream, linkPath, linkToken, fps, onKeyFrameWanted: () => {} });
    const outputs = (): StreamOutput[] => [this.#output];
    this.#tracks = new SoundTracks({ coding, outputs, active: outputs });
  }

  /** Looks at who listens. Returns true when the sound of this tick is needed. */
  begin(tick: number): boolean {
    this.#tick = tick;
    if (this.#output.readers > 0) this.#heard = tick;
    if (this.#output.opusReaders > 0) this.#opusHeard = tick;
    const needed = tick - this.#heard <= this.#linger;
    if (!needed) this.#tracks.stop();
    return needed;
  }

  /** Interleaved pairs; only read during the call. @param sample number of the first pair @throws MediaError */
  pushSound(samples: Float32Array, sample: number): void {
    this.#tracks.push(samples, sample, this.#tick - this.#opusHeard <= this.#linger);
  }

  /** Ends the stream for good. */
  close(reason: string): void {
    this.#output.close(reason);
    this.#tracks.stop();
  }
}
