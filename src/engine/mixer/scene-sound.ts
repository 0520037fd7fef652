/**
 * The sound of a scene, tick by tick: blocks that lie end to end, whatever happens to the ticks. It is mixed one tick behind
 * the picture, for the time that the last tick covered and with what was to be heard in that tick.
 */
import { type BusState, SoundBus } from '../audio/bus.js';
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import type { Source } from '../source/source.js';
import type { Moment } from './moment.js';

/** Where mixed sound goes. */
export interface SoundSink {
  /** Interleaved pairs; only read during the call. @param sample number of the first pair, 48 kHz from tick 0 */
  pushSound(samples: Float32Array, sample: number): void;
}

/** A stretch of sound that has been mixed. */
export interface MixedBlock {
  /** Interleaved pairs; valid until the next tick. */
  samples: Float32Array;
  /** Engine time of the first one, µs. */
  from: number;
}

/** Sample pairs that are mixed at once after the machine was away: 3 s. */
const MOST_CAUGHT_UP = 3 * SAMPLE_RATE;

/** Silence before that, 10 s; whatever is missing then is missing, and the sample numbers say so. */
const MOST_SILENCE = 10 * SAMPLE_RATE;

/** Nothing is heard. */
export const SILENT: BusState = { layers: [], evenly: false, ducking: null, tone: null, heard: 1 };

/** @returns a bus that only has these layers */
export function plainBus(layers: BusState['layers']): BusState {
  return { ...SILENT, layers };
}

export interface SceneSoundOptions {
  ears: readonly SoundSink[];
  fps: number;
  /** Keep levels and loudness. */
  measured: boolean;
  onError: (error: unknown) => void;
}

export class SceneSound {
  readonly #options: SceneSoundOptions;
  readonly bus: SoundBus;
  /** What was to be heard in the last tick, which is to be mixed now. */
  #due: BusState | null = null;
  #block = new Float32Array(0);
  /** Blocks since something was in the mix. */
  #empty = 0;

  constructor(options: SceneSoundOptions) {
    this.#options = options;
    this.bus = new SoundBus({ measured: options.measured, onError: options.onError });
  }

  /**
   * Mixes the sound of the last tick and takes note of what is to be heard in this one.
   * @returns what was mixed, for meters; null for the first tick
   */
  tick({ tick, time, skipped }: Moment, state: BusState): MixedBlock | null {
    const due = this.#due;
    this.#due = state;
    if (!due) return null;
    const { fps } = this.#options;
    const first = Math.round(((tick - 1 - skipped) * SAMPLE_RATE) / fps);
    const end = Math.round((tick * SAMPLE_RATE) / fps);
    // The sound of ticks that were left out is there all the same; what is too long ago is silence.
    const begin = Math.max(first, end - MOST_CAUGHT_UP);
    const silence = Math.min(begin - first, MOST_SILENCE);
    if (silence > 0) this.#push(new Float32Array(silence * CHANNELS), begin - silence);
    const samples = this.#room((end - begin) * CHANNELS);
    const from = time - ((end - begin) * 1_000_000) / SAMPLE_RATE;
    try {
      if (this.#rests(due)) samples.fill(0);
      else {
        this.bus.set(due);
        this.bus.mix(samples, from);
      }
    } catch (error) {
      samples.fill(0);
      this.#options.onError(error);
    }
    this.#push(samples, begin);
    return { samples, from };
  }

  /** Whether nothing is to be heard, nor of what was; what is measured never rests, since silence is a level too. */
  #rests({ layers }: BusState): boolean {
    if (this.#options.measured) return false;
    if (layers.length > 0 || this.bus.sources().size > 0) this.#empty = 0;
    else this.#empty++;
    // The first of them still has what the limiter held back.
    return this.#empty > 1;
  }

  #room(length: number): Float32Array {
    if (this.#block.length !== length) this.#block = new Float32Array(length);
    return this.#block;
  }

  #push(samples: Float32Array, sample: number): void {
    for (const ear of this.#options.ears) {
      try {
        ear.pushSound(samples, sample);
      } catch (error) {
        this.#options.onError(error);
      }
    }
  }

  /** Sources whose sound is still to be mixed: that of the last tick, and what fades. They must not fall silent yet. */
  heard(): Source[] {
    return [...(this.#due?.layers ?? []).map(({ source }) => source), ...this.bus.sources()];
  }

  /** A source is about to be closed; nothing of it is read any more. */
  drop(source: Source): void {
    this.bus.drop(source);
    const due = this.#due;
    if (due) this.#due = { ...due, layers: due.layers.filter((layer) => layer.source !== source) };
  }

  close(): void {
    this.bus.close();
  }
}
