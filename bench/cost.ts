/** Processor time and memory of engine, hub and control while a studio is on the air. */
import type { CastdeckServer, ProcessRole } from '../test/support/castdeck-server.js';
import { CodedSource } from '../test/support/coded-source.js';
import { recordFlv } from '../test/support/flv-recorder.js';
import { memory, processorTime } from '../test/support/process.js';
import { Studio } from '../test/support/studio.js';
import type { Figure } from './figures.js';

const SECONDS = 15;
const ROLES = ['engine', 'hub', 'main'] as const;

async function measure(server: CastdeckServer): Promise<Record<(typeof ROLES)[number], { share: number; mb: number }>> {
  const pids = server.pids();
  const total = (role: ProcessRole): number => pids[role].reduce((sum, pid) => sum + processorTime(pid), 0);
  const before = ROLES.map(total);
  const begun = performance.now();
  await new Promise((done) => setTimeout(done, SECONDS * 1000));
  const span = (performance.now() - begun) / 1000;
  const entries = ROLES.map((role, index) => {
    const share = (total(role) - (before[index] ?? 0)) / span;
    return [role, { share, mb: pids[role].reduce((sum, pid) => sum + memory(pid), 0) }] as const;
  });
  return Object.fromEntries(entries) as Record<(typeof ROLES)[number], { share: number; mb: number }>;
}

export async function benchCost(server: CastdeckServer): Promise<Figure[]> {
  const cameras = [1, 2].map((source) => new CodedSource({ source, width: 1280, height: 720 }));
  for (const [index, camera] of cameras.entries()) await camera.start(server.pushUrl(`cost${index}`));
  const studio = await Studio.create(server, { template: 'lp_hd', renditions: ['lld'] });
  for (const index of cameras.keys()) {
    await studio.addSource(`RV0${index + 1}`, {
      LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/cost${index}`,
    });
  }
  const layout = await studio.addLayout([
    { source: 'RV01' },
    { source: 'RV02', x: 0.65, y: 0.65, width: 0.3, height: 0.3 },
  ]);
  await studio.start();
  await studio.preview(layout);
  await studio.take();
  const stop = new AbortController();
  const viewers = [recordFlv(studio.urls().flv, { signal: stop.signal })];
  await new Promise((done) => setTimeout(done, 3000));
  const plain = await measure(server);
  viewers.push(recordFlv(studio.urls('lld').flv, { signal: stop.signal }));
  viewers.push(recordFlv(studio.previewUrl, { signal: stop.signal }));
  await new Promise((done) => setTimeout(done, 3000));
  const watched = await measure(server);
  stop.abort();
  await Promise.all(viewers);
  await studio.call('StopCaster');
  await studio.call('DeleteCaster');
  await Promise.all(cameras.map((camera) => camera.stop()));
  const figure = (what: string, how: string, found: Awaited<ReturnType<typeof measure>>): Figure => ({
    what,
    how,
    value: ROLES.map((role) => {
      const name = role === 'main' ? 'control' : role;
      return `${name} ${(found[role].share * 100).toFixed(0)} % of a core, ${found[role].mb.toFixed(0)} MB`;
    }).join('; '),
    aim: '',
  });
  return [
    figure(
      'two 720p30 pushes picture in picture, PGM 720p30, one viewer',
      `${SECONDS} s; plain-coloured sources`,
      plain,
    ),
    figure('the same, preview and lld watched too', `${SECONDS} s`, watched),
  ];
}
