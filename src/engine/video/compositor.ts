/**
 * Composes the pictures and overlays of one scene into one picture of the output's size.
 *
 * The pictures become a filter graph. It is built again when the scene or the shape of a picture changes; the graphs
 * before it are kept for a while, because scenes come back. A single picture that already fills the frame is passed on
 * as it is. Overlays that have kept their place for {@link SETTLED} ticks become part of the graph, where laying them costs
 * least; those that move or fade are laid over its result.
 */
import type { VideoLayer } from '../../domain/desired.js';
import type { Size } from '../../domain/geometry.js';
import { PictureGraph } from '../av/graph.js';
import {
  blackPicture,
  isPlain,
  type Picture,
  type PictureShape,
  shapeKey,
  shapeOf,
  sharePicture,
} from '../av/picture.js';
import { laySheet, surfaceOf } from './draw.js';
import { copyPicture, type FramePool } from './frame-pool.js';
import { describeGraph, isWhole, type PlacedPart, placeIn } from './placement.js';
import type { Sheet } from './sheet.js';
import { SheetPictures } from './sheet-pictures.js';

/** Graphs that are kept; each holds a few scaled pictures. */
const MAX_GRAPHS = 4;
/** Ticks after which an overlay that has not moved is expected to stay. */
const SETTLED = 5;
/** Overlays that a graph lays; the rest of a crowded scene is laid over its result. */
const MAX_SETTLED = 32;

/** One layer with the picture that is on it now; the picture stays the caller's. */
export interface LayerPicture {
  layer: VideoLayer;
  picture: Picture;
}

/** A sheet in its place, in pixels; even numbers. */
export interface LaidSheet {
  sheet: Sheet;
  x: number;
  y: number;
  /** 0 to 1. */
  opacity: number;
}

/** All that is to be seen of a scene, each from the bottom up. */
export interface SceneParts {
  background: readonly LaidSheet[];
  pictures: readonly LayerPicture[];
  cover: readonly LaidSheet[];
}

interface PlacedPicture extends PlacedPart {
  picture: Picture;
  shape: PictureShape;
}

/** What of a sheet must not change for it to be part of a graph. */
function placeOf({ sheet, x, y, opacity }: LaidSheet): string {
  return `${sheet.width}x${sheet.height}+${x}+${y}@${opacity}`;
}

export class Compositor implements Disposable {
  readonly #frame: Size;
  readonly #black: Picture;
  readonly #blackShape: PictureShape;
  readonly #pool: FramePool;
  readonly #sheets = new SheetPictures();
  /** Most recently used last. */
  readonly #graphs = new Map<string, PictureGraph>();
  /** Ticks for which each place has had a sheet. */
  #still = new Map<string, number>();
  /** What lay below all pictures last, and of what it was drawn. */
  #ground: { picture: Picture; of: readonly LaidSheet[] } | null = null;

  /** @param pool of the size of the frame; it stays the caller's */
  constructor(frame: Size, pool: FramePool) {
    this.#frame = frame;
    this.#pool = pool;
    this.#black = blackPicture(frame.width, frame.height);
    this.#blackShape = shapeOf(this.#black);
  }

  /**
   * Composes one tick. The result is the caller's.
   * @throws MediaError when a graph cannot be built or run; the next call starts afresh
   */
  compose({ background, pictures, cover }: SceneParts): Picture {
    const placed = this.#place(pictures);
    const settled = cover.slice(0, this.#countSettled(cover));
    const ground = background.length > 0 ? this.#groundOf(background) : this.#black;
    return this.cover(this.#picture(placed, settled, ground), cover.slice(settled.length));
  }

  /** Lays sheets over a composed picture, from the bottom up. Takes ownership of `picture`; the result is the caller's. */
  cover(picture: Picture, sheets: readonly LaidSheet[]): Picture {
    if (sheets.length === 0) return picture;
    const result = this.#pool.writable(picture);
    const surface = surfaceOf(result);
    for (const { sheet, x, y, opacity } of sheets) laySheet(surface, sheet, x, y, opacity);
    return result;
  }

  /** A black picture, the caller's. */
  black(): Picture {
    return sharePicture(this.#black);
  }

  /** How many of the lowest sheets lie where they have been for a while. */
  #countSettled(cover: readonly LaidSheet[]): number {
    const still = new Map(cover.map((laid) => [placeOf(laid), (this.#still.get(placeOf(laid)) ?? 0) + 1]));
    this.#still = still;
    const moving = cover.findIndex((laid) => (still.get(placeOf(laid)) ?? 0) <= SETTLED);
    return Math.min(moving < 0 ? cover.length : moving, MAX_SETTLED);
  }

  /** What lies below all pictures; stays ours. */
  #groundOf(background: readonly LaidSheet[]): Picture {
    const same =
      this.#ground?.of.length === background.length &&
      background.every((laid, index) => {
        const old = this.#ground?.of[index];
        return old?.sheet === laid.sheet && placeOf(old) === placeOf(laid);
      });
    if (this.#ground && same) return this.#ground.picture;
    this.#ground?.picture.free();
    this.#ground = null;
    const picture = this.#pool.take();
    copyPicture(picture, this.#black);
    const surface = surfaceOf(picture);
    for (const { sheet, x, y, opacity } of background) laySheet(surface, sheet, x, y, opacity);
    this.#ground = { picture, of: background };
    return picture;
  }

  #picture(placed: PlacedPicture[], settled: readonly LaidSheet[], ground: Picture): Picture {
    const only = placed[0];
    if (!only && settled.length === 0) return sharePicture(ground);
    const { width, height } = this.#frame;
    if (only && placed.length === 1 && settled.length === 0) {
      if (isPlain(only.shape, width, height) && isWhole(only, width, height)) return sharePicture(only.picture);
    }
    const key = [
      ...placed.map(({ shape, part, box }) => [shapeKey(shape), ...Object.values(part), ...Object.values(box)].join()),
      ...settled.map(placeOf),
    ].join('|');
    const sheets = settled.map(({ sheet, opacity }) => this.#sheets.of(sheet, opacity));
    const graph = this.#graph(key, placed, settled, sheets);
    try {
      return graph.run([ground, ...placed.map(({ picture }) => picture), ...sheets]);
    } catch (error) {
      this.#graphs.delete(key);
      graph[Symbol.dispose]();
      throw error;
    }
  }

  /** Where the layers lie, without those that cannot be seen. */
  #place(layers: readonly LayerPicture[]): PlacedPicture[] {
    const seen = layers.flatMap(({ layer, picture }) => {
      const shape = shapeOf(picture);
      const place = placeIn(this.#frame, layer, shape);
      return place ? [{ picture, shape, ...place }] : [];
    });
    return seen.slice(
      Math.max(
        0,
        seen.findLastIndex(({ hides }) => hides),
      ),
    );
  }

  #graph(
    key: string,
    placed: readonly PlacedPicture[],
    settled: readonly LaidSheet[],
    sheets: readonly Picture[],
  ): PictureGraph {
    let graph = this.#graphs.get(key);
    this.#graphs.delete(key);
    graph ??= new PictureGraph(
      [this.#blackShape, ...placed.map(({ shape }) => shape), ...sheets.map(shapeOf)],
      describeGraph(
        placed,
        settled.map(({ sheet, x, y }) => ({ x, y, width: sheet.width, height: sheet.height })),
        this.#frame,
      ),
    );
    this.#graphs.set(key, graph);
    for (const [oldest, old] of this.#graphs) {
      if (this.#graphs.size <= MAX_GRAPHS) break;
      this.#graphs.delete(oldest);
      old[Symbol.dispose]();
    }
    return graph;
  }

  [Symbol.dispose](): void {
    for (const graph of this.#graphs.values()) graph[Symbol.dispose]();
    this.#graphs.clear();
    this.#sheets[Symbol.dispose]();
    this.#ground?.picture.free();
    this.#black.free();
  }
}
