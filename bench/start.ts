/** From StartCaster to the first key frame of the programme in a viewer's hands. */

import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { recordFlv } from '../test/support/flv-recorder.js';
import { Studio } from '../test/support/studio.js';
import { type Figure, milliseconds, summary } from './figures.js';

const RUNS = 10;

async function startOnce(server: CastdeckServer): Promise<{ answered: number; seen: number }> {
  const studio = await Studio.create(server, { template: 'lp_hd', renditions: ['lld'] });
  await studio.addSource('RV01', { LiveStreamUrl: 'test://clock' });
  await studio.addLayout([{ source: 'RV01' }]);
  const asked = performance.now();
  await studio.start();
  const answered = performance.now() - asked;
  const stop = new AbortController();
  let seen = Number.NaN;
  await recordFlv(studio.urls().flv, {
    seconds: 10,
    signal: stop.signal,
    onTag: (tag) => {
      if (tag.type !== 'video' || tag.config || !tag.key) return;
      seen = tag.arrivedAt - asked;
      stop.abort();
    },
  });
  await studio.call('StopCaster');
  await studio.call('DeleteCaster');
  return { answered, seen };
}

export async function benchStart(server: CastdeckServer): Promise<Figure[]> {
  const runs = [];
  for (let run = 0; run < RUNS; run++) runs.push(await startOnce(server));
  return [
    {
      what: 'StartCaster to its answer',
      how: `${RUNS} starts, 1280x720 and lld`,
      value: milliseconds(summary(runs.map(({ answered }) => answered))),
      aim: '',
    },
    {
      what: 'StartCaster to the first decodable PGM frame',
      how: 'the same, an HTTP-FLV viewer that connects after the answer',
      value: milliseconds(summary(runs.map(({ seen }) => seen))),
      aim: '1000 ms',
    },
  ];
}
