/**
 * Brings voices of different loudness to about {@link TARGET} LUFS, by {@link MOST_DB} at most.
 *
 * It follows the loudness of the last 3 s in which somebody was heard, gated as EBU R128 does, slowly, and stands still in
 * pauses. Nothing below {@link GATE} is lifted: in a pause the noise of the room goes back to where it was.
 */

import { SAMPLE_RATE } from '../format.js';
import { WeightedPower } from '../loudness.js';
import { LineGain } from './line-gain.js';
import type { SoundStage } from './stage.js';

/** LUFS. */
const TARGET = -20;
/** dB up and down. */
const MOST_DB = 18;
/** LUFS, and dBFS (RMS) below which there is nothing to lift; the way from not lifting to lifting is 6 dB wide. */
const GATE = -50;
const KNEE = 6;
/** Blocks of 100 ms that the loudness is taken from, and that it needs at least. */
const BLOCKS = 30;
const ENOUGH = 4;
/**
 * dB a second while somebody is heard: the further it is from the target the faster, and faster down than up, since too loud
 * hurts more than too quiet.
 */
const UP = { least: 3, share: 0.5, most: 12 };
const DOWN = { least: 6, share: 4, most: 60 };
/** Closer to the target than this nothing is moved, dB. */
const NEAR = 0.5;
/** Pairs between which the gain goes in a straight line, 5 ms, and what its lift may change by in them. */
const LINE = SAMPLE_RATE / 200;
const OPENS = 1 / 4;
const CLOSES = 1 / 60;
/** Rounds the corners between two lines: a time constant of 5 ms. */
const ROUNDS = 1 - Math.exp(-1 / (0.005 * SAMPLE_RATE));
/** How the level falls in a line, 26 dB a second: gaps between words are no pauses. */
const FALLS = 10 ** (-0.26 / 20);

export class AutoGain implements SoundStage {
  readonly latency = 0;
  readonly #weighted = new WeightedPower(SAMPLE_RATE / 10, (power) => this.#block(power));
  /** Powers of the last blocks in which somebody was heard. */
  readonly #heard: number[] = [];
  #gainDb: number;
  /** 0 to 1: how much of a lift is applied. */
  #open = 0;
  /** RMS of the louder side, falling slowly. */
  #level = 0;
  readonly #gain: LineGain;

  /** @param gainDb where to begin */
  constructor(gainDb: number) {
    this.#gainDb = gainDb;
    this.#gain = new LineGain({
      gain: this.#target(),
      line: LINE,
      rounds: ROUNDS,
      next: (power) => this.#next(power),
    });
  }

  /** dB that it has come to. */
  get gainDb(): number {
    return this.#gainDb;
  }

  run(pairs: Float32Array): void {
    this.#weighted.add(pairs, pairs.length / 2);
    this.#gain.run(pairs);
  }

  /** @param power of the last line */
  #next(power: number): number {
    this.#level = Math.max(Math.sqrt(power), this.#level * FALLS);
    const above = 20 * Math.log10(Math.max(1e-9, this.#level)) - (GATE - KNEE);
    const open = Math.max(0, Math.min(1, above / KNEE));
    this.#open = Math.max(this.#open - CLOSES, Math.min(this.#open + OPENS, open));
    return this.#target();
  }

  #target(): number {
    return 10 ** ((this.#gainDb > 0 ? this.#gainDb * this.#open : this.#gainDb) / 20);
  }

  /** @param power K-weighted, of 100 ms */
  #block(power: number): void {
    if (loudness(power) < GATE) return;
    this.#heard.push(power);
    if (this.#heard.length > BLOCKS) this.#heard.shift();
    if (this.#heard.length < ENOUGH) return;
    const gate = mean(this.#heard) / 10;
    const now = loudness(mean(this.#heard.filter((heard) => heard >= gate)));
    const off = Math.max(-MOST_DB, Math.min(MOST_DB, TARGET - now)) - this.#gainDb;
    if (Math.abs(off) < NEAR) return;
    const { least, share, most } = off > 0 ? UP : DOWN;
    const speed = Math.min(most, Math.max(least, Math.abs(off) * share));
    this.#gainDb += Math.sign(off) * Math.min(Math.abs(off), speed / 10);
  }

  close(): void {}
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function loudness(power: number): number {
  return -0.691 + 10 * Math.log10(power);
}
