/**
 * Sources come, change, fail and go while others are on the air and takes go on: whatever happens to them, the others'
 * pictures follow one another and the programme keeps its rhythm.
 *
 * A test picture fills the frame: it is made for each tick, so a tick that is left out or made twice shows in its numbers.
 * A camera lies in the upper right corner, through encoder, hub and decoder, and the sources that change in the lower one.
 */
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Area } from '../../src/lib/framecode.js';
import { isBlack, readCode } from '../support/analyse.js';
import { isBuilt } from '../support/castdeck-server.js';
import type { WireParams } from '../support/clients.js';
import { CodedSource } from '../support/coded-source.js';
import type { GrayFrame } from '../support/decode.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { type DeskLayer, PictureDesk } from '../support/picture-desk.js';
import { plainPng } from '../support/picture-files.js';
import { Viewer, type Watched } from '../support/watch.js';

const FPS = 30;
/** Numbers in the codes of the two test pictures, the camera, the second one, and the file. */
const CLOCK = 1;
const BARS = 2;
const CAMERA = 6;
const SECOND = 3;
const FILE = 4;
/** Where the camera and what changes are seen in pictures of 320x180; codes of full pictures lie on the left. */
const UPPER = { x: 160, y: 0, width: 160, height: 90 };
const LOWER = { x: 160, y: 90, width: 160, height: 90 };
/** How far the camera may be behind or ahead of the picture before, when this machine has too much to do. */
const MOST = 12;

describe.skipIf(!isBuilt || !hasFfmpeg)('sources that come, change and go on the air', () => {
  let desk: PictureDesk;
  let camera: CodedSource;
  let second: CodedSource;
  /** Takes every connection and never says a word. */
  let silent: Server;
  let silentPort: number;

  /** Test picture and camera and, in the lower corner, another source; by the preview and a take. */
  const take = async (corner: string | null, more: WireParams = {}): Promise<void> => {
    const quarter = { x: 0.5, width: 0.5, height: 0.5 };
    const layers: DeskLayer[] = [{ source: 'RV01' }, { source: 'RV10', ...quarter }];
    if (corner) layers.push({ source: corner, y: 0.5, ...quarter });
    await desk.studio.preview(await desk.layout(layers));
    await desk.take(more);
  };
  const remove = (ResourceId: string) => desk.studio.call('DeleteCasterVideoResource', { ResourceId });
  const live = (name: string): string => `rtmp://localhost:${desk.server.ports.rtmp}/live/${name}`;

  /** Numbers of the source in an area, and how they go on from picture to picture. Every picture must have one. */
  const followed = (
    frames: readonly GrayFrame[],
    source: number,
    area?: Area,
  ): { numbers: number[]; steps: number[] } => {
    const codes = frames.map((frame) => readCode(frame, area));
    expect(codes.filter((code) => code?.source !== source)).toEqual([]);
    const numbers = codes.map((code) => code?.frame ?? Number.NaN);
    return { numbers, steps: numbers.slice(1).map((number, index) => number - (numbers[index] ?? Number.NaN)) };
  };

  /** Everything that must hold all the time. */
  const expectSteady = ({ recording, decoded }: Watched): void => {
    const tags = recording.tags.filter(({ type, config }) => type === 'video' && !config);
    const times = tags.map(({ timestamp }) => timestamp);
    const apart = times.slice(1).map((time, index) => time - (times[index] ?? Number.NaN));
    // A thirtieth of a second in whole milliseconds, each time: not one tick was left out.
    expect(apart.filter((by) => by !== 33 && by !== 34)).toEqual([]);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeCloseTo(((times.length - 1) * 1000) / FPS, -1);
    expect(decoded.frames.filter((frame) => isBlack(frame)).length).toBe(0);
    expect(followed(decoded.frames, CLOCK).steps.filter((step) => step !== 1)).toEqual([]);
    // The camera has a process and a clock of its own: pictures may be held or left out now and then, but none comes twice or
    // is lost for good.
    const { numbers, steps } = followed(decoded.frames, CAMERA, UPPER);
    expect(steps.filter((step) => step < 0 || step > MOST)).toEqual([]);
    expect(steps.filter((step) => step === 1).length).toBeGreaterThan(steps.length * 0.8);
    expect(Math.abs((numbers.at(-1) ?? 0) - (numbers[0] ?? 0) - steps.length)).toBeLessThanOrEqual(MOST);
  };

  const cornerOf = (frames: readonly GrayFrame[]): (number | null)[] =>
    frames.map((frame) => readCode(frame, LOWER)?.source ?? null);

  beforeAll(async () => {
    silent = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    silentPort = typeof address === 'object' ? (address?.port ?? 0) : 0;
    desk = await PictureDesk.open(async (folder) => {
      await new CodedSource({ source: FILE, toneHz: 660 }).writeFile(join(folder, 'clip.mp4'), 6);
      plainPng(`${folder}/plain.png`, 0x4060a0);
    });
    camera = new CodedSource({ source: CAMERA, toneHz: 440 });
    second = new CodedSource({ source: SECOND, toneHz: 550 });
    await camera.start(desk.server.pushUrl('one'));
    await second.start(desk.server.pushUrl('two'));
    await desk.studio.addSource('RV01', { LiveStreamUrl: 'test://clock' });
    const id = await desk.studio.addSource('RV10', { LiveStreamUrl: live('one') });
    await desk.studio.start();
    await desk.untilStatus(id, 'live');
    await take(null);
  });

  afterAll(async () => {
    await Promise.all([camera?.stop(), second?.stop()]);
    await desk?.close();
    silent?.close();
  });

  test('sources of every kind are added, taken and removed', async () => {
    const viewer = await Viewer.start(desk.studio.urls().flv);
    const kinds: [string, WireParams, WireParams][] = [
      ['RV02', { LiveStreamUrl: 'test://bars' }, {}],
      ['RV03', { VodUrl: desk.url('clip.mp4'), RepeatNum: -1 }, { Transition: 'fade', TransitionDuration: 300 }],
      ['RV04', { LiveStreamUrl: live('two') }, { Transition: 'wipeLeft', TransitionDuration: 300 }],
      ['RV05', { ImageUrl: desk.url('plain.png') }, {}],
      ['RV06', { LiveStreamUrl: `${desk.server.mediaUrl}/live/two.flv?key=${desk.server.keys.publishKey}` }, {}],
    ];
    const added: string[] = [];
    for (const [position, params, way] of kinds) {
      const id = await desk.studio.addSource(position, params);
      added.push(id);
      await desk.untilStatus(id, 'live');
      await take(position, way);
      await viewer.see(20);
    }
    // The one on the air goes last, while it is seen; the others go one after the other without a pause.
    for (const id of added) await remove(id);
    await viewer.see(20);
    const watched = await viewer.stop();
    expectSteady(watched);
    const seen = cornerOf(watched.decoded.frames);
    for (const source of [BARS, FILE, SECOND]) {
      expect(seen.filter((one) => one === source).length, `source ${source} in the corner`).toBeGreaterThan(8);
    }
    // Where a source was removed there is no code in the corner.
    expect(seen.at(-1)).toBeNull();
  });

  test('sources that cannot be opened, say nothing or break off cost the others nothing', async () => {
    const viewer = await Viewer.start(desk.studio.urls().flv);
    const bad: [string, WireParams][] = [
      ['RV12', { LiveStreamUrl: 'rtmp://127.0.0.1:9/live/nobody' }],
      ['RV13', { LiveStreamUrl: `rtmp://127.0.0.1:${silentPort}/live/silent` }],
      ['RV14', { LiveStreamUrl: `http://127.0.0.1:${silentPort}/live/silent.flv` }],
      ['RV15', { VodUrl: desk.url('missing.mp4') }],
      ['RV16', { ImageUrl: desk.url('missing.png') }],
      ['RV17', { LiveStreamUrl: live('never') }],
      ['RV18', { VodUrl: desk.url('plain.png').replace('plain', 'no') }],
    ];
    const added: string[] = [];
    for (const [position, params] of bad) added.push(await desk.studio.addSource(position, params));
    for (const [position] of bad) {
      await take(position);
      await viewer.see(5);
    }
    const good = await desk.studio.addSource('RV04', { LiveStreamUrl: live('two') });
    await desk.untilStatus(good, 'live');
    await take('RV04');
    await viewer.see(20);
    await second.kill();
    await desk.untilStatus(good, 'lost');
    await viewer.see(15);
    for (const id of [...added, good]) await remove(id);
    await viewer.see(15);
    const watched = await viewer.stop();
    expectSteady(watched);
    const seen = cornerOf(watched.decoded.frames);
    // Its last picture was held while it was lost.
    const first = seen.indexOf(SECOND);
    const last = seen.lastIndexOf(SECOND);
    expect(last - first).toBeGreaterThan(35);
    expect(new Set(seen.slice(first, last + 1))).toEqual(new Set([SECOND]));
  });

  test('a source that is changed while it is seen goes over to the new one without a gap', async () => {
    const id = await desk.studio.addSource('RV02', { LiveStreamUrl: 'test://bars' });
    await desk.untilStatus(id, 'live');
    await take('RV02');
    const viewer = await Viewer.start(desk.studio.urls().flv);
    const effect = async (params: WireParams): Promise<void> => {
      await desk.studio.call('ModifyCasterVideoResource', { ResourceId: id, ResourceName: 'changed', ...params });
      await viewer.see(10);
      const { pgmScene: SceneId } = desk.studio;
      await desk.studio.call('EffectCasterVideoResource', { SceneId, ResourceId: id });
      await viewer.see(20);
    };
    await effect({ LiveStreamUrl: 'test://clock' });
    await effect({ VodUrl: desk.url('clip.mp4'), RepeatNum: -1 });
    await effect({ LiveStreamUrl: 'test://bars' });
    const watched = await viewer.stop();
    expectSteady(watched);
    const seen = cornerOf(watched.decoded.frames);
    const order = seen.filter((source, index) => source !== seen[index - 1]);
    // Each picture of the corner is that of one of the four, never none.
    expect(order).toEqual([BARS, CLOCK, FILE, BARS]);
    await remove(id);
  });

  test('takes go on at full speed while sources come and go', async () => {
    const viewer = await Viewer.start(desk.studio.urls().flv);
    let busy = true;
    const coming = (async () => {
      for (let round = 0; busy; round++) {
        const url = round % 2 === 0 ? 'test://bars' : 'test://clock';
        const id = await desk.studio.addSource('RV08', { LiveStreamUrl: url });
        await desk.untilStatus(id, 'live');
        await remove(id);
      }
    })();
    const clip = await desk.studio.addSource('RV03', { VodUrl: desk.url('clip.mp4'), RepeatNum: -1 });
    await desk.untilStatus(clip, 'live');
    try {
      for (let round = 0; round < 20; round++) {
        const fade = round % 3 === 2 ? { Transition: 'fade', TransitionDuration: 200 } : {};
        await take(round % 2 === 0 ? 'RV03' : null, fade);
        await viewer.see(3);
      }
    } finally {
      busy = false;
      await coming;
    }
    const watched = await viewer.stop();
    expectSteady(watched);
    const seen = cornerOf(watched.decoded.frames);
    expect(seen.filter((source, index) => source === FILE && seen[index - 1] !== FILE).length).toBeGreaterThanOrEqual(
      8,
    );
    await remove(clip);
  });

  test('through all of this the engine has left out no tick', async () => {
    const { Engine } = await desk.studio.call('DescribeCasterMix');
    expect(Engine).toMatchObject({ MissedTicks: 0 });
    expect((Engine as { Tick: number }).Tick).toBeGreaterThan(20 * FPS);
  });
});
