/**
 * Writable pictures of one size, used again when everybody else has let go of them: memory fresh from the system costs
 * more (a page fault for every 4 kB) than what is drawn into it.
 */
import { allocPicture, type Picture, planesOf, sharePicture } from '../av/picture.js';

/** Enough for what an encoder's queue and the multiview hold on to; a picture beyond these is not kept. */
const MAX_KEPT = 12;

export class FramePool implements Disposable {
  readonly #width: number;
  readonly #height: number;
  readonly #kept: Picture[] = [];
  /** What was handed out by `take`: whoever has this very reference is the only one who draws on it. */
  readonly #lent = new WeakSet<Picture>();

  constructor(size: { width: number; height: number }) {
    this.#width = size.width;
    this.#height = size.height;
  }

  /** A yuv420p picture whose samples may be written and are not set; the caller's until it is freed. */
  take(): Picture {
    const idle = this.#kept.find((picture) => picture.isWritable);
    if (idle) return this.#lend(idle);
    const fresh = allocPicture(this.#width, this.#height);
    if (this.#kept.length >= MAX_KEPT) return fresh;
    this.#kept.push(fresh);
    return this.#lend(fresh);
  }

  #lend(kept: Picture): Picture {
    const lent = sharePicture(kept);
    this.#lent.add(lent);
    return lent;
  }

  /**
   * A picture with the same samples that may be written. Takes ownership of `picture`, which must be yuv420p of the pool's
   * size, and gives it back as it is when nobody else holds it, or when it is what {@link take} handed out and has not been
   * shared since.
   */
  writable(picture: Picture): Picture {
    if (this.#lent.has(picture) || picture.isWritable) return picture;
    try {
      const copy = this.take();
      copyPicture(copy, picture);
      return copy;
    } finally {
      picture.free();
    }
  }

  [Symbol.dispose](): void {
    for (const picture of this.#kept.splice(0)) picture.free();
  }
}

/** Copies the samples of one yuv420p picture into another of the same size. */
export function copyPicture(to: Picture, from: Picture): void {
  const [source, target] = [planesOf(from), planesOf(to)];
  for (const name of ['y', 'u', 'v'] as const) {
    const { data, stride } = source[name];
    const out = target[name];
    if (stride === out.stride) {
      data.copy(out.data);
      continue;
    }
    const rows = name === 'y' ? to.height : to.height / 2;
    const width = name === 'y' ? to.width : to.width / 2;
    for (let row = 0; row < rows; row++) data.copy(out.data, row * out.stride, row * stride, row * stride + width);
  }
}
