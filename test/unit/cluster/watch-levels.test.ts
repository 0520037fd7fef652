/** Levels of an engine: who gets them, and when the engine is told that somebody looks. */
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RelayDesk } from '../../../src/cluster/relay-desk.js';
import { Supervisor } from '../../../src/cluster/supervisor.js';
import type { SoundLevels } from '../../../src/domain/engine.js';
import { desiredOf } from '../../support/desired.js';
import { levelsOf } from '../../support/sound-levels.js';
import { waitFor } from '../../support/wait.js';
import { FakeWorker } from './fake-worker.js';

/** Tells levels without end, their tick 1000 for each process before it, and one more while it is watched. */
const WORKER = `
  if (command.type === 'configure') {
    const stats = { tick: 1, missedTicks: 0, droppedFrames: 0, tickMsP50: 0, tickMsP99: 0, sources: [] };
    globalThis.watched = false;
    setInterval(() => {
      tell({ type: 'alive', stats });
      tell({ type: 'levels', levels: { ...${JSON.stringify(levelsOf())}, tick: run * 1000 + Number(watched) } });
    }, 20);
  }
  if (command.type === 'desired') {
    tell({ type: 'publishing' });
    tell({ type: 'applied', revision: command.desired.revision, tick: 1 });
  }
  if (command.type === 'watchLevels') globalThis.watched = command.on;
  if (command.type === 'desired' && command.desired.revision === 13) process.exit(1);
  if (command.type === 'stop') process.exit(0);
`;

let worker: FakeWorker;
let supervisor: Supervisor;
beforeEach(() => {
  worker = new FakeWorker(WORKER);
  const engine = { linkPath: '/nowhere/link.sock', linkToken: 'secret', sourceAddresses: 'lan' } as const;
  const log = pino({ level: 'silent' });
  const srt = { workerPath: '', linkPath: '', linkToken: '' };
  const relays = new RelayDesk({ toHub: () => {}, addresses: 'all', srt, log });
  supervisor = new Supervisor({ workerPath: worker.path, engine, relays, log });
});
afterEach(async () => {
  await supervisor.close();
  worker.remove();
});

const start = (): Promise<void> => supervisor.start(desiredOf({ casterId: 'c1' }));
/** What the engines were told about watching, in order. */
const told = (): unknown[] => worker.commands.flatMap(({ type, on }) => (type === 'watchLevels' ? [on] : []));
/** Waits until a listener is told this tick. */
const heard = (ticks: number[], tick: number): Promise<unknown> =>
  waitFor(`tick ${tick}`, 5000, () => ticks.includes(tick));

function listen(casterId = 'c1'): { ticks: number[]; end: () => void } {
  const ticks: number[] = [];
  const end = supervisor.watchLevels(casterId, ({ tick }: SoundLevels) => void ticks.push(tick));
  return { ticks, end };
}

test('the newest reading is at hand while the studio runs, whether anybody watches or not', async () => {
  expect(supervisor.levels('c1')).toBeNull();
  await start();
  await waitFor('a reading', 5000, () => supervisor.levels('c1')?.tick === 1000);
  expect(told()).toEqual([]);
  await supervisor.stop('c1');
  expect(supervisor.levels('c1')).toBeNull();
});

test('the engine is told with the first watcher and after the last', async () => {
  await start();
  const first = listen();
  await heard(first.ticks, 1001);
  const second = listen();
  const other = listen('another studio');
  await heard(second.ticks, 1001);
  first.end();
  first.end();
  const before = first.ticks.length;
  second.ticks.length = 0;
  await heard(second.ticks, 1001);
  expect(first.ticks).toHaveLength(before);
  expect(told()).toEqual([true]);
  second.end();
  await waitFor('the end', 5000, () => supervisor.levels('c1')?.tick === 1000);
  expect(told()).toEqual([true, false]);
  expect(other.ticks).toEqual([]);
});

test('watching goes on through a crash, and through a stop and a start', async () => {
  const watcher = listen();
  await start();
  await heard(watcher.ticks, 1001);
  // The engine ends itself at this revision, whenever it gets it; the one after is fine again.
  const doomed = supervisor.apply(desiredOf({ casterId: 'c1', revision: 13 })).catch(() => undefined);
  await waitFor('the crash', 5000, () => supervisor.levels('c1') === null);
  await supervisor.apply(desiredOf({ casterId: 'c1', revision: 14 }));
  await doomed;
  const { length } = worker.starts;
  await heard(watcher.ticks, length * 1000 + 1);
  await supervisor.stop('c1');
  await start();
  await heard(watcher.ticks, (length + 1) * 1000 + 1);
  watcher.end();
  await waitFor('the end', 5000, () => told().at(-1) === false);
});
