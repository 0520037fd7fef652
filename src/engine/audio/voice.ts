/**
 * One listener in a mix: a source as one or more layers hear it, with the same sides, delay and filter. Its samples are in
 * step with the engine's clock: what a filter is late by is read that much earlier. The source stays its owner's; the
 * filter is the voice's own and is freed by `close`.
 */
import type { AudioLayer, SoundFilter } from '../../domain/desired.js';
import type { SoundCursor, Source } from '../source/source.js';
import { cleanSound } from './clean.js';
import { FilterChain } from './filter/chain.js';
import { CHANNELS, SAMPLE_RATE } from './format.js';
import { Ramp } from './ramp.js';

/** Pairs of the ramps of a mix: 10 ms. */
export const RAMP = SAMPLE_RATE / 100;

const US_A_PAIR = 1_000_000 / SAMPLE_RATE;

export interface VoiceOptions {
  source: Source;
  layer: AudioLayer;
  /** A filter that cannot be made is left out; told once. */
  onError: (error: unknown) => void;
}

export class Voice {
  /** Null once it is cut loose: then only what was read before is heard. */
  #source: Source | null;
  readonly #cursor: SoundCursor = { next: null };
  readonly #delayUs: number;
  readonly #channels: AudioLayer['channels'];
  readonly #filterKey: string;
  readonly #chain: FilterChain | null;
  /** What is still to be heard of a source that is gone. */
  #tail = new Float32Array(0);
  /** Engine time at which the source is to be read next. */
  #next = 0;
  #begun = false;
  readonly gain = new Ramp(0);
  /** 1: a trigger, which ducking leaves alone. */
  readonly exempt: Ramp;
  /** Sum of the gains of its layers, while a new state is being taken in. */
  asked = 0;

  constructor({ source, layer, onError }: VoiceOptions, exempt: boolean) {
    this.#source = source;
    this.#delayUs = layer.delayMs * 1000;
    this.#channels = layer.channels;
    this.#filterKey = filterKey(layer.filter);
    this.#chain = FilterChain.for(layer.filter, source, onError);
    this.exempt = new Ramp(exempt ? 1 : 0);
  }

  get source(): Source | null {
    return this.#source;
  }

  /** Whether a layer hears just what this voice does. */
  serves(layer: AudioLayer, source: Source): boolean {
    return (
      this.#source === source &&
      this.#channels === layer.channels &&
      this.#delayUs === layer.delayMs * 1000 &&
      this.#filterKey === filterKey(layer.filter)
    );
  }

  get isSilent(): boolean {
    return this.gain.target === 0 && !this.gain.isMoving;
  }

  /**
   * Fills `out` with the pairs to be heard from engine time `from` (µs) on; later blocks must follow.
   * @throws what the source throws
   */
  read(out: Float32Array, from: number): void {
    const late = this.#chain?.latency ?? 0;
    const at = from - this.#delayUs + late * US_A_PAIR;
    this.#next = at + (out.length / CHANNELS) * US_A_PAIR;
    if (this.#chain && !this.#begun) this.#begin(this.#chain, at);
    this.#begun = true;
    this.#take(out, at);
    this.#chain?.run(out);
  }

  /** Lets a filter hear what came just before, so that it knows the noise, and its first sample is the right one. */
  #begin(chain: FilterChain, at: number): void {
    const before = new Float32Array((chain.latency + chain.history) * CHANNELS);
    this.#take(before, at - (before.length / CHANNELS) * US_A_PAIR);
    chain.run(before);
  }

  #take(out: Float32Array, at: number): void {
    if (this.#source) {
      this.#source.sound(out, at, this.#cursor);
    } else {
      out.fill(0);
      out.set(this.#tail.subarray(0, out.length));
      this.#tail = this.#tail.subarray(out.length);
    }
    cleanSound(out);
    if (this.#channels !== 'all') pick(out, this.#channels === 'left' ? 0 : 1);
  }

  /**
   * The source is about to be closed: takes from it what is needed to fade out and never asks it again.
   * @throws what the source throws
   */
  cutLoose(): void {
    const source = this.#source;
    this.#source = null;
    this.gain.moveTo(0, RAMP);
    if (!source || !this.#begun || this.isSilent) {
      this.gain.jump(0);
      return;
    }
    const tail = new Float32Array(this.gain.left * CHANNELS);
    source.sound(tail, this.#next, this.#cursor);
    this.#tail = tail;
  }

  close(): void {
    this.#chain?.close();
  }
}

function filterKey(filter: SoundFilter | undefined): string {
  return filter ? `${filter.noise}/${filter.autoGain}/${filter.voice}` : 'off/false/off';
}

/** One side on both. */
function pick(pairs: Float32Array, side: 0 | 1): void {
  for (let i = 0; i < pairs.length; i += 2) {
    const value = pairs[i + side] as number;
    pairs[i] = value;
    pairs[i + 1] = value;
  }
}
