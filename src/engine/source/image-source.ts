/** A still picture by http(s) URL. It is fetched once; when that fails it is tried again with a growing pause. */
import { ProxyAgent, request } from 'undici';
import type { SourceSpec } from '../../domain/desired.js';
import type { SourceHealth, SourceStatus } from '../../domain/engine.js';
import type { Picture } from '../av/media.js';
import { decodeStill } from '../av/still.js';
import { BackOff, pause } from './back-off.js';
import { healthOf, type Source } from './source.js';

/** The API's limit for pictures by URL. */
const MAX_BYTES = 10 * 1024 * 1024;
const TIMEOUT_MS = 10_000;
const MAX_REDIRECTS = 5;

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

/** Fetches a picture through the guarding proxy. @throws Error in words */
async function fetchPicture(url: string, proxy: string, outer: AbortSignal): Promise<Buffer> {
  const dispatcher = new ProxyAgent({ uri: proxy });
  const signal = AbortSignal.any([outer, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    let target = url;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const response = await request(target, { dispatcher, signal });
      // A body that is not read to its end fails when the connection is let go, and nobody else would hear of it.
      response.body.on('error', () => {});
      const location = response.headers.location;
      if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string') {
        await response.body.dump();
        target = new URL(location, target).href;
        if (!/^https?:/.test(target)) throw new Error('the picture redirects to something that is not http');
        continue;
      }
      if (response.statusCode !== 200) throw new Error(`the server answered ${response.statusCode}`);
      return await readBounded(response.body);
    }
    throw new Error('too many redirects');
  } finally {
    await dispatcher.destroy();
  }
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error('the picture is larger than 10 MB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
