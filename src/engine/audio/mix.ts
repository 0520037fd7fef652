/**
 * Mixes the sound of one scene. Gains move in short ramps, so that neither a take nor a fader clicks; in the course of a
 * fade they move evenly over the whole block. Sample values are clamped to full scale.
 */
import type { AudioLayer } from '../../domain/desired.js';
import type { SoundCursor, Source } from '../source/source.js';
import { CHANNELS, SAMPLE_RATE } from './format.js';

/** Samples over which a gain moves: 10 ms. */
const RAMP = SAMPLE_RATE / 100;

/** One source in the mix: where its listener stands and how loud it is at this moment. */
interface Voice {
  source: Source;
  cursor: SoundCursor;
  delayUs: number;
  channels: AudioLayer['channels'];
  /** Gain at the end of the last block, and where it is to go. */
  gain: number;
  target: number;
}

/** A layer of the mix with its source. */
export interface MixLayer {
  layer: AudioLayer;
  source: Source;
  /** 0 to 1: how much of its scene is to be heard. */
  share: number;
}

export class SoundMix {
  #voices: Voice[] = [];
  #scratch = new Float32Array(0);
  #ramp = RAMP;

  /**
   * Sets what is to be heard from the next block on; what is no longer in it fades within the block. Layers that hear the
   * same of a source are added up.
   * @param evenly gains move over the whole block instead of 10 ms
   */
  set(layers: readonly MixLayer[], evenly = false): void {
    this.#ramp = evenly ? Number.POSITIVE_INFINITY : RAMP;
    for (const voice of this.#voices) voice.target = 0;
    for (const { layer, source, share } of layers) {
      const delayUs = layer.delayMs * 1000;
      const gain = layer.gain * share;
      const same = this.#voices.find(
        (voice) => voice.source === source && voice.channels === layer.channels && voice.delayUs === delayUs,
      );
      if (same) same.target += gain;
      else {
        const { channels } = layer;
        this.#voices.push({ source, cursor: { next: null }, delayUs, channels, gain: 0, target: gain });
      }
    }
  }

  /** The sources that are still heard. */
  sources(): Set<Source> {
    return new Set(this.#voices.map(({ source }) => source));
  }

  /** Lets go of a source at once, because it is being closed. */
  drop(source: Source): void {
    this.#voices = this.#voices.filter((voice) => voice.source !== source);
  }

  /** Mixes one block that begins at engine time `from` (µs) into `out`, interleaved pairs. */
  mix(out: Float32Array, from: number): void {
    out.fill(0);
    if (this.#scratch.length !== out.length) this.#scratch = new Float32Array(out.length);
    for (const voice of this.#voices) {
      voice.source.sound(this.#scratch, from - voice.delayUs, voice.cursor);
      add(out, this.#scratch, voice, this.#ramp);
      voice.gain = voice.target;
    }
    this.#voices = this.#voices.filter((voice) => voice.gain > 0 || voice.target > 0);
    for (let i = 0; i < out.length; i++) out[i] = clamp(out[i] ?? 0);
  }
}

/** To full scale; what is no number (a damaged source) is silence, else it would stay in the encoder for good. */
function clamp(value: number): number {
  if (value > 1) return 1;
  if (value >= -1) return value;
  return value < -1 ? -1 : 0;
}

/** Adds a voice with its gain moving from where it was to its target. */
function add(out: Float32Array, input: Float32Array, voice: Voice, longest: number): void {
  const pairs = out.length / CHANNELS;
  const leftFrom = voice.channels === 'right' ? 1 : 0;
  const rightFrom = voice.channels === 'left' ? 0 : 1;
  const ramp = Math.min(longest, pairs);
  const step = (voice.target - voice.gain) / ramp;
  let gain = voice.gain;
  for (let i = 0; i < pairs; i++) {
    if (i < ramp) gain += step;
    const at = i * CHANNELS;
    out[at] = (out[at] ?? 0) + gain * (input[at + leftFrom] ?? 0);
    out[at + 1] = (out[at + 1] ?? 0) + gain * (input[at + rightFrom] ?? 0);
  }
}
