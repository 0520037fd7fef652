/**
 * The main job on real input: two encoders push coded pictures, an official client arranges and takes them, and what
 * comes out of each output is decoded and read.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beepOnsets, dominantTone, flashFrames, isBlack, readCode, toneLevel } from '../support/analyse.js';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { CodedSource } from '../support/coded-source.js';
import { decode, type GrayFrame, tagOfFrame } from '../support/decode.js';
import { type FlvRecording, recordFlv } from '../support/flv-recorder.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { type StreamInfo, Studio } from '../support/studio.js';
import { Viewer } from '../support/watch.js';

const FIRST = { source: 1, toneHz: 440 };
const SECOND = { source: 2, toneHz: 880 };

function sourcesSeen(frames: readonly GrayFrame[]): (number | null)[] {
  return frames.map((frame) => readCode(frame)?.source ?? null);
}

describe.skipIf(!isBuilt || !hasFfmpeg)('a studio on the air', () => {
  let server: CastdeckServer;
  let studio: Studio;
  let first: CodedSource;
  let second: CodedSource;
  let layoutFirst: string;
  let layoutSecond: string;
  let layoutBoth: string;

  beforeAll(async () => {
    server = await startServer();
    first = new CodedSource({ ...FIRST, flash: true, beepHz: 2000 });
    second = new CodedSource(SECOND);
    await first.start(server.pushUrl('cam1'));
    await second.start(server.pushUrl('cam2'));
    studio = await Studio.create(server, { renditions: ['lld'], template: 'lp_sd' });
    const live = (name: string): string => `rtmp://localhost:${server.ports.rtmp}/live/${name}`;
    await studio.addSource('RV01', { LiveStreamUrl: live('cam1') });
    await studio.addSource('RV02', { LiveStreamUrl: live('cam2') });
    layoutFirst = await studio.addLayout([{ source: 'RV01' }]);
    layoutSecond = await studio.addLayout([{ source: 'RV02' }]);
    layoutBoth = await studio.addLayout(
      [{ source: 'RV01' }, { source: 'RV02', x: 0.5, y: 0.5, width: 0.5, height: 0.5 }],
      ['RV01'],
    );
    await studio.start();
    await studio.preview(layoutFirst);
    await studio.take();
  });

  afterAll(async () => {
    await Promise.all([first?.stop(), second?.stop()]);
    await server?.stop();
  });

  test('the take brings the preview on at once: no old picture 2 frames after the answer, none black, none stale', async () => {
    const { flv } = studio.urls();
    const viewer = await Viewer.start(flv);
    await studio.preview(layoutSecond);
    const answered = await studio.take();
    await viewer.see(45);
    const { recording, decoded } = await viewer.stop();
    const seen = sourcesSeen(decoded.frames);
    const change = seen.indexOf(2);
    expect(change).toBeGreaterThan(20);
    expect(new Set(seen.slice(0, change))).toEqual(new Set([1]));
    expect(new Set(seen.slice(change))).toEqual(new Set([2]));
    expect(decoded.frames.filter((frame) => isBlack(frame)).length).toBe(0);

    const oldAfterAnswer = decoded.frames.slice(0, change).filter((frame) => {
      const tag = tagOfFrame(recording.tags, frame);
      return tag !== null && tag.arrivedAt > answered;
    });
    expect(oldAfterAnswer.length).toBeLessThanOrEqual(2);

    // Not stale: what the encoder had sent half a second before the picture arrived is older than what it shows.
    const fresh = decoded.frames[change];
    const tag = fresh ? tagOfFrame(recording.tags, fresh) : null;
    const code = fresh ? readCode(fresh) : null;
    const sent = code ? second.framesSent[code.frame] : undefined;
    expect(tag && sent ? tag.arrivedAt - sent : Number.NaN).toBeLessThan(500);

    // Frame numbers go on without a step back or a jump, except at the cut.
    for (const part of [decoded.frames.slice(0, change), decoded.frames.slice(change)]) {
      const numbers = part.map((frame) => readCode(frame)?.frame ?? Number.NaN);
      const steps = numbers.slice(1).map((number, index) => number - (numbers[index] ?? Number.NaN));
      expect(steps.every((step) => step >= 0 && step <= 2)).toBe(true);
      expect(steps.filter((step) => step !== 1).length).toBeLessThanOrEqual(Math.ceil(steps.length / 10));
    }

    // The pictures keep their rate: one every 33 ms on the stream's clock.
    const gaps = decoded.frames.slice(1).map((frame, index) => frame.ptsMs - (decoded.frames[index]?.ptsMs ?? 0));
    expect(Math.max(...gaps)).toBeLessThan(40);

    // The sound follows, within 40 ms of the picture.
    const cut = decoded.frames[change]?.ptsMs ?? Number.NaN;
    expect(toneLevel(decoded.pcm, cut - 240, cut - 40, FIRST.toneHz)).toBeGreaterThan(0.1);
    expect(toneLevel(decoded.pcm, cut - 240, cut - 40, SECOND.toneHz)).toBeLessThan(0.02);
    expect(toneLevel(decoded.pcm, cut + 40, cut + 240, SECOND.toneHz)).toBeGreaterThan(0.1);
    expect(toneLevel(decoded.pcm, cut + 40, cut + 240, FIRST.toneHz)).toBeLessThan(0.02);
    expect(decoded.pcm.gaps).toEqual([]);
  });

  test('picture and sound of a source stay together: flash and beep within 40 ms', async () => {
    await studio.preview(layoutFirst);
    await studio.take();
    const viewer = await Viewer.start(studio.urls().flv);
    await viewer.see(120);
    const { decoded } = await viewer.stop();
    const flashes = flashFrames(decoded.frames).map((frame) => frame.ptsMs);
    const beeps = beepOnsets(decoded.pcm, 2000);
    const pairs = flashes
      .map((flash) => beeps.map((beep) => beep - flash).sort((a, b) => Math.abs(a) - Math.abs(b))[0])
      .filter((offset): offset is number => offset !== undefined && Math.abs(offset) < 300);
    expect(pairs.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...pairs.map(Math.abs))).toBeLessThan(40);
  });

  test('all outputs show the programme: RTMP, HTTP-FLV and HLS, in full size and as lld', async () => {
    for (const transcode of ['original', 'lld']) {
      const urls = studio.urls(transcode);
      for (const url of [urls.rtmp, urls.flv, urls.hls]) {
        const { frames, pcm } = await decode(url, { seconds: 2, timeoutMs: 30_000 });
        const seen = sourcesSeen(frames.slice(5));
        expect(new Set(seen), url).toEqual(new Set([1]));
        const start = pcm.startMs + 300;
        expect(toneLevel(pcm, start, start + 200, FIRST.toneHz), url).toBeGreaterThan(0.1);
      }
    }
  });

  test('every address that is returned plays, the preview included', async () => {
    await studio.preview(layoutFirst);
    const answer = await studio.call('DescribeCasterStreamUrl');
    const urls = new Set<string>();
    for (const scene of (answer.CasterStreams as { CasterStream: Record<string, unknown>[] }).CasterStream) {
      urls.add(String(scene.StreamUrl)).add(String(scene.RtmpUrl)).add(String(scene.HlsUrl));
      const infos = (scene.StreamInfos as { StreamInfo: StreamInfo[] } | undefined)?.StreamInfo ?? [];
      for (const info of infos) urls.add(info.OutputStreamUrl);
    }
    // Full size, lld and the preview in three formats, and the list of renditions; those of PGM's monitor are among them.
    expect(urls.size).toBe(10);
    const played = await Promise.all(
      [...urls].map(async (url) => {
        const { frames } = await decode(url, { seconds: 1, timeoutMs: 30_000, width: 160, height: 90 });
        return { url, moving: frames.length };
      }),
    );
    for (const { url, moving } of played) expect(moving, url).toBeGreaterThan(20);
  });

  test('RTMP and HLS viewers see the take as well: the old source, then the new one, nothing else', async () => {
    await studio.preview(layoutSecond);
    const { rtmp, hls } = studio.urls();
    const viewers = [
      decode(rtmp, { seconds: 5, audio: false, timeoutMs: 30_000 }),
      decode(hls, { seconds: 9, audio: false, timeoutMs: 40_000 }),
    ];
    await new Promise((done) => setTimeout(done, 2_500));
    await studio.take();
    for (const { frames } of await Promise.all(viewers)) {
      const seen = sourcesSeen(frames);
      const change = seen.indexOf(2);
      expect(change).toBeGreaterThan(20);
      expect(new Set(seen.slice(0, change))).toEqual(new Set([1]));
      expect(new Set(seen.slice(change))).toEqual(new Set([2]));
      const gaps = frames.slice(1).map((frame, index) => frame.ptsMs - (frames[index]?.ptsMs ?? 0));
      expect(Math.max(...gaps)).toBeLessThan(40);
    }
  });

  test('the lld rendition is smaller, with a key frame at least every 2 s like the full size', async () => {
    const [full, small] = await Promise.all([
      recordFlv(studio.urls().flv, { seconds: 5 }),
      recordFlv(studio.urls('lld').flv, { seconds: 5 }),
    ]);
    const sizeOf = async ({ bytes }: FlvRecording): Promise<string | undefined> =>
      /Video: h264.*?, (\d+x\d+)/.exec((await decode(bytes, { audio: false })).log)?.[1];
    expect(await sizeOf(full)).toBe('854x480');
    expect(await sizeOf(small)).toBe('640x360');
    const keys = (recording: FlvRecording): number[] =>
      recording.tags.filter((tag) => tag.type === 'video' && tag.key && !tag.config).map((tag) => tag.timestamp);
    const spacing = (times: number[]): number[] => times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(keys(full).length).toBeGreaterThan(1);
    expect(Math.max(...spacing(keys(full)), ...spacing(keys(small)))).toBeLessThanOrEqual(2_034);
  });

  test('the preview shows what is next while the programme stays, and a layout of two pictures has both', async () => {
    await studio.preview(layoutBoth);
    const viewer = await Viewer.start(studio.previewUrl);
    const { decoded } = await viewer.stop({ width: 640, height: 360 });
    const last = decoded.frames.at(-1);
    expect(last && readCode(last)?.source).toBe(1);
    const corner = { x: 320, y: 180, width: 320, height: 180 };
    expect(last && readCode(last, corner)?.source).toBe(2);
    const programme = await decode(studio.urls().flv, { seconds: 1 });
    expect(new Set(sourcesSeen(programme.frames))).toEqual(new Set([2]));
  });

  test('UpdateCasterSceneConfig and UpdateCasterSceneAudio on the programme itself', async () => {
    await studio.call('UpdateCasterSceneConfig', { SceneId: studio.pgmScene, LayoutId: layoutFirst });
    await studio.call('UpdateCasterSceneAudio', {
      SceneId: studio.pgmScene,
      'MixList.1': 'RV02',
      'AudioLayer.1.VolumeRate': 0.5,
    });
    const { frames, pcm } = await decode(studio.urls().flv, { seconds: 3 });
    // The viewer gets what was cached since the last key frame first, so only the end is looked at.
    const last = frames.at(-1);
    expect(last && readCode(last)?.source).toBe(1);
    const end = pcm.startMs + (pcm.samples.length / 48_000) * 1000;
    expect(dominantTone(pcm, end - 400, end - 300)?.hz).toBeCloseTo(SECOND.toneHz, -1);
    expect(toneLevel(pcm, end - 400, end - 200, SECOND.toneHz)).toBeCloseTo(0.125, 1);
  });
});
