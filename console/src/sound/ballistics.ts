/**
 * How meters move: up at once, down as a peak programme meter of type I does (IEC 60268-10: 20 dB in 1.7 s), with the
 * highest peak held for a while. Levels in dBFS, times in ms of one clock, places as shares of the scale. Nothing is kept
 * of the past but what a meter shows, so a page that slept draws the right thing at its first picture.
 */

/** dB a millisecond. */
const FALL = 20 / 1_700;
const HOLD_MS = 2_000;
/** Levels of which one reading came are drawn for this long; then nothing is known. */
export const STALE_MS = 1_200;
/** From here on a meter is red. */
export const RED_DB = -1;
/** From here on it warns. */
export const WARN_DB = -9;
/** Lower end of a scale. */
export const SCALE_DB = -60;

/** The scale of IEC 60268-18, cut off at -60 dB: the upper 20 dB have half of it. */
const SCALE: readonly (readonly [db: number, percent: number])[] = [
  [-60, 2.5],
  [-50, 7.5],
  [-40, 15],
  [-30, 30],
  [-20, 50],
  [0, 100],
];

/** Where a level lies on the scale, 0 to 1. */
export function placeOf(db: number): number {
  if (!(db > SCALE_DB)) return 0;
  if (db >= 0) return 1;
  for (let index = 1; index < SCALE.length; index++) {
    const [lowDb, low] = SCALE[index - 1] ?? [0, 0];
    const [highDb, high] = SCALE[index] ?? [0, 0];
    if (db > highDb) continue;
    const percent = low + ((db - lowDb) / (highDb - lowDb)) * (high - low);
    return (percent - 2.5) / 97.5;
  }
  return 1;
}

/** One bar. */
export class Needle {
  #level = Number.NEGATIVE_INFINITY;
  #at = 0;
  #held = Number.NEGATIVE_INFINITY;
  #heldAt = 0;

  /** A new reading. */
  read(db: number, now: number): void {
    this.#level = Math.max(db, this.level(now));
    this.#at = now;
    if (db >= this.held(now)) {
      this.#held = db;
      this.#heldAt = now;
    }
  }

  /** What the bar shows now. */
  level(now: number): number {
    return this.#level - Math.max(0, now - this.#at) * FALL;
  }

  /** The highest of the last two seconds; then it falls like the bar. */
  held(now: number): number {
    return this.#held - Math.max(0, now - this.#heldAt - HOLD_MS) * FALL;
  }

  /** Nothing is known any more. */
  clear(): void {
    this.#level = Number.NEGATIVE_INFINITY;
    this.#held = Number.NEGATIVE_INFINITY;
  }
}
