/**
 * The last picture of a source that was changed on the air: it is shown for the new one until that has a picture of its own,
 * however long it takes, for a picture that stands still is better than a black hole.
 *
 * Owns one reference for each source that it stands in for.
 */
import { type Picture, sharePicture } from '../av/picture.js';
import type { Source } from '../source/source.js';
import { type Content, sourcesOf } from './content.js';

export class StandIns implements Disposable {
  readonly #pictures = new Map<Source, Picture>();

  /** Takes the pictures of sources in `before` for those with the same id in `after`, which are other ones. */
  take(before: readonly Content[], after: Content): void {
    const old = new Map(before.flatMap(sourcesOf).map((source) => [source.spec.id, source]));
    for (const { source } of after.video) {
      const former = old.get(source.spec.id);
      if (!former || former === source || this.#pictures.has(source)) continue;
      const picture = this.of(former);
      if (picture) this.#pictures.set(source, sharePicture(picture));
    }
  }

  /** The newest picture of a source, or what stands in for it; stays theirs. */
  of(source: Source, delayUs = 0): Picture | null {
    return source.picture(delayUs) ?? this.#pictures.get(source) ?? null;
  }

  /** Lets go of what is not needed any more. @param shown what is on show or about to be */
  settle(shown: readonly Content[]): void {
    if (this.#pictures.size === 0) return;
    const needed = new Set(shown.flatMap(sourcesOf));
    for (const [source, picture] of this.#pictures) {
      if (needed.has(source) && source.picture(0) === null) continue;
      this.#pictures.delete(source);
      picture.free();
    }
  }

  /** A source is about to be closed. */
  drop(source: Source): void {
    this.#pictures.get(source)?.free();
    this.#pictures.delete(source);
  }

  [Symbol.dispose](): void {
    for (const picture of this.#pictures.values()) picture.free();
    this.#pictures.clear();
  }
}
