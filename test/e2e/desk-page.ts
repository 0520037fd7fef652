/** The desk in a browser: how it is opened, and what its monitors show, read from their pictures. */
import type { Page } from 'playwright-core';
import { readFrameCode } from '../../src/lib/framecode.js';
import type { CastdeckServer } from '../support/castdeck-server.js';
import { waitFor } from '../support/wait.js';

/** Codes of the demo's pictures. */
export const CLOCK = 1;
export const BARS = 2;

/** Pictures are read in this size. */
export const WIDTH = 640;
export const HEIGHT = 360;

export type MonitorName = 'pvw' | 'pgm' | 'multiview';

/** Part of a picture, in shares of it. */
export interface Share {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Opens the link that the terminal printed and waits for pictures on both monitors. */
export async function openDesk(page: Page, server: CastdeckServer): Promise<void> {
  const link = /http:\/\/\S+#token=\S+/.exec(server.stdout)?.[0];
  if (!link) throw new Error(`no link in the terminal: ${server.stdout}`);
  await page.goto(link.replace('localhost', '127.0.0.1'));
  await waitFor('pictures on both monitors', 20_000, async () => {
    return (await codeOn(page, 'pgm')) !== null && (await codeOn(page, 'pvw')) !== null;
  });
}

/** The green of what a monitor shows now (which stands for its luma), or null when it shows nothing yet. */
export async function snapshot(page: Page, monitor: MonitorName): Promise<Uint8Array | null> {
  const encoded = await page.evaluate(
    ([testId, width, height]) => {
      const video = document.querySelector<HTMLVideoElement>(`[data-testid="${testId}"]`);
      if (!video || video.readyState < 2) return null;
      const canvas = document.createElement('canvas');
      canvas.width = width;
      canvas.height = height;
      const context = canvas.getContext('2d', { willReadFrequently: true });
      if (!context) return null;
      context.drawImage(video, 0, 0, width, height);
      const pixels = context.getImageData(0, 0, width, height).data;
      let text = '';
      for (let at = 0; at < pixels.length; at += 4) text += String.fromCharCode(pixels[at + 1] ?? 0);
      return btoa(text);
    },
    [`monitor-${monitor}`, WIDTH, HEIGHT] as const,
  );
  return encoded === null ? null : new Uint8Array(Buffer.from(encoded, 'base64'));
}

/** The frame code on a monitor, or in an area of it given in pixels. */
export async function codeOn(
  page: Page,
  monitor: MonitorName,
  area = { x: 0, y: 0, width: WIDTH, height: HEIGHT },
): Promise<ReturnType<typeof readFrameCode>> {
  const data = await snapshot(page, monitor);
  return data ? readFrameCode({ data, stride: WIDTH }, area) : null;
}

/** Middle and largest value of green in a part of what a monitor shows now; null when it shows nothing. */
export async function greenOn(
  page: Page,
  monitor: MonitorName,
  share: Share,
): Promise<{ mean: number; max: number } | null> {
  const data = await snapshot(page, monitor);
  if (!data) return null;
  const [left, right] = [share.x * WIDTH, (share.x + share.width) * WIDTH].map(Math.round) as [number, number];
  const [top, bottom] = [share.y * HEIGHT, (share.y + share.height) * HEIGHT].map(Math.round) as [number, number];
  let [sum, count, max] = [0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (const value of data.subarray(y * WIDTH + left, y * WIDTH + right)) {
      sum += value;
      count++;
      max = Math.max(max, value);
    }
  }
  return { mean: sum / count, max };
}

export interface Noted {
  /** ms of the page's clock. */
  at: number;
  mean: number;
}

/** Begins to note the mean green of a part of every picture that a monitor shows; see {@link noted}. */
export async function note(page: Page, monitor: MonitorName, share: Share): Promise<void> {
  await page.evaluate(
    ([testId, { x, y, width, height }]) => {
      const video = document.querySelector<HTMLVideoElement>(`[data-testid="${testId}"]`);
      const context = new OffscreenCanvas(16, 16).getContext('2d', { willReadFrequently: true });
      const seen: { at: number; mean: number }[] = [];
      Object.assign(globalThis, { seen });
      const [w, h] = [video?.videoWidth ?? 0, video?.videoHeight ?? 0];
      const look = (at: number): void => {
        if (!video || !context || seen.length >= 1_000) return;
        context.drawImage(video, x * w, y * h, width * w, height * h, 0, 0, 16, 16);
        const pixels = context.getImageData(0, 0, 16, 16).data;
        let sum = 0;
        for (let at = 1; at < pixels.length; at += 4) sum += pixels[at] ?? 0;
        seen.push({ at, mean: sum / 256 });
        video.requestVideoFrameCallback(look);
      };
      video?.requestVideoFrameCallback(look);
    },
    [`monitor-${monitor}`, share] as const,
  );
}

/** What was noted since {@link note}, the newest last; at most a thousand pictures. */
export async function noted(page: Page): Promise<Noted[]> {
  return await page.evaluate(() => (globalThis as unknown as { seen: Noted[] }).seen);
}
