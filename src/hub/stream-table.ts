/**
 * All streams of a hub by name, and the limit of viewers over all of them. Streams without publisher and readers are
 * forgotten at the next tick, so names that nobody uses take no memory.
 */
import type { HubStreamStats } from '../domain/hub.js';
import { Stream, type StreamCallbacks } from './stream.js';

/** Streams that may exist at a time; more would come from a mistake or an attack by somebody who knows the key. */
const MAX_STREAMS = 4096;

export interface StreamTableOptions {
  /** Most viewers of all streams together. */
  maxReaders: number;
  /** Milliseconds, monotonic. */
  now: () => number;
  callbacks: StreamCallbacks;
}

export class StreamTable {
  readonly #options: StreamTableOptions;
  readonly #streams = new Map<string, Stream>();

  constructor(options: StreamTableOptions) {
    this.#options = options;
  }

  /** The stream if somebody publishes or waits for it. */
  find(name: string): Stream | undefined {
    return this.#streams.get(name);
  }

  /** The stream, made when it does not exist yet; `null` when there are too many. The name has been checked. */
  obtain(name: string): Stream | null {
    const known = this.#streams.get(name);
    if (known) return known;
    if (this.#streams.size >= MAX_STREAMS) return null;
    const stream = new Stream(name, this.#options.now, this.#options.callbacks);
    this.#streams.set(name, stream);
    return stream;
  }

  /** True when no further viewer may join. */
  get full(): boolean {
    let viewers = 0;
    for (const stream of this.#streams.values()) viewers += stream.viewers;
    return viewers >= this.#options.maxReaders;
  }

  stats(): HubStreamStats[] {
    return [...this.#streams.values()].map((stream) => ({
      stream: stream.name,
      live: stream.live,
      readers: stream.readers,
      ...stream.totals(),
    }));
  }

  tick(): void {
    for (const [name, stream] of this.#streams) {
      stream.tick();
      if (stream.unused) this.#streams.delete(name);
    }
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close('hub is closing');
    this.#streams.clear();
  }
}
