/**
 * Where the tiles of the multiview lie: preview and programme on top, all sources below in the order of their positions,
 * those without a position last. Pure arithmetic, in pixels of the multiview's own frame.
 */
import type { DesiredState, Position } from './desired.js';
import type { Box, Size } from './geometry.js';

export interface MultiviewTile extends Box {
  kind: 'pvw' | 'pgm' | 'source';
  /** Of a source; `null` when it is not bound to a channel, and for the scenes. */
  position: Position | null;
  /** ResourceId of a source; `null` for the scenes. */
  sourceId: string | null;
  /** What is written on the tile. */
  name: string;
}

export interface Multiview extends Size {
  tiles: MultiviewTile[];
}

/** Large enough to read a name in a tile of sixteen, small enough to be made beside a programme. */
const FRAME: Size = { width: 1280, height: 720 };
/** Columns of the lower half; half as many rows keep the tiles in the shape of the frame. */
const COLUMNS = [4, 6, 8, 10, 12, 14, 16];

function even(value: number): number {
  return Math.floor(value / 2) * 2;
}

function columnsFor(count: number): number {
  return COLUMNS.find((columns) => (columns * columns) / 2 >= count) ?? COLUMNS[COLUMNS.length - 1] ?? 16;
}

/** The multiview of a studio. Sources beyond the 128th have no tile. */
export function multiviewOf(desired: Pick<DesiredState, 'sources' | 'pvw'>): Multiview {
  const half = { width: FRAME.width / 2, height: FRAME.height / 2 };
  const scene = (kind: 'pvw' | 'pgm', x: number, name: string): MultiviewTile => {
    return { kind, position: null, sourceId: null, name, x, y: 0, ...half };
  };
  const sources = [...desired.sources].sort((a, b) => (order(a.position) < order(b.position) ? -1 : 1));
  const columns = columnsFor(sources.length);
  const size = { width: even(FRAME.width / columns), height: even(half.height / (columns / 2)) };
  const tiles = sources.slice(0, (columns * columns) / 2).map((source, index): MultiviewTile => {
    const column = index % columns;
    const row = Math.floor(index / columns);
    return {
      kind: 'source',
      position: source.position,
      sourceId: source.id,
      name: source.position === null ? source.name : `${source.position} ${source.name}`,
      x: column * size.width,
      y: half.height + row * size.height,
      ...size,
    };
  });
  const preview = desired.pvw === null ? 'PREVIEW (off)' : 'PREVIEW';
  return { ...FRAME, tiles: [scene('pvw', 0, preview), scene('pgm', half.width, 'PROGRAMME'), ...tiles] };
}

function order(position: Position | null): string {
  return position ?? '~';
}
