/** The engine's end of the link against a hub that accepts, refuses, hangs and goes away. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LinkClient, type LinkClientOptions } from '../../../src/link/client.js';
import { type LinkFrame, type MediaPacket, TRACK_AAC, TRACK_VIDEO, type TrackConfig } from '../../../src/link/frame.js';
import { waitFor } from '../../support/wait.js';
import { FakeHub } from './fake-hub.js';

let hub: FakeHub;
let clients: LinkClient[] = [];

beforeEach(async () => {
  hub = await FakeHub.start();
});

afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await hub.close();
});

const CONFIG: TrackConfig = { track: TRACK_VIDEO, codec: 'h264', extradata: Buffer.from([1, 66, 0, 30]) };

interface Heard {
  client: LinkClient;
  opened: number;
  lost: string[];
  frames: LinkFrame[];
}

function connect(stream: string, more: Partial<LinkClientOptions> = {}): Heard {
  const heard: Omit<Heard, 'client'> = { opened: 0, lost: [], frames: [] };
  const client: LinkClient = new LinkClient({
    path: hub.path,
    token: 'secret',
    stream,
    role: 'publish',
    onOpen: () => {
      heard.opened++;
      client.sendConfig(CONFIG);
    },
    onLost: (reason) => heard.lost.push(reason),
    onFrame: (frame) => heard.frames.push(frame),
    ...more,
  });
  clients.push(client);
  return Object.assign(heard, { client });
}

function video(key: boolean, dts: number, bytes = 10): MediaPacket {
  return { track: TRACK_VIDEO, key, dts, cts: 0, payload: Buffer.alloc(bytes, 1) };
}

function audio(dts: number): MediaPacket {
  return { track: TRACK_AAC, key: true, dts, cts: 0, payload: Buffer.alloc(10, 2) };
}

test('says hello first; nothing else is sent before the hub has accepted', async () => {
  hub.answer = null;
  const { client } = connect('caster/a');
  const peer = await hub.connection('caster/a');
  expect(peer.hello).toEqual({ version: 1, role: 'publish', stream: 'caster/a', token: 'secret' });
  expect(client.isOpen).toBe(false);
  client.sendConfig(CONFIG);
  client.sendControl({ type: 'keyframe' });
  expect(client.sendPacket(video(true, 0))).toBe(false);

  peer.send({ type: 'accepted' });
  await waitFor('the config', 2000, () => peer.configs.length > 0);
  expect(client.isOpen).toBe(true);
  expect(client.sendPacket(video(true, 1))).toBe(true);
  await waitFor('the packet', 2000, () => peer.packets.length > 0);
  expect(peer.frames.map(({ kind }) => kind)).toEqual(['hello', 'config', 'packet']);
  expect(peer.packets[0]).toEqual(video(true, 1));
});

test('video begins with a key frame, sound at once', async () => {
  const { client } = connect('caster/a');
  const peer = await hub.connection('caster/a');
  await waitFor('open', 2000, () => client.isOpen);
  const sent = [video(false, 1), audio(2), video(true, 3), video(false, 4)].map((packet) => client.sendPacket(packet));
  expect(sent).toEqual([false, true, true, true]);
  await waitFor('the packets', 2000, () => peer.packets.length === 3);
  expect(peer.packets.map(({ dts }) => dts)).toEqual([2, 3, 4]);
  expect(client.dropped).toBe(1);
});

test('what the hub says is passed on, but for the acceptance', async () => {
  const heard = connect('caster/a');
  const peer = await hub.connection('caster/a');
  peer.send({ type: 'demand', readers: 3, opus: 1 });
  peer.send({ type: 'keyframe' });
  await waitFor('two frames', 2000, () => heard.frames.length === 2);
  expect(heard.frames).toEqual([
    { kind: 'control', control: { type: 'demand', readers: 3, opus: 1 } },
    { kind: 'control', control: { type: 'keyframe' } },
  ]);
});

test('connects again when the hub was away, opens again, and waits for a key frame again', async () => {
  const heard = connect('caster/a');
  const first = await hub.connection('caster/a');
  await waitFor('open', 2000, () => heard.opened === 1);
  heard.client.sendPacket(video(true, 0));
  await waitFor('the packet', 2000, () => first.packets.length === 1);
  await hub.stop();
  await waitFor('the loss', 2000, () => heard.lost.length === 1);
  expect(heard.client.isOpen).toBe(false);
  expect(heard.client.sendPacket(video(true, 1))).toBe(false);

  await hub.listen();
  await waitFor('open again', 3000, () => heard.opened === 2);
  const second = await hub.connection('caster/a', 1);
  await waitFor('the config', 2000, () => second.configs.length === 1);
  expect(second.configs[0]).toEqual(CONFIG);
  expect([video(false, 2), video(true, 3)].map((packet) => heard.client.sendPacket(packet))).toEqual([false, true]);
  await waitFor('the packet', 2000, () => second.packets.length === 1);
  expect(second.packets[0]?.dts).toBe(3);
  expect(heard.lost).toHaveLength(1);
});

test('a hub that breaks the framing is left and tried again', async () => {
  const heard = connect('caster/a');
  const first = await hub.connection('caster/a');
  await waitFor('open', 2000, () => heard.opened === 1);
  first.socket.write(Buffer.from([0, 0, 0, 1, 77]));
  await waitFor('open again', 3000, () => heard.opened === 2);
  expect(heard.lost).toEqual(['unknown frame kind 77']);
  expect(first.closed).toBe(true);
});

test('a refusal is told, and asked about again with a growing pause', async () => {
  hub.answer = { type: 'refused', reason: 'stream is being published' };
  const times: number[] = [];
  const heard = connect('caster/a', {
    onFrame: () => {
      times.push(performance.now());
      hub.connections.at(-1)?.socket.destroy();
    },
  });
  await waitFor('four refusals', 4000, () => times.length >= 4);
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  // 50, 100 and 200 ms.
  expect(pauses[0]).toBeGreaterThanOrEqual(45);
  expect(pauses[1]).toBeGreaterThanOrEqual(95);
  expect(pauses[2]).toBeGreaterThanOrEqual(195);
  expect(heard.opened).toBe(0);
  expect(heard.lost).toEqual([]);
});

test('while the hub hangs, packets are refused; afterwards it goes on with the next key frame', async () => {
  const { client } = connect('caster/a');
  const peer = await hub.connection('caster/a');
  await waitFor('open', 2000, () => client.isOpen);
  peer.socket.pause();
  const size = 256 * 1024;
  let taken = 0;
  while (client.sendPacket(video(taken === 0, taken, size))) {
    taken++;
    // 4 MB of backlog and what the kernel takes.
    expect(taken * size).toBeLessThan(8 * 1024 * 1024);
    await new Promise(setImmediate);
  }
  expect(taken * size).toBeGreaterThanOrEqual(4 * 1024 * 1024);
  expect(client.sendPacket(audio(1))).toBe(false);
  expect(client.sendPacket(video(true, 1))).toBe(false);
  expect(client.dropped).toBe(3);

  peer.socket.resume();
  await waitFor('all that was taken', 3000, () => peer.packets.length === taken);
  expect([video(false, 7000), audio(7001), video(false, 7002)].map((packet) => client.sendPacket(packet))).toEqual([
    false,
    true,
    false,
  ]);
  expect([video(true, 7003), video(false, 7004)].map((packet) => client.sendPacket(packet))).toEqual([true, true]);
  await waitFor('the rest', 3000, () => peer.packets.length === taken + 3);
  expect(peer.packets.map(({ dts }) => dts)).toEqual([...Array(taken).keys(), 7001, 7003, 7004]);
});

test('closing with a reason ends the stream behind everything that was sent', async () => {
  const { client } = connect('caster/a');
  const peer = await hub.connection('caster/a');
  await waitFor('open', 2000, () => client.isOpen);
  client.sendPacket(video(true, 5));
  client.close('the studio was stopped');
  client.close('a second time');
  expect(client.isOpen).toBe(false);
  expect(client.sendPacket(video(true, 6))).toBe(false);
  await waitFor('the end', 2000, () => peer.closed);
  expect(peer.packets.map(({ dts }) => dts)).toEqual([5]);
  expect(peer.controls).toEqual([{ type: 'end', reason: 'the studio was stopped' }]);
  expect(hub.connections).toHaveLength(1);
});

test('closing without a reason only hangs up; nothing is tried again', async () => {
  const heard = connect('caster/a');
  const peer = await hub.connection('caster/a');
  await waitFor('open', 2000, () => heard.client.isOpen);
  heard.client.close();
  await waitFor('hanging up', 2000, () => peer.closed);
  expect(peer.controls).toEqual([]);
  expect(heard.lost).toEqual([]);
  expect(hub.connections).toHaveLength(1);
});

test('closing while the hub is away ends the attempts', async () => {
  const heard = connect('caster/a');
  await waitFor('open', 2000, () => heard.opened === 1);
  await hub.stop();
  await waitFor('the loss', 2000, () => heard.lost.length === 1);
  heard.client.close('over');
  await hub.listen();
  // Long enough for two attempts, had they gone on.
  await expect(waitFor('an attempt', 200, () => hub.connections.length > 1)).rejects.toThrow();
});
