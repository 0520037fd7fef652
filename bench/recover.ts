/** From a killed engine, and from an encoder that comes back, to the next new picture of the programme. */

import { readCode } from '../test/support/analyse.js';
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { CodedSource } from '../test/support/coded-source.js';
import { tagOfFrame } from '../test/support/decode.js';
import { Studio } from '../test/support/studio.js';
import { Viewer } from '../test/support/watch.js';
import { type Figure, milliseconds, summary } from './figures.js';

const KILLS = 5;

/** An engine that crashes again soon is started again later on purpose; only the first crash is without a pause. */
async function killEngine(server: CastdeckServer): Promise<number> {
  const studio = await Studio.create(server, { template: 'lp_hd' });
  await studio.addSource('RV01', { LiveStreamUrl: 'test://clock' });
  const layout = await studio.addLayout([{ source: 'RV01' }]);
  await studio.start();
  await studio.preview(layout);
  await studio.take();
  const viewer = await Viewer.start(studio.urls().flv);
  for (const pid of server.pids().engine) process.kill(pid, 'SIGKILL');
  await viewer.see(60);
  const { longestPause } = await viewer.stop();
  await studio.call('StopCaster');
  await studio.call('DeleteCaster');
  return longestPause;
}

/** Time from the encoder's first new picture to its arrival at a viewer. */
async function returnOfEncoder(server: CastdeckServer): Promise<number> {
  const push = async (source: number): Promise<CodedSource> => {
    const camera = new CodedSource({ source });
    await camera.start(server.pushUrl('recover'));
    return camera;
  };
  const lost = await push(1);
  const studio = await Studio.create(server, { template: 'lp_hd' });
  await studio.addSource('RV01', { LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/recover` });
  const layout = await studio.addLayout([{ source: 'RV01' }]);
  await studio.start();
  await studio.preview(layout);
  await studio.take();
  const viewer = await Viewer.start(studio.urls().flv);
  await lost.kill();
  await viewer.see(30);
  const back = await push(2);
  await viewer.see(60);
  const { decoded, recording } = await viewer.stop();
  const first = decoded.frames.find((frame) => readCode(frame)?.source === 2);
  const tag = first ? tagOfFrame(recording.tags, first) : null;
  await studio.call('StopCaster');
  await studio.call('DeleteCaster');
  await back.stop();
  return (tag?.arrivedAt ?? Number.NaN) - (back.framesSent[0] ?? Number.NaN);
}

export async function benchRecover(server: CastdeckServer): Promise<Figure[]> {
  const pauses: number[] = [];
  const returns: number[] = [];
  for (let run = 0; run < KILLS; run++) {
    pauses.push(await killEngine(server));
    returns.push(await returnOfEncoder(server));
  }
  return [
    {
      what: 'engine killed: longest pause between two pictures at a viewer that stays connected',
      how: `${KILLS} studios, SIGKILL, HTTP-FLV`,
      value: milliseconds(summary(pauses)),
      aim: '2000 ms',
    },
    {
      what: 'encoder killed and back: from its first new picture to the viewer of the programme',
      how: `${KILLS} times, connection included`,
      value: milliseconds(summary(returns)),
      aim: '',
    },
  ];
}
