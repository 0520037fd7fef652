/** Where the pictures of a layout lie in the frame. Everything in shares of the frame, 0 to 1, from its top left. */
import type { LayerShape } from './wire.js';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Place along one axis: an offset from the near edge, the middle or the far edge, pointing inwards. */
function along(side: 'near' | 'middle' | 'far', offset: number, size: number): number {
  if (side === 'near') return offset;
  return side === 'middle' ? (1 - size) / 2 + offset : 1 - size - offset;
}

function sides(refer: string): { horizontal: 'near' | 'middle' | 'far'; vertical: 'near' | 'middle' | 'far' } {
  const name = refer.toLowerCase();
  const horizontal = name.includes('left') ? 'near' : name.includes('right') ? 'far' : 'middle';
  const vertical = name.startsWith('top') ? 'near' : name.startsWith('bottom') ? 'far' : 'middle';
  return { horizontal, vertical };
}

/**
 * Outer box of a layer. With `fill` none only one side counts (the height if both are given) and the source keeps its
 * own shape, which is taken to be the frame's; without either, the picture is taken to fill the frame.
 */
export function layerBox(layer: LayerShape): Box {
  let { width, height } = layer;
  if (layer.fill === 'none') {
    const size = height > 0 ? height : width > 0 ? width : 1;
    width = size;
    height = size;
  }
  const { horizontal, vertical } = sides(layer.refer);
  return { x: along(horizontal, layer.x, width), y: along(vertical, layer.y, height), width, height };
}

/** A name cut to at most `letters` (a fraction counts as none), with dots where it was cut. */
export function shorten(name: string, letters: number): string {
  const most = Math.floor(letters);
  if (name.length <= most) return name;
  return most >= 2 ? `${name.slice(0, most - 1).trimEnd()}…` : '';
}
