/** `npm run bench [-- rivals|renditions|ticks|start|take|sound|latency|recover|cost]`: installs and builds what is missing, then measures. */
import { ensureBuilt, ensureInstalled, requireNode, run } from './install.mjs';

requireNode();
await ensureInstalled();
await ensureBuilt();
const { code } = await run(process.execPath, ['--import', 'tsx', 'bench/run.ts', ...process.argv.slice(2)]);
process.exitCode = code;
