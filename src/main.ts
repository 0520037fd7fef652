#!/usr/bin/env node
/**
 * The composition root: reads the configuration, starts hub, supervisor and API, puts back on air what was on air, and
 * says in the terminal how to reach it all. The only file that knows every room.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCallbacks } from './api/callbacks.js';
import { createDemo } from './api/demo.js';
import { keepRestoring } from './api/keep-restoring.js';
import { createApi } from './api/server.js';
import { createServices } from './api/services.js';
import { HubProcess } from './cluster/hub-process.js';
import { InstanceLock } from './cluster/instance-lock.js';
import { RelayDesk } from './cluster/relay-desk.js';
import { Supervisor } from './cluster/supervisor.js';
import { ConfigError, configHelp, loadConfig } from './config/load.js';
import type { Config } from './config/schema.js';
import { loadSecrets, type Secrets } from './config/secrets.js';
import { createLogger } from './lib/log.js';
import { openStore } from './store/store.js';

/** Pause before studios that did not come back on air are tried again. */
const RESTORE_RETRY_MS = 5000;

const USAGE = `Usage: castdeck serve [settings]

Starts the studio server: API and console, streaming hub, and one engine for each running studio.

`;

function here(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

/**
 * Folder for the link's socket, the same for the same data folder, readable by this user alone. It is not in the data
 * folder, because the address of a socket may have 107 characters only.
 */
function linkFolder(dataDir: string): string {
  const name = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), `castdeck-${name}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const facts = lstatSync(folder);
  const own = process.getuid === undefined || facts.uid === process.getuid();
  if (!facts.isDirectory() || !own || (process.platform !== 'win32' && (facts.mode & 0o077) !== 0)) {
    throw new Error(`${folder} belongs to somebody else; remove it or set TMPDIR.`);
  }
  return folder;
}

function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function banner(
  config: Config,
  secrets: Secrets,
  ports: { api: number; media: number; rtmp: number },
  token: string,
): string {
  const host = shownHost(config.host);
  const api = `http://${host}:${ports.api}`;
  const rtmpPort = ports.rtmp === 1935 ? '' : `:${ports.rtmp}`;
  return [
    '',
    'Castdeck is running.',
    '',
    `  Console       ${api}/#token=${token}`,
    `  API endpoint  ${host}:${ports.api}  (http, version 2016-11-01)`,
    `  Access key    ${secrets.accessKeyId}  secret ${secrets.accessKeySecret}`,
    `  Push to       rtmp://${host}${rtmpPort}/live/NAME?key=${secrets.publishKey}`,
    `  Playback      http://${host}:${ports.media}  (HTTP-FLV, HLS, WHEP)`,
    '',
    '',
  ].join('\n');
}

async function serve(argv: string[]): Promise<void> {
  const config = loadConfig({
    argv,
    env: process.env,
    readFile: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : null),
  });
  process.env.CASTDECK_LOG = config.log;
  const log = createLogger('control');
  const folder = linkFolder(config.dataDir);
  const lock = await InstanceLock.take(join(folder, 'lock.sock'), `The data folder ${resolve(config.dataDir)}`);
  const secrets = loadSecrets(config);
  const store = await openStore(config.dataDir);
  const linkPath = join(folder, 'hub.sock');
  const linkToken = randomBytes(24).toString('hex');
  const relays: RelayDesk = new RelayDesk({
    toHub: (plan) => hub.setRelays(plan),
    addresses: config.sourceAddresses,
    srt: { workerPath: here('./engine/relay/worker.js'), linkPath, linkToken },
    log,
  });
  const { hub, ports } = await HubProcess.start({
    onRelays: (reports) => relays.hubSays(reports),
    onCrash: () => relays.hubEnded(),
    workerPath: here('./hub/worker.js'),
    log,
    hub: {
      host: config.host,
      mediaPort: config.mediaPort,
      rtmpPort: config.rtmpPort,
      webrtcPort: config.webrtcPort,
      linkPath,
      linkToken,
      publishKey: secrets.publishKey,
      webrtcAddresses: config.webrtcAddresses,
      maxReaders: config.limits.readers,
    },
  });
  const runtime = new Supervisor({
    workerPath: here('./engine/worker.js'),
    engine: { linkPath, linkToken, sourceAddresses: config.sourceAddresses, videoEncoder: config.videoEncoder },
    relays,
    log,
  });
  const consoleToken = randomBytes(18).toString('base64url');
  const consoleDir = here('../console/dist');
  const services = createServices({
    config,
    secrets,
    store,
    runtime,
    clock: { now: () => Date.now() },
    log,
    hub: ports,
    consoleDir: existsSync(join(consoleDir, 'index.html')) ? consoleDir : null,
    consoleToken,
  });
  const callbacks = startCallbacks(services);
  const api = await createApi(services);
  const stopping = new AbortController();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await api.close();
    await runtime.close();
    await callbacks.close();
    await hub.stop();
    await store.close();
    await lock.release();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await api.listen({ host: config.host, port: config.apiPort });
  } catch (error) {
    await stop();
    throw error;
  }
  let asked = 0;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      // The second signal is somebody who does not want to wait.
      if (asked++ > 0) process.exit(1);
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'stopping failed');
          process.exit(1);
        },
      );
    });
  }
  const address = api.server.address();
  const apiPort = typeof address === 'object' && address ? address.port : config.apiPort;
  process.stdout.write(
    banner(config, secrets, { api: apiPort, media: ports.mediaPort, rtmp: ports.rtmpPort }, consoleToken),
  );
  await keepRestoring(services, { signal: stopping.signal, retryMs: RESTORE_RETRY_MS });
  if (!config.demo || stopping.signal.aborted) return;
  try {
    await createDemo(services);
  } catch (error) {
    log.error({ err: error }, 'the demo studio could not be made');
  }
}

async function main(): Promise<void> {
  const [command, ...argv] = process.argv.slice(2);
  if (command === undefined || command === '--help' || command === 'help' || argv.includes('--help')) {
    process.stdout.write(USAGE + configHelp());
    return;
  }
  if (command !== 'serve') {
    process.stderr.write(`castdeck: there is no command "${command}"; "castdeck --help" shows what there is.\n`);
    process.exitCode = 2;
    return;
  }
  try {
    await serve(argv);
  } catch (error) {
    const expected = error instanceof ConfigError;
    process.stderr.write(`castdeck: ${expected ? error.message : error instanceof Error ? error.message : error}\n`);
    process.exit(expected ? 2 : 1);
  }
}

await main();
