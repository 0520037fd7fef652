/**
 * A WHEP viewer in a real browser that notes, for each picture, the strip with the frame code and when it was to be
 * shown. Runs on any page of the server (same origin is not needed: media has CORS).
 */
import type { Page } from 'playwright-core';
import { type FrameCode, readFrameCode } from '../../src/lib/framecode.js';
import { waitFor } from '../support/wait.js';

const WIDTH = 640;
const HEIGHT = 360;
/** Only the strip with the code is read from the page, this many lines of it. */
const STRIP = 60;

interface Noted {
  /** ms since 1970. */
  at: number;
  strip: string;
}

export interface WhepPicture {
  /** When the browser was to show it, ms since 1970. */
  at: number;
  code: FrameCode | null;
}

/** Runs in the page. */
async function play([url, count, width, strip, height]: readonly [string, number, number, number, number]) {
  const peer = new RTCPeerConnection();
  const { receiver } = peer.addTransceiver('video', { direction: 'recvonly' });
  receiver.jitterBufferTarget = 0;
  const video = document.createElement('video');
  video.muted = true;
  peer.ontrack = ({ track }) => {
    video.srcObject = new MediaStream([track]);
    video.play();
  };
  document.body.append(video);
  await peer.setLocalDescription();
  await new Promise<void>((done) => {
    const look = (): void => {
      if (peer.iceGatheringState === 'complete') done();
    };
    peer.onicegatheringstatechange = look;
    look();
    setTimeout(done, 1000);
  });
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: peer.localDescription?.sdp ?? '',
  });
  if (answer.status !== 201) throw new Error(`WHEP answered ${answer.status}`);
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  const context = new OffscreenCanvas(width, strip).getContext('2d', { willReadFrequently: true });
  const seen: { at: number; strip: string }[] = [];
  Object.assign(globalThis, { seen });
  const look = (_now: number, facts: { expectedDisplayTime: number }): void => {
    context?.drawImage(video, 0, 0, width, height);
    const pixels = context?.getImageData(0, 0, width, strip).data ?? [];
    let text = '';
    for (let at = 1; at < pixels.length; at += 4) text += String.fromCharCode(pixels[at] ?? 0);
    seen.push({ at: performance.timeOrigin + facts.expectedDisplayTime, strip: btoa(text) });
    if (seen.length < count) video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}

/** Plays until `count` pictures were shown. @throws Error when that takes longer than a minute */
export async function watchWhep(page: Page, url: string, count: number): Promise<WhepPicture[]> {
  // Some loaders of these files wrap inner functions in a helper that the page does not have.
  await page.evaluate('globalThis.__name = (wrapped) => wrapped;');
  await page.evaluate(play, [url, count, WIDTH, STRIP, HEIGHT] as const);
  const noted = await waitFor('the pictures', 60_000, async () => {
    const seen = await page.evaluate(() => (globalThis as unknown as { seen: Noted[] }).seen.length);
    return seen >= count && page.evaluate(() => (globalThis as unknown as { seen: Noted[] }).seen);
  });
  return noted.map(({ at, strip }) => {
    const data = new Uint8Array(Buffer.from(strip, 'base64'));
    return { at, code: readFrameCode({ data, stride: WIDTH }, { x: 0, y: 0, width: WIDTH, height: HEIGHT }) };
  });
}
