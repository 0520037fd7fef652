/** A still picture by http(s) URL. It is fetched once; when that fails it is tried again with a growing pause. */
import type { SourceSpec } from '../../domain/desired.js';
import type { SourceHealth, SourceStatus } from '../../domain/engine.js';
import type { Picture } from '../av/media.js';
import { decodeStill } from '../av/still.js';
import { BackOff, pause } from './back-off.js';
import { fetchPicture } from './fetch-picture.js';
import { healthOf, type Source } from './source.js';

export interface ImageSourceOptions {
  spec: SourceSpec;
  url: string;
  proxy: string;
}

export class ImageSource implements Source {
  readonly spec: SourceSpec;
  readonly #options: ImageSourceOptions;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  #picture: Picture | null = null;
  #status: SourceStatus = 'connecting';
  #reason = '';
  #reconnects = 0;

  constructor(options: ImageSourceOptions) {
    this.spec = options.spec;
    this.#options = options;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const backOff = new BackOff();
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        const picture = await decodeStill(await fetchPicture(this.#options.url, this.#options.proxy, signal));
        if (signal.aborted) picture.free();
        else this.#picture = picture;
        this.#status = 'live';
        this.#reason = '';
        return;
      } catch (error) {
        this.#status = 'lost';
        this.#reason = error instanceof Error ? error.message : String(error);
        this.#reconnects++;
        await pause(backOff.next(), signal);
      }
    }
  }

  setWanted(): void {
    // A still costs nothing once it is decoded.
  }

  keepHistory(): void {
    // It is the same at any time.
  }

  advance(): void {
    // It does not move.
  }

  isReady(): boolean {
    return this.#picture !== null || this.#status === 'lost';
  }

  picture(): Picture | null {
    return this.#picture;
  }

  sound(out: Float32Array): void {
    out.fill(0);
  }

  health(): SourceHealth {
    return healthOf(this.spec, {
      status: this.#status,
      reason: this.#reason,
      width: this.#picture?.width ?? 0,
      height: this.#picture?.height ?? 0,
      lateFrames: 0,
      reconnects: this.#reconnects,
    });
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    this.#picture?.free();
    this.#picture = null;
  }
}
