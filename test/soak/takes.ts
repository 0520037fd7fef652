/**
 * `npm run soak [minutes]`: a studio on the air with two encoders and a file, a take to a random layout twice a second,
 * and every process's memory each half minute. It ends with the slope of each in MB an hour, and fails when a process
 * was restarted or the programme stood still for longer than a second. Read the slope after ten minutes or more: the
 * garbage collector takes its time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/castdeck-server.js';
import { CodedSource } from '../support/coded-source.js';
import { memory, slope } from '../support/process.js';
import { serveFolder } from '../support/static-server.js';
import { Studio } from '../support/studio.js';

const SAMPLE_MS = 30_000;
const TAKE_MS = 500;
const STILL_MS = 1000;

const minutes = Number(process.argv[2] ?? 10);
if (!(minutes > 0)) throw new Error('give the length in minutes');
const folder = mkdtempSync(join(tmpdir(), 'castdeck-soak-'));
await new CodedSource({ source: 3 }).writeFile(join(folder, 'clip.mp4'), 5);
const files = await serveFolder(folder);
const server = await startServer({ env: { CASTDECK_LOG: 'error' } });
const cameras = [new CodedSource({ source: 1 }), new CodedSource({ source: 2 })];
let failure = '';
try {
  for (const [index, camera] of cameras.entries()) await camera.start(server.pushUrl(`cam${index}`));
  const studio = await Studio.create(server, { template: 'lp_sd', renditions: ['lld'] });
  for (const index of cameras.keys()) {
    await studio.addSource(`RV0${index + 1}`, {
      LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/cam${index}`,
    });
  }
  await studio.addSource('RV03', { VodUrl: `${files.url}/clip.mp4`, RepeatNum: -1 });
  const corner = { x: 0.6, y: 0.6, width: 0.35, height: 0.35 };
  const layouts = [
    await studio.addLayout([{ source: 'RV01' }]),
    await studio.addLayout([{ source: 'RV02' }]),
    await studio.addLayout([{ source: 'RV03' }]),
    await studio.addLayout([{ source: 'RV01' }, { source: 'RV02', ...corner }]),
    await studio.addLayout([{ source: 'RV03' }, { source: 'RV01', ...corner }]),
  ];
  await studio.start();
  let last = performance.now();
  let stillest = 0;
  const viewer = get(studio.urls().flv, (response) => {
    response.on('data', () => {
      stillest = Math.max(stillest, performance.now() - last);
      last = performance.now();
    });
  });
  const before = server.pids();
  const processes = { engine: before.engine[0], hub: before.hub[0], control: before.main[0] };
  const points: Record<string, { x: number; y: number }[]> = { engine: [], hub: [], control: [] };
  const begun = performance.now();
  let sampled = 0;
  let takes = 0;
  while (performance.now() - begun < minutes * 60_000) {
    await studio.preview(layouts[Math.floor(Math.random() * layouts.length)] ?? '');
    await studio.take();
    takes++;
    await new Promise((done) => setTimeout(done, TAKE_MS));
    if (performance.now() - sampled < SAMPLE_MS) continue;
    sampled = performance.now();
    const hours = (sampled - begun) / 3_600_000;
    const words = Object.entries(processes).map(([name, pid]) => {
      const mb = pid === undefined ? 0 : memory(pid);
      points[name]?.push({ x: hours, y: mb });
      return `${name} ${mb.toFixed(0)} MB`;
    });
    process.stdout.write(`${(hours * 60).toFixed(1)} min, ${takes} takes: ${words.join(', ')}\n`);
  }
  viewer.destroy();
  const after = server.pids();
  if (after.engine[0] !== processes.engine || after.hub[0] !== processes.hub) failure = 'a process was restarted';
  if (stillest > STILL_MS) failure = `the programme stood still for ${stillest.toFixed(0)} ms`;
  for (const [name, line] of Object.entries(points)) {
    // The first third is warm-up: code is compiled, pools are filled.
    const settled = line.slice(Math.floor(line.length / 3));
    process.stdout.write(`${name}: ${slope(settled).toFixed(1)} MB an hour over ${settled.length} samples\n`);
  }
} finally {
  await Promise.all(cameras.map((camera) => camera.stop()));
  await server.stop();
  await files.close();
  rmSync(folder, { recursive: true, force: true });
}
if (failure) {
  process.stderr.write(`${failure}\n`);
  process.exit(1);
}
