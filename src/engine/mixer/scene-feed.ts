/** Feeds one sink with pictures, tick by tick, and never stops because one could not be made: the last is then shown again. */
import type { Picture } from '../av/media.js';
import { sharePicture } from '../av/picture.js';
import type { SoundSink } from './scene-sound.js';

/** Where the pictures and the mixed sound of a scene go. */
export interface SceneSink extends SoundSink {
  /** Returns false when nothing of this tick is needed. */
  begin(tick: number): boolean;
  /** Takes ownership of the picture. */
  pushPicture(picture: Picture): void;
}

export class SceneFeed {
  readonly #sink: SceneSink;
  readonly #onError: (error: unknown) => void;
  /** The picture of the last tick, shown again when one cannot be composed. */
  #last: Picture | null = null;
  #needed = false;

  constructor(sink: SceneSink, onError: (error: unknown) => void) {
    this.#sink = sink;
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

  close(): void {
    this.#last?.free();
    this.#last = null;
  }
}
