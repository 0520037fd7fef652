/**
 * Composes the pictures and overlays of one scene into one picture of the output's size.
 *
 * The pictures become a filter graph. It is built again when the scene or the shape of a picture changes; the graphs
 * before it are kept for a while, because scenes come back. A single picture that already fills the frame is passed on
 * as it is. Overlays are laid under and over the result of the graph.
 */
import type { VideoLayer } from '../../domain/desired.js';
import { type Box, coverPart, placeLayer, type Size } from '../../domain/geometry.js';
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
import { copyPicture, type FramePool } from './frame-pool.js';
import { laySheet, type Sheet } from './sheet.js';

/** Graphs that are kept; each holds a few scaled pictures. */
const MAX_GRAPHS = 4;

/** Layers that are more than this many times as wide or high as the frame are cut before they are scaled. */
const MAX_SCALED = 2;
/** Samples that claim to be flatter or narrower than this are damaged or malicious. */
const MAX_SAMPLE_ASPECT = 16;

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

/** A part of a picture, in its own samples, and where it is to be seen. */
interface PlacedPart {
  part: Box;
  box: Box;
  /** What lies below may be seen through it. */
  alpha: boolean;
}

interface PlacedPicture extends PlacedPart {
  picture: Picture;
  shape: PictureShape;
}

/** Size in square samples, as the picture is meant to be seen. */
function displaySize(shape: PictureShape): Size {
  const aspect = Math.min(MAX_SAMPLE_ASPECT, Math.max(1 / MAX_SAMPLE_ASPECT, shape.sarNum / shape.sarDen));
  return { width: shape.width * aspect, height: shape.height };
}

/** One axis of {@link seenPart}: what of `source` samples, shown as `size` from `at` on, lies in the frame. */
function seenSpan(at: number, size: number, source: number, frame: number) {
  if (size <= MAX_SCALED * frame) return { at, size, from: 0, count: source };
  const scale = size / source;
  // Even numbers, because of the chroma planes.
  const from = Math.max(0, Math.floor(-at / scale / 2) * 2);
  const to = Math.min(source, Math.ceil((frame - at) / scale / 2) * 2);
  const even = (value: number): number => Math.round(value / 2) * 2;
  return { at: even(at + from * scale), size: Math.max(2, even((to - from) * scale)), from, count: to - from };
}

/**
 * The part of a picture to be scaled: all of it, unless it is so much larger than the frame that the rest would cost
 * memory and time for nothing (a banner of 8000 x 10 at the height of the frame is half a million samples wide).
 */
function seenPart(box: Box, shape: PictureShape, frame: Size): PlacedPart {
  const x = seenSpan(box.x, box.width, shape.width, frame.width);
  const y = seenSpan(box.y, box.height, shape.height, frame.height);
  return {
    part: { x: x.from, y: y.from, width: x.count, height: y.count },
    box: { x: x.at, y: y.at, width: x.size, height: y.size },
    alpha: shape.alpha,
  };
}

/** What of a picture fills its box, for layers with the fill `cover`. */
function fillingPart(box: Box, shape: PictureShape): PlacedPart {
  const shown = displaySize(shape);
  const stretch = shape.width / shown.width;
  const part = coverPart(box, shown);
  const width = Math.min(shape.width, Math.max(2, Math.round((part.width * stretch) / 2) * 2));
  const x = Math.max(0, Math.min(shape.width - width, Math.floor((part.x * stretch) / 2) * 2));
  return { part: { x, y: part.y, width, height: part.height }, box, alpha: shape.alpha };
}

function covers(box: Box, frame: Size): boolean {
  return box.x <= 0 && box.y <= 0 && box.x + box.width >= frame.width && box.y + box.height >= frame.height;
}

/** True for a picture that is shown in full in a frame of its own size. */
function isWhole({ part, box }: PlacedPart, width: number, height: number): boolean {
  return [part, box].every((area) => area.x === 0 && area.y === 0 && area.width === width && area.height === height);
}

function outside(box: Box, frame: Size): boolean {
  return box.x >= frame.width || box.y >= frame.height || box.x + box.width <= 0 || box.y + box.height <= 0;
}

/** Cuts the part out, scales it to the box and to the one colour space of the engine. */
function scaleFilter({ part, box, alpha }: PlacedPart): string {
  return (
    `crop=${part.width}:${part.height}:${part.x}:${part.y}:exact=1,` +
    `scale=${box.width}:${box.height}:flags=bilinear:out_color_matrix=bt709:out_range=tv,` +
    `setsar=1,format=pix_fmts=${alpha ? 'yuva420p' : 'yuv420p'}`
  );
}

/**
 * The filter graph of these pictures, in FFmpeg's syntax. Input 0 is the black frame; it is not used when the lowest
 * picture fills the frame.
 */
export function describeGraph(placed: readonly PlacedPart[], frame: Size): string {
  const [lowest] = placed;
  const { width, height } = lowest?.box ?? { width: 0, height: 0 };
  const filled = lowest && !lowest.alpha && width === frame.width && height === frame.height;
  const isBase = filled === true && covers(lowest.box, frame);
  const labels = placed.map((_, index) => `[p${index + 1}]`);
  const chains = placed.map((part, index) => `[in${index + 1}]${scaleFilter(part)}${labels[index]}`);
  let below = isBase ? (labels[0] ?? '') : '[in0]';
  const overlays = placed.flatMap(({ box }, index) => {
    if (isBase && index === 0) return [];
    const over = `${below}${labels[index]}overlay=x=${box.x}:y=${box.y}:format=yuv420:eof_action=pass`;
    below = `[o${index + 1}]`;
    return [over + below];
  });
  return [...(isBase ? ['[in0]nullsink'] : []), ...chains, ...overlays, `${below}null[out]`].join(';');
}

export class Compositor implements Disposable {
  readonly #frame: Size;
  readonly #black: Picture;
  readonly #blackShape: PictureShape;
  readonly #pool: FramePool;
  /** Most recently used last. */
  readonly #graphs = new Map<string, PictureGraph>();

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
    using ground = background.length > 0 ? this.#ground(background) : sharePicture(this.#black);
    return this.cover(this.#picture(placed, ground), cover);
  }

  /** Lays sheets over a composed picture, from the bottom up. Takes ownership of `picture`; the result is the caller's. */
  cover(picture: Picture, sheets: readonly LaidSheet[]): Picture {
    if (sheets.length === 0) return picture;
    const result = this.#pool.writable(picture);
    for (const { sheet, x, y, opacity } of sheets) laySheet(result, sheet, x, y, opacity);
    return result;
  }

  /** A black picture, the caller's. */
  black(): Picture {
    return sharePicture(this.#black);
  }

  /** What lies below all pictures. */
  #ground(background: readonly LaidSheet[]): Picture {
    const picture = this.#pool.take();
    copyPicture(picture, this.#black);
    for (const { sheet, x, y, opacity } of background) laySheet(picture, sheet, x, y, opacity);
    return picture;
  }

  #picture(placed: PlacedPicture[], ground: Picture): Picture {
    const only = placed[0];
    if (!only) return sharePicture(ground);
    const { width, height } = this.#frame;
    if (placed.length === 1 && isPlain(only.shape, width, height) && isWhole(only, width, height)) {
      return sharePicture(only.picture);
    }
    const key = placed
      .map(({ shape, part, box }) => [shapeKey(shape), ...Object.values(part), ...Object.values(box)].join())
      .join('|');
    const graph = this.#graph(key, placed);
    try {
      return graph.run([ground, ...placed.map(({ picture }) => picture)]);
    } catch (error) {
      this.#graphs.delete(key);
      graph[Symbol.dispose]();
      throw error;
    }
  }

  /** Where the layers lie, without those that cannot be seen. */
  #place(layers: readonly LayerPicture[]): PlacedPicture[] {
    const all = layers.map(({ layer, picture }) => {
      const shape = shapeOf(picture);
      return { layer, picture, shape, box: placeLayer(layer, this.#frame, displaySize(shape)) };
    });
    const seen = all.filter(({ box }) => !outside(box, this.#frame));
    const lowest = seen.findLastIndex(({ box, shape }) => !shape.alpha && covers(box, this.#frame));
    return seen.slice(Math.max(0, lowest)).map(({ layer, picture, shape, box }) => {
      const part = layer.fill === 'cover' ? fillingPart(box, shape) : seenPart(box, shape, this.#frame);
      return { picture, shape, ...part };
    });
  }

  #graph(key: string, placed: readonly PlacedPicture[]): PictureGraph {
    let graph = this.#graphs.get(key);
    this.#graphs.delete(key);
    graph ??= new PictureGraph(
      [this.#blackShape, ...placed.map(({ shape }) => shape)],
      describeGraph(placed, this.#frame),
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
    this.#black.free();
  }
}
