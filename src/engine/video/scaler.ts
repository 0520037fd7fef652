/** Scales the mixed picture to a rendition. */

import type { Size } from '../../domain/geometry.js';
import { PictureGraph } from '../av/graph.js';
import { type Picture, shapeKey, shapeOf } from '../av/picture.js';

export class Scaler implements Disposable {
  readonly #size: Size;
  #graph: PictureGraph | null = null;
  #key = '';

  constructor(size: Size) {
    this.#size = size;
  }

  /** The caller keeps `picture` and owns the result. @throws MediaError */
  scale(picture: Picture): Picture {
    const shape = shapeOf(picture);
    const key = shapeKey(shape);
    if (!this.#graph || key !== this.#key) {
      this.#graph?.[Symbol.dispose]();
      const { width, height } = this.#size;
      this.#graph = new PictureGraph([shape], `[in0]scale=${width}:${height}:flags=bilinear,setsar=1[out]`);
      this.#key = key;
    }
    return this.#graph.run([picture]);
  }

  [Symbol.dispose](): void {
    this.#graph?.[Symbol.dispose]();
    this.#graph = null;
  }
}
