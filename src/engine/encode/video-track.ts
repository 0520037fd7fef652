/**
 * A video encoder behind a short queue, so that a tick never waits for it.
 *
 * The queue takes {@link MAX_QUEUED} pictures; when it is full the new picture is let go and counted: the stream then
 * lacks one frame, and time stamps stay true. An encoder that fails is closed and opened anew, at most once in
 * `retryTicks`; the pictures up to then are let go and counted, and the first one after is a key frame. Viewers stay.
 */
import type { Picture } from '../av/media.js';
import type { CodedPicture } from '../av/video-encoder.js';
import type { PictureEncoder } from './encoder-choice.js';

const MAX_QUEUED = 8;

interface Job {
  picture: Picture;
  tick: number;
  key: boolean;
}

export interface VideoTrackOptions {
  /** @throws Error when there is no encoder to be had now */
  open: () => PictureEncoder;
  /** Ticks between two attempts to open one. */
  retryTicks: number;
  /** Before the first picture, and when another encoder codes in another way. */
  onConfig: (config: Buffer) => void;
  onPicture: (picture: CodedPicture) => void;
  onError: (error: Error) => void;
}

export class VideoTrack {
  readonly #options: VideoTrackOptions;
  readonly #queue: Job[] = [];
  #encoder: PictureEncoder | null = null;
  #running: Promise<void> | null = null;
  #closed = false;
  #keyOwed = true;
  /** The encoder may be opened from this tick on. */
  #openFrom = Number.NEGATIVE_INFINITY;
  dropped = 0;

  constructor(options: VideoTrackOptions) {
    this.#options = options;
  }

  /** True when the picture of this tick would be taken, and be a key frame whether asked for or not. */
  owesKey(tick: number): boolean {
    return this.#keyOwed && this.#hasRoom(tick);
  }

  #hasRoom(tick: number): boolean {
    return !this.#closed && this.#queue.length < MAX_QUEUED && (this.#encoder !== null || tick >= this.#openFrom);
  }

  /** Takes ownership of a picture. The first one, and the one after a lost key frame, become key frames in any case. */
  push(picture: Picture, tick: number, key: boolean): void {
    if (!this.#hasRoom(tick) || !this.#opened(tick)) {
      picture.free();
      this.dropped++;
      this.#keyOwed ||= key;
      return;
    }
    this.#queue.push({ picture, tick, key: key || this.#keyOwed });
    this.#keyOwed = false;
    this.#running ??= this.#work().finally(() => {
      this.#running = null;
    });
  }

  #opened(tick: number): boolean {
    if (this.#encoder) return true;
    this.#openFrom = tick + this.#options.retryTicks;
    // One that failed is still being closed: its queue must not mix with the next one's.
    if (this.#running) return false;
    try {
      this.#encoder = this.#options.open();
      this.#options.onConfig(this.#encoder.config);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #fail(error: unknown): void {
    this.#encoder?.close();
    this.#encoder = null;
    this.#keyOwed = true;
    this.dropped += this.#queue.length;
    for (const { picture } of this.#queue.splice(0)) picture.free();
    this.#options.onError(error instanceof Error ? error : new Error(String(error)));
  }

  async #work(): Promise<void> {
    try {
      for (let job = this.#queue.shift(); job && this.#encoder; job = this.#queue.shift()) {
        const coded = await this.#encoder.encode(job.picture, job.tick, job.key);
        if (this.#closed) break;
        for (const picture of coded) this.#options.onPicture(picture);
      }
    } catch (error) {
      this.dropped++;
      this.#fail(error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    for (const { picture } of this.#queue.splice(0)) picture.free();
    this.#encoder?.close();
    this.#encoder = null;
  }
}
