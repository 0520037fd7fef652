/**
 * Components on the programme: texts, pictures and captions as viewers see them, and broken pictures that cost the scene
 * nothing. The frame has 640x360 pixels.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isBlack, readCode } from '../support/analyse.js';
import { type CallbackServer, receiveCallbacks } from '../support/callback-server.js';
import { isBuilt } from '../support/castdeck-server.js';
import { type ColourPicture, mixed } from '../support/colour-picture.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { Onlooker } from '../support/onlooker.js';
import { PictureDesk } from '../support/picture-desk.js';
import { blinkingGif, plainPng, stripedPng } from '../support/picture-files.js';
import { waitFor } from '../support/wait.js';
import { Viewer } from '../support/watch.js';

const GROUND = 0x204080;
const RED = 0xe00000;
const GREEN = 0x00c000;
const WHITE = 0xffffff;
const YELLOW = 0xffff00;
const FPS = 30;

describe.skipIf(!isBuilt || !hasFfmpeg)('components on the programme', () => {
  let desk: PictureDesk;
  let callbacks: CallbackServer;
  let onlooker: Onlooker;
  /** A plain ground, the same in a box in the middle of nothing, and a moving picture with a code. */
  let ground: string;
  let boxed: string;
  let bars: string;

  beforeAll(async () => {
    callbacks = await receiveCallbacks();
    desk = await PictureDesk.open(
      (folder) => {
        plainPng(`${folder}/ground.png`, GROUND);
        plainPng(`${folder}/carpet.png`, GREEN);
        stripedPng(`${folder}/logo.png`, {
          parts: [{ colour: RED }, { colour: RED, alpha: 0.5 }, { colour: RED, alpha: 0 }],
          direction: 'columns',
          width: 180,
          height: 60,
        });
        blinkingGif(`${folder}/blink.gif`, { colours: [0xff0000, 0x0000ff], seconds: 0.2, width: 160, height: 90 });
        writeFileSync(`${folder}/broken.png`, 'this is no picture, whatever its name says');
      },
      { CallbackUrl: callbacks.url },
    );
    const source = await desk.addImage('RV01', 'ground.png');
    await desk.studio.addSource('RV02', { LiveStreamUrl: 'test://bars' });
    ground = await desk.layout([{ source: 'RV01' }]);
    boxed = await desk.layout([{ source: 'RV01', width: 0.5, height: 0.5, x: 0.25, y: 0.25 }]);
    bars = await desk.layout([{ source: 'RV02' }]);
    await desk.studio.start();
    await desk.untilStatus(source, 'live');
    onlooker = await Onlooker.start(desk.studio.urls().flv);
  });

  afterAll(async () => {
    await onlooker?.stop();
    await desk?.close();
    await callbacks?.close();
  });

  test('a text has its colour, its outline and its place', async () => {
    const text = await desk.component({
      type: 'text',
      content: {
        Text: 'HELLO',
        FontName: 'NotoSansHans-Bold',
        SizeNormalized: 0.2,
        Color: '0xffff00',
        BorderColor: '0xe00000',
        BorderWidthNormalized: 0.08,
      },
      layer: { PositionNormalized: [0.1, 0.2], PositionRefer: 'topLeft' },
    });
    await desk.show(ground, [text]);
    const picture = await onlooker.look();
    const ink = picture.boxOf(YELLOW, 70);
    const outline = picture.boxOf(RED, 70);
    if (!ink || !outline) throw new Error('no ink');
    // The box of the text begins at (64, 72); capitals of a font of 72 pixels are about 0.73 of it high.
    expect(ink.x).toBeGreaterThanOrEqual(64);
    expect(ink.x).toBeLessThan(64 + 14);
    expect(ink.y).toBeGreaterThanOrEqual(72);
    expect(ink.y).toBeLessThan(72 + 45);
    expect(ink.height).toBeGreaterThan(46);
    expect(ink.height).toBeLessThan(60);
    expect(ink.width).toBeGreaterThan(180);
    expect(ink.width).toBeLessThan(290);
    // Around the ink on all sides, by the width of the outline (6 pixels) at most, and not far away.
    for (const [inner, outer] of [
      [ink.x, outline.x],
      [ink.y, outline.y],
      [outline.x + outline.width, ink.x + ink.width],
      [outline.y + outline.height, ink.y + ink.height],
    ] as const) {
      expect(inner - outer).toBeGreaterThanOrEqual(1);
      expect(inner - outer).toBeLessThanOrEqual(8);
    }
    // Everything else is as it was.
    expect(picture.distance(GROUND, { x: 0, y: 200, width: 640, height: 160 })).toBeLessThan(6);
    expect(picture.distance(GROUND, { x: 0, y: 0, width: 640, height: 66 })).toBeLessThan(6);

    // Anchored at the other corner it ends there.
    await desk.studio.call('ModifyCasterComponent', {
      ComponentId: text,
      ComponentLayer: JSON.stringify({ PositionNormalized: [0.1, 0.2], PositionRefer: 'bottomRight' }),
    });
    await desk.show(ground, [text]);
    const moved = (await onlooker.look()).boxOf(YELLOW, 70);
    if (!moved) throw new Error('no ink');
    expect(640 - (moved.x + moved.width)).toBeGreaterThanOrEqual(64);
    expect(640 - (moved.x + moved.width)).toBeLessThan(64 + 14);
    expect(360 - (moved.y + moved.height)).toBeGreaterThanOrEqual(72);
    expect(360 - (moved.y + moved.height)).toBeLessThan(72 + 45);

    await desk.show(ground);
    expect((await onlooker.look()).boxOf(YELLOW, 70)).toBeNull();
  });

  test('Chinese text is written, not boxed: each character has its own shape', async () => {
    for (const FontName of ['KaiTi', 'NotoSansHans-Regular']) {
      const text = await desk.component({
        type: 'text',
        content: { Text: '直播直口', FontName, SizeNormalized: 0.3, Color: '0xffffff' },
        layer: { PositionNormalized: [0, 0], PositionRefer: 'topLeft' },
      });
      await desk.show(ground, [text]);
      const picture = await onlooker.look();
      const ink = picture.boxOf(WHITE, 90);
      if (!ink) throw new Error('no ink');
      // Four square characters of 108 pixels.
      expect(ink.width, FontName).toBeGreaterThan(108 * 3.4);
      expect(ink.width, FontName).toBeLessThan(108 * 4.1);
      const luma = picture.luma();
      const inked = (x: number, y: number): boolean => (luma[y * picture.width + x] ?? 0) > 150;
      /** Share of the cell where two characters differ, and share of it that has ink. */
      const compare = (a: number, b: number): { differs: number; ink: number } => {
        const counts = { differs: 0, ink: 0 };
        for (let y = ink.y; y < ink.y + ink.height; y++) {
          for (let x = 0; x < 108; x++) {
            const [left, right] = [inked(a * 108 + x, y), inked(b * 108 + x, y)];
            if (left !== right) counts.differs++;
            if (left) counts.ink++;
          }
        }
        const cell = 108 * ink.height;
        return { differs: counts.differs / cell, ink: counts.ink / cell };
      };
      expect(compare(0, 2).differs, FontName).toBeLessThan(0.02);
      expect(compare(0, 1).differs, FontName).toBeGreaterThan(0.12);
      // The third is a box by nature; no other may look like it.
      expect(compare(0, 3).differs, FontName).toBeGreaterThan(0.12);
      expect(compare(1, 3).differs, FontName).toBeGreaterThan(0.12);
      expect(compare(0, 2).ink, FontName).toBeGreaterThan(0.12);
      expect(compare(0, 2).ink, FontName).toBeLessThan(0.6);
    }
  });

  /** Colours of the three parts of the logo in its place, 180x60 at (100, 120). */
  const partsOf = (picture: ColourPicture): number[] =>
    [
      [RED, 0],
      [mixed(RED, GROUND, 0.5), 60],
      [GROUND, 120],
    ].map(([colour = 0, x = 0]) => picture.distance(colour, { x: 100 + x + 8, y: 128, width: 44, height: 44 }));

  test('a picture with alpha lets the scene through, and Transparency is its opacity', async () => {
    const content = { ImageUrl: desk.url('logo.png') };
    const place = { HeightNormalized: 60 / 360, PositionNormalized: [100 / 640, 120 / 360] };
    const logo = await desk.component({ type: 'image', content, layer: place });
    await desk.show(ground, [logo]);
    // As soon as it is laid, and when it has become part of the graph.
    expect(Math.max(...partsOf(await onlooker.look(3)))).toBeLessThan(16);
    const picture = await onlooker.look();
    expect(Math.max(...partsOf(picture))).toBeLessThan(12);
    for (const box of [
      { x: 0, y: 0, width: 640, height: 116 },
      { x: 284, y: 120, width: 300, height: 60 },
    ]) {
      expect(picture.distance(GROUND, box)).toBeLessThan(6);
    }

    const pale = await desk.component({ type: 'image', content, layer: { ...place, Transparency: 102 } });
    await desk.show(ground, [pale]);
    const seen = await onlooker.look();
    const at = (x: number, colour: number): number =>
      seen.distance(colour, { x: 100 + x + 8, y: 128, width: 44, height: 44 });
    expect(at(0, mixed(RED, GROUND, 0.4))).toBeLessThan(12);
    expect(at(60, mixed(RED, GROUND, 0.2))).toBeLessThan(12);
    expect(at(120, GROUND)).toBeLessThan(12);
  });

  test('LayerOrder background lies under the pictures, cover over them', async () => {
    const carpet = (order: string): Promise<string> =>
      desk.component({
        type: 'image',
        content: { ImageUrl: desk.url('carpet.png') },
        layer: { HeightNormalized: 1, PositionNormalized: [0, 0] },
        more: { LayerOrder: order },
      });
    const inside = { x: 170, y: 100, width: 300, height: 160 };
    const outside = { x: 0, y: 0, width: 640, height: 80 };
    const [under, over] = [await carpet('background'), await carpet('cover')];
    await desk.show(boxed);
    expect((await onlooker.look()).distance(0, outside)).toBeLessThan(8);
    await desk.show(boxed, [under]);
    const below = await onlooker.look();
    expect(below.distance(GROUND, inside)).toBeLessThan(8);
    expect(below.distance(GREEN, outside)).toBeLessThan(10);
    await desk.show(boxed, [over]);
    const above = await onlooker.look();
    expect(above.distance(GREEN, inside)).toBeLessThan(10);
    expect(above.distance(GREEN, outside)).toBeLessThan(10);
  });

  test('a crawl comes in on the right and goes evenly to the left', async () => {
    const crawl = await desk.component({
      type: 'text',
      content: { Text: 'MOVING', FontName: 'NotoSansHans-Bold', SizeNormalized: 0.15, Color: '0xffffff' },
      layer: { PositionNormalized: [0, 0.5], PositionRefer: 'topLeft' },
      more: { Effect: 'animateH', CrawlSpeed: 0.5 },
    });
    const viewer = await Viewer.start(desk.studio.urls().flv);
    await desk.show(ground, [crawl]);
    await viewer.see(60);
    const { decoded } = await viewer.stop({ width: 640, height: 360 });
    const lefts = decoded.frames.map((frame) => {
      for (let x = 0; x < 640; x++) {
        for (let y = 180; y < 260; y++) if ((frame.data[y * 640 + x] ?? 0) > 170) return x;
      }
      return null;
    });
    const begin = lefts.findIndex((left) => left !== null);
    expect(begin).toBeGreaterThan(0);
    // It comes in at the edge: the first ink that is seen is near it.
    expect(lefts[begin]).toBeGreaterThan(600);
    // 0.5 of 640 pixels a second are 10.7 a picture.
    const way = lefts.slice(begin, begin + 45).map((left) => left ?? Number.NaN);
    for (const [index, left] of way.entries()) {
      expect(Math.abs((way[0] ?? 0) - left - (index * 320) / FPS), `picture ${index}`).toBeLessThan(8);
    }
    expect(way.length).toBe(45);
  });

  test('a gif moves, each of its pictures for its time', async () => {
    const gif = await desk.component({
      type: 'image',
      content: { ImageUrl: desk.url('blink.gif') },
      layer: { HeightNormalized: 0.25, PositionNormalized: [0, 0], PositionRefer: 'bottomRight' },
    });
    await desk.show(ground, [gif]);
    const viewer = await Viewer.start(desk.studio.urls().flv);
    await viewer.see(45);
    const { decoded } = await viewer.stop();
    // Red has a luma of about 54 and blue of 18 (BT.709), in full range.
    const isRed = decoded.frames.map((frame) => {
      let sum = 0;
      for (let y = 140; y < 175; y++) for (let x = 245; x < 315; x++) sum += frame.data[y * 320 + x] ?? 0;
      return sum / (35 * 70) > 36;
    });
    const runs: number[] = [];
    for (const [index, red] of isRed.entries()) {
      if (index > 0 && red === isRed[index - 1]) runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1;
      else runs.push(1);
    }
    // 0.2 s are six pictures; the first and the last run were seen in part.
    const whole = runs.slice(1, -1);
    expect(whole.length).toBeGreaterThanOrEqual(5);
    expect(Math.min(...whole)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...whole)).toBeLessThanOrEqual(7);
  });

  test('a caption shows what is sent to it, the newest lines below, and is cleared', async () => {
    const caption = await desk.component({
      type: 'caption',
      content: {
        LocationId: 'RV01',
        SourceLan: 'en',
        FontName: 'NotoSansHans-Bold',
        SizeNormalized: 0.1,
        Color: '0xffff00',
        SourceLanPerLineWordCount: 20,
        Truncation: true,
        SourceLanReservePages: 2,
      },
      layer: { PositionNormalized: [0.05, 0.05], PositionRefer: 'bottomLeft' },
    });
    const say = (Text: string) => desk.studio.call('SendCasterCaption', { ComponentId: caption, Text });
    await desk.show(ground, [caption]);
    expect((await onlooker.look()).boxOf(YELLOW, 90)).toBeNull();
    await say('HHHH');
    const one = await onlooker.until('the caption', 5_000, (picture) => picture.boxOf(YELLOW, 90) !== null);
    const first = one.boxOf(YELLOW, 90);
    await say('\nHHHHHHHH');
    const two = await onlooker.until('its second line', 5_000, (picture) => {
      return (picture.boxOf(YELLOW, 90)?.width ?? 0) > (first?.width ?? 640) * 1.6;
    });
    const both = two.boxOf(YELLOW, 90);
    if (!first || !both) throw new Error('no caption');
    expect(both.x).toBeGreaterThanOrEqual(32);
    expect(both.x).toBeLessThan(44);
    expect(both.height).toBeGreaterThan(first.height * 1.8);
    expect(360 - (both.y + both.height)).toBeGreaterThanOrEqual(18);
    // A third line pushes the first one out.
    await say('\nHHHH');
    const three = await onlooker.until('its third line', 5_000, (picture) => {
      const lower = picture.share(YELLOW, { x: 150, y: both.y + both.height * 0.6, width: 200, height: 30 }, 90);
      return lower < 0.01;
    });
    expect(Math.abs((three.boxOf(YELLOW, 90)?.height ?? 0) - both.height)).toBeLessThan(6);
    await say('');
    await onlooker.until('nothing', 5_000, (picture) => picture.boxOf(YELLOW, 90) === null);
  });

  test('broken pictures: the scene goes on, and the owner is told of each', async () => {
    const image = (ImageUrl: string): Promise<string> => {
      const layer = { HeightNormalized: 0.2, PositionNormalized: [0, 0], PositionRefer: 'bottomRight' };
      return desk.component({ type: 'image', content: { ImageUrl }, layer });
    };
    const missing = await image(desk.url('missing.png'));
    const broken = await image(desk.url('broken.png'));
    // Nobody answers there: the port was free a moment ago and is closed.
    const refused = await image('http://127.0.0.1:9/logo.png');
    const good = await image(desk.url('carpet.png'));
    await desk.show(ground);
    const viewer = await Viewer.start(desk.studio.urls().flv);
    await desk.show(bars, [missing, broken, refused, good]);
    // Silent sources are told of as well.
    const ofPictures = () => callbacks.events.filter(({ EventMessage }) => EventMessage.Code.startsWith('Image'));
    await waitFor('the callbacks', 10_000, () => ofPictures().length >= 3);
    await viewer.see(60);
    const { decoded } = await viewer.stop();

    const codes = decoded.frames.map((frame) => readCode(frame));
    const from = codes.findIndex((code) => code !== null);
    expect(from).toBeGreaterThan(0);
    expect(decoded.frames.filter((frame) => isBlack(frame)).length).toBe(0);
    const numbers = codes.slice(from).map((code) => (code?.source === 2 ? code.frame : Number.NaN));
    expect(numbers.length).toBeGreaterThan(45);
    expect(numbers.slice(1).every((number, index) => number === (numbers[index] ?? Number.NaN) + 1)).toBe(true);
    // The good one among them is there.
    expect((await onlooker.look()).distance(GREEN, { x: 540, y: 300, width: 90, height: 50 })).toBeLessThan(12);

    const told = ofPictures().map(({ EventType, EventMessage, CasterId }) => {
      expect([EventType, CasterId]).toEqual(['RuntimeErrorCallback', desk.studio.casterId]);
      expect(EventMessage.Message.length).toBeGreaterThan(0);
      return `${EventMessage.Code} ${EventMessage.ComponentId}`;
    });
    const wanted = [`ImageOpenFailed ${missing}`, `ImageDecodeFailed ${broken}`, `ImageOpenFailed ${refused}`];
    expect(told.sort()).toEqual(wanted.sort());
  });
});
