import { describe, expect, test } from 'vitest';
import {
  beepOnsets,
  dominantTone,
  flashFrames,
  isBlack,
  loudness,
  readCode,
  shareOfFrame,
  toneLevel,
} from '../../support/analyse.js';
import { CodedPicture, codedSound, DEFAULT_LOOK, isFlashFrame, SAMPLE_RATE } from '../../support/coded-picture.js';
import type { GrayFrame, Pcm } from '../../support/decode.js';

const look = { ...DEFAULT_LOOK, width: 320, height: 180, source: 5, flash: true, toneHz: 440, beepHz: 2000 };
const picture = new CodedPicture(look);

function gray(frame: number): GrayFrame {
  const { width, height } = look;
  const ptsMs = (frame * 1_000) / look.fps;
  return { width, height, ptsMs, data: picture.paint(frame).subarray(0, width * height) };
}

function pcm(first: number, count: number, changed = {}): Pcm {
  const bytes = codedSound({ ...look, ...changed }, first, count);
  const samples = new Int16Array(count);
  for (let index = 0; index < count; index++) samples[index] = bytes.readInt16LE(index * 4);
  return { samples, startMs: (first * 1_000) / SAMPLE_RATE, gaps: [] };
}

describe('pictures', () => {
  test('the code of a painted frame is read back, in the whole picture only', () => {
    expect(readCode(gray(1234))).toEqual({ source: 5, frame: 1234 });
    const whole = gray(1234);
    expect(readCode(whole, shareOfFrame(whole, 0.5, 0.5, 0.5, 0.5))).not.toEqual({ source: 5, frame: 1234 });
  });

  test('flashes begin once a second, from second 1 on', () => {
    const frames = Array.from({ length: 100 }, (_, frame) => gray(frame));
    expect(flashFrames(frames).map((frame) => frame.ptsMs)).toEqual([1000, 2000, 3000]);
    expect([29, 30, 31, 32].map((frame) => isFlashFrame(look, frame))).toEqual([false, true, true, false]);
  });

  test('black is black, a coded picture is not, nor is one light spot', () => {
    const frame = gray(3);
    const black = { ...frame, data: new Uint8Array(look.width * look.height).fill(3) };
    expect(isBlack(frame)).toBe(false);
    expect(isBlack(black)).toBe(true);
    black.data[5_000] = 200;
    expect(isBlack(black)).toBe(false);
  });
});

describe('sound', () => {
  test('a tone has its level, another frequency has none', () => {
    const sound = pcm(0, SAMPLE_RATE);
    expect(toneLevel(sound, 100, 500, 440)).toBeCloseTo(0.25, 2);
    expect(toneLevel(sound, 100, 500, 880)).toBeLessThan(0.002);
  });

  test('the dominant tone is found within 2 Hz; silence has none', () => {
    const tone = dominantTone(pcm(0, SAMPLE_RATE, { toneHz: 1234 }), 0, 1000);
    expect(Math.abs((tone?.hz ?? 0) - 1234)).toBeLessThanOrEqual(2);
    expect(dominantTone(pcm(0, SAMPLE_RATE, { toneHz: 0 }), 0, 1000)).toBeNull();
  });

  test('beeps begin on the second, whatever the recording begins with', () => {
    const onsets = beepOnsets(pcm(12_345, 3 * SAMPLE_RATE), 2000);
    expect(onsets).toHaveLength(3);
    for (const [index, onset] of onsets.entries()) expect(Math.abs(onset - (index + 1) * 1000)).toBeLessThanOrEqual(2);
  });

  test('loudness is the effective level', () => {
    expect(loudness(pcm(0, SAMPLE_RATE), 0, 900)).toBeCloseTo(0.25 / Math.SQRT2, 2);
    expect(loudness(pcm(0, SAMPLE_RATE, { toneHz: 0 }), 0, 900)).toBe(0);
  });

  test('one side only leaves the other silent', () => {
    const bytes = codedSound({ ...look, channels: 'right' }, 0, 1_000);
    const sides = Array.from({ length: 1_000 }, (_, index) => [
      bytes.readInt16LE(index * 4),
      bytes.readInt16LE(index * 4 + 2),
    ]);
    expect(sides.every(([left]) => left === 0)).toBe(true);
    expect(sides.some(([, right]) => Math.abs(right ?? 0) > 8_000)).toBe(true);
  });
});
