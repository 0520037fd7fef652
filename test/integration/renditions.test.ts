/** A programme in three sizes as viewers meet it: how soon a rendition comes, and hls.js changing from one to another. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { launchChromium } from '../support/chromium.js';
import { decode } from '../support/decode.js';
import { recordFlv } from '../support/flv-recorder.js';
import { hasChromium, hasFfmpeg } from '../support/media-tools.js';
import { serveFolder } from '../support/static-server.js';
import { Studio } from '../support/studio.js';
import { waitFor } from '../support/wait.js';
import { Viewer } from '../support/watch.js';

const RENDITIONS = [
  { name: 'small', height: 180, bitrate: 250 },
  { name: 'slow', height: 120, bitrate: 120, fps: 15 },
];

const PAGE = `<!doctype html>
<video muted autoplay></video>
<script src="hls.js"></script>
<script>
  const video = document.querySelector('video');
  const fatal = [];
  let hls;
  function play(url) {
    hls = new Hls();
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      hls.loadLevel = hls.levels.findIndex((level) => level.height === 360);
    });
    hls.on(Hls.Events.ERROR, (_name, data) => data.fatal && fatal.push(data.details));
    hls.attachMedia(video);
    hls.loadSource(url);
  }
  function look() {
    return { time: video.currentTime, height: video.videoHeight, fatal,
      ranges: video.buffered.length, heights: hls.levels.map((level) => level.height) };
  }
</script>`;

interface Look {
  time: number;
  height: number;
  fatal: string[];
  /** Pieces of what it has: a hole between two segments makes two. */
  ranges: number;
  heights: number[];
}

interface Variant {
  bandwidth: number;
  average: number;
  codecs: string;
  resolution: string;
  rate: string;
  url: string;
}

async function textOf(url: string): Promise<string> {
  const answer = await fetch(url);
  expect(answer.status, url).toBe(200);
  return answer.text();
}

const fetched = new Map<string, Buffer>();

/** What an address stands for never changes, so it is fetched once. */
async function bytesOf(url: URL): Promise<Buffer> {
  const bytes = fetched.get(url.href) ?? Buffer.from(await (await fetch(url)).arrayBuffer());
  fetched.set(url.href, bytes);
  return bytes;
}

describe.skipIf(!isBuilt || !hasFfmpeg)('a programme in three sizes', () => {
  let server: CastdeckServer;
  let studio: Studio;
  let master: string;

  beforeAll(async () => {
    server = await startServer();
    const custom = { video: { bitrate: 900 }, renditions: RENDITIONS };
    const transcode = { CasterTemplate: 'lp_ld', CustomParams: custom };
    studio = await Studio.create(server, {
      config: { DomainName: 'localhost', TranscodeConfig: JSON.stringify(transcode) },
    });
    await studio.addSource('RV01', { LiveStreamUrl: 'test://clock' });
    const layout = await studio.addLayout([{ source: 'RV01' }]);
    await studio.start();
    await studio.preview(layout);
    await studio.take();
    master = studio.streamInfos.find((info) => info.TranscodeConfig === 'adaptive')?.OutputStreamUrl ?? '';
  });

  afterAll(() => server?.stop());

  async function variants(): Promise<Variant[]> {
    const text = await waitFor('the list', 5_000, async () => {
      const answer = await fetch(master);
      return answer.status === 200 ? answer.text() : null;
    });
    const entry =
      /^#EXT-X-STREAM-INF:BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+),CODECS="(\S+)",RESOLUTION=(\d+x\d+),FRAME-RATE=([\d.]+)\n(\S+)$/gm;
    return [...text.matchAll(entry)].map(
      ([, bandwidth, average, codecs = '', resolution = '', rate = '', uri = '']) => ({
        ...{ bandwidth: Number(bandwidth), average: Number(average), codecs, resolution, rate },
        url: new URL(uri, master).href,
      }),
    );
  }

  test('the first viewer of a rendition has a picture within a second, and nobody else loses one', async () => {
    const others = await Viewer.start(studio.urls().flv);
    const waits: number[] = [];
    for (const { name } of RENDITIONS) {
      const recording = await recordFlv(studio.urls(name).flv, { seconds: 1.5 });
      const first = recording.tags.find((tag) => tag.type === 'video' && !tag.config);
      expect(first?.key).toBe(true);
      waits.push((first?.arrivedAt ?? Number.NaN) - recording.requestedAt);
      const { frames } = await decode(recording.bytes, { width: 160, height: 90 });
      expect(frames.length, name).toBeGreaterThan(name === 'slow' ? 12 : 25);
    }
    for (const wait of waits) expect(wait, waits.join()).toBeLessThan(1000);
    const { pictures, longestPause } = await others.stop();
    expect(longestPause).toBeLessThan(400);
    const steps = pictures.slice(1).map((tag, index) => tag.timestamp - (pictures[index]?.timestamp ?? 0));
    expect(Math.max(...steps)).toBeLessThanOrEqual(34);
  }, 20_000);

  test.skipIf(!hasChromium)(
    'hls.js changes from one rendition to another without a hole',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'castdeck-levels-'));
      copyFileSync(createRequire(import.meta.url).resolve('hls.js/dist/hls.min.js'), join(folder, 'hls.js'));
      writeFileSync(join(folder, 'index.html'), PAGE);
      const files = await serveFolder(folder);
      const browser = await launchChromium();
      try {
        const page = await browser.context.newPage();
        await page.goto(`${files.url}/index.html`);
        await page.evaluate(`play(${JSON.stringify(master)})`);
        const look = async (): Promise<Look> => (await page.evaluate('look()')) as Look;
        const shows = (height: number, after: number): Promise<Look> =>
          waitFor(`${height} lines`, 15_000, async () => {
            const now = await look();
            return now.height === height && now.time > after ? now : null;
          });
        const begun = await shows(360, 0.5);
        expect(begun.heights.toSorted((a, b) => a - b)).toEqual([120, 180, 360]);
        // As the player does it by itself: what it has is played to its end. Nobody watches the other one yet.
        const change = (height: number): Promise<unknown> =>
          page.evaluate(`void (hls.loadLevel = hls.levels.findIndex((level) => level.height === ${height}))`);
        await change(180);
        await shows(180, begun.time);
        // Every segment joined the one before it, whichever rendition it was of.
        expect(await look()).toMatchObject({ fatal: [], ranges: 1 });
      } finally {
        await browser.close();
        await files.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
    60_000,
  );

  test('the list says what each rendition is, and segments of one number are of one time', async () => {
    const list = await variants();
    expect(list.map(({ resolution, rate }) => `${resolution} ${rate}`)).toEqual([
      '640x360 30.000',
      '320x180 30.000',
      '214x120 15.000',
    ]);
    const media = async (variant: Variant) => {
      const text = await textOf(variant.url);
      // What another rendition stands in for is not looked at.
      const own = /\.\.\/hls\/(\w+)\/\d+\.m4s\n$/.exec(text)?.[1];
      const init = await bytesOf(
        new URL(text.match(new RegExp(`#EXT-X-MAP:URI="(.+${own}.+?)"`))?.[1] ?? '', variant.url),
      );
      const avcc = init.indexOf('avcC', 0, 'latin1') + 5;
      expect(variant.codecs).toBe(`avc1.${init.toString('hex', avcc, avcc + 3).toUpperCase()},mp4a.40.2`);
      const starts = new Map<number, number>();
      for (const [, seconds, uri] of text.matchAll(new RegExp(`^#EXTINF:([\\d.]+),\\n(\\S+${own}\\S+)$`, 'gm'))) {
        const data = await bytesOf(new URL(uri ?? '', variant.url));
        const rate = (data.length * 8) / Number(seconds);
        if (Number(seconds) >= 1.5) expect(rate).toBeLessThan(variant.bandwidth);
        starts.set(Number(/(\d+)\.m4s$/.exec(uri ?? '')?.[1]), Number(data.readBigUInt64BE(data.indexOf('tfdt') + 8)));
      }
      return starts;
    };
    // The third would have to begin first.
    const pair = list.slice(0, 2);
    for (const variant of pair) await textOf(variant.url);
    const common = await waitFor('two common segments', 15_000, async () => {
      const all = await Promise.all(pair.map(media));
      // The first one of a rendition may have begun later than the others of its number.
      const begun = Math.max(...all.map((starts) => Math.min(...starts.keys())));
      const numbers = [...(all[0]?.keys() ?? [])].filter((number) => number > begun && all.every((s) => s.has(number)));
      return numbers.length >= 2 ? numbers.map((number) => all.map((starts) => starts.get(number))) : null;
    });
    for (const starts of common) expect(new Set(starts).size, starts.join()).toBe(1);
  }, 30_000);
});
