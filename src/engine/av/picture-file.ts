/**
 * A picture file from memory, still or moving: what every kind of it looks like to whoever shows it.
 *
 * Bounds: a still has at most {@link MAX_SIDE} samples a side, a moving picture {@link MAX_MOVING_AREA} in all; what
 * comes out has at most {@link MAX_SHOWN_AREA} (larger stills are scaled down, because each tick works on them).
 * Decoding runs beside the main thread, one picture at a time.
 */
import type { Picture } from './picture.js';

/** Larger stills would take hundreds of megabytes while they are decoded. */
export const MAX_SIDE = 8192;
/** Samples of a moving picture: 4K. The decoders keep up to three pictures of it. */
export const MAX_MOVING_AREA = 3840 * 2160;
/** Samples of what is handed out. */
export const MAX_SHOWN_AREA = 3840 * 2160;

/** One picture and how long it is to be seen, µs; a still's time is `Infinity`. */
export interface PictureFrame {
  /** Owned by whoever is handed it. Upright; may be see-through (rgba, bgra, argb, pal8, yuva...). */
  picture: Picture;
  durationUs: number;
}

export interface PictureFile {
  /** Size of the pictures that come out. */
  readonly width: number;
  readonly height: number;
  /** Pictures of one play; 1 for a still. */
  readonly count: number;
  /** How often the file asks to be played; `Infinity` when it says for ever, or nothing. */
  readonly plays: number;
  /**
   * The next picture of this play, `null` after its last one. Calls must not overlap.
   * @throws Error in words when it is damaged
   */
  next(): Promise<PictureFrame | null>;
  /** The next picture is the first one again. Not during `next`. */
  rewind(): void;
  /** Waits for a `next` that is under way. */
  close(): Promise<void>;
}
