/**
 * A video encoder behind a short queue, so that a tick never waits for it.
 *
 * The queue takes {@link MAX_QUEUED} pictures; when it is full the new picture is let go and counted: the stream then
 * lacks one frame, and time stamps stay true.
 */
import type { Picture } from '../av/media.js';
import { type CodedPicture, VideoEncoder, type VideoEncoderOptions } from '../av/video-encoder.js';

const MAX_QUEUED = 8;

interface Job {
  picture: Picture;
  tick: number;
  key: boolean;
}

export interface VideoTrackOptions {
  encoder: VideoEncoderOptions;
  onPicture: (picture: CodedPicture) => void;
  onError: (error: Error) => void;
}

export class VideoTrack {
  readonly #encoder: VideoEncoder;
  readonly #options: VideoTrackOptions;
  readonly #queue: Job[] = [];
  #running: Promise<void> | null = null;
  #closed = false;
  #keyOwed = true;
  dropped = 0;

  constructor(options: VideoTrackOptions) {
    this.#options = options;
    this.#encoder = new VideoEncoder(options.encoder);
  }

  /** AVCDecoderConfigurationRecord. */
  get config(): Buffer {
    return this.#encoder.config;
  }

  /** Takes ownership of a picture. The first one, and the one after a lost key frame, become key frames in any case. */
  push(picture: Picture, tick: number, key: boolean): void {
    if (this.#closed || this.#queue.length >= MAX_QUEUED) {
      picture.free();
      this.dropped++;
      this.#keyOwed ||= key;
      return;
    }
    this.#queue.push({ picture, tick, key: key || this.#keyOwed });
    this.#keyOwed = false;
    this.#running ??= this.#work()
      .catch((error: unknown) => this.#options.onError(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        this.#running = null;
      });
  }

  async #work(): Promise<void> {
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
      const coded = await this.#encoder.encode(job.picture, job.tick, job.key);
      if (this.#closed) break;
      for (const picture of coded) this.#options.onPicture(picture);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
    for (const { picture } of this.#queue.splice(0)) picture.free();
    this.#encoder.close();
  }
}
