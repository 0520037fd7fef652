/** Blocks of sound: whatever one of them does, the ones after it keep their time. */
import { expect, test } from 'vitest';
import { AV_LOG_QUIET, Log } from '../../../../src/engine/av/log.js';
import { AudioTrack } from '../../../../src/engine/encode/audio-track.js';

test.each(['aac', 'opus'] as const)('%s: blocks of any length become packets without a gap', (codec) => {
  const samples: number[] = [];
  const track = new AudioTrack({ codec, bitrate: 96_000, channels: 2, onSound: ({ sample }) => samples.push(sample) });
  let at = 960;
  for (const pairs of [1600, 17, 4000, 1, 0, 1600, 3000]) {
    track.push(new Float32Array(pairs * 2), at);
    at += pairs;
  }
  track.close();
  const size = codec === 'aac' ? 1024 : 960;
  expect(samples.length).toBeGreaterThan(5);
  expect(samples.slice(1).every((sample, index) => sample - (samples[index] ?? 0) === size)).toBe(true);
  expect(samples[0]).toBeLessThanOrEqual(960);
});

test('a gap becomes silence, what was there already is left out: times stay those of the samples', () => {
  const samples: number[] = [];
  const track = new AudioTrack({
    codec: 'aac',
    bitrate: 96_000,
    channels: 2,
    onSound: ({ sample }) => samples.push(sample),
  });
  const push = (at: number, pairs: number): void => track.push(new Float32Array(pairs * 2), at);
  push(0, 2048);
  push(5120, 2048);
  push(6144, 3072);
  const whole = samples.length;
  push(9216 + 4_800_000, 4096);
  track.close();
  const steps = samples.slice(1, whole).map((sample, index) => sample - (samples[index] ?? 0));
  expect(new Set(steps)).toEqual(new Set([1024]));
  // Nine blocks of 1024 up to 9216, of which the encoder holds one or two back.
  expect(whole).toBeGreaterThanOrEqual(7);
  expect(whole).toBeLessThanOrEqual(10);
  // After a gap that is not filled the times are right again.
  expect(samples.at(-1)).toBeGreaterThan(4_800_000);
});

/** Times of the packets that come out of twenty blocks, of which `broken` is no sound. */
function encodeBlocks(broken: number | null): { samples: number[]; failures: number } {
  const samples: number[] = [];
  const track = new AudioTrack({
    codec: 'aac',
    bitrate: 96_000,
    channels: 2,
    onSound: ({ sample }) => samples.push(sample),
  });
  let failures = 0;
  for (let block = 0; block < 20; block++) {
    try {
      track.push(new Float32Array(1024 * 2).fill(block === broken ? Number.NaN : 0.1), block * 1024);
    } catch {
      failures++;
    }
  }
  track.close();
  return { samples, failures };
}

test('a block that the encoder refuses costs a few packets; the times of all others are what they would have been', () => {
  Log.setLevel(AV_LOG_QUIET);
  const whole = encodeBlocks(null);
  const broken = encodeBlocks(3);
  expect(whole.failures).toBe(0);
  expect(broken.failures).toBe(1);
  expect(broken.samples.length).toBeGreaterThan(whole.samples.length - 5);
  expect(broken.samples.slice(-10)).toEqual(whole.samples.slice(-10));
});
