/** The life of the hub process with workers that behave, fail, crash and do not listen. */
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { HubProcess } from '../../../src/cluster/hub-process.js';
import type { HubOptions, HubStreamStats } from '../../../src/domain/hub.js';
import { waitFor } from '../../support/wait.js';
import { FakeWorker, isAlive } from './fake-worker.js';

const HUB: HubOptions = {
  host: '127.0.0.1',
  mediaPort: 0,
  rtmpPort: 0,
  webrtcPort: 0,
  linkPath: '/nowhere/link.sock',
  linkToken: 'secret',
  publishKey: 'key',
  webrtcAddresses: [],
  maxReaders: 10,
};
const STREAM: HubStreamStats = {
  stream: 'live/cam',
  live: true,
  readers: 1,
  droppedFrames: 0,
  bytesIn: 10,
  bytesOut: 20,
};
const GOOD = `
  if (command.type === 'configure') tell({ type: 'ready', mediaPort: 4000 + run, rtmpPort: 5000, webrtcPort: 6000 });
  if (command.type === 'stats') tell({ type: 'stats', id: command.id, streams: [${JSON.stringify(STREAM)}] });
  if (command.type === 'stop') process.exit(0);
`;

const workers: FakeWorker[] = [];
const hubs: HubProcess[] = [];

afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.stop()));
  for (const worker of workers.splice(0)) {
    expect(worker.starts.filter(({ pid }) => isAlive(pid))).toEqual([]);
    worker.remove();
  }
});

function worker(onCommand: string): FakeWorker {
  const made = new FakeWorker(onCommand);
  workers.push(made);
  return made;
}

async function start({ path }: FakeWorker, deadlines = {}) {
  const started = await HubProcess.start({
    workerPath: path,
    hub: HUB,
    log: pino({ level: 'silent' }),
    deadlines: { startMs: 5000, statsMs: 2000, stopMs: 2000, watchMs: 60_000, ...deadlines },
  });
  hubs.push(started.hub);
  return started;
}

test('is configured and says its real ports', async () => {
  const fake = worker(GOOD);
  const { hub, ports } = await start(fake);
  expect(ports).toEqual({ mediaPort: 4001, rtmpPort: 5000, webrtcPort: 6000 });
  expect(hub.pid).toBe(fake.starts[0]?.pid);
  expect(fake.commands).toEqual([{ type: 'configure', options: HUB }]);
});

test('figures are asked for and matched; without an answer there are none', async () => {
  const { hub } = await start(worker(GOOD));
  expect(await Promise.all([hub.stats(), hub.stats()])).toEqual([[STREAM], [STREAM]]);
  const { hub: mute } = await start(worker(GOOD.replace("command.type === 'stats'", 'false')), { statsMs: 100 });
  expect(await mute.stats()).toEqual([]);
});

test.each([
  ['says that a port is taken', "tell({ type: 'failed', message: 'port 1935 is taken' });", 'port 1935 is taken'],
  ['exits', 'process.exit(4);', 'code 4'],
])('a process that %s while it starts is an error in words', async (_name, code, words) => {
  const fake = worker(code);
  await expect(start(fake)).rejects.toThrow(words);
  expect(fake.starts).toHaveLength(1);
});

test('a process that does not get ready in time is killed', async () => {
  const fake = worker('');
  const begun = performance.now();
  await expect(start(fake, { startMs: 300 })).rejects.toThrow('did not start');
  expect(performance.now() - begun).toBeLessThan(3000);
});

test('a process that the system refuses is an error at once', async () => {
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  try {
    await expect(start(worker(GOOD), { startMs: 1000 })).rejects.toThrow('did not start');
  } finally {
    process.execPath = execPath;
  }
});

test('after a crash it comes back on the very ports that viewers know', async () => {
  const fake = worker(GOOD);
  const { hub, ports } = await start(fake);
  const first = hub.pid;
  process.kill(first ?? 0, 'SIGKILL');
  await waitFor('the second process', 3000, () => fake.commands.length === 2);
  expect(fake.commands[1]).toEqual({ type: 'configure', options: { ...HUB, ...ports } });
  expect(hub.pid).not.toBe(first);
  await waitFor('its figures', 3000, async () => (await hub.stats()).length === 1);
});

test('it is tried again until it comes back', async () => {
  const fake = worker(`if (run === 2 || run === 3) process.exit(1); ${GOOD}`);
  const { hub } = await start(fake);
  process.kill(hub.pid ?? 0, 'SIGKILL');
  await waitFor('the fourth process', 5000, () => fake.starts.length === 4);
  await waitFor('its figures', 3000, async () => (await hub.stats()).length === 1);
  const times = fake.starts.map(({ at }) => at);
  expect((times[3] ?? 0) - (times[2] ?? 0)).toBeGreaterThanOrEqual(500);
});

test('one that hangs is killed and started again', async () => {
  const fake = worker(`if (command.type === 'stats' && run === 1) freeze(); ${GOOD}`);
  const { hub } = await start(fake, { watchMs: 50, statsMs: 100 });
  const first = hub.pid;
  await waitFor('the second process', 5000, () => fake.starts.length === 2);
  expect(isAlive(first)).toBe(false);
  await waitFor('its figures', 3000, async () => (await hub.stats()).length === 1);
});

test('one that answers one question in three is left alone', async () => {
  const slow = "globalThis.asked ??= 0; if (command.type === 'stats' && ++asked % 3 !== 0) return;";
  const fake = worker(`${slow} ${GOOD}`);
  const { hub } = await start(fake, { watchMs: 500, statsMs: 450 });
  const asked = () => fake.commands.filter(({ type }) => type === 'stats').length;
  await waitFor('seven questions', 8000, () => asked() >= 7);
  expect(fake.starts).toHaveLength(1);
  expect(hub.pid).toBe(fake.starts[0]?.pid);
});

test('one that takes its time to get ready is not asked before', async () => {
  const ready = "tell({ type: 'ready', mediaPort: 4000, rtmpPort: 5000, webrtcPort: 6000 })";
  const fake = worker(`
    if (command.type === 'configure') setTimeout(() => ${ready}, 600);
    if (command.type === 'stop') process.exit(0);
  `);
  const { ports } = await start(fake, { watchMs: 30, statsMs: 30 });
  expect(ports.mediaPort).toBe(4000);
  expect(fake.starts).toHaveLength(1);
});

test('stop ends it for good, also one that does not listen', async () => {
  const fake = worker(GOOD);
  const { hub } = await start(fake);
  await hub.stop();
  await hub.stop();
  expect(fake.commands.at(-1)).toEqual({ type: 'stop' });
  const deaf = worker(GOOD.replace('process.exit(0)', '0'));
  const { hub: other } = await start(deaf, { stopMs: 200 });
  const { pid } = other;
  await other.stop();
  expect(isAlive(pid)).toBe(false);
  expect(deaf.starts).toHaveLength(1);
  expect(fake.starts).toHaveLength(1);
});
