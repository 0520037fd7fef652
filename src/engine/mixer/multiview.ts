/**
 * Draws the multiview: preview, programme and every source in a tile each, with name, tally border (red on air, green in
 * preview), level bar, and words where a source is not live. Tiles as `domain/multiview.ts` places them.
 */
import type { Multiview, MultiviewTile } from '../../domain/multiview.js';
import type { Picture } from '../av/picture.js';
import { Compositor, type LaidSheet, type LayerPicture } from '../video/compositor.js';
import { fillBox, laySheet, type Surface, surfaceOf } from '../video/draw.js';
import { FramePool } from '../video/frame-pool.js';
import type { Sheet } from '../video/sheet.js';

/** What is to be seen in one tile. */
export interface TileState {
  /** Stays the caller's; null shows black. */
  picture: Picture | null;
  tally: 'pgm' | 'pvw' | null;
  /** dBFS. */
  peak: number;
  /** Words over the tile, empty when all is well. */
  warning: string;
}

/** Gives one line of text on a ground, at most `maxWidth` pixels wide; null as long as it is not drawn. */
export type LabelDrawer = (
  text: string,
  style: { fontPx: number; color: number; background: number; maxWidth: number },
) => Sheet | null;

const RED = 0xe02020;
const GREEN = 0x20b040;
const GREY = 0x404040;
const WHITE = 0xffffff;
const BORDER = 4;
const BAR = 6;
/** Lowest level on the bar, dBFS, and where it turns yellow and red. */
const FLOOR = -60;
const LOUD = -18;
const TOO_LOUD = -6;

function even(value: number): number {
  return Math.floor(value / 2) * 2;
}

export class MultiviewPainter implements Disposable {
  readonly #label: LabelDrawer;
  #pool: FramePool | null = null;
  #compositor: Compositor | null = null;

  constructor(label: LabelDrawer) {
    this.#label = label;
  }

  /** @returns a picture that the caller owns. @throws MediaError */
  paint(view: Multiview, stateOf: (tile: MultiviewTile) => TileState): Picture {
    this.#pool ??= new FramePool(view);
    this.#compositor ??= new Compositor(view, this.#pool);
    const states = view.tiles.map((tile) => ({ tile, state: stateOf(tile) }));
    const pictures = states.flatMap(({ tile, state }) => (state.picture ? [inTile(view, tile, state.picture)] : []));
    const composed = this.#compositor.compose({ background: [], pictures, cover: [] });
    const picture = this.#pool.writable(composed);
    const surface = surfaceOf(picture);
    for (const { tile, state } of states) {
      drawBorder(surface, tile, state.tally);
      drawBar(surface, tile, state.peak);
      for (const { sheet, x, y, opacity } of this.#words(tile, state)) laySheet(surface, sheet, x, y, opacity);
    }
    return picture;
  }

  #words(tile: MultiviewTile, { tally, warning }: TileState): LaidSheet[] {
    const fontPx = tile.height >= 300 ? 22 : tile.height >= 100 ? 15 : 11;
    const style = { fontPx, color: WHITE, maxWidth: tile.width - 2 * BORDER - BAR };
    const plate = tally === 'pgm' ? RED : tally === 'pvw' ? GREEN : 0x101010;
    const name = this.#label(tile.name, { ...style, background: plate });
    const warned = warning === '' ? null : this.#label(warning, { ...style, background: RED });
    const bottom = tile.y + tile.height - BORDER;
    return [
      ...(name ? [{ sheet: name, x: tile.x + BORDER, y: bottom - name.height, opacity: 0.85 }] : []),
      ...(warned ? [inMiddle(tile, warned)] : []),
    ];
  }

  [Symbol.dispose](): void {
    this.#compositor?.[Symbol.dispose]();
    this.#pool?.[Symbol.dispose]();
  }
}

function inMiddle(tile: MultiviewTile, sheet: Sheet): LaidSheet {
  const x = tile.x + even((tile.width - sheet.width) / 2);
  return { sheet, x, y: tile.y + even((tile.height - sheet.height) / 2), opacity: 1 };
}

/** A picture inside the border of its tile, with its own aspect. */
function inTile(view: Multiview, tile: MultiviewTile, picture: Picture): LayerPicture {
  return {
    picture,
    layer: {
      source: '',
      fill: 'fit',
      width: (tile.width - 2 * BORDER) / view.width,
      height: (tile.height - 2 * BORDER) / view.height,
      x: (tile.x + BORDER) / view.width,
      y: (tile.y + BORDER) / view.height,
      refer: 'topLeft',
      delayMs: 0,
    },
  };
}

function drawBorder(surface: Surface, { x, y, width, height }: MultiviewTile, tally: TileState['tally']): void {
  const colour = tally === 'pgm' ? RED : tally === 'pvw' ? GREEN : GREY;
  // A tile that is neither has a hairline only, so that the coloured ones stand out.
  const thick = tally === null ? 2 : BORDER;
  fillBox(surface, { x, y, width, height: thick }, colour);
  fillBox(surface, { x, y: y + height - thick, width, height: thick }, colour);
  fillBox(surface, { x, y, width: thick, height }, colour);
  fillBox(surface, { x: x + width - thick, y, width: thick, height }, colour);
}

function drawBar(surface: Surface, tile: MultiviewTile, peak: number): void {
  const x = tile.x + tile.width - BORDER - BAR;
  const bottom = tile.y + tile.height - BORDER;
  const full = tile.height - 2 * BORDER;
  const at = (level: number): number => even(Math.max(0, Math.min(1, (level - FLOOR) / -FLOOR)) * full);
  fillBox(surface, { x, y: bottom - full, width: BAR, height: full }, 0x101010);
  const parts = [
    { from: FLOOR, to: LOUD, colour: GREEN },
    { from: LOUD, to: TOO_LOUD, colour: 0xe0c020 },
    { from: TOO_LOUD, to: 0, colour: RED },
  ];
  for (const { from, to, colour } of parts) {
    const low = at(from);
    const high = at(Math.min(to, peak));
    if (high > low) fillBox(surface, { x, y: bottom - high, width: BAR, height: high - low }, colour);
  }
}
