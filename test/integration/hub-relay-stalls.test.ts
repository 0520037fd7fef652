/** A relay whose peer stops reading, or takes for ever to answer: its memory is bounded, and it is let go in time. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseRelay, type RelaySpec, type RelayState } from '../../src/domain/relay.js';
import { RelaySet } from '../../src/hub/relay/relay-set.js';
import type { Publication } from '../../src/hub/stream.js';
import { StreamTable } from '../../src/hub/stream-table.js';
import { TRACK_VIDEO } from '../../src/link/frame.js';
import { HubHarness, PUBLISH_KEY } from '../support/hub-harness.js';
import { TEST_AVCC, testPicture } from '../support/link-engine.js';
import { waitFor } from '../support/wait.js';

const PGM = 'caster/pgm';
const TIMES = { openMs: 600, progressMs: 600 };
const PICTURE = 100_000;

let far: HubHarness;
let table: StreamTable;
let relays: RelaySet;
let publication: Publication;
let feed: NodeJS.Timeout;
const cleanup: (() => void)[] = [];

beforeEach(async () => {
  far = await HubHarness.start();
  const now = (): number => performance.now();
  table = new StreamTable({ maxReaders: 10, now, callbacks: { published: () => {} } });
  relays = new RelaySet({
    ...{ table, now, times: TIMES },
    own: { host: '127.0.0.1', port: 1 },
    onChange: () => {},
  });
  const publisher = { canMakeKeyframes: false, keyframe: () => {}, demand: () => {}, replaced: () => {} };
  const begun = table.obtain(PGM)?.publish(publisher);
  if (!begun) throw new Error('no publication');
  publication = begun;
  publication.config({ track: TRACK_VIDEO, codec: 'h264', extradata: TEST_AVCC });
  let number = 0;
  feed = setInterval(() => {
    publication.packet(testPicture(number, number % 10 === 0, number * 10_000, PICTURE));
    number++;
  }, 10);
});
afterEach(async () => {
  clearInterval(feed);
  await relays.close();
  table.close();
  for (const end of cleanup.splice(0)) end();
  await far.close();
});

/** A way to the far hub that passes nothing on any more when it is told to. */
async function startDoor(): Promise<{ url: string; block: () => void; connections: () => number }> {
  const sockets = new Set<Socket>();
  let isBlocked = false;
  let connections = 0;
  const server = createServer((client) => {
    connections++;
    const upstream = connect(far.hub.rtmpPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
    }
    client.on('close', () => upstream.destroy());
    upstream.on('data', (bytes) => client.write(bytes));
    client.on('data', (bytes) => {
      upstream.write(bytes);
      if (isBlocked) client.pause();
    });
  });
  cleanup.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `rtmp://127.0.0.1:${port}/live/door?key=${PUBLISH_KEY}`,
    block: () => {
      isBlocked = true;
    },
    connections: () => connections,
  };
}

/** @param answer what it sends, and how often, ms; nothing when it is absent */
async function startDull(answer?: { bytes: Buffer; everyMs: number }): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (!answer) return;
    const timer = setInterval(() => socket.write(answer.bytes), answer.everyMs);
    socket.on('close', () => clearInterval(timer));
  });
  cleanup.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `rtmp://127.0.0.1:${(server.address() as AddressInfo).port}/live/dull`;
}

function spec(url: string): RelaySpec {
  const around = { isOwnRtmp: () => false, ownRtmp: '', refuseHost: () => null };
  return { casterId: 'c1', stream: PGM, target: parseRelay(url, 'SideOutputUrl', around) };
}

function state(url: string): RelayState {
  const report = relays.reports().find((one) => one.url === url);
  if (!report) throw new Error('no such relay');
  return report.state;
}

test('a peer that stops reading loses pictures, then its connection, and another relay nothing', async () => {
  const door = await startDoor();
  const good = far.rtmpUrl(`/live/good?key=${PUBLISH_KEY}`);
  relays.set({ addresses: 'all', relays: [spec(door.url), spec(good)] });
  await far.live('live/door', PICTURE);
  await far.live('live/good', PICTURE);
  door.block();
  await waitFor('the end of the stalled one', 20_000, () => state(door.url).status === 'retrying');
  const stalled = state(door.url);
  expect(stalled.reason).toContain('took next to nothing');
  expect(stalled.droppedFrames).toBeGreaterThan(20);
  // Blocked peers are tried again, and every attempt is open for a moment.
  await waitFor('another attempt', 10_000, () => door.connections() > 1);
  expect(state(good)).toMatchObject({ status: 'live', reconnects: 0, droppedFrames: 0 });
});

test('a peer that accepts and never answers, or answers a byte at a time, is given up when the time is over', async () => {
  const silent = await startDull();
  const trickling = await startDull({ bytes: Buffer.from([3]), everyMs: 50 });
  relays.set({ addresses: 'all', relays: [spec(silent), spec(trickling)] });
  const words = 'it did not take the stream within 0.6 s';
  await waitFor('both to be given up', 5_000, () => state(silent).failures > 0 && state(trickling).failures > 0);
  for (const url of [silent, trickling]) expect(state(url)).toMatchObject({ status: 'retrying', reason: words });
});
