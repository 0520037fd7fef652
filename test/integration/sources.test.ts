/** Sources by URL: files, live streams over HTTP-FLV and HLS, still pictures; and addresses that may not be fetched. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lumaOf, readCode, toneLevel } from '../support/analyse.js';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { CodedSource } from '../support/coded-source.js';
import { decode } from '../support/decode.js';
import { ffmpegPath, hasFfmpeg } from '../support/media-tools.js';
import { type StaticServer, serveFolder } from '../support/static-server.js';
import { Studio } from '../support/studio.js';
import { waitFor } from '../support/wait.js';
import { Viewer } from '../support/watch.js';

/** Length of the file in seconds. */
const LENGTH = 3;
const FPS = 30;

function still(path: string, colour: string): void {
  const made = spawnSync(ffmpegPath, [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    `color=${colour}:s=320x240`,
    '-frames:v',
    '1',
    path,
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
}

describe.skipIf(!isBuilt || !hasFfmpeg)('sources by URL', () => {
  let server: CastdeckServer;
  let files: StaticServer;
  let folder: string;
  let studio: Studio;
  let camera: CodedSource;
  const layouts = new Map<string, string>();

  /** Puts one source on the programme alone and waits until it shows. */
  const show = async (position: string, isOn: (viewer: Viewer) => boolean = () => true): Promise<Viewer> => {
    await studio.preview(layouts.get(position) ?? '');
    await studio.take();
    const viewer = await Viewer.start(studio.urls().flv);
    await waitFor(`source ${position}`, 5_000, () => isOn(viewer));
    return viewer;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'castdeck-sources-'));
    await new CodedSource({ source: 7, toneHz: 660, bFrames: 2 }).writeFile(join(folder, 'clip.mp4'), LENGTH);
    still(join(folder, 'white.png'), 'white');
    still(join(folder, 'gray.jpg'), 'gray');
    files = await serveFolder(folder);
    server = await startServer();
    camera = new CodedSource({ source: 8, toneHz: 550 });
    await camera.start(server.pushUrl('cam'));
    studio = await Studio.create(server);
    const hub = `${server.mediaUrl}/live/cam`;
    const key = `?key=${server.keys.publishKey}`;
    await studio.addSource('RV01', { VodUrl: `${files.url}/clip.mp4`, RepeatNum: -1 });
    await studio.addSource('RV02', { LiveStreamUrl: `${hub}.flv${key}` });
    await studio.addSource('RV03', { LiveStreamUrl: `${hub}.m3u8${key}` });
    await studio.addSource('RV04', { ImageUrl: `${files.url}/white.png` });
    await studio.addSource('RV05', { ImageUrl: `${files.url}/gray.jpg` });
    await studio.addSource('RV06', { VodUrl: `${files.url}/clip.mp4`, BeginOffset: 1000, EndOffset: 2000 });
    for (const position of ['RV01', 'RV02', 'RV03', 'RV04', 'RV05', 'RV06']) {
      layouts.set(position, await studio.addLayout([{ source: position }]));
    }
    await studio.start();
  });

  afterAll(async () => {
    await camera?.stop();
    await server?.stop();
    await files?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test('an mp4 with B-frames plays at its own speed and is repeated without a gap at the seam', async () => {
    const viewer = await show('RV01');
    await viewer.see(LENGTH * FPS + 60);
    const { decoded, longestPause } = await viewer.stop();
    const numbers = decoded.frames
      .map((frame) => readCode(frame))
      .map((code) => (code?.source === 7 ? code.frame : -1));
    expect(numbers).not.toContain(-1);
    const steps = numbers.slice(1).map((number, index) => number - (numbers[index] ?? 0));
    const seams = steps.filter((step) => step < 0);
    expect(seams.length).toBeGreaterThanOrEqual(1);
    // From the last picture (or the one before) to the first: nothing is held, nothing is left out.
    expect(seams.every((step) => step <= -(LENGTH * FPS - 2))).toBe(true);
    expect(steps.filter((step) => step === 1).length).toBeGreaterThan(steps.length * 0.9);
    expect(longestPause).toBeLessThan(300);
    const end = decoded.pcm.startMs + decoded.pcm.samples.length / 48;
    expect(toneLevel(decoded.pcm, end - 1400, end - 1200, 660)).toBeGreaterThan(0.1);
  });

  test('a live stream over HTTP-FLV moves and is heard', async () => {
    const viewer = await show('RV02');
    await viewer.see(45);
    const { decoded } = await viewer.stop();
    const codes = decoded.frames.slice(-30).map((frame) => readCode(frame));
    expect(new Set(codes.map((code) => code?.source))).toEqual(new Set([8]));
    expect(new Set(codes.map((code) => code?.frame)).size).toBeGreaterThan(25);
    const end = decoded.pcm.startMs + decoded.pcm.samples.length / 48;
    expect(toneLevel(decoded.pcm, end - 400, end - 200, 550)).toBeGreaterThan(0.1);
  });

  test('a live stream over HLS moves and is heard', async () => {
    const viewer = await show('RV03');
    // Its play-out is some seconds behind, so at first there may be nothing yet.
    await waitFor('the first picture of it', 20_000, async () => {
      const { frames } = await decode(studio.urls().flv, { seconds: 0.5, audio: false });
      const last = frames.at(-1);
      return last && readCode(last)?.source === 8;
    });
    await viewer.see(75);
    const { decoded } = await viewer.stop();
    const codes = decoded.frames.slice(-60).map((frame) => readCode(frame));
    expect(new Set(codes.map((code) => code?.source))).toEqual(new Set([8]));
    expect(new Set(codes.map((code) => code?.frame)).size).toBeGreaterThan(50);
    const end = decoded.pcm.startMs + decoded.pcm.samples.length / 48;
    expect(toneLevel(decoded.pcm, end - 400, end - 200, 550)).toBeGreaterThan(0.1);
  });

  test('png and jpg fit into the frame with their shape kept', async () => {
    for (const [position, least, most] of [
      ['RV04', 225, 255],
      ['RV05', 110, 145],
    ] as const) {
      const viewer = await show(position);
      const { decoded } = await viewer.stop();
      const frame = decoded.frames.at(-1);
      if (!frame) throw new Error('no picture');
      const middle = lumaOf(frame, { x: 80, y: 40, width: 160, height: 100 }).mean;
      expect(middle, position).toBeGreaterThan(least);
      expect(middle, position).toBeLessThanOrEqual(most);
      // 4:3 in 16:9 leaves black at the sides: 40 of 320 columns each.
      expect(lumaOf(frame, { x: 4, y: 20, width: 28, height: 140 }).max, position).toBeLessThan(30);
    }
  });

  test('BeginOffset and EndOffset cut a file, and its last picture stays', async () => {
    // It has been running since it was added, so by now it is over.
    const viewer = await show('RV06');
    await viewer.see(30);
    const { decoded } = await viewer.stop();
    const codes = new Set(decoded.frames.slice(-20).map((frame) => readCode(frame)?.frame));
    expect(codes.size).toBe(1);
    const [last] = codes;
    expect(last).toBeGreaterThanOrEqual(2 * FPS - 2);
    expect(last).toBeLessThanOrEqual(2 * FPS);
  });
});

describe.skipIf(!isBuilt || !hasFfmpeg)('the address of a pushed source', () => {
  test('plays that stream and no other, and cannot push', async () => {
    const server = await startServer();
    const camera = new CodedSource({ source: 9 });
    try {
      await camera.start(server.pushUrl('cam'));
      const studio = await Studio.create(server);
      await studio.addSource('RV01', { LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/cam` });
      const answer = await studio.call('DescribeCasterVideoResources');
      const [source] = (answer.VideoResources as { VideoResource: { FlvUrl: string }[] }).VideoResource;
      const url = new URL(source?.FlvUrl ?? '');
      const { frames } = await decode(url.href, { seconds: 0.5 });
      const last = frames.at(-1);
      expect(last && readCode(last)?.source).toBe(9);

      const other = await fetch(url.href.replace('/live/cam', '/live/other'));
      expect(other.status).toBe(403);
      const thief = new CodedSource({ source: 10 });
      const target = `rtmp://127.0.0.1:${server.ports.rtmp}/live/thief${url.search}`;
      await expect(thief.start(target)).rejects.toThrow();
    } finally {
      await camera.stop();
      await server.stop();
    }
  });
});

describe.skipIf(!isBuilt || !hasFfmpeg)('addresses that may not be fetched', () => {
  let server: CastdeckServer;

  beforeAll(async () => {
    server = await startServer({ env: { CASTDECK_SOURCE_ADDRESSES: 'lan' } });
  });

  afterAll(async () => {
    await server?.stop();
  });

  test('loopback is refused when the source is added', async () => {
    const studio = await Studio.create(server);
    for (const url of [`http://127.0.0.1:${server.ports.api}/x.mp4`, 'http://[::1]/x.mp4', 'http://localhost/x.mp4']) {
      await expect(studio.addSource('RV01', { VodUrl: url }), url).rejects.toMatchObject({
        code: 'InvalidParameter.Malformed',
      });
    }
  });
});
