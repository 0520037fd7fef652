/**
 * Levels of one source as it comes in: before gains, filters and delays of layers, and whether it is in a mix or not. Reads
 * the source with a cursor of its own; the source stays its owner's.
 */
import type { ChannelLevels } from '../../domain/engine.js';
import type { SoundCursor, Source } from '../source/source.js';
import { cleanSound } from './clean.js';
import { CHANNELS, SAMPLE_RATE } from './format.js';
import { LevelWindow } from './level-window.js';
import { PeakMeter } from './meter.js';

/** Pairs that are read at once. */
const BLOCK = 4800;

/** What one meter reads is done with before the next one reads. */
const scratch = new Float32Array(BLOCK * CHANNELS);

export class SourceMeter {
  readonly #source: Source;
  readonly #cursor: SoundCursor = { next: null };
  readonly #window = new LevelWindow();
  readonly #bar = new PeakMeter();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Takes the next block of `pairs` pairs, which begins at engine time `from` (µs). @throws what the source throws */
  tick(from: number, pairs: number): void {
    for (let done = 0; done < pairs; done += BLOCK) {
      const count = Math.min(BLOCK, pairs - done);
      const block = scratch.subarray(0, count * CHANNELS);
      this.#source.sound(block, from + (done * 1_000_000) / SAMPLE_RATE, this.#cursor);
      cleanSound(block);
      this.#window.add(block, count);
      this.#bar.add(block, count / SAMPLE_RATE);
    }
  }

  /** Over the last 100 ms. */
  levels(): ChannelLevels {
    return this.#window.levels();
  }

  /** Peak of a level bar, falling slowly; dBFS, -Infinity for silence. */
  get bar(): number {
    return this.#bar.peak;
  }
}
