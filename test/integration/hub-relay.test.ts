/** Relays of a hub: to another hub, and to servers that refuse, hang, trickle and break off; none touches another. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RelayReport } from '../../src/domain/relay.js';
import { parseRelay, type RelaySpec } from '../../src/domain/relay.js';
import { HubHarness, PUBLISH_KEY } from '../support/hub-harness.js';
import { type RtmpReceiver, receiveRtmp } from '../support/rtmp-receiver.js';
import { waitFor } from '../support/wait.js';

const PGM = 'caster/pgm';

let harness: HubHarness;
let far: HubHarness;
const servers: { server: Server; sockets: Set<Socket> }[] = [];

beforeEach(async () => {
  harness = await HubHarness.start();
  far = await HubHarness.start();
});
afterEach(async () => {
  await harness.close();
  await far.close();
  for (const { server, sockets } of servers.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
});

function spec(url: string, isOwn = false): RelaySpec {
  const around = { isOwnRtmp: () => isOwn, ownRtmp: '', refuseHost: () => null };
  return { casterId: 'c1', stream: PGM, target: parseRelay(url, 'SideOutputUrl', around) };
}

function relayTo(...specs: RelaySpec[]): void {
  harness.hub.setRelays({ addresses: 'all', relays: specs });
}

/** A server of our own; each connection is handed to `serve`. */
async function startPeer(serve: (socket: Socket) => void): Promise<{ url: string; connections: () => number }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  servers.push({ server, sockets });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return { url: `rtmp://127.0.0.1:${port}/live/peer-secret-key`, connections: () => connections };
}

function farUrl(name: string): string {
  return far.rtmpUrl(`/live/${name}?key=${PUBLISH_KEY}`);
}

function report(url: string): RelayReport {
  const found = harness.hub.relays().find((one) => one.url === url);
  if (!found) throw new Error('no such relay');
  return found;
}

/** Every picture from the first to the last, once, ten ms apart. */
function expectUnbroken(pictures: { number: number; time: number }[]): void {
  const [first] = pictures;
  expect(pictures.length).toBeGreaterThan(20);
  pictures.forEach((one, index) => {
    expect(one).toMatchObject({ number: (first?.number ?? 0) + index, time: (first?.time ?? 0) + 10 * index });
  });
}

describe('a relay to another server', () => {
  test('copies every picture from a key frame on, with times from near 0, and says goodbye', async () => {
    harness.publish(PGM, { dts: 9_000_000_000 });
    relayTo(spec(farUrl('one')));
    await far.live('live/one', 1_000);
    const viewer = far.viewer(`/live/one.flv?key=${PUBLISH_KEY}`);
    await waitFor('pictures', 10_000, () => viewer.pictures().length > 60);
    expectUnbroken(viewer.pictures());
    expect(viewer.pictures()[0]?.key).toBe(true);
    await waitFor('figures', 5_000, () => report(farUrl('one')).state.bitrate > 0);
    expect(report(farUrl('one')).state).toMatchObject({ status: 'live', reason: '', droppedFrames: 0, reconnects: 0 });
    relayTo();
    // A goodbye ends viewers at once; a connection that only broke would keep them waiting for 30 s.
    await waitFor('the end', 5_000, () => viewer.closed);
  });

  test('waits for the programme, outlives its engine, and changes of the list do not touch the others', async () => {
    relayTo(spec(farUrl('one')));
    expect(report(farUrl('one')).state).toMatchObject({ status: 'connecting', reason: 'the programme is not there' });
    const first = harness.publish(PGM);
    await far.live('live/one', 1_000);
    const viewer = far.viewer(`/live/one.flv?key=${PUBLISH_KEY}`);
    await waitFor('pictures', 10_000, () => viewer.pictures().length > 20);
    relayTo(spec(farUrl('two')), spec(farUrl('one')));
    await far.live('live/two', 1_000);
    relayTo(spec(farUrl('one')));
    await waitFor('two to end', 5_000, () => !far.stream('live/two')?.live);
    const before = viewer.pictures().length;
    expectUnbroken(viewer.pictures());
    first.socket.destroy();
    await waitFor('the loss', 5_000, () => harness.stream(PGM)?.live === false);
    harness.publish(PGM, { first: 5_000 });
    await waitFor('more', 10_000, () => viewer.pictures().length > before + 40);
    expect(report(farUrl('one')).state).toMatchObject({ status: 'live', reconnects: 0 });
    const times = viewer.pictures().map(({ time }) => time);
    expect(times.every((time, index) => index === 0 || time > (times[index - 1] ?? 0))).toBe(true);
  });

  test('into our own hub goes by its own door, whatever the address says', async () => {
    harness.publish(PGM);
    const url = `rtmp://studio.example.com/live/back?key=${PUBLISH_KEY}`;
    harness.hub.setRelays({ addresses: 'public', relays: [spec(url, true)] });
    await harness.live('live/back', 1_000);
  });

  test('an address outside the policy is not connected to', async () => {
    harness.publish(PGM);
    const peer = await startPeer(() => {});
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = peer.url.replace('127.0.0.1', host);
      harness.hub.setRelays({ addresses: 'public', relays: [spec(url)] });
      await waitFor('the refusal', 5_000, () => report(url).state.failures > 0);
      expect(report(url).state.reason).toContain('not allowed');
    }
    expect(peer.connections()).toBe(0);
  });

  test('a refusal is told in the words of the server, without the key', async () => {
    harness.publish(PGM);
    const url = far.rtmpUrl('/live/some-long-name?key=wrong-key-of-mine');
    relayTo(spec(url));
    const { state } = await waitFor('the refusal', 5_000, () => report(url).state.failures > 0 && report(url));
    expect(state.status).toBe('retrying');
    expect(state.reason).toContain('key is missing or wrong');
    expect(state.reason).not.toContain('some-long-name');
  });
});

describe('the dialogue with a server', () => {
  let receiver: RtmpReceiver | null = null;
  afterEach(() => receiver?.close());

  test('goes as encoders lead it, and ends with a goodbye', async () => {
    receiver = await receiveRtmp();
    const { commands, media, port } = receiver;
    harness.publish(PGM, { dts: 9_000_000_000 });
    relayTo(spec(`rtmp://127.0.0.1:${port}/app/instance/key?sign=1`));
    await waitFor('pictures', 5_000, () => media.length > 20);
    relayTo();
    await waitFor('the goodbye', 5_000, () => commands.length > 6);
    expect(commands).toEqual([
      ...['connect app/instance', 'releaseStream key?sign=1', 'FCPublish key?sign=1', 'createStream'],
      ...['publish key?sign=1', 'FCUnpublish key?sign=1', 'deleteStream'],
    ]);
    const [metadata, config, first] = media;
    expect(metadata?.type).toBe(18);
    expect(metadata?.head.toString('latin1')).toContain('@setDataFrame');
    expect(config).toMatchObject({ type: 9, timestamp: 0, head: Buffer.from(config?.head ?? []).fill(0x17, 0, 1) });
    expect(config?.head[1]).toBe(0);
    expect(first).toMatchObject({ type: 9, timestamp: 100 });
    expect(first?.head.subarray(0, 2)).toEqual(Buffer.from([0x17, 1]));
  });

  test('a server that asks for a name and password gets its proof; one that refuses it is told', async () => {
    const asks = (app: string): string | null => {
      if (!app.includes('authmod')) return '[ code=403 need auth; authmod=adobe ]';
      if (!app.includes('response')) return '[ authmod=adobe ] : ?reason=needauth&user=me&salt=s&challenge=c&opaque=o';
      return null;
    };
    receiver = await receiveRtmp(asks);
    const { commands, media, port } = receiver;
    harness.publish(PGM);
    relayTo(spec(`rtmp://me:hunter2@127.0.0.1:${port}/app/key`));
    await waitFor('pictures', 5_000, () => media.length > 5);
    expect(commands.slice(0, 2)).toEqual(['connect app', 'connect app?authmod=adobe&user=me']);
    expect(commands[2]).toMatch(/^connect app\?authmod=adobe&user=me&challenge=[0-9a-f]{8}&response=.{24}&opaque=o$/);
    receiver.close();
    receiver = await receiveRtmp((app) => asks(app) ?? '[ authmod=adobe ] : hunter2 ?reason=authfailed&opaque=o');
    const url = `rtmp://me:hunter2@127.0.0.1:${receiver.port}/app/key`;
    relayTo(spec(url));
    await waitFor('the refusal', 5_000, () => report(url).state.failures > 0);
    // What the server repeats of our secrets is not passed on.
    expect(report(url).state.reason).toBe('[ authmod=adobe ] : *** ?reason=authfailed&opaque=o');
    expect(receiver.commands).toHaveLength(3);
  });
});

test('peers that are silent, refuse, trickle and break off cost neither the programme nor a good relay anything', async () => {
  harness.publish(PGM);
  await harness.live(PGM, 1_000);
  const silent = await startPeer(() => {});
  const trickling = await startPeer((socket) => {
    const timer = setInterval(() => socket.write(Buffer.from([3])), 100);
    socket.on('close', () => clearInterval(timer));
  });
  const breaking = await startPeer((socket) => void setTimeout(() => socket.resetAndDestroy(), 200));
  const garbage = await startPeer((socket) => socket.write(Buffer.alloc(5_000, 0xff)));
  const refusing = `rtmp://127.0.0.1:1/live/peer-secret-key`;
  const viewer = harness.viewer('/caster/pgm.flv');
  const bad = [silent.url, trickling.url, breaking.url, garbage.url, refusing];
  relayTo(...bad.map((url) => spec(url)), spec(farUrl('good')));
  await far.live('live/good', 1_000);
  const good = far.viewer(`/live/good.flv?key=${PUBLISH_KEY}`);
  await waitFor('several attempts', 10_000, () => breaking.connections() > 3);
  expectUnbroken(viewer.pictures());
  expectUnbroken(good.pictures());
  expect(report(farUrl('good')).state).toMatchObject({ status: 'live', reconnects: 0, droppedFrames: 0 });
  for (const url of [breaking.url, garbage.url, refusing]) expect(report(url).state.status).toBe('retrying');
  expect(report(garbage.url).state.reason).toBe('this is no RTMP server');
  expect(report(refusing).state.failures).toBeGreaterThan(2);
  for (const { state } of harness.hub.relays()) expect(JSON.stringify(state)).not.toContain('secret');
});
