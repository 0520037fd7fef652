/**
 * Measures a whole server on this machine, prints the figures and writes them to docs/performance.md. Not a test: it
 * asserts nothing, and wants the machine for itself.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { type CastdeckServer, startServer } from '../test/support/castdeck-server.js';
import { hasFfmpeg } from '../test/support/media-tools.js';
import { benchCost } from './cost.js';
import { type Figure, table } from './figures.js';
import { benchLatency } from './latency.js';
import { benchRecover } from './recover.js';
import { benchRivals } from './rivals.js';
import { benchStart } from './start.js';
import { benchTake } from './take.js';
import { benchTicks } from './ticks.js';

const BENCHES: Record<string, (server: CastdeckServer) => Promise<Figure[]>> = {
  rivals: benchRivals,
  ticks: benchTicks,
  start: benchStart,
  take: benchTake,
  latency: benchLatency,
  recover: benchRecover,
  cost: benchCost,
};

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
const figures: Figure[] = [];
const server = await startServer({ env: { CASTDECK_LOG: 'error' } });
try {
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stdout.write(`measuring ${name} ...\n`);
    figures.push(...(await bench(server)));
  }
} finally {
  await server.stop();
}
const processors = cpus();
const machine = `${processors.length} cores (${processors[0]?.model.trim() ?? 'unknown'}), Node ${process.version}`;
const text = table(figures);
process.stdout.write(`\n${machine}\n\n${text}\n`);
if (wanted.length === 0) {
  const page = `# Performance

Written by \`npm run bench\` on ${machine}, with encoders, viewers and browser on the same machine. Read the figures as
sizes: another machine gives others. Times are the middle of the measurements unless it says otherwise.

${text}
`;
  writeFileSync(new URL('../docs/performance.md', import.meta.url), page);
}
