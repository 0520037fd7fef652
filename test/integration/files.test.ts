/** Files and moving pictures on the programme: the seam of a loop, pause and jumps through a channel, a gif that moves. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lumaOf, readCode, toneLevel } from '../support/analyse.js';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { CodedSource } from '../support/coded-source.js';
import type { Decoded } from '../support/decode.js';
import { ffmpegPath, hasFfmpeg } from '../support/media-tools.js';
import { type StaticServer, serveFolder } from '../support/static-server.js';
import { Studio } from '../support/studio.js';
import { Viewer } from '../support/watch.js';

const SECONDS = 3;
const FPS = 30;
const COUNT = SECONDS * FPS;
const SOURCE = 6;
const TONE = 600;

describe.skipIf(!isBuilt || !hasFfmpeg)('files and moving pictures', () => {
  let server: CastdeckServer;
  let files: StaticServer;
  let folder: string;
  let studio: Studio;
  const layouts = new Map<string, string>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'castdeck-play-'));
    const clip = new CodedSource({ source: SOURCE, toneHz: TONE, bFrames: 2, gopSeconds: SECONDS });
    await clip.writeFile(join(folder, 'clip.mp4'), SECONDS);
    // White and black by turns, 400 ms each.
    const graph = "nullsrc=s=64x36:r=2.5:d=0.8,format=gray,geq=lum='255*eq(N,0)'";
    const gif = spawnSync(ffmpegPath, ['-v', 'error', '-f', 'lavfi', '-i', graph, join(folder, 'turns.gif')]);
    if (gif.status !== 0) throw new Error(String(gif.stderr));
    files = await serveFolder(folder);
    server = await startServer();
    studio = await Studio.create(server);
    await studio.call('SetCasterConfig', {
      DomainName: 'localhost',
      TranscodeConfig: '{"CasterTemplate":"lp_ld"}',
      ChannelEnable: 1,
    });
    const clipId = await studio.addSource('RV01', { VodUrl: `${files.url}/clip.mp4`, RepeatNum: -1 });
    const gifId = await studio.addSource('RV02', { ImageUrl: `${files.url}/turns.gif` });
    await studio.call('SetCasterChannel', { ChannelId: 'RV01', ResourceId: clipId });
    await studio.call('SetCasterChannel', { ChannelId: 'RV02', ResourceId: gifId });
    for (const channel of ['RV01', 'RV02']) layouts.set(channel, await studio.addLayout([{ source: channel }]));
    await studio.start();
  });

  afterAll(async () => {
    await server?.stop();
    await files?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const show = async (channel: string): Promise<void> => {
    await studio.preview(layouts.get(channel) ?? '');
    await studio.take();
  };

  const framesOf = (decoded: Decoded): number[] =>
    decoded.frames.map((frame) => {
      const code = readCode(frame);
      return code?.source === SOURCE ? code.frame : -1;
    });

  test('a loop shows every picture once, and its sound has no gap', async () => {
    await show('RV01');
    const viewer = await Viewer.start(studio.urls().flv);
    await viewer.see(COUNT + 45);
    const { decoded } = await viewer.stop();
    const numbers = framesOf(decoded);
    const first = numbers[0] ?? -1;
    expect(numbers).toEqual(numbers.map((_, index) => (first + index) % COUNT));
    // In windows of 100 ms, one of which has the seam in it.
    const end = decoded.pcm.startMs + decoded.pcm.samples.length / 48;
    for (let at = end - 3600; at < end - 200; at += 50) {
      expect(toneLevel(decoded.pcm, at, at + 100, TONE), `at ${at}`).toBeGreaterThan(0.15);
    }
  });

  test('a channel is paused, sent to a picture while it stands, and plays on from there', async () => {
    await show('RV01');
    await studio.call('SetCasterChannel', { ChannelId: 'RV01', PlayStatus: 0 });
    const standing = await Viewer.start(studio.urls().flv);
    const { decoded: held } = await standing.stop();
    const paused = framesOf(held).slice(-20);
    expect(new Set(paused).size).toBe(1);
    const end = held.pcm.startMs + held.pcm.samples.length / 48;
    expect(toneLevel(held.pcm, end - 300, end - 100, TONE)).toBeLessThan(0.01);

    const viewer = await Viewer.start(studio.urls().flv);
    // In the middle of the only group of pictures.
    await studio.call('SetCasterChannel', { ChannelId: 'RV01', SeekOffset: 1500 });
    await viewer.see(30);
    await studio.call('SetCasterChannel', { ChannelId: 'RV01', PlayStatus: 1 });
    await viewer.see(30);
    const { decoded } = await viewer.stop();
    const numbers = framesOf(decoded);
    const runs = numbers.filter((number, index) => number !== numbers[index - 1]);
    // The old picture, then at once the one that was asked for, and from there on every one.
    const old = paused[0] ?? -1;
    expect(runs[0]).toBe(old);
    expect(runs.slice(1)).toEqual(runs.slice(1).map((_, index) => 45 + index));
    expect(numbers.filter((number) => number === 45).length).toBeGreaterThan(15);
  });

  test('a gif moves on the programme', async () => {
    await show('RV02');
    const viewer = await Viewer.start(studio.urls().flv);
    await viewer.see(45);
    const { decoded } = await viewer.stop();
    const white = decoded.frames.slice(-60).map((frame) => lumaOf(frame).mean > 128);
    const lengths = [0];
    for (const [index, is] of white.entries()) {
      if (index > 0 && is !== white[index - 1]) lengths.push(0);
      lengths[lengths.length - 1] = (lengths.at(-1) ?? 0) + 1;
    }
    // 400 ms are 12 ticks; the first and the last stretch are cut.
    expect(lengths.length).toBeGreaterThanOrEqual(5);
    expect(lengths.slice(1, -1)).toEqual(lengths.slice(1, -1).map(() => 12));
  });
});
