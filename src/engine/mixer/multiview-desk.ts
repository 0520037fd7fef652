/** The multiview's part of a tick: who is on air, how loud everything is, and the picture with all of it. */
import type { DesiredState } from '../../domain/desired.js';
import type { SourceStatus } from '../../domain/engine.js';
import { type Multiview, type MultiviewTile, multiviewOf } from '../../domain/multiview.js';
import { blackPicture, type Picture } from '../av/picture.js';
import type { Source } from '../source/source.js';
import type { SourceSet } from '../source/source-set.js';
import type { Content } from './content.js';
import { type LabelDrawer, MultiviewPainter, type TileState } from './multiview.js';
import { SceneFeed, type SceneSink } from './scene-feed.js';

const WARNINGS: Record<SourceStatus, string> = { live: '', connecting: 'CONNECTING', lost: 'NO SIGNAL', ended: 'END' };

/** What the desk is told in each tick. Pictures stay the caller's. */
export interface DeskState {
  pgm: Picture | null;
  pvw: Picture | null;
  /** What is seen on air, and what would be next. */
  onAir: readonly Content[];
  next: Content;
  /** The programme shows its standby. */
  standby: boolean;
  /** Level bars, dBFS. */
  bars: { pgm: number; pvw: number };
  barOf: (source: Source) => number;
}

export class MultiviewDesk {
  readonly #sources: SourceSet;
  readonly #feed: SceneFeed;
  readonly #painter: MultiviewPainter;
  #view: Multiview = { width: 2, height: 2, tiles: [] };

  constructor(options: {
    sources: SourceSet;
    sink: SceneSink;
    label: LabelDrawer;
    onError: (error: unknown) => void;
  }) {
    this.#sources = options.sources;
    this.#feed = new SceneFeed(options.sink, options.onError);
    this.#painter = new MultiviewPainter(options.label);
  }

  setDesired(desired: DesiredState): void {
    this.#view = multiviewOf(desired);
  }

  /** Begins a tick; true when somebody watches, and then every source is needed. */
  begin(tick: number): boolean {
    return this.#feed.begin(tick);
  }

  get isNeeded(): boolean {
    return this.#feed.isNeeded;
  }

  tick(state: DeskState): void {
    if (!this.isNeeded) return;
    const health = new Map(this.#sources.health().map((one) => [one.id, one.status]));
    const paint = (): Picture => {
      return this.#painter.paint(this.#view, (tile) => this.#tile(tile, state, health.get(tile.sourceId ?? '')));
    };
    this.#feed.show(paint, () => blackPicture(this.#view.width, this.#view.height));
  }

  #tile(tile: MultiviewTile, state: DeskState, status: SourceStatus | undefined): TileState {
    if (tile.kind === 'pgm') {
      return { picture: state.pgm, tally: 'pgm', peak: state.bars.pgm, warning: state.standby ? 'STANDBY' : '' };
    }
    if (tile.kind === 'pvw') {
      return { picture: state.pvw, tally: 'pvw', peak: state.bars.pvw, warning: '' };
    }
    const source = this.#sources.byId(tile.sourceId ?? '');
    if (!source) return { picture: null, tally: null, peak: Number.NEGATIVE_INFINITY, warning: '' };
    const shows = (content: Content): boolean => content.video.some((layer) => layer.source === source);
    return {
      picture: source.picture(0),
      tally: state.onAir.some(shows) ? 'pgm' : shows(state.next) ? 'pvw' : null,
      peak: state.barOf(source),
      warning: status ? WARNINGS[status] : '',
    };
  }

  close(): void {
    this.#feed.close();
    this.#painter[Symbol.dispose]();
  }
}
