/** How a mixer keeps up that has the machine almost for itself: the time of a tick, and those that were missed. */
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { recordFlv } from '../test/support/flv-recorder.js';
import { wait } from '../test/support/process.js';
import { Studio } from '../test/support/studio.js';
import type { Figure } from './figures.js';
import { CLIP, LoopedPushes } from './looped-pushes.js';

const SECONDS = 60;
const SETTLE = 10;

interface EngineView {
  MissedTicks: number;
  DroppedFrames: number;
  TickMsP50: number;
  TickMsP99: number;
}

export async function benchTicks(server: CastdeckServer): Promise<Figure[]> {
  const sources = new LoopedPushes(server, 'tick', 2);
  const studio = await Studio.create(server, { template: 'lp_hd' });
  for (const [index, name] of sources.names.entries()) {
    const LiveStreamUrl = `rtmp://localhost:${server.ports.rtmp}/live/${name}`;
    await studio.addSource(`RV0${index + 1}`, { LiveStreamUrl });
  }
  const layout = await studio.addLayout([
    { source: 'RV01' },
    { source: 'RV02', x: 0.6, y: 0.6, width: 0.35, height: 0.35 },
  ]);
  await studio.start();
  await studio.preview(layout);
  await studio.take();
  const viewing = new AbortController();
  const viewer = recordFlv(studio.urls().flv, { signal: viewing.signal });
  const engine = async (): Promise<EngineView> => (await studio.call('DescribeCasterMix')).Engine as EngineView;
  await wait(SETTLE);
  const before = await engine();
  await wait(SECONDS);
  const after = await engine();
  viewing.abort();
  await viewer;
  await studio.call('StopCaster');
  await studio.call('DeleteCaster');
  sources.stop();
  const how = `${SECONDS} s, picture in picture of two pushes, one viewer; sources ${CLIP}`;
  return [
    {
      what: '(d) time of a tick: compose, mix, hand over',
      how: `${how}; of the last 600 ticks`,
      value: `p50 ${after.TickMsP50} ms, p99 ${after.TickMsP99} ms`,
      aim: 'well below 33 ms',
    },
    {
      what: '(e) missed ticks; pictures that the encoder had no room for',
      how,
      value: `${after.MissedTicks - before.MissedTicks}; ${after.DroppedFrames - before.DroppedFrames}`,
      aim: '0; 0',
    },
  ];
}
