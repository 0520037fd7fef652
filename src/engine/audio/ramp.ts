/**
 * A gain that moves to where it is told to go without a step and without a corner.
 *
 * Each change goes its own way to the end, a straight line whose corners are rounded over {@link ROUND} samples, and what is
 * heard is the sum of those that are under way: so a change that comes while another one is not done has no corner either,
 * and the lines of a fade, one a block, join on to each other. Two ramps that begin together, one up and one down, always
 * add up to the same.
 */
import { SAMPLE_RATE } from './format.js';

/** 5 ms. */
export const ROUND = SAMPLE_RATE / 200;
/** Changes that are under way at once; more than one a millisecond or so, and the newest take the way of the last. */
const MOST = 16;

/** What a line of slope 1 that begins with a rounded corner has come to after so many samples. */
const CORNER = Float64Array.from({ length: ROUND + 1 }, (_, i) => {
  const share = i / ROUND;
  // The integral of share - sin(2 pi share) / (2 pi), which goes from 0 to 1 with two smooth derivatives.
  return ROUND * (share ** 2 / 2 + (Math.cos(2 * Math.PI * share) - 1) / (4 * Math.PI ** 2));
});

function cornered(samples: number): number {
  if (samples <= 0) return 0;
  return samples < ROUND ? (CORNER[samples] as number) : samples - ROUND / 2;
}

interface Move {
  way: number;
  /** Samples of the line, and how many of it and of its last corner are done. */
  line: number;
  at: number;
}

function shareOf({ line, at }: Move): number {
  return at >= line + ROUND ? 1 : (cornered(at) - cornered(at - line)) / line;
}

export class Ramp {
  #moves: Move[] = [];
  #target: number;
  /** What the moves that are done have led to. */
  #base: number;

  constructor(value: number) {
    this.#base = value;
    this.#target = value;
  }

  /** Where it is going. */
  get target(): number {
    return this.#target;
  }

  get isMoving(): boolean {
    return this.#moves.length > 0;
  }

  /** Samples until it is there. */
  get left(): number {
    return this.#moves.reduce((most, { line, at }) => Math.max(most, line + ROUND - at), 0);
  }

  /** Sets out for a target. @param samples that it takes, corners included; more than {@link ROUND} */
  moveTo(target: number, samples: number): void {
    if (target === this.#target) return;
    const way = target - this.#target;
    this.#target = target;
    const last = this.#moves.at(-1);
    if (last && this.#moves.length >= MOST) last.way += way;
    else this.#moves.push({ way, line: Math.max(1, samples - ROUND), at: 0 });
  }

  /** Is there at once: for what is not heard. */
  jump(target: number): void {
    this.#moves = [];
    this.#target = target;
    this.#base = target;
  }

  /** Writes the values of the next `count` samples and moves on by them. */
  write(curve: Float32Array, count: number): void {
    const moving = Math.min(count, this.left);
    for (let i = 0; i < moving; i++) {
      let value = this.#base;
      for (const move of this.#moves) {
        move.at++;
        value += move.way * shareOf(move);
      }
      curve[i] = value;
    }
    this.#settle();
    // To the bit, so that what has arrived is left alone.
    if (!this.isMoving) curve.fill(this.#target, Math.max(0, moving - 1), count);
  }

  /** Forgets the moves that are done. */
  #settle(): void {
    for (const move of this.#moves) if (move.at >= move.line + ROUND) this.#base += move.way;
    this.#moves = this.#moves.filter((move) => move.at < move.line + ROUND);
    if (this.#moves.length === 0) this.#base = this.#target;
  }
}
