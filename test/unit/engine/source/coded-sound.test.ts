/** The coded sound of a source: heard while it is wanted, kept while it is not, and what damage does. */
import { AV_CHANNEL_LAYOUT_STEREO, AV_CODEC_ID_PCM_F32LE, AVMEDIA_TYPE_AUDIO } from 'node-av/constants';
import { CodecParameters } from 'node-av/lib';
import { beforeEach, expect, test, vi } from 'vitest';
import { AudioDecoder } from '../../../../src/engine/av/audio-decoder.js';
import { AudioEncoder } from '../../../../src/engine/av/audio-encoder.js';
import type { CodedPacket } from '../../../../src/engine/av/decoder.js';
import { SoundRing } from '../../../../src/engine/media/sound-ring.js';
import { CodedSound } from '../../../../src/engine/source/coded-sound.js';
import { generator } from '../../../support/random.js';
import { roughest } from '../spectrum.js';

const RATE = 48_000;
/** Level of the tone on the left side. */
const TONE = 0.5 / Math.SQRT2;

let ring: SoundRing;
let errors: string[];
let sound: CodedSound;

beforeEach(() => {
  ring = new SoundRing();
  errors = [];
  sound = new CodedSound({ sound: ring, toEngine: (pts) => pts, onError: (message) => errors.push(message) });
});

function aac(seconds: number): { config: Buffer; packets: CodedPacket[] } {
  const encoder = new AudioEncoder('aac', { bitrate: 128_000, channels: 2 });
  const packets: CodedPacket[] = [];
  for (let sample = 0; sample < seconds * RATE; sample += encoder.frameSize) {
    const block = new Float32Array(encoder.frameSize * 2);
    for (let i = 0; i < encoder.frameSize; i++) {
      block[2 * i] = 0.5 * Math.sin((2 * Math.PI * 500 * (sample + i)) / RATE);
      block[2 * i + 1] = 0;
    }
    for (const { sample: at, payload } of encoder.encode(block, sample)) {
      const pts = (at * 1_000_000) / RATE;
      packets.push({ payload, pts, dts: pts, key: true });
    }
  }
  const { config } = encoder;
  encoder.close();
  return { config, packets };
}

/** Level of both sides from a sample on. */
function loudness(first: number, count: number): [number, number] {
  const out = new Float32Array(count * 2);
  ring.read(out, first);
  const level = (side: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += (out[2 * i + side] ?? 0) ** 2;
    return Math.sqrt(sum / count);
  };
  return [level(0), level(1)];
}

function feed({ config, packets }: ReturnType<typeof aac>): void {
  sound.setConfig({ codec: 'aac', extradata: config });
  for (const packet of packets) sound.push(packet);
}

test('is decoded while the source is wanted, at its own place and side', () => {
  sound.setWanted(true, 0);
  feed(aac(1));
  expect(Math.abs(ring.end - RATE)).toBeLessThan(2048);
  const [left, right] = loudness(30_000, 9600);
  expect(left).toBeCloseTo(TONE, 1);
  expect(right).toBeLessThan(0.01);
});

test('of a source that is not wanted nothing is decoded; what was read ahead is heard at once when it is', () => {
  feed(aac(3));
  expect(ring.isEmpty).toBe(true);
  sound.advance(1_000_000);
  sound.setWanted(true, 1_000_000);
  expect(loudness(RATE, 9600)[0]).toBeCloseTo(TONE, 1);
  expect(loudness(2.5 * RATE, 9600)[0]).toBeCloseTo(TONE, 1);
  // What was over long before is let go.
  expect(loudness(0.5 * RATE, 4800)[0]).toBe(0);
});

test('wanted no more and again at once, it has lost nothing that is still to be heard', () => {
  sound.setWanted(true, 0);
  feed(aac(3));
  sound.advance(1_000_000);
  sound.setWanted(false, 1_000_000);
  ring.clear();
  sound.setWanted(true, 1_100_000);
  expect(loudness(1.2 * RATE, 9600)[0]).toBeCloseTo(TONE, 1);
  expect(loudness(2.5 * RATE, 9600)[0]).toBeCloseTo(TONE, 1);
});

test('outside the span after a seam it is not heard, also when it was kept over the seam', () => {
  const { config, packets } = aac(3);
  sound.setConfig({ codec: 'aac', extradata: config });
  for (const packet of packets.filter(({ pts }) => pts < 1_000_000)) sound.push(packet);
  sound.seam({ from: 1_500_000, to: 2_000_000 });
  for (const packet of packets.filter(({ pts }) => pts >= 1_000_000)) sound.push(packet);
  sound.setWanted(true, 0);
  expect(loudness(0.5 * RATE, 9600)[0]).toBeCloseTo(TONE, 1);
  expect(loudness(1.1 * RATE, 9600)[0]).toBe(0);
  expect(loudness(1.6 * RATE, 9600)[0]).toBeCloseTo(TONE, 1);
  expect(loudness(2.2 * RATE, 9600)[0]).toBe(0);
});

test('what is kept is bounded: the oldest goes', () => {
  const { config, packets } = aac(0.5);
  sound.setConfig({ codec: 'aac', extradata: config });
  const [packet] = packets;
  if (!packet) throw new Error('no packet');
  for (let number = 0; number < 3000; number++) sound.push({ ...packet, pts: number * 21_333, dts: number * 21_333 });
  sound.setWanted(true, 0);
  for (let time = 0; time < 3000 * 21_333; time += 1_000_000) sound.advance(time);
  expect(loudness(990 * 1024, 1024)).toEqual([0, 0]);
  expect(Math.abs(ring.end - 3000 * 1024)).toBeLessThan(2048);
});

test('that is damaged throws nothing, and what is good after it is heard', () => {
  const { config, packets } = aac(1);
  const random = generator(8);
  sound.setConfig({ codec: 'aac', extradata: config });
  sound.setWanted(true, 0);
  for (const packet of packets.slice(0, 25)) {
    const payload = Buffer.from(packet.payload);
    for (let hit = 0; hit < 10; hit++) payload[random() % payload.length] = random() % 256;
    sound.push({ ...packet, payload });
  }
  for (const packet of packets.slice(25)) sound.push(packet);
  expect(loudness(36_000, 9600)[0]).toBeCloseTo(TONE, 1);
});

test('whose configuration is nonsense is an error in words, once', () => {
  sound.setWanted(true, 0);
  feed({ config: Buffer.from([0xff, 0xff, 0xff]), packets: aac(0.2).packets });
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain('sound cannot be decoded');
});

test('a flood of packets is decoded bit by bit, and what is kept of it is bounded', () => {
  const { config, packets } = aac(1);
  const [first] = packets;
  if (!first) throw new Error('no packets');
  sound.setConfig({ codec: 'aac', extradata: config });
  sound.setWanted(true, 0);
  // Each packet 21 ms of sound, all due at once.
  for (let index = 0; index < 5000; index++) sound.push({ ...first, pts: index, dts: index });
  expect(ring.jumps).toBeLessThan(130);
  const before = ring.jumps;
  sound.advance(0);
  expect(ring.jumps).toBeGreaterThan(before);
  expect(ring.jumps).toBeLessThan(260);
  const memory = process.memoryUsage().arrayBuffers;
  for (let index = 0; index < 500; index++) {
    sound.push({ payload: Buffer.alloc(100_000), pts: 1e9 + index, dts: 1e9 + index, key: true });
  }
  expect(process.memoryUsage().arrayBuffers - memory).toBeLessThan(60e6);
});

test('small packets of very much sound are decoded no faster than others', () => {
  // As FLAC packs silence at a rate of 4 kHz: 16 s of it in a few bytes.
  const samples = new Float32Array(16 * RATE * 2);
  const decode = vi.spyOn(AudioDecoder.prototype, 'decode').mockImplementation(() => [{ samples, pts: 0 }]);
  try {
    sound.setConfig({ codec: 'aac', extradata: aac(0.1).config });
    sound.setWanted(true, 0);
    sound.advance(0);
    for (let packet = 0; packet < 500; packet++) sound.push({ payload: Buffer.alloc(12), pts: 0, dts: 0, key: true });
    expect(decode).toHaveBeenCalledTimes(1);
    for (let tick = 0; tick < 60; tick++) sound.advance(0);
    // One takes the work of six ticks.
    expect(decode.mock.calls.length).toBeLessThanOrEqual(12);
    expect(decode.mock.calls.length).toBeGreaterThanOrEqual(9);
  } finally {
    decode.mockRestore();
  }
});

test('of a source that is heard late, the sound of a while ago is there when a layer asks for it', () => {
  feed(aac(3));
  sound.advance(2_500_000);
  sound.keepHistory(2_000_000);
  sound.setWanted(true, 2_500_000);
  sound.advance(2_500_000);
  expect(loudness(0.5 * RATE, 9600)[0]).toBeCloseTo(TONE, 1);
  expect(loudness(2.6 * RATE, 9600)[0]).toBeCloseTo(TONE, 1);
  // More is not decoded, since it would be in the way of what is due.
  sound.setWanted(false, 2_500_000);
  sound.keepHistory(0);
  sound.setWanted(true, 2_500_000);
  expect(loudness(2.6 * RATE, 9600)[0]).toBeCloseTo(TONE, 1);
  expect(loudness(1.5 * RATE, 9600)[0]).toBe(0);
});

/** Plain samples of a tone of 441 Hz and 44.1 kHz: whole periods in 100 samples. @param from the first of them */
function plain(count: number, from: number): CodedPacket[] {
  return Array.from({ length: Math.ceil(count / 1000) }, (_, index) => {
    const first = from + index * 1000;
    const pairs = Math.min(1000, count - index * 1000);
    const samples = Float32Array.from(
      { length: 2 * pairs },
      (__, i) => 0.5 * Math.sin((2 * Math.PI * (first + (i >> 1))) / 100),
    );
    const pts = (first * 1_000_000) / 44_100;
    return { payload: new Uint8Array(samples.buffer), pts, dts: pts, key: true };
  });
}

test('a seam of sound that must be resampled lacks nothing', () => {
  const parameters = new CodecParameters();
  parameters.alloc();
  parameters.codecType = AVMEDIA_TYPE_AUDIO;
  parameters.codecId = AV_CODEC_ID_PCM_F32LE;
  parameters.sampleRate = 44_100;
  parameters.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
  sound.setConfig({ parameters });
  sound.setWanted(true, 0);
  // A loop of exactly a second: its end is a place in whole samples of both rates.
  for (let play = 0; play < 4; play++) {
    const from = play * 44_100;
    sound.seam({ from: play * 1_000_000, to: (play + 1) * 1_000_000 });
    for (const packet of plain(44_100, from)) sound.push(packet);
  }
  sound.end();
  for (let tick = 0; tick < 100; tick++) sound.advance(tick * 40_000);
  expect(ring.jumps).toBe(0);
  expect(ring.end).toBe(4 * RATE);
  const pairs = new Float32Array(4 * RATE * 2);
  ring.read(pairs, 0);
  const left = Float32Array.from({ length: 4 * RATE }, (_, i) => pairs[2 * i] as number);
  // A click of its level would have -35 dBFS.
  expect(roughest(left.subarray(100, 4 * RATE - 100), 5000)).toBeLessThan(-70);
});

test('a decoder that fails in mid-run is opened anew, and takes back nothing that was decoded before', () => {
  const { config, packets } = aac(2);
  sound.setConfig({ codec: 'aac', extradata: config });
  sound.setWanted(true, 0);
  sound.seam({ from: 0, to: Number.POSITIVE_INFINITY });
  const decode = vi.spyOn(AudioDecoder.prototype, 'decode');
  try {
    for (const [index, packet] of packets.entries()) {
      if (index === 40 || index === 41) {
        decode.mockImplementationOnce(() => {
          throw new Error('the resampler cannot be set up');
        });
      }
      sound.push(packet);
    }
  } finally {
    decode.mockRestore();
  }
  expect(errors).toHaveLength(2);
  expect(loudness(0.3 * RATE, 9600)[0]).toBeCloseTo(TONE, 1);
  expect(loudness(1.4 * RATE, 9600)[0]).toBeCloseTo(TONE, 1);
  expect(ring.epoch).toBe(0);
});
