/**
 * The vision mixer: at every tick it takes the newest picture of each source that is shown, composes preview and
 * programme, and mixes their sound. A new desired state is applied at a tick, whole; that is the take.
 *
 * A state whose programme needs a picture that is still being decoded waits for it, {@link MAX_WAIT} at most, while
 * the programme goes on as it was: so a take is never a black or an old frame.
 *
 * Sound is mixed one tick behind the picture, for the time that the last tick covered, with the layers of that tick;
 * its time stamps say so, so it is in step, and a source needs no more reserve for its sound than for its picture.
 */
import type { DesiredState, Position, SceneSpec } from '../../domain/desired.js';
import type { CaptionText } from '../../domain/engine.js';
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import { type MixLayer, SoundMix } from '../audio/mix.js';
import type { Picture } from '../av/media.js';
import { sharePicture } from '../av/picture.js';
import type { Source } from '../source/source.js';
import type { SourceSet } from '../source/source-set.js';
import { Compositor, type LayerPicture } from '../video/compositor.js';

/** How long a new state waits for pictures, µs. */
const MAX_WAIT = 500_000;

/** Where the composed pictures and the mixed sound of a scene go. */
export interface SceneSink {
  /** Returns false when nothing of this tick is needed. */
  begin(tick: number): boolean;
  pushPicture(picture: Picture): void;
  pushSound(samples: Float32Array, sample: number): void;
}

export interface MixerOptions {
  fps: number;
  width: number;
  height: number;
  sources: SourceSet;
  pgm: SceneSink;
  pvw: SceneSink;
  onApplied: (revision: number, tick: number) => void;
  onError: (error: Error) => void;
}

/** A scene with its sources looked up. */
interface Scene {
  spec: SceneSpec | null;
  byPosition: Map<Position, Source>;
  mix: SoundMix;
  /** The picture of the last tick, shown again when one cannot be composed. */
  last: Picture | null;
  /** Sound layers of the last tick, which are the ones to mix now. */
  soundDue: MixLayer[] | null;
  compositor: Compositor;
  sink: SceneSink;
}

interface Pending {
  desired: DesiredState;
  byPosition: Map<Position, Source>;
  since: number | null;
}

export class Mixer {
  readonly #options: MixerOptions;
  readonly #pgm: Scene;
  readonly #pvw: Scene;
  #pending: Pending | null = null;
  #revision = -1;

  constructor(options: MixerOptions) {
    this.#options = options;
    this.#pgm = this.#scene(options.pgm);
    this.#pvw = this.#scene(options.pvw);
  }

  #scene(sink: SceneSink): Scene {
    const { width, height } = this.#options;
    const compositor = new Compositor({ width, height });
    return { spec: null, byPosition: new Map(), mix: new SoundMix(), last: null, soundDue: null, compositor, sink };
  }

  /** Takes a new whole state; it is shown from one of the next ticks on. An older revision is ignored. */
  setDesired(desired: DesiredState): void {
    if (desired.revision < (this.#pending?.desired.revision ?? this.#revision)) return;
    const since = this.#pending?.since ?? null;
    this.#pending = { desired, byPosition: this.#options.sources.sync(desired.sources), since };
    this.#spreadWants();
  }

  /** Text for a caption of either scene. */
  caption(_caption: CaptionText): void {}

  /** A source is about to be closed; nothing of it is read any more. */
  dropSource(source: Source): void {
    for (const scene of [this.#pgm, this.#pvw]) {
      scene.mix.drop(source);
      scene.soundDue = scene.soundDue?.filter((layer) => layer.source !== source) ?? null;
    }
  }

  /** Composes one tick. @param time engine time of the tick, µs; @param skipped ticks left out just before it */
  tick(tick: number, time: number, skipped: number): void {
    for (const source of this.#options.sources) source.advance(time);
    this.#applyIfReady(tick, time);
    // Nothing goes out before there is something to show: a restarted engine does not flash black at the viewers.
    if (this.#revision < 0) return;
    for (const scene of [this.#pgm, this.#pvw]) {
      this.#guard(() => {
        if (scene.sink.begin(tick)) scene.sink.pushPicture(this.#compose(scene, tick));
      });
      // Apart from the picture: sound that is left out once would move all that follows it.
      this.#guard(() => this.#sound(scene, tick, time, skipped));
    }
  }

  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#options.onError(error instanceof Error ? error : new Error(String(error)));
  }

  /** The scene's picture, or the last one again when it cannot be composed: the programme must not stop. */
  #compose(scene: Scene, tick: number): Picture {
    try {
      const picture = scene.compositor.compose(this.#pictures(scene), tick);
      scene.last?.free();
      scene.last = sharePicture(picture);
      return picture;
    } catch (error) {
      this.#report(error);
      return scene.last ? sharePicture(scene.last) : scene.compositor.compose([], tick);
    }
  }

  #applyIfReady(tick: number, time: number): void {
    const pending = this.#pending;
    if (!pending) return;
    pending.since ??= time;
    const shown = sourcesOf(pending.desired.pgm, pending.byPosition, 'video');
    if (![...shown].every((source) => source.isReady()) && time - pending.since < MAX_WAIT) return;
    this.#pending = null;
    this.#revision = pending.desired.revision;
    this.#show(this.#pgm, pending.desired.pgm, pending.byPosition);
    this.#show(this.#pvw, pending.desired.pvw, pending.byPosition);
    this.#spreadWants();
    this.#options.sources.prune(new Set(pending.byPosition.values()));
    this.#options.onApplied(this.#revision, tick);
  }

  #show(scene: Scene, spec: SceneSpec | null, byPosition: Map<Position, Source>): void {
    scene.spec = spec;
    scene.byPosition = byPosition;
  }

  /** Tells every source whether a scene, on show or about to be, needs it, and how much past. */
  #spreadWants(): void {
    const pending = this.#pending;
    const views = [
      { spec: this.#pgm.spec, byPosition: this.#pgm.byPosition },
      { spec: this.#pvw.spec, byPosition: this.#pvw.byPosition },
      ...(pending ? [pending.desired.pgm, pending.desired.pvw] : []).map((spec) => ({
        spec,
        byPosition: pending?.byPosition ?? new Map(),
      })),
    ];
    const wanted = new Set<Source>();
    const history = new Map<Source, number>();
    for (const { spec, byPosition } of views) {
      for (const source of sourcesOf(spec, byPosition, 'video')) wanted.add(source);
      for (const source of sourcesOf(spec, byPosition, 'audio')) wanted.add(source);
      for (const layer of spec?.video ?? []) {
        const source = byPosition.get(layer.source);
        if (source) history.set(source, Math.max(history.get(source) ?? 0, layer.delayMs * 1000));
      }
    }
    for (const source of this.#options.sources) {
      source.keepHistory(history.get(source) ?? 0);
      source.setWanted(wanted.has(source));
    }
  }

  #pictures(scene: Scene): LayerPicture[] {
    const pictures: LayerPicture[] = [];
    for (const layer of scene.spec?.video ?? []) {
      const picture = scene.byPosition.get(layer.source)?.picture(layer.delayMs * 1000);
      if (picture) pictures.push({ layer, picture });
    }
    return pictures;
  }

  #sound(scene: Scene, tick: number, time: number, skipped: number): void {
    const { fps } = this.#options;
    if (scene.soundDue) {
      const first = Math.round(((tick - 1 - skipped) * SAMPLE_RATE) / fps);
      const from = Math.round(((tick - 1) * SAMPLE_RATE) / fps);
      const end = Math.round((tick * SAMPLE_RATE) / fps);
      // What was left out is silence, so that the sample numbers stay true.
      if (from > first) scene.sink.pushSound(new Float32Array((from - first) * CHANNELS), first);
      const block = new Float32Array((end - from) * CHANNELS);
      scene.mix.set(scene.soundDue);
      scene.mix.mix(block, time - 1_000_000 / fps);
      scene.sink.pushSound(block, from);
    }
    scene.soundDue = [];
    for (const layer of scene.spec?.audio ?? []) {
      const source = scene.byPosition.get(layer.source);
      if (source) scene.soundDue.push({ layer, source });
    }
  }

  close(): void {
    for (const scene of [this.#pgm, this.#pvw]) {
      scene.last?.free();
      scene.last = null;
      scene.compositor[Symbol.dispose]();
    }
  }
}

function sourcesOf(spec: SceneSpec | null, byPosition: Map<Position, Source>, kind: 'video' | 'audio'): Set<Source> {
  const sources = new Set<Source>();
  for (const layer of spec?.[kind] ?? []) {
    const source = byPosition.get(layer.source);
    if (source) sources.add(source);
  }
  return sources;
}
