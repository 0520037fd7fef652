/**
 * What the hub does not put up with: strangers who take their time, too many of them, garbage, and more viewers than
 * it has room for. Deadlines are shortened; that they are kept is what counts.
 */
import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { HlsShelf } from '../../src/hub/playback/hls.js';
import { startHttpServer } from '../../src/hub/playback/http-server.js';
import { WhepDesk } from '../../src/hub/playback/whep.js';
import { startRtmpServer } from '../../src/hub/rtmp-server.js';
import { StreamTable } from '../../src/hub/stream-table.js';
import { createLogger } from '../../src/lib/log.js';
import { HubHarness, PUBLISH_KEY } from '../support/hub-harness.js';
import { generator, randomBytes } from '../support/random.js';
import { RtmpClient } from '../support/rtmp-client.js';
import { waitFor } from '../support/wait.js';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const log = createLogger('test');
const now = () => performance.now();
const table = () => new StreamTable({ maxReaders: 20, now, callbacks: { published: () => {} } });

async function startHub(maxReaders = 20): Promise<HubHarness> {
  const harness = await HubHarness.start({ maxReaders });
  closers.push(() => harness.close());
  return harness;
}

/** A harness for its sockets, and an RTMP server of its own beside it. */
async function startRtmp(authoriseMs?: number): Promise<{ open: () => Socket }> {
  const harness = await startHub();
  const server = await startRtmpServer({
    host: '127.0.0.1',
    port: 0,
    publishKey: PUBLISH_KEY,
    maxReaders: 20,
    table: table(),
    log,
    ...(authoriseMs !== undefined && { authoriseMs }),
  });
  closers.push(server.close);
  return { open: () => harness.connect(server.port).resume() };
}

const closed = (socket: Socket) => waitFor('the end', 5_000, () => socket.destroyed);

test('an RTMP connection that does not publish or play in time is closed', async () => {
  const { open } = await startRtmp(400);
  const silent = open();
  const chatty = open();
  const connected = new RtmpClient(chatty);
  connected.command('connect', 1, { app: 'live' });
  await connected.hear('_result');
  const encoder = new RtmpClient(open());
  encoder.ask('publish', 'live', `cam?key=${PUBLISH_KEY}`);
  await encoder.hear('Publish.Start');
  const late = open();
  for (const socket of [silent, chatty, late]) await closed(socket);
  // One that was let in is judged no more.
  expect(encoder.closed).toBe(false);
});

test('the time begins anew, and ends again, for an encoder that stops and stays', async () => {
  const { open } = await startRtmp(400);
  const encoder = new RtmpClient(open());
  encoder.ask('publish', 'live', `cam?key=${PUBLISH_KEY}`);
  await encoder.hear('Publish.Start');
  encoder.command('deleteStream', 4, null, 1);
  await waitFor('the end', 5_000, () => encoder.closed);
});

test('an RTMP connection may send 64 kB before it publishes or plays', async () => {
  const { open } = await startRtmp();
  const socket = open();
  const client = new RtmpClient(socket);
  const filler = () => client.command('unheard', 0, 'x'.repeat(10_000));
  for (let count = 0; count < 4; count++) filler();
  client.command('connect', 1, { app: 'live' });
  await client.hear('_result');
  expect(client.closed).toBe(false);
  for (let count = 0; count < 4; count++) filler();
  await closed(socket);
});

test('64 strangers from one address are enough; one that is let in makes room', async () => {
  const { open } = await startRtmp();
  const strangers = Array.from({ length: 64 }, () => new RtmpClient(open()));
  for (const stranger of strangers) stranger.command('connect', 1, { app: 'live' });
  for (const stranger of strangers) await stranger.hear('_result');
  await closed(open());
  const [first] = strangers;
  first?.command('publish', 3, null, `cam?key=${PUBLISH_KEY}`);
  await first?.hear('Publish.Start');
  const late = new RtmpClient(open());
  late.command('connect', 1, { app: 'live' });
  await late.hear('_result');
  expect(strangers.some((stranger) => stranger.closed)).toBe(false);
});

test('HTTP requests that take their time are ended, while a viewer may watch for as long as it likes', async () => {
  const harness = await startHub();
  const streams = table();
  const publication = streams.obtain('caster/slow')?.publish({
    canMakeKeyframes: false,
    keyframe: () => {},
    demand: () => {},
    replaced: () => {},
  });
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    publishKey: PUBLISH_KEY,
    maxReaders: 20,
    table: streams,
    hls: new HlsShelf({ now, wall: Date.now }),
    whep: new WhepDesk({ port: 0, bindAddress: null, addresses: [], maxSessions: 1, now, log }),
    log,
    timeouts: { headers: 300, request: 1_500, check: 50 },
  });
  closers.push(server.close);
  const say = (text: string): Socket => {
    const socket = harness.connect(server.port).resume();
    socket.write(text);
    return socket;
  };
  const viewer = say('GET /caster/slow.flv HTTP/1.1\r\nHost: x\r\n\r\n');
  const nothing = say('');
  const headers = say('GET /caster/slow.flv HTTP/1.1\r\nHost: x\r\n');
  const dripping = setInterval(() => headers.write('X-More: y\r\n'), 40);
  const body = say(
    'POST /whep/caster/slow HTTP/1.1\r\nHost: x\r\nContent-Type: application/sdp\r\nContent-Length: 999\r\n\r\nv',
  );
  const large = say(`GET / HTTP/1.1\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`);
  try {
    for (const socket of [nothing, headers, large]) await closed(socket);
    expect(body.destroyed).toBe(false);
    await closed(body);
  } finally {
    clearInterval(dripping);
  }
  expect(viewer.destroyed).toBe(false);
  expect(streams.find('caster/slow')?.readers).toBe(1);
  publication?.close('over', 'done');
  await closed(viewer);
});

test('one viewer more than there is room for is refused by every protocol, with a reason', async () => {
  const harness = await startHub(1);
  harness.publish('caster/full');
  await harness.live('caster/full');
  const viewer = harness.viewer('/caster/full.flv');
  await waitFor('the viewer', 5_000, () => viewer.tags.length > 3);
  const problem = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(harness.url(path), init);
    return { status: response.status, ...((await response.json()) as { code: string }) };
  };
  const full = { status: 503, code: 'TooManyViewers' };
  expect(await problem('/caster/full.flv')).toMatchObject(full);
  expect(await problem('/caster/full.m3u8')).toMatchObject(full);
  const offer = { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: 'v=0' };
  expect(await problem('/whep/caster/full', offer)).toMatchObject(full);
  const player = new RtmpClient(harness.connect(harness.hub.rtmpPort));
  player.ask('play', 'caster', 'full');
  await player.hear('NetStream.Play.Failed');
  await waitFor('the end', 5_000, () => player.closed);
  expect(harness.stream('caster/full')?.readers).toBe(1);
  // Engines are no viewers: a studio can still take the stream.
  const engine = harness.engine('subscribe', 'caster/full');
  await waitFor('packets', 5_000, () => engine.packets().length > 3);
  viewer.stop();
  await waitFor('room', 5_000, () => harness.stream('caster/full')?.readers === 1);
  const next = new RtmpClient(harness.connect(harness.hub.rtmpPort));
  next.ask('play', 'caster', 'full');
  await next.hear('NetStream.Play.Start');
});

test('garbage does not end the hub', async () => {
  const harness = await startHub();
  const random = generator(1);
  for (const port of [harness.hub.rtmpPort, harness.hub.mediaPort]) {
    const sockets = Array.from({ length: 20 }, (_, round) => {
      const socket = harness.connect(port).resume();
      const bytes = randomBytes(random, 20_000);
      // Every other time past RTMP's handshake, into the chunk stream.
      if (round % 2 === 0) bytes[0] = 3;
      socket.end(bytes);
      return socket;
    });
    for (const socket of sockets) await closed(socket);
  }
  const answer = async (path: string) => {
    const response = await fetch(harness.url(path));
    return { status: response.status, ...((await response.json()) as { code: string }) };
  };
  expect(await answer('/caster/none.flv')).toMatchObject({ status: 404, code: 'StreamNotFound' });
  expect(await answer('/caster/none.m3u8')).toMatchObject({ status: 404, code: 'StreamNotFound' });
  expect(await answer('/live/cam.flv')).toMatchObject({ status: 403, code: 'Forbidden' });
  expect(await answer('/caster/..%2f.flv')).toMatchObject({ status: 404 });
  const player = new RtmpClient(harness.connect(harness.hub.rtmpPort));
  player.ask('play', 'caster', 'none');
  await player.hear('NetStream.Play.StreamNotFound');
});
