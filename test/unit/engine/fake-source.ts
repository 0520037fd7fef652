/** A source that gives what a test says, and remembers what the mixer did with it. */
import type { SourceSpec } from '../../../src/domain/desired.js';
import type { SourceHealth } from '../../../src/domain/engine.js';
import type { Picture } from '../../../src/engine/av/media.js';
import { healthOf, type SoundCursor, type Source } from '../../../src/engine/source/source.js';
import { sourceSpecOf } from '../../support/desired.js';

export function sourceSpec(position: string, id = `id-${position}`): SourceSpec {
  return sourceSpecOf({ id, position, name: position, input: { kind: 'test', pattern: 'bars', toneHz: 440 } });
}

export class FakeSource implements Source {
  readonly spec: SourceSpec;
  /** Stays the test's. */
  image: Picture | null = null;
  ready = true;
  /** What the mixer asked for: its picture, its sound. */
  seen = false;
  hears = false;
  history = 0;
  heardHistory = 0;
  closed = false;
  /** Ticks that it was told of. */
  readonly advanced: number[] = [];
  /** Delays with which pictures were asked for. */
  readonly delays: number[] = [];
  /** Engine times of the blocks of sound that were asked for. */
  readonly heard: number[] = [];
  /** Left and right at an engine time, µs. */
  level: (time: number) => [number, number] = () => [0, 0];
  /** Ticks that it needs to be ready again after it was not wanted, as a decoder does. */
  coldTicks = 0;
  #warm = 0;

  constructor(spec: SourceSpec) {
    this.spec = spec;
  }

  /** Seen or heard; set by a test, both. */
  get wanted(): boolean {
    return this.seen || this.hears;
  }

  set wanted(wanted: boolean) {
    this.seen = this.hears = wanted;
  }

  setWanted(seen: boolean, heard = seen): void {
    if (seen && !this.seen) this.#warm = -this.coldTicks;
    this.seen = seen;
    this.hears = heard;
  }

  keepHistory(seen: number, heard = seen): void {
    this.history = seen;
    this.heardHistory = heard;
  }

  advance(now: number): void {
    this.advanced.push(now);
    if (this.seen) this.#warm++;
  }

  isReady(): boolean {
    return this.ready && (this.#warm >= 0 || (this.hears && !this.seen));
  }

  picture(delayUs: number): Picture | null {
    if (this.closed) throw new Error('asked for a picture after it was closed');
    this.delays.push(delayUs);
    return this.#warm >= 0 ? this.image : null;
  }

  sound(out: Float32Array, from: number, cursor: SoundCursor): void {
    if (this.closed) throw new Error('asked for sound after it was closed');
    this.heard.push(from);
    for (let i = 0; i < out.length / 2; i++) {
      // What nobody wants is not decoded, so there is nothing to be heard of it.
      const [left, right] = this.hears ? this.level(from + (i * 1_000_000) / 48_000) : [0, 0];
      out[2 * i] = left;
      out[2 * i + 1] = right;
    }
    cursor.next = (cursor.next ?? 0) + out.length / 2;
  }

  health(): SourceHealth {
    return healthOf(this.spec, { status: 'live', reason: '', width: 0, height: 0, lateFrames: 0, reconnects: 0 });
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
