/** How evenly the pictures of a source are shown by a mixer of another rate. Pure functions; times are milliseconds. */

/** A picture of the mixer: its time, and the number of the source's picture that is in it. */
export interface Shown {
  ms: number;
  frame: number;
}

/**
 * By how much the worst picture is off, when the source as a whole is placed as well as can be: 0 if each tick shows the
 * picture that was due last, whatever the two rates are. A picture that is held or left out for one tick too many adds
 * that tick.
 * @param timeOf the source's own time of a picture; @param nextOf the number of the picture that follows it
 */
export function cadenceError(
  shown: readonly Shown[],
  timeOf: (frame: number) => number,
  nextOf: (frame: number) => number = (frame) => frame + 1,
): number {
  // A picture is due from its own time on, until that of the next: both bound where the source's zero lies.
  let latest = Number.POSITIVE_INFINITY;
  let earliest = Number.NEGATIVE_INFINITY;
  for (const { ms, frame } of shown) {
    latest = Math.min(latest, ms - timeOf(frame));
    earliest = Math.max(earliest, ms - timeOf(nextOf(frame)));
  }
  return Math.max(0, earliest - latest);
}

/** How many ticks in a row each picture was on; the first and the last, which are cut off, are left out. */
export function holds(shown: readonly Shown[]): number[] {
  const counts: number[] = [];
  let before: number | null = null;
  for (const { frame } of shown) {
    if (frame === before) counts[counts.length - 1] = (counts.at(-1) ?? 0) + 1;
    else counts.push(1);
    before = frame;
  }
  return counts.slice(1, -1);
}
