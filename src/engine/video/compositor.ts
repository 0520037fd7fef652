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
/** Scenes that one compositor may be asked for in a tick: those on both sides of unfinished transitions. */
const SCENES_A_TICK = 4;
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

interface Still {
  /** Times in a row that it was laid, and the number of the call that laid it last. */
  times: number;
  last: number;
}

export class Compositor implements Disposable {
  readonly #frame: Size;
  readonly #black: Picture;
  readonly #blackShape: PictureShape;
  readonly #pool: FramePool;
  readonly #onOdd: (error: unknown) => void;
  readonly #sheets = new SheetPictures();
  /** Most recently used last. */
  readonly #graphs = new Map<string, PictureGraph>();
  /** For how long each sheet has lain where it does, by sheet and place. */
  readonly #still = new Map<string, Still>();
  #calls = 0;
  /** What lies below all pictures, by the sheets of which it was drawn; most recently used last. */
  readonly #grounds = new Map<string, Picture>();

  /**
   * @param pool of the size of the frame; it stays the caller's
   * @param onOdd hears why a picture is left out that cannot be composed
   */
  constructor(frame: Size, pool: FramePool, onOdd: (error: unknown) => void = () => {}) {
    this.#onOdd = onOdd;
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
    const rest = cover.slice(settled.length);
    try {
      return this.cover(this.#picture(placed, settled, ground), rest);
    } catch (error) {
      // One picture that cannot be composed must not freeze the others.
      const sound = placed.filter((one) => this.#canCompose(one, ground));
      if (sound.length === placed.length || sound.length === 0) throw error;
      this.#onOdd(error);
      return this.cover(this.#picture(sound, settled, ground), rest);
    }
  }

  #canCompose(one: PlacedPicture, ground: Picture): boolean {
    try {
      this.#picture([one], [], ground).free();
      return true;
    } catch {
      return false;
    }
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
    const call = this.#calls++;
    const times = cover.map((laid) => {
      const key = this.#keyOf(laid);
      const old = this.#still.get(key);
      const still = { times: old && call - old.last <= SCENES_A_TICK ? old.times + 1 : 1, last: call };
      this.#still.set(key, still);
      return still.times;
    });
    for (const [key, { last }] of this.#still) if (call - last > SCENES_A_TICK) this.#still.delete(key);
    const moving = times.findIndex((count) => count <= SETTLED);
    return Math.min(moving < 0 ? cover.length : moving, MAX_SETTLED);
  }

  #keyOf(laid: LaidSheet): string {
    return `${this.#sheets.numberOf(laid.sheet)}:${placeOf(laid)}`;
  }

  /** What lies below all pictures; stays ours. */
  #groundOf(background: readonly LaidSheet[]): Picture {
    const key = background.map((laid) => this.#keyOf(laid)).join('|');
    let picture = this.#grounds.get(key);
    this.#grounds.delete(key);
    if (!picture) {
      picture = this.#pool.take();
      copyPicture(picture, this.#black);
      const surface = surfaceOf(picture);
      for (const { sheet, x, y, opacity } of background) laySheet(surface, sheet, x, y, opacity);
    }
    this.#grounds.set(key, picture);
    for (const [oldest, old] of this.#grounds) {
      if (this.#grounds.size <= SCENES_A_TICK) break;
      this.#grounds.delete(oldest);
      old.free();
    }
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
    for (const picture of this.#grounds.values()) picture.free();
    this.#grounds.clear();
    this.#black.free();
  }
}
