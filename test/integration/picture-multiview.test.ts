/**
 * The multiview as it is seen by a viewer, held against the map of its tiles: who is where, who is on air and who is
 * next, how loud each is, who is lost. Two cameras with codes and tones, and a third one that fails.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Area } from '../../src/lib/framecode.js';
import { readCode } from '../support/analyse.js';
import { isBuilt } from '../support/castdeck-server.js';
import { CodedSource } from '../support/coded-source.js';
import type { ColourPicture } from '../support/colour-picture.js';
import { decode, tagOfFrame } from '../support/decode.js';
import { recordFlv } from '../support/flv-recorder.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { Onlooker } from '../support/onlooker.js';
import { PictureDesk } from '../support/picture-desk.js';
import { waitFor } from '../support/wait.js';

const RED = 0xe02020;
const GREEN = 0x20b040;
const YELLOW = 0xe0c020;
const GREY = 0x404040;
const DARK = 0x101010;
const BORDER = 4;
const BAR = 6;

interface Tile extends Area {
  kind: string;
  position: string;
}

interface TileMap {
  url: string;
  width: number;
  height: number;
  tiles: Tile[];
}

/** A picture of 16:9 inside the border of a tile. */
function pictureIn({ x, y, width, height }: Tile): Area {
  const [roomX, roomY] = [width - 2 * BORDER, height - 2 * BORDER];
  const scale = Math.min(roomX / 16, roomY / 9);
  return { x: x + (width - 16 * scale) / 2, y: y + (height - 9 * scale) / 2, width: 16 * scale, height: 9 * scale };
}

/** Left edge of a tile, as thick as the border of one that is on air or next. */
function edgeOf({ x, y, height }: Tile): Area {
  return { x: x + 1, y: y + 20, width: 2, height: height - 60 };
}

/** Share of the level bar, from `low` to `high` of its height. */
function barOf({ x, y, width, height }: Tile, low: number, high: number): Area {
  const full = height - 2 * BORDER;
  const bottom = y + height - BORDER;
  return { x: x + width - BORDER - BAR + 1, y: bottom - high * full, width: BAR - 2, height: (high - low) * full };
}

/** The middle of a tile, where words are written when something is wrong. */
function middleOf({ x, y, width, height }: Tile): Area {
  return { x: x + width / 2 - 35, y: y + height / 2 - 7, width: 70, height: 14 };
}

describe.skipIf(!isBuilt || !hasFfmpeg)('the multiview', () => {
  let desk: PictureDesk;
  let onlooker: Onlooker | null = null;
  let third: string;
  const cameras: CodedSource[] = [];

  const camera = async (source: number, toneHz: number): Promise<CodedSource> => {
    const made = new CodedSource({ source, toneHz });
    cameras.push(made);
    await made.start(desk.server.pushUrl(`cam${source}`));
    return made;
  };

  const mapOf = async (): Promise<TileMap> => {
    const answer = await desk.studio.call('DescribeCasterMultiview');
    const tiles = (answer.Tiles as { Tile: Record<string, string | number | undefined>[] }).Tile.map((tile) => ({
      kind: String(tile.Kind),
      position: String(tile.LocationId ?? ''),
      x: Number(tile.X),
      y: Number(tile.Y),
      width: Number(tile.Width),
      height: Number(tile.Height),
    }));
    return { url: String(answer.StreamUrl), width: Number(answer.Width), height: Number(answer.Height), tiles };
  };

  const tileOf = ({ tiles }: TileMap, name: string): Tile => {
    const found = tiles.find(({ kind, position }) => kind === name || position === name);
    if (!found) throw new Error(`no tile ${name}`);
    return found;
  };

  const codeIn = (picture: ColourPicture, tile: Tile) => picture.code(pictureIn(tile));

  const eye = async (map: TileMap): Promise<Onlooker> => {
    onlooker ??= await Onlooker.start(map.url, { width: map.width, height: map.height });
    return onlooker;
  };

  beforeAll(async () => {
    desk = await PictureDesk.open(() => undefined);
    await camera(1, 440);
    await camera(2, 0);
    await camera(3, 880);
    const ids: string[] = [];
    for (const n of [1, 2, 3]) {
      const LiveStreamUrl = `rtmp://localhost:${desk.server.ports.rtmp}/live/cam${n}`;
      ids.push(await desk.studio.addSource(`RV0${n}`, { LiveStreamUrl }));
    }
    third = ids[2] ?? '';
    const first = await desk.layout([{ source: 'RV01' }]);
    const second = await desk.layout([{ source: 'RV02' }]);
    await desk.studio.start();
    for (const id of ids) await desk.untilStatus(id, 'live');
    await desk.show(first);
    await desk.studio.preview(second);
  });

  afterAll(async () => {
    await onlooker?.stop();
    await Promise.all(cameras.map((one) => one.stop()));
    await desk?.close();
  });

  test('nothing of it is made before somebody watches', async () => {
    const map = await mapOf();
    const first = cameras[0];
    if (!first) throw new Error('no camera');
    // Key frames fall on the same ticks in all streams. A stream that was being made when its viewer came would begin with
    // the last key frame, so the viewer comes when that is more than a second ago.
    const stop = new AbortController();
    let sinceKey = Number.NaN;
    const programme = recordFlv(desk.studio.urls().flv, {
      signal: stop.signal,
      onTag: ({ type, config, key }) => {
        if (type === 'video' && !config) sinceKey = key ? 0 : sinceKey + 1;
      },
    });
    // Two groups have to be seen: the one that was sent at once does not tell when it was made.
    await waitFor('a key frame', 10_000, () => sinceKey < 5);
    await waitFor('the time after it', 10_000, () => sinceKey >= 36 && sinceKey < 50);
    const recording = await recordFlv(map.url, { seconds: 2 });
    stop.abort();
    await programme;

    const { frames } = await decode(recording.bytes, { width: map.width, height: map.height, audio: false });
    const ages = [frames[0], frames.at(-1)].map((frame) => {
      const code = frame ? readCode(frame, pictureIn(tileOf(map, 'RV01'))) : null;
      const tag = frame ? tagOfFrame(recording.tags, frame) : null;
      const sent = code ? first.framesSent[code.frame] : undefined;
      return tag && sent !== undefined ? tag.arrivedAt - sent : Number.NaN;
    });
    const [oldest = Number.NaN, live = Number.NaN] = ages;
    expect(frames.length).toBeGreaterThan(30);
    expect(live).toBeLessThan(1_500);
    expect(oldest - live, `${ages.map(Math.round).join(' and ')} ms`).toBeLessThan(500);
  });

  test('each tile shows what the map says, with the tally of its source', async () => {
    const map = await mapOf();
    expect(map).toMatchObject({ width: 1280, height: 720 });
    expect(map.tiles.map(({ kind, position }) => `${kind}${position}`)).toEqual([
      'pvw',
      'pgm',
      'sourceRV01',
      'sourceRV02',
      'sourceRV03',
    ]);
    const watcher = await eye(map);
    const picture = await watcher.look(30);
    const shown = (name: string) => codeIn(picture, tileOf(map, name));
    expect(shown('pgm')).toMatchObject({ source: 1 });
    expect(shown('pvw')).toMatchObject({ source: 2 });
    expect(shown('RV01')).toEqual(shown('pgm'));
    expect(shown('RV02')).toEqual(shown('pvw'));
    expect(shown('RV03')).toMatchObject({ source: 3 });
    for (const [name, colour] of [
      ['pgm', RED],
      ['RV01', RED],
      ['pvw', GREEN],
      ['RV02', GREEN],
      ['RV03', GREY],
    ] as const) {
      expect(picture.distance(colour, edgeOf(tileOf(map, name))), name).toBeLessThan(45);
    }
    // Nothing lies where no tile is.
    expect(picture.distance(0, { x: 964, y: 364, width: 312, height: 172 })).toBeLessThan(12);
    expect(picture.distance(0, { x: 4, y: 544, width: 1272, height: 172 })).toBeLessThan(12);

    // It moves: a second later all tiles are 30 pictures further.
    const later = await watcher.look(30);
    for (const name of ['pgm', 'pvw', 'RV01', 'RV02', 'RV03']) {
      const before = shown(name)?.frame ?? Number.NaN;
      const gone = (codeIn(later, tileOf(map, name))?.frame ?? Number.NaN) - before;
      expect(gone, name).toBeGreaterThan(25);
    }
  });

  test('the bars tell how loud it is: -12 dB is four fifths of the way from -60', async () => {
    const map = await mapOf();
    const picture = await (await eye(map)).look();
    for (const name of ['pgm', 'RV01', 'RV03']) {
      const tile = tileOf(map, name);
      expect(picture.distance(GREEN, barOf(tile, 0.05, 0.65)), name).toBeLessThan(45);
      expect(picture.distance(YELLOW, barOf(tile, 0.72, 0.78)), name).toBeLessThan(75);
      expect(picture.distance(DARK, barOf(tile, 0.86, 0.98)), name).toBeLessThan(45);
    }
    for (const name of ['pvw', 'RV02']) {
      expect(picture.distance(DARK, barOf(tileOf(map, name), 0.05, 0.98)), `${name} is silent`).toBeLessThan(45);
    }
  });

  test('the tally follows the take', async () => {
    const map = await mapOf();
    const watcher = await eye(map);
    await desk.take();
    const picture = await watcher.look();
    expect(codeIn(picture, tileOf(map, 'pgm'))).toMatchObject({ source: 2 });
    expect(codeIn(picture, tileOf(map, 'pvw'))).toMatchObject({ source: 2 });
    // In both scenes: on air counts more.
    expect(picture.distance(RED, edgeOf(tileOf(map, 'RV02')))).toBeLessThan(45);
    expect(picture.distance(GREY, edgeOf(tileOf(map, 'RV01')))).toBeLessThan(45);
  });

  test('a source that is lost says so, in its tile and only there, until it is back', async () => {
    const map = await mapOf();
    const watcher = await eye(map);
    const tile = tileOf(map, 'RV03');
    const isMarked = (picture: ColourPicture, where: Tile): boolean =>
      picture.share(RED, middleOf(where), 60) > 0.3 && picture.share(0xffffff, middleOf(where), 90) > 0.04;
    expect(isMarked(await watcher.look(), tile)).toBe(false);
    await cameras[2]?.kill();
    await desk.untilStatus(third, 'lost');
    const lost = await watcher.look();
    expect(isMarked(lost, tile)).toBe(true);
    // Its last picture is held below the words; the others go on without any.
    expect(codeIn(lost, tile)).toMatchObject({ source: 3 });
    const held = codeIn(lost, tile);
    const other = codeIn(lost, tileOf(map, 'RV01'));
    for (const name of ['RV01', 'RV02', 'pgm', 'pvw']) expect(isMarked(lost, tileOf(map, name)), name).toBe(false);
    const still = await watcher.look(15);
    expect(codeIn(still, tile)).toEqual(held);
    expect(codeIn(still, tileOf(map, 'RV01'))?.frame).toBeGreaterThan((other?.frame ?? Number.NaN) + 10);

    await camera(3, 880);
    await desk.untilStatus(third, 'live');
    const back = await watcher.until('its picture', 10_000, (picture) => !isMarked(picture, tile));
    expect(codeIn(back, tile)).toMatchObject({ source: 3 });
    const later = codeIn(await watcher.look(15), tile);
    expect(later?.frame).toBeGreaterThan((codeIn(back, tile)?.frame ?? Number.NaN) + 10);
  });

  test('a source that is removed leaves the map and the picture', async () => {
    await desk.studio.call('DeleteCasterVideoResource', { ResourceId: third });
    const map = await mapOf();
    expect(map.tiles.map(({ position }) => position)).toEqual(['', '', 'RV01', 'RV02']);
    const picture = await (await eye(map)).look();
    expect(picture.distance(0, { x: 644, y: 364, width: 632, height: 172 })).toBeLessThan(12);
    expect(codeIn(picture, tileOf(map, 'RV01'))).toMatchObject({ source: 1 });
  });
});
