/**
 * The plays of a file on its axis of time (µs): how much each lies behind the file's own times, and how many follow.
 * Those that are over are forgotten.
 */

export interface Play {
  /** Axis time from which on it is this play. */
  from: number;
  /** Axis time less file time. */
  shift: number;
  /** Plays that are to follow this one; -1 without end. */
  left: number;
}

/** Plays that are read ahead of the one on show; more than this many seconds of the shortest clips. */
const MOST = 256;

export class PlayList {
  #plays: Play[] = [];
  /** Axis time of the first picture that is shown of what is being read. */
  firstTime = Number.NEGATIVE_INFINITY;

  /** A new axis that begins as the file's own. */
  restart(left: number): void {
    this.#plays = [{ from: Number.NEGATIVE_INFINITY, shift: 0, left }];
  }

  /** The play that is being read. */
  get newest(): Play {
    return this.#plays.at(-1) ?? { from: Number.NEGATIVE_INFINITY, shift: 0, left: 0 };
  }

  /** The play at an axis time. */
  at(time: number): Play {
    return this.#plays.findLast(({ from }) => from <= time) ?? this.newest;
  }

  /**
   * One more play follows the newest.
   * @param reached file time at which that one is over; @param begin file time at which the next one begins
   */
  repeat(reached: number, begin: number): void {
    const { shift, left } = this.newest;
    this.#plays.push({ from: reached + shift, shift: shift + reached - begin, left: left > 0 ? left - 1 : left });
    if (this.#plays.length > MOST) this.#plays.shift();
  }
}
