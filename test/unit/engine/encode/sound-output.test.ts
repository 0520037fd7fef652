/** A stream that carries sound alone: coded while somebody listens, in the forms that listeners need. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SoundOutput } from '../../../../src/engine/encode/sound-output.js';
import { opusBitrate } from '../../../../src/engine/encode/sound-tracks.js';
import { TRACK_AAC, TRACK_OPUS } from '../../../../src/link/frame.js';
import { FakeHub, type FakeHubConnection } from '../../link/fake-hub.js';

const FPS = 30;
const BLOCK = 1600;

let hub: FakeHub;
let output: SoundOutput;
let tick: number;

beforeEach(async () => {
  hub = await FakeHub.start();
  tick = 0;
});

afterEach(async () => {
  output.close('the test is over');
  await hub.close();
});

async function open(channels: 1 | 2): Promise<FakeHubConnection> {
  output = new SoundOutput({
    stream: 'caster/a_listen_rv01',
    coding: { bitrate: 96_000, channels },
    fps: FPS,
    linkPath: hub.path,
    linkToken: 'secret',
  });
  return hub.connection('caster/a_listen_rv01');
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
}

/** Plays ticks as the mixer does; returns for how many of them sound was needed. */
async function play(ticks: number): Promise<number> {
  let needed = 0;
  for (const end = tick + ticks; tick < end; tick++) {
    if (!output.begin(tick)) continue;
    needed++;
    output.pushSound(new Float32Array(BLOCK * 2).fill(0.25), tick * BLOCK);
  }
  await turns();
  return needed;
}

async function demand(peer: FakeHubConnection, readers: number, opus: number): Promise<void> {
  peer.send({ type: 'demand', readers, opus });
  await turns();
}

function tracks(peer: FakeHubConnection): Set<number> {
  return new Set(peer.packets.map(({ track }) => track));
}

test('is coded while somebody listens and ten seconds longer, as Opus only for those who need it', async () => {
  const peer = await open(2);
  await turns();
  expect(await play(30)).toBe(0);
  expect(peer.packets).toEqual([]);
  await demand(peer, 1, 0);
  expect(await play(30)).toBe(30);
  expect(tracks(peer)).toEqual(new Set([TRACK_AAC]));
  await demand(peer, 2, 1);
  expect(await play(30)).toBe(30);
  expect(tracks(peer)).toEqual(new Set([TRACK_AAC, TRACK_OPUS]));
  await demand(peer, 0, 0);
  expect(await play(400)).toBe(10 * FPS);
});

test('both forms have the times of the samples', async () => {
  const peer = await open(2);
  await turns();
  await demand(peer, 1, 1);
  await play(60);
  for (const track of [TRACK_AAC, TRACK_OPUS]) {
    const times = peer.packets.filter((packet) => packet.track === track).map(({ dts }) => dts);
    const step = track === TRACK_AAC ? 1024 / 48 : 20;
    expect(times.length).toBeGreaterThan(60);
    // Tick 0 is at one second; the codec begins a little before it.
    expect(times[0]).toBeGreaterThan(1_000_000 - 50_000);
    expect(times[0]).toBeLessThanOrEqual(1_000_000);
    for (const [index, time] of times.entries()) {
      expect(Math.abs(time - (times[0] ?? 0) - index * step * 1000)).toBeLessThan(2);
    }
  }
});

test.each([1, 2] as const)('says that it has %s channels', async (channels) => {
  const peer = await open(channels);
  await turns();
  await demand(peer, 1, 1);
  await play(10);
  const { configs } = peer;
  const aac = configs.find(({ track }) => track === TRACK_AAC);
  const opus = configs.find(({ track }) => track === TRACK_OPUS);
  // AudioSpecificConfig (ISO 14496-3 section 1.6.2.1): 5 bits of type, 4 of rate, 4 of channels.
  expect(((aac?.extradata[1] ?? 0) >> 3) & 0xf).toBe(channels);
  // OpusHead (RFC 7845 section 5.1): the channel count is the tenth byte.
  expect(opus?.extradata[9]).toBe(channels);
});

test('Opus gets three quarters of what AAC has, and 192 kbit/s at most', () => {
  expect([64_000, 128_000, 320_000].map(opusBitrate)).toEqual([48_000, 96_000, 192_000]);
});
