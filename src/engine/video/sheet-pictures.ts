/** Sheets as pictures that a filter graph can lay over others, made once for each sheet and opacity, and kept a while. */
import { allocPicture, type Picture, planesOf } from '../av/picture.js';
import type { Sheet, SheetPlane } from './sheet.js';

/** Sixteen full frames of 1080p; what is used in one call is kept in any case. */
const MAX_BYTES = 96 * 1024 * 1024;
/** Overlays of one graph. */
const LEAST_KEPT = 32;

export class SheetPictures implements Disposable {
  /** Most recently used last; by number of the sheet and opacity, for one sheet may lie in two places. */
  readonly #kept = new Map<string, Picture>();
  readonly #numbers = new WeakMap<Sheet, number>();
  #last = 0;

  /** A number that no other sheet has. */
  numberOf(sheet: Sheet): number {
    const number = this.#numbers.get(sheet) ?? ++this.#last;
    this.#numbers.set(sheet, number);
    return number;
  }

  /** The picture of a sheet, yuva420p. Stays ours; valid as long as fewer than {@link LEAST_KEPT} others were asked for. */
  of(sheet: Sheet, opacity: number): Picture {
    const key = `${this.numberOf(sheet)}@${opacity}`;
    const picture = this.#kept.get(key) ?? pictureOf(sheet, opacity);
    this.#kept.delete(key);
    this.#kept.set(key, picture);
    let bytes = 0;
    for (const { width, height } of this.#kept.values()) bytes += (width * height * 5) / 2;
    for (const [oldest, old] of this.#kept) {
      if (bytes <= MAX_BYTES || this.#kept.size <= LEAST_KEPT) break;
      this.#kept.delete(oldest);
      bytes -= (old.width * old.height * 5) / 2;
      old.free();
    }
    return picture;
  }

  [Symbol.dispose](): void {
    for (const picture of this.#kept.values()) picture.free();
    this.#kept.clear();
  }
}

function pictureOf(sheet: Sheet, opacity: number): Picture {
  const picture = allocPicture(sheet.width, sheet.height, { alpha: true });
  const { y, u, v, a } = planesOf(picture);
  const pairs = [
    [y, sheet.y],
    [u, sheet.u],
    [v, sheet.v],
  ] as const;
  for (const [plane, of] of pairs) {
    for (let row = 0; row < of.height; row++) straighten(plane.data, row * plane.stride, of, row);
  }
  for (let row = 0; a && row < sheet.height; row++) {
    for (let column = 0; column < sheet.width; column++) {
      a.data[row * a.stride + column] = Math.round((sheet.y.alpha[row * sheet.width + column] ?? 0) * opacity);
    }
  }
  return picture;
}

/** A row of samples that are not multiplied with their alpha any more. */
function straighten(out: Buffer, to: number, { data, alpha, width }: SheetPlane, row: number): void {
  for (let column = 0; column < width; column++) {
    const at = row * width + column;
    const opacity = alpha[at] ?? 0;
    out[to + column] = opacity === 0 ? 128 : Math.min(255, Math.round(((data[at] ?? 0) * 255) / opacity));
  }
}
