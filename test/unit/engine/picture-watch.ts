/**
 * Real pictures whose `free` is counted, so that a test can say: each was let go, once. Whoever frees a picture twice
 * makes the test fail, and so does a picture that is left over.
 */
import { allocPicture, type Picture, planesOf } from '../../../src/engine/av/picture.js';

export class PictureWatch {
  /** By picture: how often it was freed. */
  readonly #freed = new Map<Picture, number>();

  /** A new picture, all of one luma. */
  make(luma = 128, width = 16, height = 16): Picture {
    const picture = allocPicture(width, height);
    const { y, u, v } = planesOf(picture);
    y.data.fill(luma);
    u.data.fill(128);
    v.data.fill(128);
    return this.watch(picture);
  }

  /** Watches a picture that exists. */
  watch(picture: Picture): Picture {
    const free = picture.free.bind(picture);
    this.#freed.set(picture, 0);
    picture.free = () => {
      const times = (this.#freed.get(picture) ?? 0) + 1;
      this.#freed.set(picture, times);
      if (times === 1) free();
    };
    return picture;
  }

  get made(): number {
    return this.#freed.size;
  }

  /** Pictures that are still held by somebody. */
  get held(): number {
    return [...this.#freed.values()].filter((times) => times === 0).length;
  }

  get freedTwice(): number {
    return [...this.#freed.values()].filter((times) => times > 1).length;
  }

  isHeld(picture: Picture): boolean {
    return this.#freed.get(picture) === 0;
  }
}
