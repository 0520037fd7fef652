/** The measuring chain on itself: what CodedSource writes, decode and analyse read back, frame by frame. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beepOnsets, flashFrames, readCode, toneLevel } from '../../support/analyse.js';
import { CodedSource } from '../../support/coded-source.js';
import { decode, tagOfFrame } from '../../support/decode.js';
import { parseFlv, recordFlv } from '../../support/flv-recorder.js';
import { hasFfmpeg } from '../../support/media-tools.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'castdeck-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasFfmpeg)('with ffmpeg', () => {
  test('an mp4 file holds every frame once, with flash and beep together', async () => {
    const path = join(folder, 'a.mp4');
    await new CodedSource({ source: 3, flash: true, toneHz: 600 }).writeFile(path, 3);
    const { frames, pcm } = await decode(path);
    expect(frames.map((frame) => readCode(frame)?.frame)).toEqual(Array.from({ length: 90 }, (_, frame) => frame));
    expect(frames.every((frame) => readCode(frame)?.source === 3)).toBe(true);
    expect(toneLevel(pcm, pcm.startMs + 500, pcm.startMs + 900, 600)).toBeGreaterThan(0.2);
    const flashes = flashFrames(frames).map((frame) => frame.ptsMs);
    const beeps = beepOnsets(pcm, 2000);
    expect(flashes).toHaveLength(2);
    for (const [index, flash] of flashes.entries()) expect(Math.abs(flash - (beeps[index] ?? 0))).toBeLessThan(5);
    expect(pcm.gaps).toEqual([]);
  });

  test('a live push keeps its pace, and each picture is traced to its tag', async () => {
    // A file stands in for the RTMP server: the pace is the source's own, not the receiver's.
    const path = join(folder, 'b.flv');
    const source = new CodedSource({ source: 2, flash: true });
    await source.start(path);
    await expect.poll(() => source.framesSent.length, { timeout: 10_000 }).toBeGreaterThan(75);
    await source.stop();
    const late = source.framesSent.slice(1).map((at, index) => at - (source.framesSent[1] ?? 0) - (index * 1_000) / 30);
    // Wide enough for a busy machine (the first picture may itself be late), narrow enough to see a wrong rate.
    expect(Math.min(...late)).toBeGreaterThan(-50);
    const settled = [...late].sort((a, b) => a - b)[Math.floor(late.length / 2)] ?? 0;
    expect(settled).toBeLessThan(100);

    const bytes = readFileSync(path);
    const tags = parseFlv(bytes);
    const { frames, pcm } = await decode(bytes);
    expect(frames.length).toBe(source.framesSent.length);
    for (const [index, frame] of frames.entries()) {
      expect(readCode(frame)).toEqual({ source: 2, frame: index });
      expect(tagOfFrame(tags, frame)).not.toBeNull();
    }
    const flashes = flashFrames(frames).map((frame) => frame.ptsMs);
    const beeps = beepOnsets(pcm, 2000);
    expect(flashes.length).toBeGreaterThanOrEqual(2);
    for (const [index, flash] of flashes.entries()) expect(Math.abs(flash - (beeps[index] ?? 0))).toBeLessThan(8);
  }, 30_000);

  test('one channel can be listened to alone', async () => {
    const path = join(folder, 'c.mp4');
    await new CodedSource({ toneHz: 500, channels: 'left' }).writeFile(path, 1);
    const left = await decode(path, { video: false, channel: 'left' });
    const right = await decode(path, { video: false, channel: 'right' });
    expect(toneLevel(left.pcm, 200, 800, 500)).toBeGreaterThan(0.2);
    expect(toneLevel(right.pcm, 200, 800, 500)).toBeLessThan(0.01);
  });

  test('a push that the server refuses is an error with words, and nothing is left running', async () => {
    const refuses = createTcpServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await new Promise((resolve) => refuses.once('listening', resolve));
    const source = new CodedSource();
    const { port } = refuses.address() as AddressInfo;
    await expect(source.start(`rtmp://127.0.0.1:${port}/live/x`)).rejects.toThrow(/push to rtmp/);
    expect(source.running).toBe(false);
    refuses.close();
  });

  test('the recorder keeps bytes, tags and arrival times, and tells how it ended', async () => {
    const path = join(folder, 'd.flv');
    const source = new CodedSource();
    await source.start(path);
    await expect.poll(() => source.framesSent.length, { timeout: 10_000 }).toBeGreaterThan(20);
    await source.stop();
    const file = readFileSync(path);
    const server = createServer((request, response) => {
      if (request.url !== '/a.flv') return response.writeHead(404).end();
      response.write(file.subarray(0, 5_000));
      setTimeout(() => response.end(file.subarray(5_000)), 100);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const recording = await recordFlv(`${base}/a.flv`, { seconds: 10 });
    await expect(recordFlv(`${base}/b.flv`, { seconds: 1 })).rejects.toThrow(/404/);
    server.close();
    expect(recording.end).toBe('closed by server');
    expect(recording.bytes.equals(file)).toBe(true);
    expect(recording.tags.length).toBe(parseFlv(file).length);
    const first = recording.tags[0]?.arrivedAt ?? 0;
    expect((recording.tags.at(-1)?.arrivedAt ?? 0) - first).toBeGreaterThan(80);
  }, 30_000);
});
