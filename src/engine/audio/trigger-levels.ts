/**
 * How loud each trigger of a talk-over is by itself. Several that are too quiet to count do not count together, as their sum
 * would.
 *
 * Levels are looked at every {@link LOOK} pairs, whatever the lengths of blocks: the mean square of the louder side, smoothed
 * over some 20 ms. Of each trigger the sound of one block is heard at once; one that is not heard in a block is forgotten.
 */
import { SAMPLE_RATE } from './format.js';

/** Pairs after which levels are looked at, 5 ms. */
export const LOOK = SAMPLE_RATE / 200;
/** Share of each look in the level: a time constant of 20 ms. */
const SHARE = 1 - Math.exp(-5 / 20);
/** Mean square below which there is nothing: what fades away must not become denormal. */
const NOTHING = 1e-20;

/** By side: sums of squares since the last look, and the level at it. */
interface Level {
  sums: [number, number];
  powers: [number, number];
  /** Heard in this block. */
  isNew: boolean;
}

export class TriggerLevels {
  readonly #levels = new Map<object, Level>();
  /** Mean square of the loudest trigger at each look of this block. */
  #loudest = new Float64Array(0);

  /**
   * Takes the sound of one trigger, all of this block.
   * @param key what it is known by from block to block; @param pairs interleaved; @param phase pairs since the last look
   */
  hear(key: object, pairs: Float32Array, phase: number): void {
    const level: Level = this.#levels.get(key) ?? { sums: [0, 0], powers: [0, 0], isNew: false };
    this.#levels.set(key, level);
    level.isNew = true;
    this.#grow(pairs.length / 2);
    let [left, right] = level.sums;
    let look = 0;
    let looked = phase;
    for (let i = 0; i < pairs.length; i += 2) {
      left += (pairs[i] as number) ** 2;
      right += (pairs[i + 1] as number) ** 2;
      if (++looked < LOOK) continue;
      looked = 0;
      level.sums = [left, right];
      left = right = 0;
      this.#loudest[look] = Math.max(this.#loudest[look] as number, lookAt(level));
      look++;
    }
    level.sums = [left, right];
  }

  #grow(pairs: number): void {
    const looks = Math.ceil(pairs / LOOK) + 1;
    if (this.#loudest.length >= looks) return;
    const more = new Float64Array(looks);
    more.set(this.#loudest);
    this.#loudest = more;
  }

  /** Mean square of the loudest trigger at a look of this block, 0 when there was none. */
  at(look: number): number {
    return this.#loudest[look] ?? 0;
  }

  /** The block is over. */
  turn(): void {
    this.#loudest.fill(0);
    for (const [key, level] of this.#levels) {
      if (level.isNew) level.isNew = false;
      else this.#levels.delete(key);
    }
  }

  clear(): void {
    this.#levels.clear();
    this.#loudest.fill(0);
  }
}

/** Brings a level up to date; returns that of the louder side. */
function lookAt(level: Level): number {
  for (const side of [0, 1] as const) {
    const power = level.powers[side] + (level.sums[side] / LOOK - level.powers[side]) * SHARE;
    level.powers[side] = power < NOTHING ? 0 : power;
  }
  return Math.max(...level.powers);
}
