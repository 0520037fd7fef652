/**
 * Measures a whole server on this machine, prints the figures and writes them to docs/performance.md: all benches, or
 * those whose names are given. Not a test: it asserts nothing, and wants the machine for itself.
 *
 * With CASTDECK_BENCH_SHORT=1 benches that can be are short, to see that they run; nothing is written then.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type CastdeckServer, startServer } from '../test/support/castdeck-server.js';
import { hasFfmpeg } from '../test/support/media-tools.js';
import { benchCost } from './cost.js';
import { type Figure, table } from './figures.js';
import { benchLatency } from './latency.js';
import { updatedPage } from './page.js';
import { benchRecover } from './recover.js';
import { benchRenditions } from './renditions.js';
import { benchRivals } from './rivals.js';
import { benchSound } from './sound.js';
import { benchStart } from './start.js';
import { benchTake } from './take.js';
import { benchTicks } from './ticks.js';

interface Bench {
  title: string;
  measure: (server: CastdeckServer, short: boolean) => Promise<Figure[]>;
}

/** In the order of the page. */
const BENCHES: Record<string, Bench> = {
  rivals: { title: 'The same show, by us and by others', measure: benchRivals },
  renditions: { title: 'Renditions', measure: benchRenditions },
  ticks: { title: 'Ticks', measure: benchTicks },
  start: { title: 'Start', measure: benchStart },
  take: { title: 'Takes', measure: benchTake },
  sound: { title: 'Sound', measure: benchSound },
  latency: { title: 'Latency', measure: benchLatency },
  recover: { title: 'Crashes and losses', measure: benchRecover },
  cost: { title: 'Cost of all processes', measure: benchCost },
};
const PAGE = new URL('../docs/performance.md', import.meta.url);

if (!hasFfmpeg) {
  process.stderr.write('The benches push real streams: install the ffmpeg program first.\n');
  process.exit(1);
}
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !BENCHES[name]);
if (unknown) {
  process.stderr.write(`There is no bench "${unknown}"; there are: ${Object.keys(BENCHES).join(', ')}.\n`);
  process.exit(2);
}
const short = process.env.CASTDECK_BENCH_SHORT === '1';
const processors = cpus();
const machine = `${processors.length} cores (${processors[0]?.model.trim() ?? 'unknown'}), Node ${process.version}`;
process.stdout.write(`${machine}\n`);
const server = await startServer({ env: { CASTDECK_LOG: 'error' } });
try {
  for (const [name, { title, measure }] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stdout.write(`\nmeasuring ${name} ...\n`);
    const figures = await measure(server, short);
    process.stdout.write(`\n${table(figures)}\n`);
    if (short) continue;
    // After each, so that one that fails does not cost what was measured before it.
    const measured = `${new Date().toISOString().slice(0, 10)} on ${machine}`;
    const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
    const titles = Object.values(BENCHES).map((bench) => bench.title);
    writeFileSync(PAGE, updatedPage(page, titles, [{ title, measured, figures }]));
  }
} finally {
  await server.stop();
}
