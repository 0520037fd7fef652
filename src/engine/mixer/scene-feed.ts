/**
 * Feeds one sink with pictures and sound, tick by tick, and never stops because one of them could not be made: the last
 * picture is then shown again.
 */
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import { type MixLayer, SoundMix } from '../audio/mix.js';
import type { Picture } from '../av/media.js';
import { sharePicture } from '../av/picture.js';
import type { Source } from '../source/source.js';

/** Where the pictures and the mixed sound of a scene go. */
export interface SceneSink {
  /** Returns false when nothing of this tick is needed. */
  begin(tick: number): boolean;
  /** Takes ownership of the picture. */
  pushPicture(picture: Picture): void;
  /** Interleaved pairs; only read during the call. @param sample number of the first pair, 48 kHz from tick 0 */
  pushSound(samples: Float32Array, sample: number): void;
}

/** The tick that is being made. */
export interface Moment {
  tick: number;
  /** Engine time of the tick, µs. */
  time: number;
  /** Ticks left out just before it. */
  skipped: number;
}

/** Sample pairs that are mixed at once after the machine was away: 3 s. */
const MOST_CAUGHT_UP = 3 * SAMPLE_RATE;

export class SceneFeed {
  readonly #sink: SceneSink;
  readonly #fps: number;
  readonly #onError: (error: unknown) => void;
  readonly #ears: readonly Pick<SceneSink, 'pushSound'>[];
  readonly #mix = new SoundMix();
  /** The picture of the last tick, shown again when one cannot be composed. */
  #last: Picture | null = null;
  /** Sound layers of the last tick, which are the ones to mix now, and how their gains move. */
  #due: { layers: MixLayer[]; evenly: boolean } | null = null;
  #needed = false;

  /** @param alsoHeardBy others who get the same sound */
  constructor(
    sink: SceneSink,
    fps: number,
    onError: (error: unknown) => void,
    alsoHeardBy: readonly Pick<SceneSink, 'pushSound'>[] = [],
  ) {
    this.#sink = sink;
    this.#ears = [sink, ...alsoHeardBy];
    this.#fps = fps;
    this.#onError = onError;
  }

  /** Begins a tick; whether somebody needs its picture. */
  begin(tick: number): boolean {
    this.#needed = this.#sink.begin(tick);
    return this.#needed;
  }

  get isNeeded(): boolean {
    return this.#needed;
  }

  /**
   * Hands on the picture of this tick when it is needed.
   * @param compose makes it; what it gives back becomes the feed's
   * @param black makes what is shown when nothing could ever be composed
   * @returns the picture for others who show it in this tick; stays the feed's, valid until the next call. Null on failure
   */
  show(compose: () => Picture, black: () => Picture): Picture | null {
    try {
      const picture = this.#composed(compose, black);
      if (this.#needed) this.#sink.pushPicture(sharePicture(picture));
      return picture;
    } catch (error) {
      this.#onError(error);
      return null;
    }
  }

  #composed(compose: () => Picture, black: () => Picture): Picture {
    try {
      const picture = compose();
      this.#last?.free();
      this.#last = picture;
    } catch (error) {
      this.#onError(error);
      this.#last ??= black();
    }
    return this.#last;
  }

  /**
   * Mixes the sound of the last tick and takes note of what is to be heard in this one.
   * @param evenly gains move over the whole tick, as in a fade
   * @returns the block that was mixed, for meters; null for the first tick
   */
  sound({ tick, time, skipped }: Moment, layers: MixLayer[], evenly: boolean): Float32Array | null {
    const due = this.#due;
    this.#due = { layers, evenly };
    if (!due) return null;
    const first = Math.round(((tick - 1 - skipped) * SAMPLE_RATE) / this.#fps);
    const end = Math.round((tick * SAMPLE_RATE) / this.#fps);
    // The sound of ticks that were left out is there all the same; what is too long ago is silence.
    const from = Math.max(first, end - MOST_CAUGHT_UP);
    if (from > first) this.#push(new Float32Array((from - first) * CHANNELS), first);
    const block = new Float32Array((end - from) * CHANNELS);
    try {
      this.#mix.set(due.layers, due.evenly);
      this.#mix.mix(block, time - ((end - from) * 1_000_000) / SAMPLE_RATE);
    } catch (error) {
      this.#onError(error);
    }
    this.#push(block, from);
    return block;
  }

  #push(samples: Float32Array, sample: number): void {
    for (const ear of this.#ears) {
      try {
        ear.pushSound(samples, sample);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  /** Sources whose sound is still to be mixed: that of the last tick, and what fades. They must not fall silent yet. */
  heard(): Source[] {
    return [...(this.#due?.layers ?? []).map(({ source }) => source), ...this.#mix.sources()];
  }

  /** A source is about to be closed; nothing of it is read any more. */
  drop(source: Source): void {
    this.#mix.drop(source);
    if (this.#due) this.#due.layers = this.#due.layers.filter((layer) => layer.source !== source);
  }

  close(): void {
    this.#last?.free();
    this.#last = null;
  }
}
