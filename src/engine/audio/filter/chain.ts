/**
 * The filters of one layer, one after the other: noise, gain, voice. A chain is later than its input by a fixed number of
 * pairs, which is the same whether its filters work or have failed: then the sound goes on without them. A filter has failed
 * when it throws, or gives what is not finite; no other filter gets to see that, and it never leaves the chain.
 */
import type { SoundFilter } from '../../../domain/desired.js';
import type { Source } from '../../source/source.js';
import { cleanSound } from '../clean.js';
import { CHANNELS, SAMPLE_RATE } from '../format.js';
import { AutoGain } from './auto-gain.js';
import { MusicNoise } from './music-noise.js';
import { SpeechNoise } from './speech-noise.js';
import type { SoundStage } from './stage.js';
import { VoiceTone } from './voice-tone.js';

/**
 * Pairs of the past that a filter hears before it is heard: 100 ms to know the noise, more would hold up the tick in which
 * several begin; 50 ms to have swung in.
 */
const NOISE_HISTORY = SAMPLE_RATE / 10;
const HISTORY = SAMPLE_RATE / 20;

/**
 * dB that automatic gain had come to for a source: where the same source is heard anew, as after a take, it goes on from
 * there instead of finding it out before the audience.
 */
const knownGains = new WeakMap<Source, number>();

export class FilterChain {
  #stages: SoundStage[];
  readonly #onError: (error: unknown) => void;
  readonly #autoGain: AutoGain | null = null;
  readonly #source: Source;
  readonly latency: number;
  /** Pairs from before the first one that it should be fed, beyond its latency. */
  readonly history: number;

  /** A chain for a layer, or null when there is nothing to filter. @param onError told once of each filter that fails */
  static for(filter: SoundFilter | undefined, source: Source, onError: (error: unknown) => void): FilterChain | null {
    if (!filter || (filter.noise === 'off' && !filter.autoGain && filter.voice === 'off')) return null;
    return new FilterChain(filter, source, onError);
  }

  private constructor(filter: SoundFilter, source: Source, onError: (error: unknown) => void) {
    this.#onError = onError;
    this.#source = source;
    const stages: (SoundStage | null)[] = [];
    const { noise, autoGain, voice } = filter;
    if (noise !== 'off') stages.push(this.#make(() => (noise === 'speech' ? new SpeechNoise() : new MusicNoise())));
    if (autoGain) {
      this.#autoGain = new AutoGain(knownGains.get(source) ?? 0);
      stages.push(this.#autoGain);
    }
    if (voice !== 'off') stages.push(new VoiceTone(voice));
    this.#stages = stages.filter((stage) => stage !== null);
    this.latency = this.#stages.reduce((sum, stage) => sum + stage.latency, 0);
    this.history = noise === 'off' ? HISTORY : NOISE_HISTORY;
  }

  #make(stage: () => SoundStage): SoundStage | null {
    try {
      return stage();
    } catch (error) {
      this.#onError(error);
      return null;
    }
  }

  /** Filters interleaved pairs in place; blocks follow each other. */
  run(pairs: Float32Array): void {
    for (const [index, stage] of this.#stages.entries()) {
      try {
        stage.run(pairs);
        if (cleanSound(pairs)) continue;
        this.#onError(new Error(`a filter (${stage.constructor.name}) gave samples that are not finite`));
      } catch (error) {
        cleanSound(pairs);
        this.#onError(error);
      }
      stage.close();
      this.#stages[index] = new Delay(stage.latency);
    }
    if (this.#autoGain && Number.isFinite(this.#autoGain.gainDb)) knownGains.set(this.#source, this.#autoGain.gainDb);
  }

  close(): void {
    for (const stage of this.#stages) stage.close();
    this.#stages = [];
  }
}

/** Stands in for a filter that failed, as late as that was. */
class Delay implements SoundStage {
  readonly latency: number;
  readonly #line: Float32Array;
  #place = 0;

  constructor(latency: number) {
    this.latency = latency;
    this.#line = new Float32Array(latency * CHANNELS);
  }

  run(pairs: Float32Array): void {
    if (this.latency === 0) return;
    for (let i = 0; i < pairs.length; i++) {
      const value = pairs[i] as number;
      pairs[i] = this.#line[this.#place] as number;
      this.#line[this.#place] = value;
      this.#place = (this.#place + 1) % this.#line.length;
    }
  }

  close(): void {}
}
