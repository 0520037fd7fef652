/**
 * One source on its own, moved on in real time as the mixer does, and what it shows. Times are ms of performance.now().
 * close() closes the source.
 */
import type { SourceHealth } from '../../src/domain/engine.js';
import { type Picture, planesOf } from '../../src/engine/av/picture.js';
import type { SoundCursor, Source } from '../../src/engine/source/source.js';
import { waitFor } from './wait.js';

/** Ticks a second. */
const FPS = 30;

export class SourceStage {
  readonly source: Source;
  readonly #timer: NodeJS.Timeout;
  readonly #cursor: SoundCursor = { next: null };
  /** Loudest sample of the last block, 0 to 1. */
  level = 0;
  /** Luma and colour differences in the middle of the picture of each tick; null when there was none. */
  readonly seen: ({ y: number; u: number; v: number } | null)[] = [];

  constructor(source: Source) {
    this.source = source;
    source.setWanted(true);
    this.#timer = setInterval(() => this.#tick(), 1000 / FPS);
  }

  /** Engine time for sources on a stage, µs. */
  static now(): number {
    return performance.now() * 1000;
  }

  get health(): SourceHealth {
    return this.source.health();
  }

  get latest(): { y: number; u: number; v: number } | null {
    return this.seen.at(-1) ?? null;
  }

  #tick(): void {
    const now = SourceStage.now();
    this.source.advance(now);
    const picture = this.source.picture(0);
    this.seen.push(picture ? middleOf(picture) : null);
    const block = new Float32Array((2 * 48_000) / FPS);
    this.source.sound(block, now - 1_000_000 / FPS, this.#cursor);
    this.level = block.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  }

  /** Waits until the source is ready and live. */
  live(timeoutMs = 10_000): Promise<unknown> {
    return waitFor('a live source', timeoutMs, () => this.health.status === 'live' && this.latest !== null);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.source.close();
  }
}

/** Of a picture with 8 bits and planes. */
function middleOf(picture: Picture): { y: number; u: number; v: number } {
  const planes = planesOf(picture);
  const shift = (planes.u.stride < planes.y.stride ? 1 : 0) as 0 | 1;
  const at = (plane: { data: Buffer; stride: number }, by: number): number =>
    plane.data[(picture.height >> (by + 1)) * plane.stride + (picture.width >> (by + 1))] ?? 0;
  return { y: at(planes.y, 0), u: at(planes.u, shift), v: at(planes.v, shift) };
}
