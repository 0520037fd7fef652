/**
 * What `npm start` and `npm test` share: a Node that is new enough, dependencies that match package-lock.json, and a
 * build that matches the sources. Node built-ins only, since nothing else exists in a fresh clone.
 *
 * Two stamps make the second run quick: `node_modules/.castdeck-stamp` (what was installed) and
 * `dist/.castdeck-stamp` (what was built). Each holds a SHA-256; a missing or different one means work to do.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of package.json, with every path below relative to it. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const NEEDED_NODE = [20, 19, 0];
const INSTALL_STAMP = join(root, 'node_modules', '.castdeck-stamp');
const BUILD_STAMP = join(root, 'dist', '.castdeck-stamp');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * @param {string} version such as `20.20.2`
 * @returns {boolean} true for {@link NEEDED_NODE} and everything newer
 */
export function isNodeNewEnough(version) {
  const have = version.split('.').map(Number);
  for (let index = 0; index < NEEDED_NODE.length; index++) {
    if ((have[index] || 0) !== NEEDED_NODE[index]) return (have[index] || 0) > NEEDED_NODE[index];
  }
  return true;
}

/** Ends the process with a sentence when this Node is too old. */
export function requireNode() {
  if (isNodeNewEnough(process.versions.node)) return;
  console.error(`Castdeck needs Node ${NEEDED_NODE.join('.')} or newer; this is ${process.versions.node}.`);
  console.error('Install a current one from https://nodejs.org/ and run the command again.');
  process.exit(1);
}

/**
 * Runs a program in the foreground with this terminal and passes SIGINT, SIGTERM and SIGHUP on to it. A terminal sends
 * Ctrl-C to the whole process group and npm passes it on as well, so the same signal within half a second is one.
 * With `ownGroup` the program hears of signals from here alone: a server to which a second SIGINT means "at once" needs
 * to get one Ctrl-C as one.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, timeoutMs?: number, ownGroup?: boolean }} [options] killed after `timeoutMs`
 * @returns {Promise<{ code: number, timedOut: boolean }>} its exit code, 128 + number for a signal, 127 if it did not start
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const env = options.env || process.env;
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env, detached: options.ownGroup === true });
    let timedOut = false;
    let timer;
    if (options.timeoutMs) {
      timer = setTimeout(() => {
        timedOut = true;
        child.kill('SIGTERM');
        timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      }, options.timeoutMs);
    }
    const last = new Map();
    const pass = (signal) => {
      const now = Date.now();
      if (now - (last.get(signal) || 0) < 500) return;
      last.set(signal, now);
      child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, pass);
    // npm sends its signals to the shell that it runs us by, and that shell dies of them without a word to us.
    const parent = process.ppid;
    const orphaned = setInterval(() => {
      if (!process.env.npm_lifecycle_event || process.ppid === parent) return;
      clearInterval(orphaned);
      pass('SIGTERM');
    }, 250);
    const end = (code) => {
      clearTimeout(timer);
      clearInterval(orphaned);
      for (const signal of SIGNALS) process.off(signal, pass);
      resolve({ code, timedOut });
    };
    child.once('error', (error) => {
      console.error(`${command}: ${error.message}`);
      end(127);
    });
    child.once('exit', (code, signal) => end(code === null ? 128 + (constants.signals[signal] || 0) : code));
  });
}

/** Runs npm itself: the one that started us, else the one in PATH. Same result as {@link run}. */
export function runNpm(args, options) {
  const cli = process.env.npm_execpath;
  if (cli && /\.c?js$/.test(cli) && existsSync(cli)) return run(process.execPath, [cli, ...args], options);
  return run('npm', args, options);
}

function hashFiles(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    hash.update(`${file}\0`);
    hash.update(existsSync(join(root, file)) ? readFileSync(join(root, file)) : 'absent');
  }
  return hash;
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}

/** Prebuilt binaries depend on platform, processor and Node's ABI, so a copied node_modules is installed again. */
function installHash() {
  const hash = hashFiles(['package-lock.json', 'package.json', 'console/package.json']);
  return hash.update(`${process.platform} ${process.arch} ${process.versions.modules}`).digest('hex');
}

/**
 * Compares package-lock.json with the record that npm leaves in node_modules, for people who ran `npm install`
 * themselves.
 *
 * @param {Record<string, { version?: string, optional?: boolean, link?: boolean }>} wanted `packages` of package-lock.json
 * @param {Record<string, { version?: string }>} present `packages` of node_modules/.package-lock.json
 * @returns {boolean} true when everything wanted (optional packages aside) is there in exactly that version
 */
export function matchesLock(wanted, present) {
  for (const [path, entry] of Object.entries(wanted)) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue;
    const have = present[path];
    if (!have) {
      if (entry.optional || entry.link) continue;
      return false;
    }
    if (have.version !== entry.version) return false;
  }
  return true;
}

function installedByHand() {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  try {
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages || {};
    return matchesLock(wanted, JSON.parse(readFileSync(record, 'utf8')).packages || {});
  } catch {
    return false;
  }
}

/**
 * Makes node_modules match package-lock.json, with npm's progress shown.
 *
 * @returns {Promise<boolean>} false when npm failed (it has said why)
 */
export async function ensureInstalled() {
  const wanted = installHash();
  if (readStamp(INSTALL_STAMP) === wanted) return true;
  if (readStamp(INSTALL_STAMP) === '' && installedByHand()) {
    writeFileSync(INSTALL_STAMP, `${wanted}\n`);
    return true;
  }
  console.log('Installing dependencies (npm ci) ...');
  // The tools that build are devDependencies; NODE_ENV=production must not leave them out. All binaries come prebuilt in
  // packages: newer versions of npm run no install scripts, and older ones shall do the same.
  const { code } = await runNpm(['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund']);
  if (code !== 0) {
    console.error(`npm ci failed (exit code ${code}).`);
    return false;
  }
  writeFileSync(INSTALL_STAMP, `${wanted}\n`);
  return true;
}

function listFiles(folder) {
  const found = [];
  if (!existsSync(join(root, folder))) return found;
  for (const name of readdirSync(join(root, folder)).sort()) {
    if (name === 'node_modules' || name === 'dist' || name.startsWith('.')) continue;
    const path = `${folder}/${name}`;
    if (statSync(join(root, path)).isDirectory()) found.push(...listFiles(path));
    else found.push(path);
  }
  return found;
}

function buildHash() {
  const settings = ['package-lock.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
  return hashFiles([...settings, ...listFiles('src'), ...listFiles('console')]).digest('hex');
}

/**
 * Makes dist/ and console/dist/ match the sources.
 *
 * @param {{ force?: boolean }} [options] `force` builds even if nothing changed
 * @returns {Promise<boolean>} false when the build failed (the compiler has said why)
 */
export async function ensureBuilt(options = {}) {
  const wanted = buildHash();
  const complete = existsSync(join(root, 'dist/main.js')) && existsSync(join(root, 'console/dist/index.html'));
  if (!options.force && complete && readStamp(BUILD_STAMP) === wanted) return true;
  console.log('Building ...');
  // Output of a source file that is gone must not stay behind.
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const { code } = await runNpm(['run', '--silent', 'build']);
  if (code !== 0) {
    console.error(`The build failed (exit code ${code}).`);
    return false;
  }
  mkdirSync(dirname(BUILD_STAMP), { recursive: true });
  writeFileSync(BUILD_STAMP, `${wanted}\n`);
  return true;
}
