/**
 * What players receive from the hub: codecs, size, numbers of pictures and their times, over every protocol, with
 * Debian's ffmpeg as encoder and player.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HubHarness, PUBLISH_KEY } from '../support/hub-harness.js';
import { ffprobePath, hasFfmpeg } from '../support/media-tools.js';

const run = promisify(execFile);

let harness: HubHarness;
beforeEach(async () => {
  harness = await HubHarness.start();
});
afterEach(() => harness.close());

interface Probe {
  streams: { codec_name: string; width?: number; height?: number; sample_rate?: string }[];
  packets: { codec_type: string; pts_time: string; dts_time: string; flags: string }[];
}

/** Reads `seconds` of a URL and says what is in it. */
async function probe(url: string, seconds = 3): Promise<Probe> {
  const { stdout } = await run(
    ffprobePath,
    [
      ...['-v', 'error', '-probesize', '500000', '-read_intervals', `%+${seconds}`, '-of', 'json'],
      ...['-show_entries', 'stream=codec_name,width,height,sample_rate', '-show_packets', url],
    ],
    { timeout: 25_000, maxBuffer: 64 * 1024 * 1024 },
  );
  return JSON.parse(stdout) as Probe;
}

/** Checks codecs, size, pace and the distance between picture and sound of a probed stream. */
function expectTestStream(found: Probe): void {
  const video = found.streams.find((stream) => stream.codec_name === 'h264');
  const audio = found.streams.find((stream) => stream.codec_name === 'aac');
  expect(video).toMatchObject({ width: 320, height: 180 });
  expect(audio).toMatchObject({ sample_rate: '48000' });
  const times = (type: string) =>
    found.packets.filter((packet) => packet.codec_type === type).map((packet) => Number(packet.dts_time));
  const videoTimes = times('video');
  const audioTimes = times('audio');
  expect(found.packets.find((packet) => packet.codec_type === 'video')?.flags).toContain('K');
  expect(videoTimes.length).toBeGreaterThanOrEqual(50);
  for (const list of [videoTimes, audioTimes]) {
    for (let index = 1; index < list.length; index++) {
      const step = (list[index] ?? 0) - (list[index - 1] ?? 0);
      expect(step).toBeGreaterThan(0);
      expect(step).toBeLessThan(0.1);
    }
  }
  expect(Math.abs((videoTimes[0] ?? 0) - (audioTimes[0] ?? 99))).toBeLessThan(0.3);
  const span = (videoTimes.at(-1) ?? 0) - (videoTimes[0] ?? 0);
  expect(span / (videoTimes.length - 1)).toBeCloseTo(0.04, 2);
}

describe.skipIf(!hasFfmpeg)('with ffmpeg (skipped when it is not installed)', () => {
  test('a push plays back by RTMP, HTTP-FLV and HLS', async () => {
    harness.push();
    await harness.live('live/cam', 50_000);
    expectTestStream(await probe(harness.rtmpUrl(`/live/cam?key=${PUBLISH_KEY}`)));
    expectTestStream(await probe(harness.url(`/live/cam.flv?key=${PUBLISH_KEY}`)));
    expectTestStream(await probe(harness.url(`/live/cam.m3u8?key=${PUBLISH_KEY}`), 4));
  });

  test('B-frames keep their composition times, and WHEP says why it does not play them', async () => {
    harness.push({ encoder: ['-preset', 'veryfast', '-bf', '2', '-x264-params', 'b-adapt=0'] });
    await harness.live('live/cam', 50_000);
    for (const path of ['/live/cam.flv', '/live/cam.m3u8']) {
      const found = await probe(harness.url(`${path}?key=${PUBLISH_KEY}`));
      const video = found.packets.filter((packet) => packet.codec_type === 'video');
      const shown = video.map((packet) => Math.round(Number(packet.pts_time) * 1000));
      expect(shown.some((time, index) => time < (shown[index - 1] ?? 0))).toBe(true);
      const sorted = [...shown].sort((a, b) => a - b).slice(0, -3);
      for (let index = 1; index < sorted.length; index++) {
        expect(Math.abs((sorted[index] ?? 0) - (sorted[index - 1] ?? 0) - 40)).toBeLessThan(3);
      }
    }
    const response = await fetch(harness.url(`/whep/live/cam?key=${PUBLISH_KEY}`), {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: [
        'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 103\r\na=mid:0\r\na=recvonly\r\n',
        'a=rtpmap:103 H264/90000\r\na=fmtp:103 packetization-mode=1;profile-level-id=42e01f\r\n',
      ].join(''),
    });
    expect(response.status).toBe(406);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      code: 'BFramesNotPlayable',
      message: expect.stringMatching(/B-frames.*HTTP-FLV or HLS.*bframes=0.*studio/),
    });
  });
});
