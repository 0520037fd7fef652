/** Where a layer of a layout comes to lie in the frame. Pure arithmetic, in pixels of the output. */
import type { PositionRefer, VideoLayer } from './desired.js';

export interface Size {
  width: number;
  height: number;
}

/** Even numbers, since the chroma planes have half the resolution. `x` and `y` may be negative: the rest is cut off. */
export interface Box extends Size {
  x: number;
  y: number;
}

/** Share of the free space between frame and layer at which the layer lies, and the sign of an offset, per axis. */
const ANCHORS: Record<PositionRefer, { x: 0 | 0.5 | 1; y: 0 | 0.5 | 1 }> = {
  topLeft: { x: 0, y: 0 },
  topCenter: { x: 0.5, y: 0 },
  topRight: { x: 1, y: 0 },
  leftCenter: { x: 0, y: 0.5 },
  center: { x: 0.5, y: 0.5 },
  rightCenter: { x: 1, y: 0.5 },
  bottomLeft: { x: 0, y: 1 },
  bottomCenter: { x: 0.5, y: 1 },
  bottomRight: { x: 1, y: 1 },
};

function even(value: number): number {
  return Math.round(value / 2) * 2;
}

function size(width: number, height: number): Size {
  return { width: Math.max(2, even(width)), height: Math.max(2, even(height)) };
}

function place(layer: VideoLayer, frame: Size, box: Size): Box {
  const anchor = ANCHORS[layer.refer];
  const axis = (at: 0 | 0.5 | 1, space: number, offset: number): number => space * at + (at === 1 ? -offset : offset);
  return {
    ...box,
    x: even(axis(anchor.x, frame.width - box.width, layer.x * frame.width)),
    y: even(axis(anchor.y, frame.height - box.height, layer.y * frame.height)),
  };
}

/**
 * Places a picture of a layer.
 *
 * `none`: the picture itself is sized: by its height if one is given, else by its width, else its own pixels; it keeps
 * its aspect. `fit`: a box is placed, and the picture is scaled to fit inside it, centred. `cover`: the box is filled; the
 * compositor cuts off what has no room (see {@link coverPart}).
 * The named point of the frame and of the layer is the origin; offsets point inwards, at a centre to the right and down.
 * @param source size of the picture as it is to be seen (square samples)
 */
export function placeLayer(layer: VideoLayer, frame: Size, source: Size): Box {
  const aspect = source.width / source.height;
  if (layer.fill === 'none') {
    if (layer.height > 0) {
      const height = layer.height * frame.height;
      return place(layer, frame, size(height * aspect, height));
    }
    if (layer.width > 0) {
      const width = layer.width * frame.width;
      return place(layer, frame, size(width, width / aspect));
    }
    return place(layer, frame, size(source.width, source.height));
  }
  const outer = place(layer, frame, size(layer.width * frame.width, layer.height * frame.height));
  if (layer.fill === 'cover') return outer;
  const scale = Math.min(outer.width / source.width, outer.height / source.height);
  const inner = size(source.width * scale, source.height * scale);
  return {
    ...inner,
    x: even(outer.x + (outer.width - inner.width) / 2),
    y: even(outer.y + (outer.height - inner.height) / 2),
  };
}

/** The part of a picture, in its own samples, that fills a box of this size when it is scaled evenly: from the middle. */
export function coverPart(box: Size, source: Size): Box {
  const scale = Math.max(box.width / source.width, box.height / source.height);
  const part = (side: number, most: number): number => Math.min(most, Math.max(2, even(side / scale)));
  const width = part(box.width, source.width);
  const height = part(box.height, source.height);
  return { x: evenDown((source.width - width) / 2), y: evenDown((source.height - height) / 2), width, height };
}

function evenDown(value: number): number {
  return Math.floor(value / 2) * 2;
}
