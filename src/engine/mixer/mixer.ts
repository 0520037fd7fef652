/**
 * The vision mixer: at every tick it takes the newest picture of each source that is shown, composes what is watched, and
 * mixes the sound. A new desired state is applied at a tick, whole; that is the take.
 *
 * A state whose programme needs a picture or an overlay that is still being made waits for it, {@link MAX_WAIT} at most,
 * while the programme goes on as it was: so a take is never a black or an old frame.
 *
 * Sound is mixed one tick behind the picture, for the time that the last tick covered, with the layers of that tick;
 * its time stamps say so, so it is in step, and a source needs no more reserve for its sound than for its picture.
 */
import type { DesiredState, OverlaySpec, Position } from '../../domain/desired.js';
import type { CaptionText, EngineReport, SoundLevels, StandbyState } from '../../domain/engine.js';
import type { Size } from '../../domain/geometry.js';
import type { Picture } from '../av/media.js';
import type { Overlay } from '../overlay/overlay.js';
import { keyOf, type OverlaySet } from '../overlay/overlay-set.js';
import type { Source } from '../source/source.js';
import type { SourceSet } from '../source/source-set.js';
import { Compositor } from '../video/compositor.js';
import { FramePool } from '../video/frame-pool.js';
import { type Content, contentOf, dropFrom, isReady, NOTHING, partsOf, soundOf, sourcesOf } from './content.js';
import { type ListenSink, ListenWall } from './listen-wall.js';
import type { Moment } from './moment.js';
import { type MonitorSink, MonitorWall } from './monitor-wall.js';
import type { LabelDrawer } from './multiview.js';
import { MultiviewDesk } from './multiview-desk.js';
import { Programme, type ProgrammeState } from './programme.js';
import { SceneFeed, type SceneSink } from './scene-feed.js';
import { SoundDesk } from './sound-desk.js';
import { StandIns } from './stand-ins.js';
import { isShowable, Standby } from './standby.js';

/** How long a new state waits for pictures, µs; and the first one, before which there is nothing better to show. */
const MAX_WAIT = 500_000;
const FIRST_WAIT = 5_000_000;
/** Ticks after which the sound of what was taken off has faded. */
const FADED = 3;

export interface MixerOptions {
  fps: number;
  width: number;
  height: number;
  sources: SourceSet;
  overlays: OverlaySet;
  pgm: SceneSink;
  pvw: SceneSink;
  multiview: SceneSink;
  /** Makes the stream of a channel; it is closed when the channel is unbound, and with the mixer. */
  openMonitor: (stream: string) => MonitorSink;
  /** The same for the sound of a source. */
  openListen: (stream: string) => ListenSink;
  monitorSize: Size;
  label: LabelDrawer;
  onApplied: (revision: number, tick: number) => void;
  onLevels: (levels: SoundLevels) => void;
  report: (report: EngineReport) => void;
  onError: (error: Error) => void;
}

interface Pending {
  desired: DesiredState;
  byPosition: Map<Position, Source>;
  pgm: Content;
  pvw: Content;
  keys: ProgrammeState['keys'];
  standby: Source | null;
  since: number | null;
}

export class Mixer {
  readonly #options: MixerOptions;
  readonly #pool: FramePool;
  readonly #pgmCompositor: Compositor;
  readonly #pvwCompositor: Compositor;
  readonly #programme: Programme;
  readonly #pgm: SceneFeed;
  readonly #pvw: SceneFeed;
  readonly #multiview: MultiviewDesk;
  readonly #monitors: MonitorWall;
  readonly #listens: ListenWall;
  readonly #sound: SoundDesk;
  readonly #standIns = new StandIns();
  readonly #standby: Standby;
  #preview: Content = NOTHING;
  #pending: Pending | null = null;
  /** Sources that somebody watches or listens to, whether a scene has them or not. */
  #watched: Source[] = [];
  #listened: Source[] = [];
  #previewSeen = false;
  #revision = -1;
  /** Ticks until what was taken off is closed: its sound fades first. */
  #leaving = 0;

  constructor(options: MixerOptions) {
    const { width, height, fps, sources } = options;
    this.#options = options;
    this.#pool = new FramePool({ width, height });
    const onError = (error: unknown): void => this.#report(error);
    this.#pgmCompositor = new Compositor({ width, height }, this.#pool, onError);
    this.#pvwCompositor = new Compositor({ width, height }, this.#pool, onError);
    this.#programme = new Programme(this.#pgmCompositor, this.#pool, (source, delay) =>
      this.#standIns.of(source, delay),
    );
    this.#pgm = new SceneFeed(options.pgm, onError);
    this.#pvw = new SceneFeed(options.pvw, onError);
    this.#sound = new SoundDesk({
      fps,
      pgm: [options.pgm, options.multiview],
      pvw: [options.pvw],
      onLevels: options.onLevels,
      report: options.report,
      onError,
    });
    this.#standby = new Standby(options.report);
    this.#multiview = new MultiviewDesk({ sources, sink: options.multiview, label: options.label, onError });
    this.#listens = new ListenWall({ open: options.openListen, fps, onError });
    this.#monitors = new MonitorWall({ open: options.openMonitor, size: options.monitorSize, fps, onError });
  }

  /** Takes a new whole state; it is shown from one of the next ticks on. An older revision is ignored. */
  setDesired(desired: DesiredState): void {
    if (desired.revision < (this.#pending?.desired.revision ?? this.#revision)) return;
    const since = this.#pending?.since ?? null;
    const { standby } = desired;
    const specs = standby ? [...desired.sources, standby.source] : desired.sources;
    const byPosition = this.#options.sources.sync(specs, desired.syncGroups);
    const drawings = this.#options.overlays.sync([
      ...desired.pgm.overlays,
      ...(desired.pvw?.overlays ?? []),
      ...desired.keys.map(({ overlay }) => overlay),
    ]);
    const overlayOf = (spec: OverlaySpec): Overlay | undefined => drawings.get(keyOf(spec));
    this.#pending = {
      desired,
      byPosition,
      pgm: contentOf(desired.pgm, byPosition, overlayOf),
      pvw: contentOf(desired.pvw, byPosition, overlayOf),
      keys: desired.keys.flatMap(({ overlay: spec, on, fadeMs }) => {
        const overlay = overlayOf(spec);
        return overlay ? [{ spec, overlay, on, fadeMs }] : [];
      }),
      standby: standby ? this.#options.sources.byId(standby.source.id) : null,
      since,
    };
    this.#spreadWants();
  }

  /** Text for the captions of a component, wherever it is shown. */
  caption({ componentId, text }: CaptionText): void {
    this.#options.overlays.caption(componentId, text);
  }

  /** The standby on air from the next tick on, whatever state waits for its pictures. */
  callStandby(): void {
    this.#standby.call();
  }

  /** Whether somebody watches levels: all sources are then heard. */
  watchLevels(on: boolean): void {
    this.#sound.watch(on);
  }

  /** A source is about to be closed; nothing of it is read any more. */
  dropSource(source: Source): void {
    this.#sound.drop(source);
    this.#listens.drop(source);
    this.#programme.drop(source);
    dropFrom(this.#preview, source);
    this.#standby.drop(source);
    this.#standIns.drop(source);
    this.#monitors.drop(source);
  }

  /** Composes one tick. @param time engine time of the tick, µs; @param skipped ticks left out just before it */
  tick(tick: number, time: number, skipped: number): void {
    const { sources, overlays, fps } = this.#options;
    this.#guard(() => sources.advance(time));
    this.#guard(() => overlays.advance(time));
    this.#guard(() => this.#applyIfReady(tick, time));
    // Nothing goes out before there is something to show: a restarted engine does not flash black at the viewers.
    if (this.#revision < 0) return;
    this.#guard(() => this.#guardProgramme(time));
    this.#guard(() => this.#goOn(((1 + skipped) * 1_000_000) / fps));
    this.#standIns.settle(this.#scenes);
    const moment = { tick, time, skipped };
    this.#guard(() => this.#produce(moment));
  }

  /** The standby takes the place of the programme, or gives it back. */
  #guardProgramme(time: number): void {
    this.#standby.advance(time, this.#programme.contents, (source, delay) => this.#standIns.of(source, delay));
    this.#programme.setStandby(this.#standby.content);
  }

  /** How it is with the standby. */
  get standby(): StandbyState {
    return this.#standby.state;
  }

  /** Moves transitions and fades on; what has left the programme is closed. */
  #goOn(us: number): void {
    const before = this.#programme.contents.length;
    this.#programme.advance(us);
    if (this.#programme.contents.length < before) this.#leaving = FADED;
    if (this.#leaving > 0 && --this.#leaving === 0) {
      this.#prune();
      // In a long fade sound takes its time to go; it is looked at again.
      if (this.#sound.heard().some((source) => this.#options.sources.byId(source.spec.id) !== source))
        this.#leaving = 1;
    }
  }

  #produce(moment: Moment): void {
    const needs = [this.#pgm, this.#pvw].map((feed) => feed.begin(moment.tick));
    const watched = this.#monitors.begin(moment.tick);
    const multiview = this.#multiview.begin(moment.tick);
    this.#previewSeen = needs[1] === true || multiview;
    const all = multiview || this.#sound.isWatched ? [...this.#options.sources] : [];
    this.#watched = multiview ? all : watched;
    this.#listened = [...all, ...watched, ...this.#listens.begin(moment.tick)];
    this.#spreadWants();
    const black = (): Picture => this.#pgmCompositor.black();
    const pgm = needs[0] || multiview ? this.#pgm.show(() => this.#programme.compose(), black) : null;
    const compose = (): Picture =>
      this.#pvwCompositor.compose(partsOf(this.#preview, (source, delay) => this.#standIns.of(source, delay)));
    const pvw = needs[1] || multiview ? this.#pvw.show(compose, black) : null;
    this.#sound.tick(moment, {
      programme: {
        layers: this.#programme.sound(),
        evenly: this.#programme.isFading,
        heard: this.#programme.heard,
      },
      preview: soundOf(this.#preview, this.#previewSeen ? 1 : 0),
      all,
    });
    this.#monitors.tick(moment);
    this.#listens.tick(moment);
    this.#multiview.tick({
      pgm,
      pvw,
      onAir: this.#standby.content ? [] : this.#programme.contents,
      standby: this.#standby.content !== null,
      next: this.#preview,
      bars: this.#sound.bars,
      barOf: (source) => this.#sound.barOf(source),
    });
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

  #applyIfReady(tick: number, time: number): void {
    const pending = this.#pending;
    if (!pending) return;
    pending.since ??= time;
    const wait = this.#revision < 0 ? FIRST_WAIT : MAX_WAIT;
    if (!this.#canShow(pending) && time - pending.since < wait) return;
    const { desired, byPosition, keys } = pending;
    this.#pending = null;
    this.#revision = desired.revision;
    this.#standIns.take(this.#programme.contents, pending.pgm);
    this.#programme.show({ ...desired, keys }, pending.pgm, pending.pvw);
    this.#syncStandby(desired.standby, pending.standby);
    this.#preview = pending.pvw;
    this.#multiview.setDesired(desired);
    this.#sound.setDesired(desired.sound, byPosition);
    this.#guard(() => this.#monitors.sync(desired.monitors, byPosition));
    this.#guard(() => this.#listens.sync(desired.listens, byPosition));
    this.#prune();
    this.#leaving = FADED;
    this.#options.onApplied(this.#revision, tick);
  }

  #syncStandby(spec: DesiredState['standby'], source: Source | null): void {
    const before = this.#standby.content;
    this.#standby.sync(spec, source);
    // One that is exchanged while it is on air keeps its picture until the new one has one.
    const now = this.#standby.content;
    if (before && now) this.#standIns.take([before], now);
  }

  /** True when all is there that the state would bring on air; the preview is on air as far as the T-bar shows it. */
  #canShow({ desired, pgm, pvw, keys, standby }: Pending): boolean {
    // What is to show the standby does not wait for a programme that nobody will see; nor does an engine begin with that.
    if (desired.standby?.on && (this.#revision < 0 || isShowable(standby))) return isShowable(standby);
    const contents = this.#programme.contents;
    const shown = new Set<Source | Overlay>([
      ...contents.flatMap(sourcesOf),
      ...contents.flatMap(({ overlays }) => overlays.map(({ overlay }) => overlay)),
      ...this.#programme.keysShown,
    ]);
    if (!isReady(pgm, shown)) return false;
    // An engine that would begin with black has something better to wait for.
    if (this.#revision < 0 && desired.standby?.auto && isBlack(pgm) && !isShowable(standby)) return false;
    if ((desired.tbar || this.#programme.isHeld) && !isReady(pvw, shown)) return false;
    return keys.every(({ on, overlay }) => !on || shown.has(overlay) || overlay.isReady());
  }

  /** Scenes that are shown, may be next, or are on their way. */
  get #scenes(): Content[] {
    const pending = this.#pending;
    const standby = this.#standby.content ? [this.#standby.content] : [];
    return [...this.#programme.contents, ...standby, this.#preview, ...(pending ? [pending.pgm, pending.pvw] : [])];
  }

  /** Closes what neither the newest state nor a picture that is still leaving needs. */
  #prune(): void {
    const scenes = this.#scenes;
    this.#options.sources.prune(new Set([...scenes.flatMap(sourcesOf), ...this.#sound.heard()]));
    const keys = [...(this.#pending?.keys ?? []).map(({ overlay }) => overlay), ...this.#programme.keyed];
    const drawn = scenes.flatMap((content) => content.overlays.map(({ overlay }) => overlay));
    this.#options.overlays.prune(new Set([...drawn, ...keys]));
  }

  /** Tells every source whether it is needed, by a scene on show or about to be or by a watcher, and how much past. */
  #spreadWants(): void {
    const contents = this.#scenes;
    const seen = new Set([...this.#watched, ...contents.flatMap(({ video }) => video.map(({ source }) => source))]);
    const heard = new Set([
      ...this.#listened,
      ...this.#sound.heard(),
      ...contents.flatMap(({ audio }) => audio.map(({ source }) => source)),
    ]);
    // Kept ready.
    for (const standby of [this.#standby.source, this.#pending?.standby]) {
      if (!standby) continue;
      seen.add(standby);
      heard.add(standby);
    }
    const pictures = longestDelays(contents.flatMap(({ video }) => video));
    const sounds = longestDelays(contents.flatMap(({ audio }) => audio));
    for (const source of this.#options.sources) {
      source.keepHistory(pictures.get(source) ?? 0, sounds.get(source) ?? 0);
      source.setWanted(seen.has(source), heard.has(source));
    }
    this.#wantOverlays();
  }

  /** Animations run while somebody sees them. */
  #wantOverlays(): void {
    const seen = [...this.#programme.contents, ...(this.#previewSeen ? [this.#preview] : [])];
    const wanted = new Set([
      ...seen.flatMap(({ overlays }) => overlays.map(({ overlay }) => overlay)),
      ...this.#programme.keysShown,
    ]);
    for (const overlay of this.#options.overlays) overlay.setWanted(wanted.has(overlay));
  }

  close(): void {
    for (const feed of [this.#pgm, this.#pvw]) feed.close();
    this.#sound.close();
    this.#multiview.close();
    this.#monitors.close();
    this.#listens.close();
    this.#standIns[Symbol.dispose]();
    this.#pgmCompositor[Symbol.dispose]();
    this.#pvwCompositor[Symbol.dispose]();
    this.#pool[Symbol.dispose]();
  }
}

/** Whether it has pictures to show, and none of them is there. */
function isBlack({ video }: Content): boolean {
  return video.length > 0 && video.every(({ source }) => source.picture(0) === null);
}

/** How much of the past the layers of each source ask for, µs. */
function longestDelays(layers: readonly { layer: { delayMs: number }; source: Source }[]): Map<Source, number> {
  const longest = new Map<Source, number>();
  for (const { layer, source } of layers) {
    longest.set(source, Math.max(longest.get(source) ?? 0, layer.delayMs * 1000));
  }
  return longest;
}
