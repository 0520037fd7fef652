/** The hub's process as the control process runs it: `dist/hub/worker.js` over Node's IPC. Needs a build. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HubCommand, HubEvent, HubOptions } from '../../src/domain/hub.js';
import { hubOptions, LINK_TOKEN } from '../support/hub-harness.js';
import { LinkEngine } from '../support/link-engine.js';
import { waitFor } from '../support/wait.js';

const WORKER = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'dist', 'hub', 'worker.js');

class Worker {
  readonly events: HubEvent[] = [];
  readonly child: ChildProcess;

  /** @param retryMs how long it tries a busy port */
  constructor(retryMs = 100) {
    this.child = fork(WORKER, [String(retryMs)], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    this.child.on('message', (event: HubEvent) => this.events.push(event));
  }

  send(command: HubCommand): void {
    this.child.send(command);
  }

  hear<T extends HubEvent['type']>(type: T): Promise<Extract<HubEvent, { type: T }>> {
    const is = (event: HubEvent): event is Extract<HubEvent, { type: T }> => event.type === type;
    return waitFor(type, 15_000, () => this.events.findLast(is));
  }

  async exited(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, 'exit', { signal: AbortSignal.timeout(10_000) });
    return this.child.exitCode;
  }
}

let folder: string;
let workers: Worker[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'castdeck-worker-'));
  workers = [];
});
afterEach(() => {
  for (const { child } of workers) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

function start(changes: Partial<HubOptions> = {}, retryMs?: number): Worker {
  const worker = new Worker(retryMs);
  workers.push(worker);
  worker.send({ type: 'configure', options: hubOptions(folder, changes) });
  return worker;
}

describe.skipIf(!existsSync(WORKER))('built (skipped when dist/hub/worker.js is missing: npm run build)', () => {
  test('is ready on ports of its own, counts what is published, and stops when it is told', async () => {
    const worker = start();
    const ready = await worker.hear('ready');
    for (const port of [ready.mediaPort, ready.rtmpPort, ready.webrtcPort]) expect(port).toBeGreaterThan(0);
    const answer = await fetch(`http://127.0.0.1:${ready.mediaPort}/caster/none.flv`);
    expect(answer.status).toBe(404);
    const { linkPath } = hubOptions(folder);
    const engine = new LinkEngine(linkPath, { role: 'publish', stream: 'caster/w', token: LINK_TOKEN });
    try {
      engine.publish();
      let id = 0;
      const counted = await waitFor('bytes', 10_000, async () => {
        worker.send({ type: 'stats', id: ++id });
        const { streams } = await worker.hear('stats');
        const found = streams.find(({ stream }) => stream === 'caster/w');
        return found && found.bytesIn > 1_000 ? found : null;
      });
      const answered = worker.events.flatMap((event) => (event.type === 'stats' ? [event.id] : []));
      expect(answered).toEqual(answered.map((_id, index) => index + 1));
      expect(counted).toMatchObject({ live: true, readers: 0, droppedFrames: 0, bytesOut: 0 });
      engine.end('done');
      await waitFor('the end of the stream', 10_000, async () => {
        worker.send({ type: 'stats', id: ++id });
        const { streams } = await worker.hear('stats');
        return !streams.some(({ stream, live }) => stream === 'caster/w' && live);
      });
    } finally {
      engine.socket.destroy();
    }
    worker.send({ type: 'stop' });
    expect(await worker.exited()).toBe(0);
    await expect(fetch(`http://127.0.0.1:${ready.mediaPort}/`)).rejects.toThrow();
  });

  test('ends with the control process, and ignores Ctrl-C, which is not meant for it', async () => {
    const worker = start();
    await worker.hear('ready');
    worker.child.kill('SIGINT');
    worker.send({ type: 'stats', id: 7 });
    expect(await worker.hear('stats')).toEqual({ type: 'stats', id: 7, streams: [] });
    worker.child.disconnect();
    expect(await worker.exited()).toBe(0);
  });

  test('says which port is busy when it stays busy, and takes it when it is freed in time', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const failed = await start({ rtmpPort: port }).hear('failed');
    expect(failed.message).toMatch(new RegExp(`EADDRINUSE.*${port}`));
    const patient = start({ rtmpPort: port }, 10_000);
    // Its other answers come, so it is trying by now.
    patient.send({ type: 'stats', id: 1 });
    await patient.hear('stats');
    expect(patient.events.map(({ type }) => type)).toEqual(['stats']);
    other.close();
    await once(other, 'close');
    expect((await patient.hear('ready')).rtmpPort).toBe(port);
  });
});
