/** Everything that is measured of the programme, as it goes to the encoders. Units are those of `ProgrammeLevels`. */
import { type ProgrammeLevels, SILENCE_DB } from '../../domain/engine.js';
import { CHANNELS } from './format.js';
import { decibels, LevelWindow } from './level-window.js';
import { Loudness } from './loudness.js';
import { TruePeak } from './true-peak.js';

export class ProgrammeMeter {
  readonly #window = new LevelWindow();
  readonly #loudness = new Loudness();
  readonly #peaks = [new TruePeak(), new TruePeak()] as const;
  /** Linear. */
  #highest = 0;
  #duckedDb = 0;

  /**
   * Takes the next block.
   * @param pairs interleaved and finite; @param lowestGain of the limiter in it, linear; @param duckedDb at its end
   */
  add(pairs: Float32Array, lowestGain: number, duckedDb: number): void {
    const count = pairs.length / CHANNELS;
    let truePeak = 0;
    for (const side of [0, 1] as const) truePeak = Math.max(truePeak, this.#peaks[side].follow(pairs, count, side, 0));
    this.#window.add(pairs, count);
    this.#window.note(truePeak, lowestGain);
    this.#highest = Math.max(this.#highest, truePeak);
    this.#loudness.add(pairs, count);
    this.#duckedDb = duckedDb;
  }

  levels(): Omit<ProgrammeLevels, 'silent'> {
    const { momentary, shortTerm, integrated, seconds, range } = this.#loudness;
    return {
      ...this.#window.levels(),
      momentary: Math.max(SILENCE_DB, momentary),
      shortTerm: Math.max(SILENCE_DB, shortTerm),
      integrated: Math.max(SILENCE_DB, integrated),
      integratedSeconds: seconds,
      range,
      truePeakDb: decibels(this.#window.truePeak),
      maxTruePeakDb: decibels(this.#highest),
      correlation: this.#window.correlation,
      // Not -0.
      limitedDb: Math.max(0, -decibels(this.#window.lowestGain)),
      duckedDb: this.#duckedDb,
    };
  }

  /** Integrated loudness, range and the highest true peak begin anew. */
  reset(): void {
    this.#loudness.reset();
    this.#highest = 0;
  }
}
