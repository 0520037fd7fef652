/** HLS as players meet it: headers, what the playlist says while the publisher changes, and hls.js in a real browser. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launchChromium } from '../support/chromium.js';
import { HubHarness, PUBLISH_KEY } from '../support/hub-harness.js';
import { hasChromium, hasFfmpeg } from '../support/media-tools.js';
import { serveFolder } from '../support/static-server.js';
import { waitFor } from '../support/wait.js';

let harness: HubHarness;
beforeEach(async () => {
  harness = await HubHarness.start();
});
afterEach(() => harness.close());

async function playlist(path: string): Promise<string> {
  const response = await fetch(harness.url(path));
  if (response.status !== 200) throw new Error(`playlist answered ${response.status}`);
  return response.text();
}

/** Path of the first file of the playlist that ends like this. */
function fileOf(text: string, ending: string): string {
  const name = new RegExp(`\\.\\./(hls/[0-9a-f]{32}/[a-z0-9]+\\${ending})`).exec(text)?.[1];
  if (!name) throw new Error(`no ${ending} in ${text}`);
  return `/${name}`;
}

/** Decode time of the first picture of a segment, ticks of 90 kHz. */
function startOf(segment: Buffer): number {
  return Number(segment.readBigUInt64BE(segment.indexOf('tfdt', 0, 'latin1') + 8));
}

test('types, caching and access from pages of other origins', async () => {
  harness.publish('caster/h');
  await harness.live('caster/h');
  const list = await fetch(harness.url('/caster/h.m3u8'), { headers: { Origin: 'http://elsewhere.example' } });
  const text = await list.text();
  const look = async (path: string, method: string) => {
    const response = await fetch(harness.url(path), { method });
    const { headers } = response;
    const body = Buffer.from(await response.arrayBuffer());
    return {
      status: response.status,
      type: headers.get('content-type'),
      cache: headers.get('cache-control'),
      origin: headers.get('access-control-allow-origin'),
      length: Number(headers.get('content-length')),
      body,
    };
  };
  expect(list.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
  expect(list.headers.get('cache-control')).toBe('no-cache');
  expect(list.headers.get('access-control-allow-origin')).toBe('*');
  const forever = { status: 200, cache: 'public, max-age=3600, immutable', origin: '*' };
  const init = await look(fileOf(text, '.mp4'), 'GET');
  expect(init).toMatchObject({ ...forever, type: 'video/mp4' });
  expect(init.body.toString('latin1', 4, 8)).toBe('ftyp');
  const segment = await look(fileOf(text, '.m4s'), 'GET');
  expect(segment).toMatchObject({ ...forever, type: 'video/iso.segment', length: segment.body.length });
  const head = await look(fileOf(text, '.m4s'), 'HEAD');
  expect(head).toMatchObject({ ...forever, length: segment.body.length });
  expect(head.body).toHaveLength(0);
  const gone = await look(fileOf(text, '.m4s').replace(/\d+\.m4s/, '999.m4s'), 'GET');
  expect(gone).toMatchObject({ status: 404, cache: 'no-store', origin: '*' });
});

test('a change of publisher is a discontinuity, and the playlist goes on', async () => {
  const first = harness.publish('caster/h', { dts: 900_000_000 });
  await harness.live('caster/h');
  const before = await playlist('/caster/h.m3u8');
  const discontinuities = (text: string) => text.match(/^#EXT-X-DISCONTINUITY$/gm)?.length ?? 0;
  // The beginning of the session.
  expect(discontinuities(before)).toBe(1);
  first.socket.destroy();
  await waitFor('the loss', 10_000, () => harness.stream('caster/h')?.live === false);
  harness.publish('caster/h', { dts: 5 });
  const after = await waitFor('the discontinuity', 15_000, async () => {
    const text = await playlist('/caster/h.m3u8');
    return discontinuities(text) > 1 ? text : null;
  });
  const target = /^#EXT-X-TARGETDURATION:\d+$/m;
  expect(target.exec(after)?.[0]).toBe(target.exec(before)?.[0]);
  expect(after).toContain(fileOf(before, '.m4s'));
  expect(discontinuities(after)).toBe(2);
  const sequence = /^#EXT-X-DISCONTINUITY-SEQUENCE:\d+$/m;
  expect(sequence.exec(after)?.[0]).toBe(sequence.exec(before)?.[0]);
  const files = [...after.matchAll(/^\.\.(\/hls\/\S+\.m4s)$/gm)].map((match) => match[1] ?? '');
  const starts: number[] = [];
  for (const file of files) {
    const response = await fetch(harness.url(file));
    expect(response.status).toBe(200);
    starts.push(startOf(Buffer.from(await response.arrayBuffer())));
  }
  expect(starts.length).toBeGreaterThan(1);
  for (let index = 1; index < starts.length; index++) {
    expect(starts[index]).toBeGreaterThan(starts[index - 1] ?? 0);
  }
});

interface BrowserLook {
  time: number;
  width: number;
  height: number;
  /** Pictures shown, and bytes of sound decoded. */
  frames: number;
  sound: number;
  fatal: string[];
  live: boolean;
  target: number;
}

const PAGE = `<!doctype html>
<video muted autoplay></video>
<script src="hls.js"></script>
<script>
  const video = document.querySelector('video');
  const fatal = [];
  let details = null;
  function play(url) {
    const hls = new Hls();
    hls.on(Hls.Events.ERROR, (_name, data) => data.fatal && fatal.push(data.details));
    hls.on(Hls.Events.LEVEL_UPDATED, (_name, data) => { details = data.details; });
    hls.attachMedia(video);
    hls.loadSource(url);
  }
  function look() {
    return {
      time: video.currentTime,
      width: video.videoWidth,
      height: video.videoHeight,
      frames: video.getVideoPlaybackQuality().totalVideoFrames,
      sound: video.webkitAudioDecodedByteCount,
      fatal,
      live: details?.live,
      target: details?.targetduration,
    };
  }
</script>`;

const canPlay = hasFfmpeg && hasChromium;
test.skipIf(!canPlay)('hls.js plays in a browser (skipped without ffmpeg or Chromium)', async () => {
  // As a studio makes it: a key frame every two seconds, no B-frames.
  harness.push({ encoder: ['-g', '50', '-keyint_min', '50', '-bf', '0'] });
  await harness.live('live/cam', 50_000);
  const folder = mkdtempSync(join(tmpdir(), 'castdeck-hls-page-'));
  copyFileSync(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'), join(folder, 'hls.js'));
  writeFileSync(join(folder, 'index.html'), PAGE);
  const files = await serveFolder(folder);
  const browser = await launchChromium();
  try {
    const page = await browser.context.newPage();
    await page.goto(`${files.url}/index.html`);
    await page.evaluate(`play(${JSON.stringify(harness.url(`/live/cam.m3u8?key=${PUBLISH_KEY}`))})`);
    const seen = (since: number) => async (): Promise<BrowserLook | null> => {
      const now = (await page.evaluate('look()')) as BrowserLook;
      return now.time > since && now.width > 0 ? now : null;
    };
    const begun = await waitFor('a picture', 25_000, seen(0));
    const later = await waitFor('six more seconds', 20_000, seen(begun.time + 6));
    expect(later).toMatchObject({ width: 320, height: 180, fatal: [], live: true, target: 3 });
    expect(later.frames).toBeGreaterThan(100);
    expect(later.sound).toBeGreaterThan(0);
  } finally {
    await browser.close();
    await files.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
