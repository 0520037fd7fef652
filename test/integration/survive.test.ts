/** What goes wrong in a real show: processes are killed, an encoder falls silent and comes back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isBlack, readCode } from '../support/analyse.js';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { callXml, popClient } from '../support/clients.js';
import { CodedSource } from '../support/coded-source.js';
import { decode } from '../support/decode.js';
import { recordFlv } from '../support/flv-recorder.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { Studio } from '../support/studio.js';
import { waitFor } from '../support/wait.js';
import { Viewer } from '../support/watch.js';

describe.skipIf(!isBuilt || !hasFfmpeg)('a studio in trouble', () => {
  let server: CastdeckServer;
  let studio: Studio;
  let camera: CodedSource;
  let folder: string;

  const startCamera = async (source: number): Promise<void> => {
    camera = new CodedSource({ source });
    await camera.start(server.pushUrl('cam'));
  };

  const health = async (): Promise<Record<string, unknown>> => {
    const answer = await studio.call('DescribeCasterVideoResources');
    const [source] = (answer.VideoResources as { VideoResource: Record<string, unknown>[] }).VideoResource;
    return source ?? {};
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'castdeck-survive-'));
    server = await startServer({ dataDir: folder });
    await startCamera(3);
    // The older client: signature by query, parameters in a form.
    studio = await Studio.create(server, { client: popClient(server, 'POST') });
    await studio.addSource('RV01', { LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/cam` });
    const layout = await studio.addLayout([{ source: 'RV01' }]);
    await studio.start();
    await studio.preview(layout);
    await studio.take();
  });

  afterAll(async () => {
    await camera?.stop();
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('an encoder that falls silent leaves its last picture on; when it comes back it is on again by itself', async () => {
    const viewer = await Viewer.start(studio.urls().flv);
    await camera.kill();
    await waitFor('the loss to be reported', 5_000, async () => (await health()).SourceStatus === 'lost');
    expect((await health()).SourceReason).not.toBe('');
    await viewer.see(75);
    await startCamera(4);
    await viewer.see(105);
    const { decoded, longestPause } = await viewer.stop();
    const { frames } = decoded;
    const codes = frames.map((frame) => readCode(frame));
    expect(await health()).toMatchObject({ SourceStatus: 'live', SourceReason: '' });

    expect(longestPause).toBeLessThan(300);
    expect(frames.filter((frame) => isBlack(frame)).length).toBe(0);
    expect(codes.filter((code) => code === null)).toEqual([]);
    const back = codes.findIndex((code) => code?.source === 4);
    expect(back).toBeGreaterThan(0);
    expect(codes.slice(back).every((code) => code?.source === 4)).toBe(true);
    // The last picture stood still before the return, and pictures move after it.
    const held = codes.slice(back - 30, back).map((code) => code?.frame);
    expect(new Set(held).size).toBe(1);
    expect(new Set(codes.slice(-30).map((code) => code?.frame)).size).toBeGreaterThan(20);
  });

  test('the engine is killed: the programme is back within 2 s, and a viewer stays connected', async () => {
    const viewer = await Viewer.start(studio.urls().flv);
    const [engine] = server.pids().engine;
    if (engine === undefined) throw new Error('no engine runs');
    process.kill(engine, 'SIGKILL');
    await viewer.see(75);
    const { recording, pictures, decoded, longestPause } = await viewer.stop();

    expect(recording.end).toBe('signal');
    expect(longestPause).toBeLessThan(2_000);
    const times = pictures.map((tag) => tag.timestamp);
    expect(times.slice(1).every((time, index) => time > (times[index] ?? 0))).toBe(true);
    expect(decoded.frames.filter((frame) => isBlack(frame)).length).toBe(0);
    expect(new Set(decoded.frames.map((frame) => readCode(frame)?.source))).toEqual(new Set([4]));
    expect(server.pids().engine).not.toContain(engine);
  });

  test('the hub is killed: encoder and viewer can come back to the same addresses', async () => {
    const [hub] = server.pids().hub;
    if (hub === undefined) throw new Error('no hub runs');
    process.kill(hub, 'SIGKILL');
    await camera.ended;
    await waitFor('the hub to take the encoder again', 10_000, async () => {
      await startCamera(5);
      return true;
    });
    await waitFor('the programme with the encoder', 15_000, async () => {
      const { frames } = await decode(studio.urls().flv, { seconds: 1, timeoutMs: 5_000 });
      return frames.some((frame) => readCode(frame)?.source === 5);
    });
  });

  test('every process is killed: after a start the studio is on the air with the same scenes and addresses', async () => {
    const before = await studio.call('DescribeCasterScenes');
    const listed = await studio.call('DescribeCasters', { Status: 1 });
    const config = await studio.call('DescribeCasterConfig');
    const xml = await callXml(server, 'DescribeCasterScenes', { CasterId: studio.casterId });
    expect(xml.status).toBe(200);
    for (const id of [studio.pgmScene, studio.pvwScene]) expect(xml.text).toContain(`<SceneId>${id}</SceneId>`);
    const streams = await studio.call('DescribeCasterStreamUrl');
    server.kill('SIGKILL');
    await server.exited;
    await camera.stop();
    server = await startServer({ dataDir: folder, ports: server.ports });
    await startCamera(6);
    await waitFor('the programme', 15_000, async () => {
      const { frames } = await decode(studio.urls().flv, { seconds: 1, timeoutMs: 5_000 });
      return frames.some((frame) => readCode(frame)?.source === 6);
    });
    const after = await studio.call('DescribeCasterScenes');
    expect(after.SceneList).toEqual(before.SceneList);
    expect(await studio.call('DescribeCasterConfig')).toMatchObject({ ...config, RequestId: expect.any(String) });
    expect(await studio.call('DescribeCasters', { Status: 1 })).toMatchObject({ Total: listed.Total });
    expect((await studio.call('DescribeCasterStreamUrl')).CasterStreams).toEqual(streams.CasterStreams);
  });

  test('StopCaster lets the viewers go and leaves no engine; DeleteCaster then works', async () => {
    const watching = recordFlv(studio.urls().flv, { seconds: 20 });
    await waitFor('a viewer', 5_000, async () => true);
    await new Promise((done) => setTimeout(done, 500));
    await studio.call('StopCaster');
    expect((await watching).end).toBe('closed by server');
    expect(server.pids().engine).toEqual([]);
    await studio.call('DeleteCaster');
    await expect(studio.call('DescribeCasterConfig')).rejects.toMatchObject({ code: 'InvalidCaster.NotFound' });
  });
});
