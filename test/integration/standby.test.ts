/** The standby on the air: called by hand, and by itself when the encoder is gone; what a viewer sees, picture by picture. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isBlack, readCode } from '../support/analyse.js';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { CodedSource } from '../support/coded-source.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { Studio } from '../support/studio.js';
import { waitFor } from '../support/wait.js';
import { Viewer } from '../support/watch.js';

const CAMERA = 3;
const SPARE = 9;

describe.skipIf(!isBuilt || !hasFfmpeg)('the standby', () => {
  let server: CastdeckServer;
  let studio: Studio;
  let camera: CodedSource;
  let spare: CodedSource;
  let layout: string;
  let folder: string;

  const startCamera = async (): Promise<void> => {
    camera = new CodedSource({ source: CAMERA });
    await camera.start(server.pushUrl('cam'));
  };

  const status = async (): Promise<unknown> => {
    const { Standby } = await studio.call('DescribeCasterMix');
    return (Standby as { Status: string }).Status;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'castdeck-standby-'));
    server = await startServer({ dataDir: folder });
    await startCamera();
    spare = new CodedSource({ source: SPARE });
    await spare.start(server.pushUrl('spare'));
    studio = await Studio.create(server, {
      config: {
        UrgentLiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/spare`,
        AutoSwitchUrgentOn: true,
        AutoSwitchUrgentConfig: '{"eofThres":1,"backThres":1}',
      },
    });
    await studio.addSource('RV01', { LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/cam` });
    layout = await studio.addLayout([{ source: 'RV01' }]);
    await studio.start();
    await studio.preview(layout);
    await studio.take();
    await waitFor('the standby to be ready', 5000, async () => (await status()) === 'ready');
  });

  afterAll(async () => {
    await camera?.stop();
    await spare?.stop();
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('by hand: the call is answered when it is on air, and the way back too; nothing else is ever seen', async () => {
    const viewer = await Viewer.start(studio.urls().flv);
    await viewer.see(20);
    await studio.call('EffectCasterUrgent', { SceneId: studio.pgmScene });
    expect(await status()).not.toBe('none');
    const urgent = viewer.pictures;
    await viewer.see(20);
    await studio.call('SetCasterSceneConfig', { SceneId: studio.pgmScene });
    const back = viewer.pictures;
    await viewer.see(20);
    const { frames } = (await viewer.stop()).decoded;
    const sources = frames.map((frame) => readCode(frame)?.source ?? null);
    expect(frames.filter((frame) => isBlack(frame)).length).toBe(0);
    // From one to the other and back, without a step in between.
    const runs = sources.filter((source, index) => source !== sources[index - 1]);
    expect(runs).toEqual([CAMERA, SPARE, CAMERA]);
    // What was on its way to the viewer when the call was answered: two pictures at most.
    expect(sources.indexOf(SPARE) - urgent).toBeLessThanOrEqual(2);
    expect(sources.lastIndexOf(SPARE) + 1 - back).toBeLessThanOrEqual(2);
  });

  test('by itself when the encoder is gone, and back by itself on a whole picture', async () => {
    const viewer = await Viewer.start(studio.urls().flv);
    await viewer.see(10);
    await camera.kill();
    await waitFor('the standby', 8000, async () => (await status()) === 'auto');
    await viewer.see(15);
    await startCamera();
    await waitFor('the programme', 8000, async () => (await status()) === 'ready');
    await viewer.see(20);
    const { frames } = (await viewer.stop()).decoded;
    const codes = frames.map((frame) => readCode(frame));
    expect(frames.filter((frame) => isBlack(frame)).length).toBe(0);
    const sources = codes.map((code) => code?.source ?? null);
    expect(sources.filter((source, index) => source !== sources[index - 1])).toEqual([CAMERA, SPARE, CAMERA]);
    // The last picture was held for a second, and the standby moved.
    const held = codes.slice(0, sources.indexOf(SPARE)).map((code) => code?.frame);
    const last = held.at(-1);
    expect(held.filter((frame) => frame === last).length).toBeGreaterThanOrEqual(22);
    const shown = codes.filter((code) => code?.source === SPARE).map((code) => code?.frame);
    expect(new Set(shown).size).toBeGreaterThan(shown.length / 2);
  });
});
