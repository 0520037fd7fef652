/** The life of an engine process with workers that behave, crash, freeze and do not listen. */
import { readFile } from 'node:fs';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { EngineProcess } from '../../../src/cluster/engine-process.js';
import type { DesiredState } from '../../../src/domain/desired.js';
import type { CaptionText, EngineOptions } from '../../../src/domain/engine.js';
import { desiredOf } from '../../support/desired.js';
import { waitFor } from '../../support/wait.js';
import { FakeWorker, isAlive } from './fake-worker.js';

const ENGINE: EngineOptions = { linkPath: '/nowhere/link.sock', linkToken: 'secret', sourceAddresses: 'lan' };
const ALIVE = `tell({ type: 'alive', stats: { tick: run, missedTicks: 0, droppedFrames: 0, tickMsP50: 0, tickMsP99: 0, sources: [] } });`;
/** Publishes at once, answers each state, speaks ten times a second, and ends when it is told. */
const GOOD = `
  if (command.type === 'configure') { setInterval(() => { ${ALIVE} }, 100); ${ALIVE} }
  if (command.type === 'desired') {
    tell({ type: 'publishing' });
    tell({ type: 'applied', revision: command.desired.revision, tick: command.desired.revision * 10 });
  }
  if (command.type === 'stop') process.exit(0);
`;

/** Path with which fork throws instead of reporting an error later, as it does when there is no memory. */
const FORK_THROWS = 'no\0where';

const workers: FakeWorker[] = [];
const engines: EngineProcess[] = [];

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
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

function desired(revision: number): DesiredState {
  return desiredOf({ casterId: 'c1', revision });
}

async function start({ path }: FakeWorker, deadlines = {}): Promise<EngineProcess> {
  const engine = await EngineProcess.start(desired(1), {
    workerPath: path,
    engine: ENGINE,
    log: pino({ level: 'silent' }),
    deadlines: { startMs: 5000, applyMs: 2000, silentMs: 3000, stopMs: 2000, ...deadlines },
  });
  engines.push(engine);
  return engine;
}

function revisions(fake: FakeWorker): unknown[] {
  return fake.commands.flatMap(({ type, desired: state }) =>
    type === 'desired' ? [(state as DesiredState).revision] : [],
  );
}

describe('starting', () => {
  test('configures, sends the state, and is done when the programme is published', async () => {
    const fake = worker(GOOD);
    const engine = await start(fake);
    expect(engine.isRunning).toBe(true);
    expect(engine.pid).toBe(fake.starts[0]?.pid);
    expect(fake.commands).toEqual([
      { type: 'configure', options: ENGINE },
      { type: 'desired', desired: desired(1) },
    ]);
    await waitFor('figures', 2000, () => engine.stats?.tick === 1);
    expect(engine.restarts).toBe(0);
  });

  test('gives the process no secrets of ours, and threads for its inputs', async () => {
    process.env.CASTDECK_UNIT_SECRET = 'do not tell';
    try {
      const fake = worker(GOOD);
      await start(fake);
      const env = fake.starts[0]?.env ?? {};
      expect(env.UV_THREADPOOL_SIZE).toBe('64');
      expect(env.PATH).toBe(process.env.PATH);
      expect(Object.values(env)).not.toContain('do not tell');
    } finally {
      delete process.env.CASTDECK_UNIT_SECRET;
    }
  });

  test('that never publishes is a start-timeout, and nothing is left running', async () => {
    const fake = worker(`${ALIVE} if (command.type === 'stop') process.exit(0);`);
    await expect(start(fake, { startMs: 400 })).rejects.toMatchObject({
      reason: 'start-timeout',
      message: expect.stringContaining('0.4 s'),
    });
    expect(fake.starts).toHaveLength(1);
    expect(fake.commands.at(-1)).toEqual({ type: 'stop' });
  });

  test.each([
    ['that exits', 'process.exit(3);', 'code 3'],
    ['that is killed', "process.kill(process.pid, 'SIGKILL');", 'signal SIGKILL'],
    [
      'that says why it fails',
      "tell({ type: 'failed', message: 'no encoder here' }); setTimeout(() => process.exit(1), 50);",
      'no encoder here',
    ],
  ])('a process %s is an engine-failed with its reason, and is not tried again', async (_name, code, reason) => {
    const fake = worker(`if (command.type === 'desired') { ${code} }`);
    await expect(start(fake)).rejects.toMatchObject({
      reason: 'engine-failed',
      message: expect.stringContaining(reason),
    });
    expect(fake.starts).toHaveLength(1);
  });

  test('a process that the system refuses is an engine-failed at once', async () => {
    const fake = worker(GOOD);
    const { execPath } = process;
    process.execPath = '/nowhere/node';
    try {
      const begun = performance.now();
      await expect(start(fake)).rejects.toMatchObject({ reason: 'engine-failed' });
      expect(performance.now() - begun).toBeLessThan(1000);
    } finally {
      process.execPath = execPath;
    }
  });

  test('a process for which fork throws is an engine-failed too', async () => {
    const fake = worker(GOOD);
    const { execPath } = process;
    process.execPath = FORK_THROWS;
    try {
      await expect(start(fake)).rejects.toMatchObject({ reason: 'engine-failed' });
    } finally {
      process.execPath = execPath;
    }
  });
});

describe('applying', () => {
  test('resolves with the revision and the tick', async () => {
    const fake = worker(GOOD);
    const engine = await start(fake);
    expect(await engine.apply(desired(2))).toEqual({ revision: 2, tick: 20 });
    expect(await engine.apply(desired(7))).toEqual({ revision: 7, tick: 70 });
    expect(revisions(fake)).toEqual([1, 2, 7]);
  });

  test('a newer revision answers those before it too', async () => {
    const fake = worker(
      GOOD.replace("tell({ type: 'applied'", "if (command.desired.revision !== 2) tell({ type: 'applied'"),
    );
    const engine = await start(fake);
    const both = [engine.apply(desired(2)), engine.apply(desired(3))];
    expect(await Promise.all(both)).toEqual([
      { revision: 3, tick: 30 },
      { revision: 3, tick: 30 },
    ]);
  });

  test('that is not answered is an apply-timeout; the engine goes on', async () => {
    const fake = worker(
      GOOD.replace("tell({ type: 'applied'", "if (command.desired.revision !== 2) tell({ type: 'applied'"),
    );
    const engine = await start(fake, { applyMs: 150 });
    await expect(engine.apply(desired(2))).rejects.toMatchObject({ reason: 'apply-timeout' });
    expect(engine.isRunning).toBe(true);
    expect(await engine.apply(desired(3))).toMatchObject({ revision: 3 });
  });

  test('is refused after the stop, and what waited is told', async () => {
    const fake = worker(
      GOOD.replace("tell({ type: 'applied'", "if (command.desired.revision !== 2) tell({ type: 'applied'"),
    );
    const engine = await start(fake);
    const waiting = engine.apply(desired(2));
    const told = expect(waiting).rejects.toMatchObject({ reason: 'stopping' });
    await engine.stop();
    await told;
    await expect(engine.apply(desired(3))).rejects.toMatchObject({ reason: 'not-running' });
  });
});

describe('running', () => {
  test('a process that crashes is started again with the newest state', async () => {
    const fake = worker(GOOD);
    const engine = await start(fake);
    await engine.apply(desired(5));
    const first = engine.pid;
    process.kill(first ?? 0, 'SIGKILL');
    await waitFor('the restart', 3000, () => engine.restarts === 1);
    expect(engine.isRunning).toBe(true);
    await waitFor('the state', 3000, () => revisions(fake).length === 3);
    expect(revisions(fake)).toEqual([1, 5, 5]);
    expect(engine.pid).not.toBe(first);
    expect(await engine.apply(desired(6))).toMatchObject({ revision: 6 });
  });

  test('a change that comes while it is down is shown by the next process', async () => {
    const fake = worker(
      `if (run === 1 && command.type === 'desired' && command.desired.revision === 2) process.exit(9); ${GOOD}`,
    );
    const engine = await start(fake);
    expect(await engine.apply(desired(2))).toEqual({ revision: 2, tick: 20 });
    expect(engine.restarts).toBe(1);
    expect(revisions(fake)).toEqual([1, 2, 2]);
  });

  test('a process that crashes again and again gets longer pauses', async () => {
    const fake = worker(`${GOOD} if (run > 1 && command.type === 'desired') setTimeout(() => process.exit(1), 10);`);
    const engine = await start(fake);
    process.kill(engine.pid ?? 0, 'SIGKILL');
    await waitFor('four processes', 5000, () => fake.starts.length === 4);
    const times = fake.starts.map(({ at }) => at);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(250);
    expect((times[3] ?? 0) - (times[2] ?? 0)).toBeGreaterThanOrEqual(500);
    expect(engine.isRunning).toBe(true);
  });

  test('a process that freezes is killed and started again', async () => {
    const fake = worker(
      `if (run === 1 && command.type === 'desired' && command.desired.revision === 2) freeze(); ${GOOD}`,
    );
    const engine = await start(fake, { silentMs: 400 });
    const first = engine.pid;
    expect(await engine.apply(desired(2))).toMatchObject({ revision: 2 });
    expect(engine.restarts).toBe(1);
    expect(isAlive(first)).toBe(false);
  });

  test('a process that is silent from the beginning is killed, also after a restart', async () => {
    const fake = worker(`if (run === 2) freeze(); ${GOOD}`);
    const engine = await start(fake, { startMs: 1000, silentMs: 400 });
    process.kill(engine.pid ?? 0, 'SIGKILL');
    await waitFor('a third process', 4000, () => fake.starts.length === 3 && engine.restarts === 2);
    expect(await engine.apply(desired(2))).toMatchObject({ revision: 2 });
  });
});

describe('between two processes', () => {
  test('there are no figures, and a caption says that nobody will show it', async () => {
    // The second process is silent until it is told to publish.
    const fake = worker(`if (run === 1 || (command.type === 'desired' && command.desired.revision === 2)) { ${GOOD} }
      if (run > 1 && command.type === 'stop') process.exit(0);`);
    const engine = await start(fake);
    const caption = (text: string): boolean => engine.caption({ componentId: 'c', text });
    await waitFor('figures', 3000, () => engine.stats !== null);
    expect(caption('first')).toBe(true);
    await waitFor('the caption', 3000, () => fake.commands.some(({ type }) => type === 'caption'));
    process.kill(engine.pid ?? 0, 'SIGKILL');
    await waitFor('the second process', 3000, () => revisions(fake).length === 2);
    expect([engine.isRunning, engine.stats, caption('nobody')]).toEqual([true, null, false]);
    await engine.apply(desired(2));
    expect(caption('again')).toBe(true);
    await engine.stop();
    const sent = fake.commands.flatMap(({ caption }) => (caption as CaptionText | undefined)?.text ?? []);
    expect([sent, caption('late')]).toEqual([['first', 'again'], false]);
  });
});

describe('a crash loop', () => {
  /** Crashes again and again with revision 1, from the second process on; any later state is fine. */
  const LOOP = `
    if (run > 1 && command.type === 'desired' && command.desired.revision === 1) process.exit(1);
    ${GOOD}
  `;

  test('is ended by a change that removes its cause, without waiting for the pause', async () => {
    const fake = worker(LOOP);
    const engine = await start(fake, { applyMs: 300 });
    process.kill(engine.pid ?? 0, 'SIGKILL');
    // The pause after the fifth crash is two seconds.
    await waitFor('the fifth crash', 8000, () => engine.restarts === 5);
    const begun = performance.now();
    expect(await engine.apply(desired(2))).toEqual({ revision: 2, tick: 20 });
    expect(performance.now() - begun).toBeLessThan(1800);
    expect(fake.starts).toHaveLength(6);
  });

  test('gives a change the time of a start, also when the next process is on its way already', async () => {
    const slow = `if (run > 1) { const until = Date.now() + 500; while (Date.now() < until); }`;
    const fake = worker(`if (command.type === 'configure') { ${slow} } ${GOOD}`);
    const engine = await start(fake, { applyMs: 150 });
    process.kill(engine.pid ?? 0, 'SIGKILL');
    await waitFor('the second process', 3000, () => fake.starts.length === 2);
    expect(await engine.apply(desired(2))).toMatchObject({ revision: 2 });
  });

  test('a change that came before the crash is not held up by the pause either', async () => {
    const fake = worker(
      `if (run === 5 && command.type === 'desired' && command.desired.revision === 2) process.exit(1);
       if (run > 1 && run < 5 && command.type === 'desired') process.exit(1);
       ${GOOD}`,
    );
    const engine = await start(fake);
    process.kill(engine.pid ?? 0, 'SIGKILL');
    await waitFor('the fifth process', 8000, () => fake.starts.length === 5 && engine.stats?.tick === 5);
    const begun = performance.now();
    expect(await engine.apply(desired(2))).toMatchObject({ revision: 2 });
    expect(performance.now() - begun).toBeLessThan(1800);
    expect(engine.restarts).toBe(5);
  });

  test('without memory for a process goes on until there is some', async () => {
    const fake = worker(GOOD);
    const engine = await start(fake);
    const { execPath } = process;
    process.execPath = FORK_THROWS;
    try {
      process.kill(engine.pid ?? 0, 'SIGKILL');
      await waitFor('two attempts', 3000, () => engine.restarts >= 3);
    } finally {
      process.execPath = execPath;
    }
    expect(engine.isRunning).toBe(true);
    expect(await engine.apply(desired(2))).toMatchObject({ revision: 2 });
    expect(fake.starts).toHaveLength(2);
  });
});

describe('who said it', () => {
  test('an engine that spoke while we stood still is not taken for frozen', async () => {
    const fake = worker(GOOD);
    const engine = await start(fake, { silentMs: 400 });
    const { pid } = engine;
    // Within the callback of a read: the timers have their turn next, before the messages that came meanwhile.
    await new Promise<void>((done) => {
      readFile(fake.path, () => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
        done();
      });
    });
    const figures = engine.stats;
    await waitFor('newer figures', 2000, () => engine.stats !== figures);
    expect(await engine.apply(desired(2))).toMatchObject({ revision: 2 });
    expect(engine.restarts).toBe(0);
    expect(engine.pid).toBe(pid);
  });

  test('what a process that has ended still had to say is not taken for words of the next', async () => {
    const late = `{"type":"applied","revision":2,"tick":666}`;
    const fake = worker(`
      if (command.type === 'desired' && command.desired.revision === 2) {
        if (run === 1) {
          const { spawn } = process.getBuiltinModule('node:child_process');
          const script = "sleep 0.2; echo '" + ${JSON.stringify(late)} + "' >&3";
          spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'ignore', 'ignore', process.channel.fd] });
          process.exit(9);
        }
        setTimeout(() => tell({ type: 'applied', revision: 2, tick: 20 }), 600);
        return;
      }
      ${GOOD}
    `);
    const engine = await start(fake);
    expect(await engine.apply(desired(2))).toEqual({ revision: 2, tick: 20 });
    expect(engine.restarts).toBe(1);
  });
});

describe('stopping', () => {
  test('lets the process end by itself; a second stop joins the first', async () => {
    const fake = worker(GOOD);
    const engine = await start(fake);
    const { pid } = engine;
    const first = engine.stop();
    expect(engine.stop()).toBe(first);
    await first;
    expect(isAlive(pid)).toBe(false);
    expect(fake.commands.at(-1)).toEqual({ type: 'stop' });
    expect(engine.isRunning).toBe(false);
    expect(fake.starts).toHaveLength(1);
  });

  test('kills a process that does not listen', async () => {
    const fake = worker(GOOD.replace('process.exit(0)', '0'));
    const engine = await start(fake, { stopMs: 200 });
    const { pid } = engine;
    const begun = performance.now();
    await engine.stop();
    expect(performance.now() - begun).toBeGreaterThanOrEqual(195);
    expect(performance.now() - begun).toBeLessThan(1500);
    expect(isAlive(pid)).toBe(false);
  });

  test('during the pause before a restart means that there is none', async () => {
    const fake = worker(`${GOOD} if (run > 1 && command.type === 'desired') setTimeout(() => process.exit(1), 10);`);
    const engine = await start(fake);
    process.kill(engine.pid ?? 0, 'SIGKILL');
    await waitFor('the second crash', 3000, () => engine.restarts === 2);
    await engine.stop();
    await expect(waitFor('another process', 500, () => fake.starts.length > 2)).rejects.toThrow();
  });
});
