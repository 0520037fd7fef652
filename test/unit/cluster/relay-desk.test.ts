/** Who runs which relay, what is kept of it through ends of its process, and what owners of studios are told. */
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RelayDesk } from '../../../src/cluster/relay-desk.js';
import type { EngineReport } from '../../../src/domain/engine.js';
import { parseRelay, type RelayPlan, type RelayState, type RelayTarget } from '../../../src/domain/relay.js';
import { RelayRecord } from '../../../src/domain/relay-state.js';
import { waitFor } from '../../support/wait.js';
import { FakeWorker } from './fake-worker.js';

/** The first process is live and then ends, the second is live and then hangs, the third stays. */
const WORKER = `
  const state = { reason: '', since: Date.now(), bitrate: 1, droppedFrames: 1, reconnects: 0, failures: 0 };
  if (command.type === 'configure') {
    tell({ type: 'state', state: { ...state, status: 'connecting', bytes: 0, droppedFrames: 0 } });
    setTimeout(() => tell({ type: 'state', state: { ...state, status: 'live', bytes: 100 } }), 50);
    if (run === 1) setTimeout(() => process.exit(3), 150);
    if (run === 2) setTimeout(freeze, 150);
    setInterval(() => tell({ type: 'state', state: { ...state, status: 'live', bytes: 100 } }), 100);
  }
  if (command.type === 'stop') process.exit(0);
`;

const around = { isOwnRtmp: () => false, ownRtmp: '', refuseHost: () => null };
const target = (url: string): RelayTarget => parseRelay(url, 'SideOutputUrl', around);
const ONE = target('rtmp://a.example.com/live/one');
const TWO = target('rtmps://b.example.com/live/two');
const SRT = target('srt://c.example.com:9000?passphrase=correct-horse');

let worker: FakeWorker;
let desk: RelayDesk;
let plans: RelayPlan[];
let reports: { casterId: string; report: EngineReport }[];
let now: number;
beforeEach(() => {
  worker = new FakeWorker(WORKER);
  plans = [];
  reports = [];
  now = 1_000;
  desk = new RelayDesk({
    toHub: (plan) => void plans.push(plan),
    addresses: 'lan',
    srt: { workerPath: worker.path, linkPath: '/nowhere', linkToken: 'token', silentMs: 600 },
    log: pino({ level: 'silent' }),
    now: () => now,
  });
  desk.onReport((casterId, report) => void reports.push({ casterId, report }));
});
afterEach(async () => {
  await desk.close();
  worker.remove();
});

function state(change: Partial<RelayState>): RelayState {
  return { ...new RelayRecord(now).state(), ...change };
}

test('the hub is told the whole plan when it changes, and of no SRT', () => {
  desk.set('c1', 'caster/a', [ONE]);
  desk.set('c2', 'caster/b', [TWO]);
  desk.set('c2', 'caster/b', [TWO]);
  const first = { casterId: 'c1', stream: 'caster/a', target: ONE };
  const second = { casterId: 'c2', stream: 'caster/b', target: TWO };
  expect(plans).toEqual([
    { addresses: 'lan', relays: [first] },
    { addresses: 'lan', relays: [first, second] },
  ]);
  desk.set('c2', 'caster/b', []);
  desk.clear('c3');
  desk.clear('c1');
  expect(plans.slice(2).map(({ relays }) => relays)).toEqual([[first], []]);
  expect(desk.of('c1')).toEqual([]);
});

test('a hub that ends is an outage of what was live; its figures go on', () => {
  desk.set('c1', 'caster/a', [ONE, TWO]);
  const say = (change: Partial<RelayState>) => {
    desk.hubSays([{ casterId: 'c1', url: ONE.url, state: state(change) }]);
  };
  say({ status: 'live', bytes: 500, droppedFrames: 3 });
  desk.hubEnded();
  expect(desk.of('c1')[0]?.state).toMatchObject({ status: 'retrying', bytes: 500 });
  expect(desk.of('c1')[1]?.state).toMatchObject({ status: 'connecting' });
  say({ status: 'connecting' });
  say({ status: 'live', bytes: 20, since: now });
  expect(desk.of('c1')[0]?.state).toMatchObject({ status: 'live', bytes: 520, droppedFrames: 3, reconnects: 1 });
  now += 5_000;
  say({ status: 'live', bytes: 40, since: now - 5_000 });
  expect(reports.map(({ casterId, report }) => [casterId, report.code])).toEqual([
    ['c1', 'RelayLost'],
    ['c1', 'RelayBack'],
  ]);
  expect(reports[0]?.report.message).toContain('rtmp://a.example.com/live/***');
});

test('a process of an SRT relay that ends or hangs is replaced, and ends with its relay', async () => {
  desk.set('c1', 'caster/a', [ONE, SRT]);
  expect(plans.at(-1)?.relays.map(({ target: { url } }) => url)).toEqual([ONE.url]);
  const relay = (): RelayState | undefined => desk.of('c1')[1]?.state;
  await waitFor('the first to be live', 5_000, () => relay()?.status === 'live');
  await waitFor('its end', 5_000, () => relay()?.status === 'retrying');
  expect(relay()).toMatchObject({ reason: 'the process of the relay ended: code 3', bytes: 100, reconnects: 0 });
  await waitFor('the second to be live', 5_000, () => relay()?.status === 'live');
  await waitFor('its end', 5_000, () => relay()?.status === 'retrying');
  expect(relay()).toMatchObject({ reason: 'the process of the relay ended: signal SIGKILL', bytes: 200 });
  await waitFor('the third to be live', 5_000, () => relay()?.status === 'live');
  expect(relay()).toMatchObject({ bytes: 300, droppedFrames: 3, reconnects: 2, reason: '' });
  expect(worker.starts).toHaveLength(3);
  expect(worker.commands.filter(({ type }) => type === 'configure').at(-1)?.options).toMatchObject({
    ...{ linkPath: '/nowhere', linkToken: 'token', stream: 'caster/a', addresses: 'lan', target: SRT },
  });
  // However often it breaks, it is one outage until it has been live for a while.
  expect(reports.map(({ report }) => report.code)).toEqual(['RelayLost']);
  desk.clear('c1');
  await waitFor('the stop', 5_000, () => worker.commands.at(-1)?.type === 'stop');
});
