/** From an encoder's RTMP push to the picture in a browser, by the frame code in the picture. */
import { readFrameCode } from '../src/lib/framecode.js';
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { launchChromium } from '../test/support/chromium.js';
import { CodedSource } from '../test/support/coded-source.js';
import { hasChromium } from '../test/support/media-tools.js';
import { Studio } from '../test/support/studio.js';
import { waitFor } from '../test/support/wait.js';
import { type Figure, milliseconds, summary } from './figures.js';

/** Only the strip with the code is read from the page, 640 samples wide. */
const WIDTH = 640;
const STRIP = 60;
const HEIGHT = 360;
const PICTURES = 240;

interface Seen {
  /** ms since 1970 when the browser was to show it. */
  at: number;
  strip: string;
}

/** Plays a WHEP address and collects the code strips of the pictures with their times. Runs in the page. */
async function collect([url, count, width, strip, height]: readonly [string, number, number, number, number]) {
  const peer = new RTCPeerConnection();
  const transceiver = peer.addTransceiver('video', { direction: 'recvonly' });
  transceiver.receiver.jitterBufferTarget = 0;
  const video = document.createElement('video');
  video.muted = true;
  peer.ontrack = ({ track }) => {
    video.srcObject = new MediaStream([track]);
    video.play();
  };
  document.body.append(video);
  await peer.setLocalDescription();
  await new Promise<void>((done) => {
    if (peer.iceGatheringState === 'complete') done();
    peer.onicegatheringstatechange = () => {
      if (peer.iceGatheringState === 'complete') done();
    };
    setTimeout(done, 1000);
  });
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body: peer.localDescription?.sdp ?? '',
  });
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  const canvas = new OffscreenCanvas(width, strip);
  const context = canvas.getContext('2d', { willReadFrequently: true });
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

export async function benchLatency(server: CastdeckServer): Promise<Figure[]> {
  const what = 'RTMP push to WHEP picture in Chromium';
  if (!hasChromium) return [{ what, how: 'no Chromium on this machine', value: 'not measured', aim: '250 ms' }];
  const camera = new CodedSource({ source: 1, width: 1280, height: 720 });
  await camera.start(server.pushUrl('latency'));
  const studio = await Studio.create(server, { template: 'lp_hd' });
  await studio.addSource('RV01', { LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/latency` });
  const layout = await studio.addLayout([{ source: 'RV01' }]);
  await studio.start();
  await studio.preview(layout);
  await studio.take();
  const browser = await launchChromium();
  try {
    const page = await browser.context.newPage();
    // The loader of these files wraps inner functions in a helper that the page does not have.
    await page.addInitScript('globalThis.__name = (wrapped) => wrapped;');
    await page.goto(`${server.apiUrl}/health`);
    await page.evaluate(collect, [studio.urls().whep, PICTURES, WIDTH, STRIP, HEIGHT] as const);
    const seen = await waitFor('the pictures', 60_000, async () => {
      const count = await page.evaluate(() => (globalThis as unknown as { seen: Seen[] }).seen.length);
      return count >= PICTURES && page.evaluate(() => (globalThis as unknown as { seen: Seen[] }).seen);
    });
    const delays = seen.slice(60).flatMap(({ at, strip }) => {
      const data = new Uint8Array(Buffer.from(strip, 'base64'));
      const code = readFrameCode({ data, stride: WIDTH }, { x: 0, y: 0, width: WIDTH, height: HEIGHT });
      const sent = code ? camera.framesSent[code.frame] : undefined;
      return sent === undefined ? [] : [at - (performance.timeOrigin + sent)];
    });
    return [
      {
        what,
        how: `${delays.length} pictures 1280x720: raw picture into ffmpeg (x264 ultrafast) to its display time`,
        value: milliseconds(summary(delays)),
        aim: '250 ms',
      },
    ];
  } finally {
    await browser.close();
    await studio.call('StopCaster');
    await studio.call('DeleteCaster');
    await camera.stop();
  }
}
