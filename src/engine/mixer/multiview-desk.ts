/** The multiview's part of a tick: who is on air, how loud everything is, and the picture with all of it. */
import type { DesiredState } from '../../domain/desired.js';
import type { SourceStatus } from '../../domain/engine.js';
import { type Multiview, type MultiviewTile, multiviewOf } from '../../domain/multiview.js';
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import { PeakMeter } from '../audio/meter.js';
import { blackPicture, type Picture } from '../av/picture.js';
import type { SoundCursor, Source } from '../source/source.js';
import type { SourceSet } from '../source/source-set.js';
import type { Content } from './content.js';
import { type LabelDrawer, MultiviewPainter, type TileState } from './multiview.js';
import { type Moment, SceneFeed, type SceneSink } from './scene-feed.js';

const WARNINGS: Record<SourceStatus, string> = { live: '', connecting: 'CONNECTING', lost: 'NO SIGNAL', ended: 'END' };

/** What the desk is told in each tick. Pictures stay the caller's. */
export interface DeskState {
  pgm: Picture | null;
  pvw: Picture | null;
  /** What is seen on air, and what would be next. */
  onAir: readonly Content[];
  next: Content;
  /** Sound of both scenes in the last tick. */
  pgmSound: Float32Array | null;
  pvwSound: Float32Array | null;
}

interface Ear {
  meter: PeakMeter;
  cursor: SoundCursor;
}

export class MultiviewDesk {
  readonly #sources: SourceSet;
  readonly #fps: number;
  readonly #feed: SceneFeed;
  readonly #painter: MultiviewPainter;
  #view: Multiview = { width: 2, height: 2, tiles: [] };
  readonly #scenes = { pgm: new PeakMeter(), pvw: new PeakMeter() };
  #ears = new Map<Source, Ear>();
  #block = new Float32Array(0);

  constructor(options: {
    sources: SourceSet;
    sink: SceneSink;
    fps: number;
    label: LabelDrawer;
    onError: (error: unknown) => void;
  }) {
    this.#sources = options.sources;
    this.#fps = options.fps;
    this.#feed = new SceneFeed(options.sink, options.fps, options.onError);
    this.#painter = new MultiviewPainter(options.label);
  }

  setDesired(desired: DesiredState): void {
    this.#view = multiviewOf(desired);
  }

  /** Begins a tick; true when somebody watches, and then every source is needed. */
  begin(tick: number): boolean {
    const needed = this.#feed.begin(tick);
    if (!needed) this.#ears = new Map();
    return needed;
  }

  get isNeeded(): boolean {
    return this.#feed.isNeeded;
  }

  tick(moment: Moment, state: DeskState): void {
    const { tick, time } = moment;
    if (!this.isNeeded) return;
    const seconds = 1 / this.#fps;
    if (state.pgmSound) this.#scenes.pgm.add(state.pgmSound, seconds);
    if (state.pvwSound) this.#scenes.pvw.add(state.pvwSound, seconds);
    const pairs = Math.round(((tick + 1) * SAMPLE_RATE) / this.#fps) - Math.round((tick * SAMPLE_RATE) / this.#fps);
    if (this.#block.length !== pairs * CHANNELS) this.#block = new Float32Array(pairs * CHANNELS);
    const health = new Map(this.#sources.health().map((one) => [one.id, one.status]));
    const paint = (): Picture => {
      return this.#painter.paint(this.#view, (tile) => this.#tile(tile, state, time, health.get(tile.sourceId ?? '')));
    };
    this.#feed.show(paint, () => blackPicture(this.#view.width, this.#view.height));
  }

  #tile(tile: MultiviewTile, state: DeskState, time: number, status: SourceStatus | undefined): TileState {
    if (tile.kind === 'pgm') {
      return { picture: state.pgm, tally: 'pgm', peak: this.#scenes.pgm.peak, warning: '' };
    }
    if (tile.kind === 'pvw') {
      return { picture: state.pvw, tally: 'pvw', peak: this.#scenes.pvw.peak, warning: '' };
    }
    const source = this.#sources.byId(tile.sourceId ?? '');
    if (!source) return { picture: null, tally: null, peak: Number.NEGATIVE_INFINITY, warning: '' };
    const shows = (content: Content): boolean => content.video.some((layer) => layer.source === source);
    return {
      picture: source.picture(0),
      tally: state.onAir.some(shows) ? 'pgm' : shows(state.next) ? 'pvw' : null,
      peak: this.#listen(source, time),
      warning: status ? WARNINGS[status] : '',
    };
  }

  /** Level of a source in the last tick, one tick late like all sound. */
  #listen(source: Source, time: number): number {
    let ear = this.#ears.get(source);
    if (!ear) {
      ear = { meter: new PeakMeter(), cursor: { next: null } };
      this.#ears.set(source, ear);
    }
    source.sound(this.#block, time - 1_000_000 / this.#fps, ear.cursor);
    ear.meter.add(this.#block, 1 / this.#fps);
    return ear.meter.peak;
  }

  drop(source: Source): void {
    this.#ears.delete(source);
  }

  close(): void {
    this.#feed.close();
    this.#painter[Symbol.dispose]();
  }
}
