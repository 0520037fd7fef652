/**
 * Picture and sound of every kind of source stay together in the programme: by flash and beep in what a viewer decodes, at
 * first, and after an encoder came back, a file was moved, and takes put them off and on the air.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Area } from '../../src/lib/framecode.js';
import { flashFrames, readCode } from '../support/analyse.js';
import { isBuilt } from '../support/castdeck-server.js';
import { EncoderPush, type EncoderPushOptions } from '../support/encoder-push.js';
import { beepsAfterFlashes, MEASURING } from '../support/flash-beep.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { PictureDesk } from '../support/picture-desk.js';
import { Viewer, type Watched } from '../support/watch.js';

/** How far flash and beep may be apart, ms. */
const STEP = 20 + MEASURING;
/** Pictures of a recording: three flashes or four. */
const LONG = 105;
/** Of the file, seconds. */
const LENGTH = 30;

interface Kind {
  position: string;
  encoder: EncoderPushOptions;
}

const PUSH: Kind = { position: 'RV01', encoder: { source: 1, rate: [30, 1], beepHz: 1000 } };
const PUSH_441: Kind = { position: 'RV02', encoder: { source: 2, rate: [30, 1], beepHz: 1600, audioRate: 44_100 } };
const FILE: Kind = { position: 'RV03', encoder: { source: 3, rate: [25, 1], beepHz: 2200 } };
const URL_SOURCE: Kind = { position: 'RV04', encoder: { source: 4, rate: [30, 1], beepHz: 2800 } };
const KINDS = [PUSH, PUSH_441, FILE, URL_SOURCE];

/** The quarters of a picture of 320x180. */
const areaOf = (kind: Kind): Area => {
  const index = KINDS.indexOf(kind);
  return { x: 160 * (index % 2), y: 90 * Math.floor(index / 2), width: 160, height: 90 };
};

describe.skipIf(!isBuilt || !hasFfmpeg)('picture and sound', () => {
  let desk: PictureDesk;
  let all: string;
  let two: string;
  const ids = new Map<Kind, string>();
  const encoders = new Map<Kind, EncoderPush>();

  const push = (kind: Kind): void => {
    encoders.set(kind, new EncoderPush(desk.server.pushUrl(kind.position), kind.encoder));
  };
  const take = async (layout: string): Promise<void> => {
    await desk.studio.preview(layout);
    await desk.take();
  };
  const record = async (act: (viewer: Viewer) => Promise<void> = async () => undefined): Promise<Watched> => {
    const viewer = await Viewer.start(desk.studio.urls().flv);
    await act(viewer);
    await viewer.see(LONG);
    return await viewer.stop();
  };
  const expectStep = ({ decoded }: Watched, kinds: readonly Kind[], flashes: number): void => {
    const apart = kinds.map((kind) => ({
      kind: kind.position,
      by: beepsAfterFlashes(decoded, kind.encoder.beepHz, areaOf(kind)).map(Math.round),
    }));
    for (const { kind, by } of apart) {
      expect(by.length, kind).toBeGreaterThanOrEqual(flashes);
      expect(Math.max(...by.map(Math.abs)), `${kind}: ${by}`).toBeLessThanOrEqual(STEP);
    }
  };

  beforeAll(async () => {
    desk = await PictureDesk.open(
      async (folder) => {
        const output = ['-movflags', '+faststart', '-f', 'mp4'];
        const made = { ...FILE.encoder, seconds: LENGTH, output, pace: 'unpaced' } as const;
        await new EncoderPush(join(folder, 'clip.mp4'), made).ended;
      },
      { ChannelEnable: 1 },
    );
    for (const kind of [PUSH, PUSH_441, URL_SOURCE]) push(kind);
    const { server, studio } = desk;
    const own = (kind: Kind) => ({ LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/${kind.position}` });
    const flv = `${server.mediaUrl}/live/${URL_SOURCE.position}.flv?key=${server.keys.publishKey}`;
    const inputs = [own(PUSH), own(PUSH_441), { VodUrl: desk.url('clip.mp4'), RepeatNum: -1 }, { LiveStreamUrl: flv }];
    for (const [index, kind] of KINDS.entries()) {
      const id = await studio.addSource(kind.position, inputs[index] ?? {});
      ids.set(kind, id);
      await studio.call('SetCasterChannel', { ChannelId: kind.position, ResourceId: id });
    }
    const layers = KINDS.map((kind) => {
      const { x, y } = areaOf(kind);
      return { source: kind.position, x: x / 320, y: y / 180, width: 0.5, height: 0.5 };
    });
    all = await studio.addLayout(layers);
    two = await studio.addLayout(layers.slice(0, 2));
    await studio.start();
    for (const id of ids.values()) await desk.untilStatus(id, 'live');
    await take(all);
  });

  afterAll(async () => {
    for (const encoder of encoders.values()) await encoder.stop();
    await desk?.close();
  });

  test('of pushes with AAC of 48 and 44.1 kHz, a file, and a live stream by URL', async () => {
    expectStep(await record(), KINDS, 3);
  });

  test('after an encoder came back, a file was moved off the air, and takes', async () => {
    await take(two);
    for (const kind of [PUSH, URL_SOURCE]) {
      await encoders.get(kind)?.stop();
      await desk.untilStatus(ids.get(kind) ?? '', 'lost');
      push(kind);
      await desk.untilStatus(ids.get(kind) ?? '', 'live');
    }
    await desk.studio.call('SetCasterChannel', { ChannelId: FILE.position, SeekOffset: 7_100 });
    // Two of them are heard from this take on.
    const watched = await record(() => take(all));
    expectStep(watched, KINDS, 3);
  });

  test('after a file was moved while it was seen and heard', async () => {
    const watched = await record(async (viewer) => {
      await desk.studio.call('SetCasterChannel', { ChannelId: FILE.position, SeekOffset: 20_340 });
      await viewer.see(20);
    });
    const numbers = watched.decoded.frames.map((frame) => readCode(frame, areaOf(FILE))?.frame ?? Number.NaN);
    const jump = numbers.findIndex((number, index) => number - (numbers[index - 1] ?? number) > 25);
    expect(jump).toBeGreaterThan(0);
    expect(flashFrames(watched.decoded.frames.slice(jump), areaOf(FILE)).length).toBeGreaterThanOrEqual(3);
    expectStep(watched, KINDS, 3);
  });
});
