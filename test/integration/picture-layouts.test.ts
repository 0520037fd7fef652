/**
 * Where pictures lie: layouts put on the programme by the official client, and the decoded programme measured against
 * boxes that were worked out by hand for a frame of 640x360.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VideoLayer } from '../../src/domain/desired.js';
import { placeLayer } from '../../src/domain/geometry.js';
import type { Area } from '../../src/lib/framecode.js';
import { isBuilt } from '../support/castdeck-server.js';
import type { ColourPicture } from '../support/colour-picture.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { Onlooker } from '../support/onlooker.js';
import { type DeskLayer, PictureDesk } from '../support/picture-desk.js';
import { plainPng, stripedPng } from '../support/picture-files.js';

/** Colours that differ by at least half a channel, far from the black between them. */
const COLOURS = [
  0xff0000, 0x00ff00, 0x0000ff, 0xffff00, 0xff00ff, 0x00ffff, 0xffffff, 0xff8000, 0x8000ff, 0x0080ff, 0x808080,
  0x800000, 0x008000, 0x000080, 0x808000, 0x800080,
];
const RED = 0xff0000;
const GREEN = 0x00ff00;
const BLUE = 0x0000ff;
/** Edges are blurred by half a chroma sample and the encoder, pixels. */
const EDGE = 3;

function position(index: number): string {
  return `RV${String(index + 1).padStart(2, '0')}`;
}

function expectBox(seen: Area | null, wanted: Area, what: string): void {
  const edges = ({ x, y, width, height }: Area): number[] => [x, y, x + width, y + height];
  const off = seen ? edges(seen).map((edge, index) => Math.abs(edge - (edges(wanted)[index] ?? 0))) : [Infinity];
  expect(Math.max(...off), `${what}: ${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`).toBeLessThanOrEqual(
    EDGE,
  );
}

/** What the domain says about a layer, so that the boxes written here and its arithmetic are held against each other. */
function computed(layer: DeskLayer, source: { width: number; height: number }): Area {
  const { fill = 'fit', width = 1, height = 1, x = 0, y = 0, refer = 'topLeft' } = layer;
  const spec = { source: layer.source, fill, width, height, x, y, refer, delayMs: 0 } as VideoLayer;
  return placeLayer(spec, { width: 640, height: 360 }, source);
}

describe.skipIf(!isBuilt || !hasFfmpeg)('layouts on the programme', () => {
  let desk: PictureDesk;
  let onlooker: Onlooker;

  const see = async (layers: readonly DeskLayer[]): Promise<ColourPicture> => {
    await desk.show(await desk.layout(layers));
    return await onlooker.look();
  };

  beforeAll(async () => {
    desk = await PictureDesk.open((folder) => {
      for (const [index, colour] of COLOURS.entries()) plainPng(`${folder}/plain${index}.png`, colour);
      // Square, of five stripes, to see how much of it there is, and that it is not out of shape.
      const parts = [RED, GREEN, BLUE, GREEN, RED].map((colour) => ({ colour }));
      stripedPng(`${folder}/rows.png`, { parts, direction: 'rows', width: 200, height: 200 });
      stripedPng(`${folder}/columns.png`, { parts, direction: 'columns', width: 200, height: 200 });
    });
    const sources: string[] = [];
    for (const index of COLOURS.keys()) sources.push(await desk.addImage(position(index), `plain${index}.png`));
    sources.push(await desk.addImage('RV17', 'rows.png'), await desk.addImage('RV18', 'columns.png'));
    await desk.studio.start();
    for (const source of sources) await desk.untilStatus(source, 'live');
    onlooker = await Onlooker.start(desk.studio.urls().flv);
  });

  afterAll(async () => {
    await onlooker?.stop();
    await desk?.close();
  });

  test('nine anchors: each point of the layer lies on that of the frame, offsets lead inwards', async () => {
    // 160x90 boxes; offsets of 32 and 36 pixels.
    const refers: [string, number, number][] = [
      ['topLeft', 32, 36],
      ['topCenter', 240 + 32, 36],
      ['topRight', 480 - 32, 36],
      ['leftCenter', 32, 135 + 36],
      ['center', 240 + 32, 135 + 36],
      ['rightCenter', 480 - 32, 135 + 36],
      ['bottomLeft', 32, 270 - 36],
      ['bottomCenter', 240 + 32, 270 - 36],
      ['bottomRight', 480 - 32, 270 - 36],
    ];
    const plain = { width: 320, height: 180 };
    const layers = (offset: { x: number; y: number }): DeskLayer[] =>
      refers.map(([refer], index) => {
        return { source: position(index), refer, width: 0.25, height: 0.25, ...offset };
      });
    // Columns would hide each other with offsets, so each row is looked at by itself.
    for (const row of [0, 1, 2]) {
      const some = layers({ x: 0.05, y: 0.1 }).slice(row * 3, row * 3 + 3);
      const picture = await see(some);
      for (const layer of some) {
        const index = refers.findIndex(([refer]) => refer === layer.refer);
        const [refer = '', x = 0, y = 0] = refers[index] ?? [];
        const wanted = { x, y, width: 160, height: 90 };
        expectBox(picture.boxOf(COLOURS[index] ?? 0), wanted, refer);
        expectBox(computed(layer, plain), wanted, `geometry ${refer}`);
      }
    }
    const picture = await see(layers({ x: 0, y: 0 }));
    for (const [index, [refer, x, y]] of refers.entries()) {
      const isRight = refer.endsWith('Right') || refer === 'rightCenter';
      const isBottom = refer.startsWith('bottom');
      const wanted = { x: x + (isRight ? 32 : -32), y: y + (isBottom ? 36 : -36), width: 160, height: 90 };
      expectBox(picture.boxOf(COLOURS[index] ?? 0), wanted, refer);
    }
  });

  test('FillMode none sizes the picture by its height, by its width, or not at all', async () => {
    const cases: [DeskLayer, Area][] = [
      [
        { source: 'RV17', fill: 'none', height: 0.5 },
        { x: 0, y: 0, width: 180, height: 180 },
      ],
      [
        { source: 'RV17', fill: 'none', width: 0.25, x: 0.25, y: 0.1 },
        { x: 160, y: 36, width: 160, height: 160 },
      ],
      [
        { source: 'RV17', fill: 'none', refer: 'bottomRight' },
        { x: 440, y: 160, width: 200, height: 200 },
      ],
    ];
    for (const [layer, wanted] of cases) {
      const picture = await see([layer]);
      const stripe = wanted.height / 5;
      // Red lies on top and at the bottom, blue in the middle.
      expectBox(picture.boxOf(RED), wanted, 'red');
      expectBox(picture.boxOf(GREEN), { ...wanted, y: wanted.y + stripe, height: stripe * 3 }, 'green');
      expectBox(picture.boxOf(BLUE), { ...wanted, y: wanted.y + stripe * 2, height: stripe }, 'blue');
    }
  });

  test('FillMode fit shows all of the picture inside its box, cover fills the box and cuts the rest off', async () => {
    // A box of 320x180 at (160, 90) and a square picture.
    const box = { width: 0.5, height: 0.5, x: 0.25, y: 0.25 };
    const fitted = await see([{ source: 'RV17', fill: 'fit', ...box }]);
    expectBox(fitted.boxOf(RED), { x: 230, y: 90, width: 180, height: 180 }, 'fit');
    expectBox(fitted.boxOf(BLUE), { x: 230, y: 162, width: 180, height: 36 }, 'fit, the middle');

    // As wide as the box, 320x320 of which the middle 180 rows are seen: stripes of 64 rows, 58, 64 and 58 of them.
    const covered = await see([{ source: 'RV17', fill: 'cover', ...box }]);
    expect(covered.boxOf(RED)).toBeNull();
    expectBox(covered.boxOf(GREEN), { x: 160, y: 90, width: 320, height: 180 }, 'cover');
    expectBox(covered.boxOf(BLUE), { x: 160, y: 148, width: 320, height: 64 }, 'cover, the middle');
    expect(covered.distance(0, { x: 0, y: 0, width: 640, height: 84 })).toBeLessThan(10);

    // An upright box of 90x270: 270x270, of which the middle 90 columns are seen, stripes of 54.
    const upright = await see([
      { source: 'RV18', fill: 'cover', width: 90 / 640, height: 0.75, x: 0, y: 0, refer: 'center' },
    ]);
    expect(upright.boxOf(RED)).toBeNull();
    expectBox(upright.boxOf(GREEN), { x: 275, y: 45, width: 90, height: 270 }, 'upright');
    expectBox(upright.boxOf(BLUE), { x: 293, y: 45, width: 54, height: 270 }, 'upright, the middle');
  });

  test('16 pictures in one layout, each in its place', async () => {
    const layers = COLOURS.map((_, index): DeskLayer => {
      const [column, row] = [index % 4, Math.floor(index / 4)];
      return { source: position(index), width: 0.2, height: 0.2, x: 0.025 + column * 0.25, y: 0.025 + row * 0.25 };
    });
    const picture = await see(layers);
    for (const [index, colour] of COLOURS.entries()) {
      const [column, row] = [index % 4, Math.floor(index / 4)];
      const wanted = { x: 16 + column * 160, y: 9 + row * 90, width: 128, height: 72 };
      const inner = { x: wanted.x + 6, y: wanted.y + 6, width: wanted.width - 12, height: wanted.height - 12 };
      expect(picture.distance(colour, inner), position(index)).toBeLessThan(24);
      expectBox(picture.boxOf(colour, 48), wanted, position(index));
    }
    // Black between them.
    expect(picture.distance(0, { x: 148, y: 0, width: 20, height: 360 })).toBeLessThan(16);
  });

  test('the last of a layout lies on top, whatever the order of the positions', async () => {
    const pile = (order: readonly number[]): DeskLayer[] =>
      order.map((index) => ({
        source: position(index),
        width: 0.5,
        height: 0.5,
        x: 0.1 + 0.1 * index,
        y: 0.1 + 0.1 * index,
      }));
    // Boxes of 320x180 that begin at (64, 36), (128, 72) and (192, 108): all three have the area from (192, 108) to (384, 216).
    const common = { x: 200, y: 116, width: 170, height: 90 };
    /** What only the boxes 0 and 1 have. */
    const firstTwo = { x: 140, y: 80, width: 40, height: 120 };
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
      [1, 2, 0],
    ]) {
      const picture = await see(pile(order));
      const top = COLOURS[order.at(-1) ?? 0] ?? 0;
      expect(picture.distance(top, common), `order ${order.join()}`).toBeLessThan(24);
      const upper = order.filter((index) => index !== 2).at(-1) ?? 0;
      expect(picture.distance(COLOURS[upper] ?? 0, firstTwo), `order ${order.join()}`).toBeLessThan(24);
    }
  });
});
