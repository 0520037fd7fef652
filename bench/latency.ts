/** From an encoder's RTMP push to the picture in a browser, by the frame code in the picture. */
import { watchWhep } from '../test/e2e/whep-page.js';
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { launchChromium } from '../test/support/chromium.js';
import { CodedSource } from '../test/support/coded-source.js';
import { hasChromium } from '../test/support/media-tools.js';
import { Studio } from '../test/support/studio.js';
import { type Figure, milliseconds, summary } from './figures.js';

const PICTURES = 240;

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
    await page.goto(`${server.apiUrl}/health`);
    const seen = await watchWhep(page, studio.urls().whep, PICTURES);
    const delays = seen.slice(60).flatMap(({ at, code }) => {
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
