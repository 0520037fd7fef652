/**
 * `npm start`: from a fresh clone to a running studio. Installs and builds only what is missing or out of date, then runs
 * `castdeck serve` in the foreground with the arguments given after `--`; signals go to it, its exit code comes back.
 */
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, requireNode, root, run } from './install.mjs';

requireNode();
if (!(await ensureInstalled()) || !(await ensureBuilt())) process.exit(1);
const serve = [join(root, 'dist/main.js'), 'serve', ...process.argv.slice(2)];
const { code } = await run(process.execPath, serve, { ownGroup: true });
process.exitCode = code;
