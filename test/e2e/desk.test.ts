/**
 * The console in a real browser, as a newcomer meets it: the demo studio, the link from the terminal, two monitors that
 * play over WebRTC, and the cut. What the monitors show is read from their pictures and their sound.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FrameCode, readFrameCode } from '../../src/lib/framecode.js';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { launchChromium, type TestBrowser } from '../support/chromium.js';
import { hasChromium } from '../support/media-tools.js';
import { waitFor } from '../support/wait.js';
import { BARS, CLOCK, codeOn, HEIGHT, openDesk, WIDTH } from './desk-page.js';

/** Pitch of the bars; the clock beeps at 1000 Hz for a tenth of a second. */
const BARS_HZ = 440;

/** The strongest frequency that a monitor's stream carries, Hz, and its level in dB. */
async function toneOn(page: Page, monitor: 'pvw' | 'pgm'): Promise<{ hz: number; level: number }> {
  return await page.evaluate(async (testId) => {
    const video = document.querySelector<HTMLVideoElement>(`[data-testid="${testId}"]`);
    const context = new AudioContext();
    await context.resume();
    const source = context.createMediaStreamSource(video?.srcObject as MediaStream);
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    source.connect(analyser);
    const levels = new Float32Array(analyser.frequencyBinCount);
    await new Promise((done) => setTimeout(done, 600));
    analyser.getFloatFrequencyData(levels);
    let best = 0;
    for (const [bin, level] of levels.entries()) if (level > (levels[best] ?? Number.NEGATIVE_INFINITY)) best = bin;
    const hz = (best * context.sampleRate) / analyser.fftSize;
    await context.close();
    return { hz, level: levels[best] ?? Number.NEGATIVE_INFINITY };
  }, `monitor-${monitor}`);
}

describe.skipIf(!isBuilt || !hasChromium)('the console in Chromium', () => {
  let server: CastdeckServer;
  let browser: TestBrowser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    const begun = performance.now();
    server = await startServer({ demo: true });
    browser = await launchChromium({ width: 1400, height: 900 });
    page = await browser.context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    await openDesk(page, server);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('the link signs in and leaves no token in the address', async () => {
    expect(page.url()).not.toContain('token');
    await waitFor('the word live', 5_000, async () => (await page.getByTestId('state-pgm').textContent()) === 'live');
  });

  test('programme and preview play: the clock full screen, and the bars with the clock in a corner', async () => {
    expect((await codeOn(page, 'pgm'))?.source).toBe(CLOCK);
    expect((await codeOn(page, 'pvw'))?.source).toBe(BARS);
    const width = WIDTH * 0.3;
    const height = HEIGHT * 0.3;
    const corner = { x: WIDTH * 0.96 - width, y: HEIGHT * 0.96 - height, width, height };
    const inset = await waitFor('the code in the corner', 5_000, () => codeOn(page, 'pvw', corner));
    expect(inset.source).toBe(CLOCK);
    const before = await codeOn(page, 'pgm');
    await waitFor(
      'the next pictures',
      5_000,
      async () => ((await codeOn(page, 'pgm'))?.frame ?? 0) > (before?.frame ?? 0) + 15,
    );
  });

  test('CUT changes the programme, its picture and its sound', async () => {
    await page.getByTestId('take').click();
    await waitFor('the bars on the programme', 3_000, async () => (await codeOn(page, 'pgm'))?.source === BARS);
    expect((await codeOn(page, 'pvw'))?.source).toBe(BARS);
    await waitFor('the tone of the bars', 5_000, async () => {
      const { hz, level } = await toneOn(page, 'pgm');
      return level > -50 && Math.abs(hz - BARS_HZ) < 12;
    });
  });

  test('a layout by key and a cut by the space bar; the pictures between are the old or the new one, never black', async () => {
    await page.keyboard.press('1');
    await waitFor('the clock on the preview', 5_000, async () => (await codeOn(page, 'pvw'))?.source === CLOCK);
    await page.evaluate(() => {
      const video = document.querySelector<HTMLVideoElement>('[data-testid="monitor-pgm"]');
      const canvas = document.createElement('canvas');
      canvas.width = 320;
      canvas.height = 180;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      const seen: string[] = [];
      Object.assign(window, { seen });
      const look = (): void => {
        if (!video || !context || seen.length >= 90) return;
        context.drawImage(video, 0, 0, 320, 180);
        const pixels = context.getImageData(0, 0, 320, 180).data;
        let text = '';
        for (let at = 0; at < pixels.length; at += 4) text += String.fromCharCode(pixels[at + 1] ?? 0);
        seen.push(btoa(text));
        video.requestVideoFrameCallback(look);
      };
      video?.requestVideoFrameCallback(look);
    });
    await page.keyboard.press('Space');
    const pictures = await waitFor('three seconds of pictures', 15_000, async () => {
      const seen = await page.evaluate(() => (window as unknown as { seen: string[] }).seen);
      return seen.length >= 90 ? seen : null;
    });
    const codes: (FrameCode | null)[] = pictures.map((picture) => {
      const data = new Uint8Array(Buffer.from(picture, 'base64'));
      return readFrameCode({ data, stride: 320 }, { x: 0, y: 0, width: 320, height: 180 });
    });
    const sources = codes.map((code) => code?.source ?? null);
    const change = sources.indexOf(CLOCK);
    expect(change).toBeGreaterThanOrEqual(0);
    expect(new Set(sources.slice(0, change))).toEqual(change > 0 ? new Set([BARS]) : new Set());
    expect(new Set(sources.slice(change))).toEqual(new Set([CLOCK]));
  });

  test('nothing went wrong in the page', async () => {
    expect(complaints).toEqual([]);
    expect((await page.getByTestId('errors').textContent())?.trim()).toBe('');
    if (process.env.CASTDECK_TEST_SCREENSHOT) await page.screenshot({ path: process.env.CASTDECK_TEST_SCREENSHOT });
  });

  test('without the token the page asks for the key, and takes it', async () => {
    const other = await browser.context.browser()?.newContext();
    const stranger = await (other ?? browser.context).newPage();
    await stranger.context().clearCookies();
    await stranger.goto(`http://127.0.0.1:${server.ports.api}/`);
    const form = stranger.getByTestId('sign-in');
    await form.waitFor();
    const [id, secret] = [form.locator('input').nth(0), form.locator('input').nth(1)];
    await id.fill(server.keys.accessKeyId);
    await secret.fill('wrong-secret-000');
    await secret.press('Enter');
    await waitFor(
      'a refusal in words',
      5_000,
      async () => ((await stranger.getByRole('alert').textContent()) ?? '').trim() !== '',
    );
    await secret.fill(server.keys.accessKeySecret);
    await secret.press('Enter');
    await stranger.getByTestId('monitor-pgm').waitFor();
    await stranger.close();
    await other?.close();
  });
});
