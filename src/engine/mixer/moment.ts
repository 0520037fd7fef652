/** The tick that is being made. */
export interface Moment {
  tick: number;
  /** Engine time of the tick, µs. */
  time: number;
  /** Ticks left out just before it. */
  skipped: number;
}
