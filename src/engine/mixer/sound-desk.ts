/**
 * All that is heard in a studio: the mixes of programme and preview, how loud they and the sources are, and who fell silent.
 * Levels are told ten times a second while somebody watches them, and twice otherwise.
 */
import { PLAIN_SOUND, type Position, type SoundSpec } from '../../domain/desired.js';
import type { ChannelLevels, EngineReport, ProgrammeLevels, SoundLevels, SourceLevels } from '../../domain/engine.js';
import type { BusState } from '../audio/bus.js';
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import { PeakMeter } from '../audio/meter.js';
import type { MixLayer } from '../audio/mix.js';
import { SilenceWatch } from '../audio/silence.js';
import { SourceMeter } from '../audio/source-meter.js';
import type { Source } from '../source/source.js';
import type { Moment } from './moment.js';
import { type MixedBlock, plainBus, SceneSound, type SoundSink } from './scene-sound.js';

/** Readings a second, and of how many of them one is told while nobody watches. */
const RATE = 10;
const UNWATCHED = 5;
const PROGRAMME = 'the programme';

export interface SoundDeskOptions {
  fps: number;
  /** Who hears the programme, and who the preview. */
  pgm: readonly SoundSink[];
  pvw: readonly SoundSink[];
  onLevels: (levels: SoundLevels) => void;
  report: (report: EngineReport) => void;
  onError: (error: unknown) => void;
}

/** What is to be heard in a tick. */
export interface HeardNow {
  /** Layers of the programme, whether their gains move over the whole tick, and how much of all that fading leaves. */
  programme: Pick<BusState, 'layers' | 'evenly' | 'heard'>;
  preview: readonly MixLayer[];
  /** Every source, when somebody sees the levels of all; otherwise none. */
  all: Iterable<Source>;
}

export class SoundDesk {
  readonly #options: SoundDeskOptions;
  readonly #pgm: SceneSound;
  readonly #pvw: SceneSound;
  readonly #bars = { pgm: new PeakMeter(), pvw: new PeakMeter() };
  readonly #meters = new Map<Source, SourceMeter>();
  /** Sources of the programme's mix. */
  readonly #watches = new Map<Source, SilenceWatch>();
  readonly #programmeWatch = new SilenceWatch();
  #spec: SoundSpec = PLAIN_SOUND;
  #ducking: BusState['ducking'] = null;
  #loudnessSerial: number | null = null;
  #watched = false;
  #beat = 0;

  constructor(options: SoundDeskOptions) {
    const { fps, onError } = options;
    this.#options = options;
    this.#pgm = new SceneSound({ ears: options.pgm, fps, measured: true, onError });
    this.#pvw = new SceneSound({ ears: options.pvw, fps, measured: false, onError });
  }

  setDesired(spec: SoundSpec, byPosition: ReadonlyMap<Position, Source>): void {
    this.#spec = spec;
    const { ducking, loudnessSerial } = spec;
    const triggers = (ducking?.triggers ?? []).flatMap((position) => byPosition.get(position) ?? []);
    this.#ducking = ducking ? { spec: ducking, triggers: new Set(triggers) } : null;
    if (this.#loudnessSerial !== null && loudnessSerial > this.#loudnessSerial) this.#pgm.bus.resetLoudness();
    this.#loudnessSerial = loudnessSerial;
  }

  /** Whether somebody watches the levels of all sources. */
  get isWatched(): boolean {
    return this.#watched;
  }

  watch(on: boolean): void {
    this.#watched = on;
  }

  /** Mixes, measures and tells. */
  tick(moment: Moment, { programme, preview, all }: HeardNow): void {
    const { tone } = this.#spec;
    const heard = new Set([...this.heard(), ...all]);
    const mixed = this.#pgm.tick(moment, { ...programme, ducking: this.#ducking, tone });
    const previewed = this.#pvw.tick(moment, plainBus(preview));
    if (!mixed) return;
    const seconds = mixed.samples.length / CHANNELS / SAMPLE_RATE;
    this.#bars.pgm.add(mixed.samples, seconds);
    if (previewed) this.#bars.pvw.add(previewed.samples, seconds);
    this.#measure(mixed, heard);
    const beat = Math.floor((moment.tick * RATE) / this.#options.fps);
    const passed = beat - this.#beat;
    if (passed <= 0) return;
    this.#beat = beat;
    const pgm = this.#pgm.bus.levels();
    this.#watchSilence((passed * 1000) / RATE, pgm, new Set(programme.layers.map(({ source }) => source)));
    if (this.#watched || beat % UNWATCHED < passed) this.#tell(moment.tick, pgm);
  }

  #measure({ samples, from }: MixedBlock, heard: ReadonlySet<Source>): void {
    for (const source of this.#meters.keys()) if (!heard.has(source)) this.#meters.delete(source);
    for (const source of heard) {
      let meter = this.#meters.get(source);
      if (!meter) {
        meter = new SourceMeter(source);
        this.#meters.set(source, meter);
      }
      try {
        meter.tick(from, samples.length / CHANNELS);
      } catch (error) {
        this.#options.onError(error);
      }
    }
  }

  #watchSilence(ms: number, pgm: ChannelLevels, mix: ReadonlySet<Source>): void {
    const { silence } = this.#spec;
    if (!silence) {
      this.#endWatch();
      return;
    }
    const programme = this.#programmeWatch.update(pgm.rmsDb, ms, silence);
    if (programme) this.#reportSilence(programme, PROGRAMME);
    for (const [source, watch] of this.#watches) {
      if (mix.has(source)) continue;
      this.#watches.delete(source);
      if (watch.isSilent) this.#reportEnd(source.spec.name, "has left the programme's mix", source.spec.id);
    }
    for (const source of mix) {
      const levels = this.#meters.get(source)?.levels();
      if (!levels) continue;
      const watch = this.#watches.get(source) ?? new SilenceWatch();
      this.#watches.set(source, watch);
      const change = watch.update(levels.rmsDb, ms, silence);
      if (change) this.#reportSilence(change, source.spec.name, source.spec.id);
    }
  }

  /** Nobody is to be left with an alarm that never ends. */
  #endWatch(): void {
    const why = 'is not watched for silence any more';
    if (this.#programmeWatch.isSilent) this.#reportEnd(PROGRAMME, why);
    this.#programmeWatch.update([0, 0], 0, null);
    for (const [{ spec }, watch] of this.#watches) if (watch.isSilent) this.#reportEnd(spec.name, why, spec.id);
    this.#watches.clear();
  }

  #reportEnd(name: string, why: string, resourceId?: string): void {
    const report: EngineReport = { code: 'SoundBack', message: `${name} ${why}` };
    this.#options.report({ ...report, ...(resourceId === undefined ? {} : { resourceId }) });
  }

  #reportSilence(change: 'silent' | 'back', name: string, resourceId?: string): void {
    const { belowDb, afterMs } = this.#spec.silence ?? { belowDb: 0, afterMs: 0 };
    const report: EngineReport =
      change === 'silent'
        ? { code: 'SoundSilent', message: `${name} has been below ${belowDb} dBFS for ${afterMs / 1000} s` }
        : { code: 'SoundBack', message: `${name} is heard again` };
    this.#options.report({ ...report, ...(resourceId === undefined ? {} : { resourceId }) });
  }

  #tell(tick: number, levels: Omit<ProgrammeLevels, 'silent'>): void {
    const pgm = { ...levels, silent: this.#programmeWatch.isSilent };
    const sources = [...this.#meters].map(([source, meter]): SourceLevels => {
      const silent = this.#watches.get(source)?.isSilent ?? false;
      return { id: source.spec.id, ...(meter.levels() satisfies ChannelLevels), silent };
    });
    this.#options.onLevels({ tick, pgm, sources });
  }

  /** Falling peaks for level bars, dBFS. */
  get bars(): { pgm: number; pvw: number } {
    return { pgm: this.#bars.pgm.peak, pvw: this.#bars.pvw.peak };
  }

  barOf(source: Source): number {
    return this.#meters.get(source)?.bar ?? Number.NEGATIVE_INFINITY;
  }

  /** Sources whose sound is still to be mixed. They must not fall silent yet. */
  heard(): Source[] {
    return [...this.#pgm.heard(), ...this.#pvw.heard()];
  }

  /** A source is about to be closed; nothing of it is read any more. */
  drop(source: Source): void {
    this.#pgm.drop(source);
    this.#pvw.drop(source);
    this.#meters.delete(source);
    this.#watches.delete(source);
  }

  close(): void {
    this.#pgm.close();
    this.#pvw.close();
  }
}
