/** WebRTC in a real browser, on real input: an encoder pushes, a studio takes, Chromium shows it. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { launchChromium, type TestBrowser } from '../support/chromium.js';
import { CodedSource } from '../support/coded-source.js';
import { hasChromium, hasFfmpeg } from '../support/media-tools.js';
import { Studio } from '../support/studio.js';
import { watchWhep } from './whep-page.js';

describe.skipIf(!isBuilt || !hasFfmpeg || !hasChromium)('WHEP in Chromium', () => {
  let server: CastdeckServer;
  let browser: TestBrowser;
  let page: Page;
  let studio: Studio;
  const cameras = [new CodedSource({ source: 1 }), new CodedSource({ source: 2 })];
  const layouts: string[] = [];

  beforeAll(async () => {
    server = await startServer();
    studio = await Studio.create(server, { template: 'lp_sd', renditions: ['lld'] });
    for (const [index, camera] of cameras.entries()) {
      await camera.start(server.pushUrl(`cam${index}`));
      const position = `RV0${index + 1}`;
      await studio.addSource(position, { LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/cam${index}` });
      layouts.push(await studio.addLayout([{ source: position }]));
    }
    await studio.start();
    await studio.preview(layouts[0] ?? '');
    await studio.take();
    browser = await launchChromium();
    page = await browser.context.newPage();
  });

  afterAll(async () => {
    await browser?.close();
    await Promise.all(cameras.map((camera) => camera.stop()));
    await server?.stop();
  });

  test('the programme before and after a take: the right source, in order, none black', async () => {
    await page.goto(`${server.apiUrl}/health`);
    const watching = watchWhep(page, studio.urls().whep, 120);
    await studio.preview(layouts[1] ?? '');
    await new Promise((done) => setTimeout(done, 2000));
    await studio.take();
    const sources = (await watching).map(({ code }) => code?.source ?? null);
    const change = sources.indexOf(2);
    expect(change).toBeGreaterThan(0);
    expect(new Set(sources.slice(0, change))).toEqual(new Set([1]));
    expect(new Set(sources.slice(change))).toEqual(new Set([2]));
  });

  test('what is pushed is seen within a second', async () => {
    await page.goto(`${server.apiUrl}/health`);
    const pictures = await watchWhep(page, studio.urls().whep, 60);
    const delays = pictures.slice(30).map(({ at, code }) => {
      const sent = code ? cameras[1]?.framesSent[code.frame] : undefined;
      return at - (performance.timeOrigin + (sent ?? Number.NaN));
    });
    expect(delays.length).toBe(30);
    for (const delay of delays) expect(delay).toBeLessThan(1000);
  });

  test('the lld rendition and the preview play, too', async () => {
    for (const url of [`${studio.urls().whep}_lld`, studio.previewWhep]) {
      await page.goto(`${server.apiUrl}/health`);
      const pictures = await watchWhep(page, url, 30);
      expect(new Set(pictures.slice(10).map(({ code }) => code?.source)), url).toEqual(new Set([2]));
    }
  });
});
