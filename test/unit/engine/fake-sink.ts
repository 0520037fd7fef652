/** Takes what the mixer makes of a scene and remembers what it looked and sounded like. */
import { type Picture, planesOf } from '../../../src/engine/av/picture.js';
import type { SceneSink } from '../../../src/engine/mixer/scene-feed.js';

export class FakeSink implements SceneSink {
  needed = true;
  /** Luma in the middle of each picture, by tick. */
  readonly lumas: [number, number][] = [];
  /** All that was heard, left. */
  readonly left: number[] = [];
  readonly sounds: { tick: number; sample: number; pairs: number; last: number }[] = [];
  /** When set, what is pushed is refused with this. */
  failure: Error | null = null;
  #tick = -1;

  begin(tick: number): boolean {
    this.#tick = tick;
    return this.needed;
  }

  pushPicture(picture: Picture): void {
    const { y } = planesOf(picture);
    this.lumas.push([this.#tick, y.data[(picture.height >> 1) * y.stride + (picture.width >> 1)] ?? -1]);
    picture.free();
    if (this.failure) throw this.failure;
  }

  pushSound(samples: Float32Array, sample: number): void {
    for (let i = 0; i < samples.length; i += 2) this.left.push(samples[i] ?? Number.NaN);
    this.sounds.push({ tick: this.#tick, sample, pairs: samples.length / 2, last: samples.at(-1) ?? Number.NaN });
  }

  get last(): number | undefined {
    return this.lumas.at(-1)?.[1];
  }
}
