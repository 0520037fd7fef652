/**
 * How much of the past a source may keep for delayed layers, in bytes, and which picture of it can be missed most
 * easily. The pictures stay with whoever keeps them.
 */
import type { Picture } from '../av/media.js';

/** Past of one source: 41 pictures of 4K (yuv420p), 5.7 s of 1080p at 30 a second. */
export const HISTORY_BYTES = 512 * 1024 * 1024;

/** Bytes by format and size, because looking at the samples of each picture would cost more than it is worth. */
const sizes = new Map<string, number>();
const MOST_SIZES = 64;

/** Bytes of a picture's samples. */
export function pictureBytes(picture: Picture): number {
  const key = `${picture.format}/${picture.width}x${picture.height}`;
  let bytes = sizes.get(key);
  if (bytes === undefined) {
    bytes = (picture.data ?? []).reduce((sum, plane) => sum + plane.length, 0);
    if (sizes.size >= MOST_SIZES) sizes.clear();
    sizes.set(key, bytes);
  }
  return bytes;
}

/**
 * Which of a history's pictures leaves the smallest gap when it goes; the oldest of several. Always letting go of that
 * one makes the history evenly sparse: a delayed layer shows fewer pictures a second, but never stands still.
 * @param count pictures in the history, 1 or more
 * @param timeAt time of each, in any unit; `timeAt(count)` is the picture after the history, which is on show
 * @returns 0, the oldest, only when it is the only one: no other can answer for the far end of the delay
 */
export function mostCrowded(count: number, timeAt: (index: number) => number): number {
  let crowded = count > 1 ? 1 : 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (let index = 1; index < count; index++) {
    const gap = timeAt(index + 1) - timeAt(index - 1);
    if (gap < smallest) {
      smallest = gap;
      crowded = index;
    }
  }
  return crowded;
}
