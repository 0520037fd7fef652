/** What leaves the engine for a scene, seen from the hub: who is encoded for whom, and where key frames fall. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VideoEncoder } from '../../../../src/engine/av/video-encoder.js';
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
    openEncoder: (encoder) => new VideoEncoder(encoder),
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

const SMALL = { template: 'lld', stream: 'caster/a_lld', encoding: { width: 32, height: 24, bitrate: 100_000 } };

test('a rendition of fewer pictures has every second one, and the key frames of the others', async () => {
  const slow = { template: 'slow', stream: 'caster/a_slow', encoding: { ...SMALL.encoding, fps: 15 } };
  const full = await open({ renditions: [slow] });
  const small = await hub.connection('caster/a_slow');
  await demand(small, 1);
  await play(25, [full]);
  full.send({ type: 'keyframe' });
  await demand(full, 1);
  await play(46, [full]);
  await until('the last one', () => video(small).map(tickOf).includes(70));
  // Tick 25 is one of those between, but the full size has its key frame there.
  const even = Array.from({ length: 36 }, (_, index) => 2 * index);
  expect(video(small).map(tickOf)).toEqual([...even, 25].sort((a, b) => a - b));
  expect(keyTicks(small)).toEqual([0, 25, 60]);
  expect(keyTicks(full)).toEqual([0, 25, 60]);
});

test('an encoder that dies is opened anew; its key frame is one of all sizes, and the others lack nothing', async () => {
  let failsAt = 10;
  const full = await open({
    renditions: [SMALL],
    openEncoder: (options) => {
      const encoder = new VideoEncoder(options);
      return {
        config: encoder.config,
        encode: async (picture, at, key) => {
          if (options.width !== 32 || at !== failsAt) return encoder.encode(picture, at, key);
          failsAt = -1;
          picture.free();
          throw new Error('the encoder died');
        },
        close: () => encoder.close(),
      };
    },
  });
  const small = await hub.connection('caster/a_lld');
  await demand(small, 1);
  await play(75, [full]);
  await until('the last one', () => video(small).map(tickOf).includes(74));
  expect(errors.splice(0)).toEqual(['the encoder died']);
  expect(video(full).map(tickOf)).toEqual([...Array(75).keys()]);
  const missing = [...Array(75).keys()].filter((at) => !video(small).map(tickOf).includes(at));
  expect([missing[0], missing.length]).toEqual([10, 20]);
  expect(keyTicks(small)).toEqual([0, 30, 60]);
  expect(keyTicks(full)).toEqual([0, 30, 60]);
  expect(small.closed).toBe(false);
});

test('the hub is told which sizes there are and how each is coded, before any rendition is watched', async () => {
  const peer = await open({ renditions: [{ ...SMALL, encoding: { ...SMALL.encoding, fps: 15 } }], ladder: true });
  await play(2, [peer]);
  const ladders = peer.controls.flatMap((control) => (control.type === 'ladder' ? [control.variants] : []));
  const sound = { soundBitrate: 64_000, codec: expect.stringMatching(/^avc1\.4D[0-9A-F]{4}$/) };
  expect(ladders).toEqual([
    [
      { stream: 'caster/a', ...SIZE, fps: 30, bitrate: 300_000, burst: 300_000, ...sound },
      { stream: 'caster/a_lld', width: 32, height: 24, fps: 15, bitrate: 100_000, burst: 100_000, ...sound },
    ],
  ]);
  const codec = peer.configs.find(({ track }) => track === TRACK_VIDEO)?.extradata ?? [];
  expect(ladders[0]?.[0]?.codec).toBe(`avc1.${Buffer.from(codec.slice(1, 4)).toString('hex').toUpperCase()}`);
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
