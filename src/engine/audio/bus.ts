/**
 * Mixes the sound of one scene: sources with their gains, sides, delays and filters, ducked, replaced by a test tone, faded,
 * limited and, for the programme, measured.
 *
 * Guarantees. A block is in step with the engine's clock to the sample: what the limiter and the filters are late by is read
 * from the sources that much earlier, 25 ms at most. Nothing that is changed clicks: gains move smoothly within
 * 10 ms, whatever else changes of a layer is a cross-fade from the old to the new. What stays the same is not touched. A
 * source that throws or gives nonsense is silence and harms no other; whatever goes wrong, what comes out is finite. Nothing is above {@link CEILING_DB}; what does not come
 * within 2 dB of it (what does not reach it, where it is no noise) is not changed by the limiter, bit for bit.
 *
 * Samples are interleaved pairs at 48 kHz, full scale 1; times are µs. Sources stay their owner's.
 */
import type { AudioLayer, Ducking, SoundSpec } from '../../domain/desired.js';
import type { ProgrammeLevels } from '../../domain/engine.js';
import type { Source } from '../source/source.js';
import { dropNonsense } from './clean.js';
import { Ducker } from './ducker.js';
import { CHANNELS, SAMPLE_RATE } from './format.js';
import { Limiter, LOOK_AHEAD } from './limiter.js';
import type { MixLayer } from './mix.js';
import { ProgrammeMeter } from './programme-meter.js';
import { Ramp, ROUND } from './ramp.js';
import { TestTone } from './tone.js';
import { RAMP, Voice } from './voice.js';

/**
 * dBTP. Viewers decode what AAC has made of it, and that reaches higher: at 128 kbit/s by 0.1 dB for sines, by 0.5 to 1.5
 * for squares, pink noise and dense mixes. So they get less than -1 dBTP; for white noise the limiter keeps lower by itself.
 */
export const CEILING_DB = -3;

const AHEAD_US = (LOOK_AHEAD * 1_000_000) / SAMPLE_RATE;

/** What is to be heard. */
export interface BusState {
  layers: readonly MixLayer[];
  /** Gains move over the whole next block, as in a fade, instead of 10 ms. */
  evenly: boolean;
  ducking: { spec: Ducking; triggers: ReadonlySet<Source> } | null;
  /** Takes the place of the mix. */
  tone: SoundSpec['tone'];
  /** 0 to 1: share of the whole bus, tone included; moves evenly over a block. */
  heard: number;
}

export interface BusOptions {
  /** Loudness and levels are kept; a bus that is not measured only limits. */
  measured: boolean;
  onError: (error: unknown) => void;
}

export class SoundBus {
  readonly #onError: (error: unknown) => void;
  readonly #limiter = new Limiter(CEILING_DB);
  readonly #ducker = new Ducker();
  readonly #tone = new TestTone();
  readonly #heard = new Ramp(1);
  readonly #meter: ProgrammeMeter | null;
  #voices: Voice[] = [];
  #state: BusState = { layers: [], evenly: false, ducking: null, tone: null, heard: 1 };
  /** False once the state has been taken in by a block. */
  #isNew = false;
  #first = true;
  /** One voice, one trigger, all triggers, and gains; grown to the longest block. */
  #scratch = new Float32Array(0);
  #trigger = new Float32Array(0);
  #triggers = new Float32Array(0);
  #curve = new Float32Array(0);
  #exemptCurve = new Float32Array(0);

  constructor({ measured, onError }: BusOptions) {
    this.#onError = onError;
    this.#meter = measured ? new ProgrammeMeter() : null;
  }

  /** Holds from the next block on. */
  set(state: BusState): void {
    this.#state = state;
    this.#isNew = true;
  }

  /** Mixes one block that begins at engine time `from` into `out`, which may be up to 3 s long. Blocks follow each other. */
  mix(out: Float32Array, from: number): void {
    const pairs = out.length / CHANNELS;
    this.#grow(pairs);
    if (this.#isNew) this.#take(pairs);
    out.fill(0);
    if (this.#ducker.isActive) this.#duck(out, from + AHEAD_US);
    else for (const voice of this.#voices) this.#add(voice, out, out, from + AHEAD_US);
    this.#letGo();
    this.#tone.run(out, pairs);
    this.#fade(out, pairs);
    // Limiter, meters and encoders would keep it.
    dropNonsense(out);
    this.#limiter.run(out);
    this.#meter?.add(out, this.#limiter.lowestGain, this.#ducker.duckedDb);
  }

  /** Mixes with talk-over. Each trigger is heard by itself, as the sum of what layers make of its source. */
  #duck(out: Float32Array, at: number): void {
    const triggers = this.#triggers.subarray(0, out.length).fill(0);
    const own = this.#trigger.subarray(0, out.length);
    const groups = new Map<object, Voice[]>();
    for (const voice of this.#voices) {
      if (voice.exempt.target === 0 && !voice.exempt.isMoving) {
        this.#add(voice, out, triggers, at);
        continue;
      }
      // What is left of a source that is gone stands for itself.
      const key = voice.source ?? voice;
      const group = groups.get(key);
      if (group) group.push(voice);
      else groups.set(key, [voice]);
    }
    for (const [key, voices] of groups) {
      own.fill(0);
      for (const voice of voices) this.#add(voice, out, own, at);
      this.#ducker.hear(key, own);
      addAt(triggers, own, 1);
    }
    this.#ducker.run(out, triggers, out.length / CHANNELS);
  }

  #grow(pairs: number): void {
    if (this.#curve.length >= pairs) return;
    this.#scratch = new Float32Array(pairs * CHANNELS);
    this.#trigger = new Float32Array(pairs * CHANNELS);
    this.#triggers = new Float32Array(pairs * CHANNELS);
    this.#curve = new Float32Array(pairs);
    this.#exemptCurve = new Float32Array(pairs);
  }

  /** Brings the voices in line with the state. */
  #take(pairs: number): void {
    this.#isNew = false;
    const { layers, evenly, ducking, tone, heard } = this.#state;
    for (const voice of this.#voices) voice.asked = 0;
    for (const { layer, source, share } of layers) {
      const gain = layer.gain * share;
      // Without it a layer at 0 would begin and let go of a voice again and again.
      if (gain > 0) this.#voiceFor(layer, source).asked += gain;
    }
    const length = evenly ? pairs + ROUND : RAMP;
    for (const voice of this.#voices) {
      if (!voice.source) continue;
      voice.gain.moveTo(voice.asked, length);
      voice.exempt.moveTo(ducking?.triggers.has(voice.source) ? 1 : 0, RAMP);
    }
    this.#ducker.set(ducking?.spec ?? null);
    this.#tone.set(tone);
    // A bus that begins black has nothing to fade from.
    if (this.#first) this.#heard.jump(heard);
    else this.#heard.moveTo(heard, pairs + ROUND);
    this.#first = false;
  }

  #voiceFor(layer: AudioLayer, source: Source): Voice {
    const found = this.#voices.find((voice) => voice.serves(layer, source));
    if (found) return found;
    const exempt = this.#state.ducking?.triggers.has(source) ?? false;
    const voice = new Voice({ source, layer, onError: this.#onError }, exempt);
    this.#voices.push(voice);
    return voice;
  }

  #add(voice: Voice, out: Float32Array, triggers: Float32Array, at: number): void {
    const pairs = out.length / CHANNELS;
    const input = this.#scratch.subarray(0, out.length);
    try {
      voice.read(input, at);
    } catch (error) {
      this.#onError(error);
      input.fill(0);
    }
    if (!voice.gain.isMoving && !voice.exempt.isMoving) {
      addAt(voice.exempt.target === 1 ? triggers : out, input, voice.gain.target);
      return;
    }
    const gains = this.#curve;
    voice.gain.write(gains, pairs);
    if (triggers === out || !voice.exempt.isMoving) {
      voice.exempt.write(this.#exemptCurve, pairs);
      addAlong(voice.exempt.target === 1 ? triggers : out, input, gains);
      return;
    }
    // On its way to or from the triggers it is in both.
    const shares = this.#exemptCurve;
    voice.exempt.write(shares, pairs);
    for (let i = 0; i < pairs; i++) {
      const whole = gains[i] as number;
      const share = whole * (shares[i] as number);
      shares[i] = share;
      gains[i] = whole - share;
    }
    addAlong(triggers, input, shares);
    addAlong(out, input, gains);
  }

  #letGo(): void {
    if (!this.#voices.some((voice) => voice.isSilent)) return;
    for (const voice of this.#voices) if (voice.isSilent) voice.close();
    this.#voices = this.#voices.filter((voice) => !voice.isSilent);
  }

  #fade(out: Float32Array, pairs: number): void {
    if (!this.#heard.isMoving && this.#heard.target === 1) return;
    const curve = this.#curve;
    this.#heard.write(curve, pairs);
    for (let i = 0; i < pairs; i++) {
      const gain = curve[i] as number;
      out[2 * i] = (out[2 * i] as number) * gain;
      out[2 * i + 1] = (out[2 * i + 1] as number) * gain;
    }
  }

  /** Sources that are still heard, those that fade included. */
  sources(): Set<Source> {
    return new Set(this.#voices.flatMap(({ source }) => (source ? [source] : [])));
  }

  /**
   * A source is about to be closed, but still open: what it takes to fade it out is read now, and then it is not asked again.
   */
  drop(source: Source): void {
    for (const voice of this.#voices) {
      if (voice.source !== source) continue;
      try {
        voice.cutLoose();
      } catch (error) {
        this.#onError(error);
      }
    }
    const { layers } = this.#state;
    if (layers.some((layer) => layer.source === source)) {
      this.#state = { ...this.#state, layers: layers.filter((layer) => layer.source !== source) };
    }
  }

  /** Of what came out last. @throws Error for a bus that is not measured */
  levels(): Omit<ProgrammeLevels, 'silent'> {
    if (!this.#meter) throw new Error('this bus is not measured');
    return this.#meter.levels();
  }

  /** Integrated loudness, loudness range and the highest true peak begin anew. */
  resetLoudness(): void {
    this.#meter?.reset();
  }

  /** Frees the filters. Nothing is mixed any more. */
  close(): void {
    for (const voice of this.#voices) voice.close();
    this.#voices = [];
  }
}

function addAt(out: Float32Array, input: Float32Array, gain: number): void {
  if (gain === 0) return;
  for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + gain * (input[i] as number);
}

function addAlong(out: Float32Array, input: Float32Array, gains: Float32Array): void {
  for (let i = 0; i < out.length; i += 2) {
    const gain = gains[i >> 1] as number;
    out[i] = (out[i] as number) + gain * (input[i] as number);
    out[i + 1] = (out[i + 1] as number) + gain * (input[i + 1] as number);
  }
}
