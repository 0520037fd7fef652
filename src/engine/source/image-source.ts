/**
 * A picture by http(s) URL, still or moving. It is fetched once; when that fails it is tried again with a growing pause,
 * and the owner of the studio is told once for each reason. A moving one runs while a scene shows it.
 */
import type { SourceSpec } from '../../domain/desired.js';
import type { EngineReport, SourceHealth, SourceStatus } from '../../domain/engine.js';
import { VideoSamples, withoutIdleAlpha } from '../av/convert.js';
import type { Picture } from '../av/media.js';
import type { PictureFile } from '../av/picture-file.js';
import { BackOff, pause } from './back-off.js';
import { fetchPicture } from './fetch-picture.js';
import { PicturePlayer } from './picture-player.js';
import { healthOf, type Source } from './source.js';

export interface ImageSourceOptions {
  spec: SourceSpec;
  url: string;
  /** Address of the guarding proxy. */
  proxy: string;
  report: (report: EngineReport) => void;
}

export class ImageSource implements Source {
  readonly spec: SourceSpec;
  readonly #options: ImageSourceOptions;
  readonly #abort = new AbortController();
  readonly #samples = new VideoSamples();
  readonly #running: Promise<void>;
  #player: PicturePlayer | null = null;
  #seen = false;
  #status: SourceStatus = 'connecting';
  #reason = '';
  /** Engine times of the last tick, and of the first one in this status; null before that. */
  #now = 0;
  #since: number | null = null;
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
      const failure = await this.#open(signal);
      if (signal.aborted) return;
      if (!failure) {
        this.#setStatus('live', '');
        return;
      }
      // The same again at every attempt would tell nobody anything.
      if (failure.message !== this.#reason) this.#options.report({ ...failure, resourceId: this.spec.id });
      this.#setStatus('lost', failure.message);
      this.#reconnects++;
      await pause(backOff.next(), signal);
    }
  }

  #setStatus(status: SourceStatus, reason: string): void {
    if (status !== this.#status) this.#since = null;
    this.#status = status;
    this.#reason = reason;
  }

  /** Fetches and opens the picture; returns what went wrong, or null. */
  async #open(signal: AbortSignal): Promise<EngineReport | null> {
    let bytes: Buffer;
    try {
      bytes = await fetchPicture(this.#options.url, this.#options.proxy, signal);
    } catch (error) {
      return { code: 'ImageOpenFailed', message: wordsOf(error) };
    }
    try {
      const player = await PicturePlayer.open(bytes, (picture, file) => this.#prepare(picture, file));
      player.setWanted(this.#seen);
      this.#player = player;
      return null;
    } catch (error) {
      return { code: 'ImageDecodeFailed', message: wordsOf(error) };
    }
  }

  /** Into the mixer's samples, once, so that no tick has to. */
  async #prepare(picture: Picture, file: PictureFile): Promise<Picture> {
    using owned = picture;
    const converted = await this.#samples.convert(owned);
    // All pictures of an animation stay of one kind: the mixer builds a new graph whenever that changes.
    return file.count === 1 ? await withoutIdleAlpha(converted) : converted;
  }

  setWanted(seen: boolean): void {
    this.#seen = seen;
    this.#player?.setWanted(seen);
  }

  keepHistory(): void {
    // A picture by URL has no moment that it must be shown at, so a layer's delay means nothing to it.
  }

  advance(now: number): void {
    this.#now = now;
    this.#since ??= now;
    this.#player?.advance(now);
  }

  isReady(): boolean {
    return this.#player !== null || this.#status === 'lost';
  }

  picture(): Picture | null {
    return this.#player?.picture ?? null;
  }

  sound(out: Float32Array): void {
    out.fill(0);
  }

  health(): SourceHealth {
    const picture = this.#player?.picture;
    return healthOf(this.spec, {
      status: this.#status,
      reason: this.#player?.reason || this.#reason,
      forSeconds: Math.max(0, Math.floor((this.#now - (this.#since ?? this.#now)) / 1_000_000)),
      width: picture?.width ?? 0,
      height: picture?.height ?? 0,
      reconnects: this.#reconnects,
    });
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    const player = this.#player;
    this.#player = null;
    await player?.close();
    this.#samples[Symbol.dispose]();
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
