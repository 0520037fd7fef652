/**
 * What waits to be sent to one relay. Pure.
 *
 * Holds at most `maxBytes` and `maxMs` of media. When one more does not fit, everything that waits is thrown away and
 * counted, and pictures are left out until the next key frame, so that a slow peer sees a jump instead of an ever older
 * programme. Of configurations and metadata the newest of each kind stays: a decoder needs them whatever was lost.
 */
import { TAG_AUDIO, TAG_SCRIPT, TAG_VIDEO } from '../protocol/flv.js';

export interface QueuedTag {
  /** {@link TAG_VIDEO}, {@link TAG_AUDIO} or {@link TAG_SCRIPT}. */
  type: number;
  /** ms. */
  timestamp: number;
  /** Shared with other readers: not to be changed. */
  body: readonly Uint8Array[];
}

export interface QueueLimits {
  maxBytes: number;
  maxMs: number;
}

type Kind = 'key' | 'picture' | 'sound' | 'config';

function kindOf({ type, body }: QueuedTag): Kind {
  const head = body[0];
  if (type === TAG_SCRIPT || head?.[1] === 0) return 'config';
  if (type === TAG_AUDIO) return 'sound';
  return type === TAG_VIDEO && (head?.[0] ?? 0) >> 4 === 1 ? 'key' : 'picture';
}

function sizeOf(tag: QueuedTag): number {
  return tag.body.reduce((sum, part) => sum + part.length, 0);
}

export class RelayQueue {
  readonly #limits: QueueLimits;
  #tags: { tag: QueuedTag; kind: Kind; size: number }[] = [];
  #bytes = 0;
  #awaitsKey = false;
  /** Pictures and packets of sound that were thrown away. */
  dropped = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#tags.length === 0;
  }

  push(tag: QueuedTag): void {
    const entry = { tag, kind: kindOf(tag), size: sizeOf(tag) };
    const oldest = this.#tags.find(({ kind }) => kind !== 'config')?.tag.timestamp ?? tag.timestamp;
    const { maxBytes, maxMs } = this.#limits;
    if (this.#bytes + entry.size > maxBytes || tag.timestamp - oldest > maxMs) this.#clear();
    if (entry.kind === 'key' && entry.size <= maxBytes) this.#awaitsKey = false;
    if (this.#awaitsKey && (entry.kind === 'key' || entry.kind === 'picture')) {
      this.dropped++;
      return;
    }
    this.#tags.push(entry);
    this.#bytes += entry.size;
  }

  /** The next to be sent. */
  shift(): QueuedTag | undefined {
    const entry = this.#tags.shift();
    if (entry) this.#bytes -= entry.size;
    return entry?.tag;
  }

  #clear(): void {
    const newest = new Map(this.#tags.filter(({ kind }) => kind === 'config').map((entry) => [entry.tag.type, entry]));
    this.dropped += this.#tags.filter(({ kind }) => kind !== 'config').length;
    this.#tags = [...newest.values()];
    this.#bytes = this.#tags.reduce((sum, { size }) => sum + size, 0);
    this.#awaitsKey = true;
  }
}
