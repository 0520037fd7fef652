/**
 * A whole Castdeck as its users run it: `node dist/main.js serve` in a process of its own, with free ports, a data folder
 * and keys of its own, on loopback. Needs a build (`npm run build`). The owner must call stop(), which leaves neither
 * processes nor files behind; what is forgotten is killed when the test process ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const MAIN = join(root, 'dist', 'main.js');
const OUTPUT_KEPT = 1024 * 1024;

/** For `test.skipIf(!isBuilt)`; `npm test` builds before it tests. */
export const isBuilt = existsSync(MAIN);

export interface ServerPorts {
  api: number;
  media: number;
  rtmp: number;
  /** UDP. */
  webrtc: number;
}

export interface ServerOptions {
  /** A folder to keep; without it a temporary one is made, and removed by stop(). */
  dataDir?: string;
  /** Ports of an earlier server, to start another one in its place. */
  ports?: ServerPorts;
  /** More settings, `CASTDECK_...`; they win over the ones made here. */
  env?: Record<string, string>;
  /** Arguments behind `serve`. */
  args?: readonly string[];
  /** With the demo studio; not unless asked for. */
  demo?: boolean;
  /** How long /health may take; 20 s unless told. */
  startTimeoutMs?: number;
}

export type ProcessRole = 'main' | 'hub' | 'engine' | 'other';

export interface ServerKeys {
  accessKeyId: string;
  accessKeySecret: string;
  publishKey: string;
}

const KEYS: ServerKeys = {
  accessKeyId: 'test-access-key',
  accessKeySecret: 'test-secret-0123456789',
  publishKey: 'test-publish-key',
};

const running = new Set<CastdeckServer>();
process.once('exit', () => {
  for (const server of running) server.kill('SIGKILL');
});

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

/** Parent of every process, by pid. A process that ends while we look is left out. */
function parents(): Map<number, number> {
  const found = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The name in parentheses may hold anything, spaces included; the parent is the second field after it.
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (state !== 'Z') found.set(Number(name), Number(parent));
    } catch {}
  }
  return found;
}

function roleOf(pid: number): ProcessRole {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (command.includes('hub/worker.js')) return 'hub';
    if (command.includes('engine/worker.js')) return 'engine';
  } catch {}
  return 'other';
}

export class CastdeckServer {
  readonly ports: ServerPorts;
  readonly keys: ServerKeys;
  readonly dataDir: string;
  readonly #ownsDataDir: boolean;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  #output = { stdout: '', stderr: '' };
  #descendants = new Set<number>();
  #stopping: Promise<void> | null = null;

  /** @internal Use {@link startServer}. */
  constructor(child: ChildProcess, ports: ServerPorts, keys: ServerKeys, dataDir: string, ownsDataDir: boolean) {
    this.#child = child;
    this.ports = ports;
    this.keys = keys;
    this.dataDir = dataDir;
    this.#ownsDataDir = ownsDataDir;
    this.#exited = new Promise((resolve) => {
      child.once('close', () => resolve());
      child.once('error', () => resolve());
    });
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        this.#output[stream] = (this.#output[stream] + text).slice(-OUTPUT_KEPT);
      });
    }
    running.add(this);
  }

  /** `http://127.0.0.1:PORT` of the API and the console. */
  get apiUrl(): string {
    return `http://127.0.0.1:${this.ports.api}`;
  }

  /** `http://127.0.0.1:PORT` of HTTP-FLV, HLS and WHEP. */
  get mediaUrl(): string {
    return `http://127.0.0.1:${this.ports.media}`;
  }

  /** Where an encoder pushes the stream `live/NAME`, key included. */
  pushUrl(name: string): string {
    return `rtmp://127.0.0.1:${this.ports.rtmp}/live/${name}?key=${this.keys.publishKey}`;
  }

  /** What the server has written so far, the last megabyte of each. */
  get stdout(): string {
    return this.#output.stdout;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  /** Exit code of the main process; `null` while it runs or after a signal. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Resolves when the main process has ended. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** Pids of all processes of this server that run now, by role. Linux only (/proc). */
  pids(): Record<ProcessRole, number[]> {
    const byRole: Record<ProcessRole, number[]> = { main: [], hub: [], engine: [], other: [] };
    const main = this.#child.pid;
    if (main === undefined) return byRole;
    const parentOf = parents();
    if (parentOf.has(main) && this.#child.exitCode === null && this.#child.signalCode === null) byRole.main.push(main);
    const family = new Set([main]);
    for (let grown = true; grown; ) {
      grown = false;
      for (const [pid, parent] of parentOf) {
        if (family.has(pid) || !family.has(parent)) continue;
        family.add(pid);
        this.#descendants.add(pid);
        grown = true;
      }
    }
    family.delete(main);
    // Orphans get another parent; those seen before are still ours if they are still one of our programs.
    for (const pid of this.#descendants) {
      if (!parentOf.has(pid)) this.#descendants.delete(pid);
      else if (family.has(pid) || roleOf(pid) !== 'other') byRole[roleOf(pid)].push(pid);
    }
    return byRole;
  }

  /** Sends a signal to every process of this server. */
  kill(signal: NodeJS.Signals): void {
    for (const pid of Object.values(this.pids()).flat()) {
      try {
        process.kill(pid, signal);
      } catch {}
    }
  }

  /** Sends a signal to the main process only, as a service manager does. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks the server to end, kills what is left after 10 s, removes its files. A second call joins the first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.pids();
    this.#child.kill('SIGTERM');
    const ended = await Promise.race([this.#exited.then(() => true), sleep(10_000, false, { ref: false })]);
    this.kill('SIGKILL');
    if (!ended) await Promise.race([this.#exited, sleep(2_000, undefined, { ref: false })]);
    running.delete(this);
    if (this.#ownsDataDir) rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  /** Waits for GET /health to answer 200. @throws Error with the server's output when it ends or takes too long. */
  async waitUntilHealthy(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    let last = 'no answer';
    while (performance.now() < deadline && this.#child.exitCode === null && this.#child.signalCode === null) {
      try {
        const answer = await fetch(`${this.apiUrl}/health`, { signal: AbortSignal.timeout(2_000) });
        await answer.arrayBuffer();
        if (answer.status === 200) return;
        last = `status ${answer.status}`;
      } catch (error) {
        last = String(error);
      }
      await sleep(50);
    }
    const state = this.#child.exitCode === null ? `not healthy (${last})` : `ended with ${this.#child.exitCode}`;
    throw new Error(`server ${state}\n${this.stdout.slice(-4_000)}\n${this.stderr.slice(-8_000)}`);
  }
}

/** Settings of whoever runs the tests must not reach the server; it also refuses names that it does not know. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('CASTDECK_')));
}

/** Starts a server and resolves when it is healthy. @throws Error with its output; nothing is left running then. */
export async function startServer(options: ServerOptions = {}): Promise<CastdeckServer> {
  const ports = options.ports ?? {
    api: await freeTcpPort(),
    media: await freeTcpPort(),
    rtmp: await freeTcpPort(),
    webrtc: await freeUdpPort(),
  };
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'castdeck-server-'));
  const env: NodeJS.ProcessEnv = {
    ...cleanEnvironment(),
    CASTDECK_HOST: '127.0.0.1',
    CASTDECK_API_PORT: String(ports.api),
    CASTDECK_MEDIA_PORT: String(ports.media),
    CASTDECK_RTMP_PORT: String(ports.rtmp),
    CASTDECK_WEBRTC_PORT: String(ports.webrtc),
    CASTDECK_WEBRTC_ADDRESSES: '127.0.0.1',
    CASTDECK_DATA_DIR: dataDir,
    CASTDECK_ACCESS_KEY_ID: KEYS.accessKeyId,
    CASTDECK_ACCESS_KEY_SECRET: KEYS.accessKeySecret,
    CASTDECK_PUBLISH_KEY: KEYS.publishKey,
    CASTDECK_SOURCE_ADDRESSES: 'all',
    CASTDECK_DEMO: options.demo ? 'on' : 'off',
    ...options.env,
  };
  const keys: ServerKeys = {
    accessKeyId: env.CASTDECK_ACCESS_KEY_ID ?? '',
    accessKeySecret: env.CASTDECK_ACCESS_KEY_SECRET ?? '',
    publishKey: env.CASTDECK_PUBLISH_KEY ?? '',
  };
  // The data folder as working directory: a castdeck.yml of the repository must not take part.
  const child = spawn(process.execPath, [MAIN, 'serve', ...(options.args ?? [])], {
    cwd: dataDir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const server = new CastdeckServer(child, ports, keys, dataDir, options.dataDir === undefined);
  try {
    await server.waitUntilHealthy(options.startTimeoutMs ?? 20_000);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
