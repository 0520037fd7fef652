/** What leaves the engine for a scene, seen from the hub: who is encoded for whom, and where key frames fall. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SceneOutput, type SceneOutputOptions } from '../../../../src/engine/encode/scene-output.js';
import { TRACK_AAC, TRACK_OPUS, TRACK_VIDEO } from '../../../../src/link/frame.js';
import { waitFor } from '../../../support/wait.js';
import { FakeHub, type FakeHubConnection } from '../../link/fake-hub.js';
import { PictureWatch } from '../picture-watch.js';

const FPS = 30;
const BLOCK = 1600;
const SIZE = { width: 64, height: 48 };

let hub: FakeHub;
let watch: PictureWatch;
let output: SceneOutput;
let started: number;
let errors: string[];
let tick: number;

beforeEach(async () => {
  hub = await FakeHub.start();
  watch = new PictureWatch();
  started = 0;
  errors = [];
  tick = 0;
});

afterEach(async () => {
  await output.close('the test is over');
  await hub.close();
  expect(watch.held).toBe(0);
  expect(watch.freedTwice).toBe(0);
  expect(errors).toEqual([]);
});

async function open(options: Partial<SceneOutputOptions> = {}): Promise<FakeHubConnection> {
  output = new SceneOutput({
    stream: 'caster/a',
    encoding: { ...SIZE, bitrate: 300_000 },
    renditions: [],
    fps: FPS,
    gopSeconds: 2,
    sound: { bitrate: 64_000, channels: 2 },
    always: true,
    linkPath: hub.path,
    linkToken: 'secret',
    onStarted: () => {
      started++;
    },
    onError: (error) => errors.push(error.message),
    ...options,
  });
  const peer = await hub.connection('caster/a');
  await waitFor('the announcement', 3000, () => output.isAnnounced);
  return peer;
}

/** Waits, turn by turn of the event loop, for what the hub is about to get. */
async function until(what: string, probe: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 3000; !probe(); ) {
    if (performance.now() > deadline) throw new Error(`${what} did not come in time`);
    await new Promise(setImmediate);
  }
}

/**
 * Plays ticks as the mixer does, no faster than the encoders go; returns those for which a picture was needed.
 * @param peers get a picture for each of them
 */
async function play(ticks: number, peers: FakeHubConnection[]): Promise<number[]> {
  const needed: number[] = [];
  for (const end = tick + ticks; tick < end; tick++) {
    if (output.begin(tick)) {
      needed.push(tick);
      output.pushPicture(watch.make(40 + (tick % 20) * 8, SIZE.width, SIZE.height));
    }
    output.pushSound(new Float32Array(BLOCK * 2), tick * BLOCK);
    const last = needed.at(-1);
    if (last === undefined || (tick % 4 !== 3 && tick !== end - 1)) continue;
    for (const peer of peers) {
      await until(`picture ${last}`, () => {
        const packet = peer.packets.findLast(({ track }) => track === TRACK_VIDEO);
        return packet !== undefined && tickOf(packet) === last;
      });
    }
  }
  return needed;
}

function video(peer: FakeHubConnection) {
  return peer.packets.filter(({ track }) => track === TRACK_VIDEO);
}

/** The tick of a packet; output times begin one second after tick 0. */
function tickOf({ dts }: { dts: number }): number {
  return Math.round(((dts - 1_000_000) * FPS) / 1_000_000);
}

function keyTicks(peer: FakeHubConnection): number[] {
  return video(peer)
    .filter(({ key }) => key)
    .map(tickOf);
}

/** Tells the engine of viewers, and waits until it knows. */
async function demand(peer: FakeHubConnection, readers: number, opus = 0): Promise<void> {
  peer.send({ type: 'demand', readers, opus });
  // What is on the socket arrives in order; a turn or two of the loop is enough, and a fixed time would be a guess.
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
}

test('the programme is encoded though nobody watches, from a key frame on, every two seconds another', async () => {
  const peer = await open();
  expect(started).toBe(0);
  expect(await play(130, [peer])).toHaveLength(130);
  expect(video(peer).map(tickOf)).toEqual([...Array(130).keys()]);
  expect(keyTicks(peer)).toEqual([0, 60, 120]);
  expect(started).toBe(1);
  expect(output.dropped).toBe(0);
  const kinds = peer.frames.map((frame) => frame.kind);
  expect(kinds.indexOf('config')).toBeLessThan(kinds.indexOf('packet'));
});

test('a key frame that a viewer needs comes with the next tick, but not twice in half a second', async () => {
  const peer = await open();
  await play(20, [peer]);
  peer.send({ type: 'keyframe' });
  await demand(peer, 1);
  await play(3, [peer]);
  peer.send({ type: 'keyframe' });
  await demand(peer, 1);
  await play(20, [peer]);
  expect(keyTicks(peer)).toEqual([0, 20, 35]);
});

test('key frames fall on the same ticks in full size and rendition, whenever a rendition begins', async () => {
  const full = await open({
    renditions: [{ template: 'lld', stream: 'caster/a_lld', encoding: { width: 32, height: 24, bitrate: 100_000 } }],
  });
  const small = await hub.connection('caster/a_lld');
  await play(25, [full]);
  expect(video(small)).toEqual([]);
  await demand(small, 1);
  await play(60, [full, small]);
  small.send({ type: 'keyframe' });
  await demand(small, 1);
  await play(60, [full, small]);
  expect(video(small).map(tickOf)).toEqual(Array.from({ length: 120 }, (_, index) => 25 + index));
  expect(keyTicks(small)).toEqual([25, 60, 85, 120]);
  expect(keyTicks(full)).toEqual([0, ...keyTicks(small)]);
});

test('nothing is encoded for a preview that nobody watches', async () => {
  const peer = await open({ always: false });
  expect(await play(30, [peer])).toEqual([]);
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  expect(peer.frames.map(({ kind }) => kind)).toEqual(['hello']);
  expect(watch.made).toBe(0);
});

test('a preview is encoded while it is watched and for ten seconds after; then it begins anew with a key frame', async () => {
  const peer = await open({ always: false });
  await demand(peer, 1);
  expect(await play(10, [peer])).toHaveLength(10);
  await demand(peer, 0);
  expect(await play(300, [peer])).toHaveLength(300);
  expect(await play(10, [])).toEqual([]);
  const before = video(peer).length;
  await demand(peer, 1);
  await play(5, [peer]);
  expect(tickOf(video(peer)[before] ?? { dts: 0 })).toBe(320);
  expect(video(peer)[before]?.key).toBe(true);
});

test('sound is AAC; Opus is made only for those who need it', async () => {
  const peer = await open();
  await play(30, [peer]);
  await waitFor('sound', 3000, () => peer.packets.some(({ track }) => track === TRACK_AAC));
  expect(peer.packets.some(({ track }) => track === TRACK_OPUS)).toBe(false);
  await demand(peer, 1, 1);
  await play(30, [peer]);
  const opus = () => peer.packets.filter(({ track }) => track === TRACK_OPUS);
  await waitFor('Opus', 3000, () => opus().length >= 45);
  expect(peer.configs.map(({ codec }) => codec).sort()).toEqual(['aac', 'h264', 'opus']);
  // It begins where the picture is by then: at tick 30, less what the codec needs to warm up.
  const first = ((opus()[0]?.dts ?? 0) - 1_000_000) / 1000;
  expect(first).toBeGreaterThan(980);
  expect(first).toBeLessThanOrEqual(1000);
  // Blocks of 1024 and 960 samples, end to end.
  const aac = peer.packets.filter(({ track }) => track === TRACK_AAC).map(({ dts }) => dts);
  expect(Math.max(...aac.slice(1).map((dts, i) => Math.abs(dts - (aac[i] ?? 0) - 1024 / 0.048)))).toBeLessThan(2);
});

test('configurations are sent again after the hub was away, and a key frame follows', async () => {
  const first = await open();
  await play(20, [first]);
  await hub.stop();
  await waitFor('the loss', 3000, () => !output.isAnnounced);
  await play(10, []);
  await hub.listen();
  const second = await hub.connection('caster/a', 1);
  await waitFor('the announcement', 3000, () => output.isAnnounced);
  await play(10, [second]);
  expect(second.configs.map(({ codec }) => codec).sort()).toEqual(['aac', 'h264']);
  expect(second.configs.find(({ codec }) => codec === 'h264')?.extradata).toEqual(
    first.configs.find(({ codec }) => codec === 'h264')?.extradata,
  );
  expect(video(second)[0]?.key).toBe(true);
});

test('closing declares every stream over', async () => {
  const full = await open({
    renditions: [{ template: 'lld', stream: 'caster/a_lld', encoding: { width: 32, height: 24, bitrate: 100_000 } }],
  });
  const small = await hub.connection('caster/a_lld');
  await play(3, [full]);
  await output.close('the studio was stopped');
  await waitFor('both ends', 3000, () => full.closed && small.closed);
  for (const peer of [full, small]) {
    expect(peer.controls).toEqual([{ type: 'end', reason: 'the studio was stopped' }]);
  }
});
