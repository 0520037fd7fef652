/** Sound of a source whose clock is off: no jump, no gap, and nothing that can be heard but the tone. */
import { expect, test } from 'vitest';
import { CHANNELS, SAMPLE_RATE } from '../../../../src/engine/audio/format.js';
import { type GlidingPlace, readGliding, type SoundReader } from '../../../../src/engine/source/sound-glide.js';

const BLOCK = SAMPLE_RATE / 30;
const HZ = 1000;

/** A tone whose right side is the left one turned over. */
const tone: SoundReader = {
  read(out, sample) {
    for (let index = 0; index < out.length / 2; index++) {
      const value = Math.sin((2 * Math.PI * HZ * (sample + index)) / SAMPLE_RATE);
      out[2 * index] = value;
      out[2 * index + 1] = -value;
    }
    return out.length / 2;
  },
};

/** Reads for some seconds with a clock that is off; @returns the left side, and the greatest distance to the clock. */
function listen(ppm: number, seconds: number, jumpAt = Infinity, jump = 0): { left: Float32Array; changed: number } {
  const glide: GlidingPlace = { next: null };
  const blocks = seconds * 30;
  const left = new Float32Array(blocks * BLOCK);
  const out = new Float32Array(BLOCK * CHANNELS);
  const plain = new Float32Array(BLOCK * CHANNELS);
  let changed = 0;
  let apart = 0;
  for (let block = 0; block < blocks; block++) {
    const exact = Math.round(block * BLOCK * (1 + ppm / 1e6)) + (block >= jumpAt ? jump : 0);
    readGliding(tone, out, glide, exact);
    tone.read(plain, exact);
    if (out.some((value, index) => value !== plain[index])) changed++;
    for (let index = 0; index < BLOCK; index++) {
      left[block * BLOCK + index] = out[2 * index] ?? 0;
      apart = Math.max(apart, Math.abs((out[2 * index + 1] ?? 0) + (out[2 * index] ?? 0)));
    }
  }
  expect(apart).toBeLessThan(1e-5);
  return { left, changed };
}

/** Greatest step between samples that a tone of this pitch cannot have: its second difference tells. */
function roughness(samples: Float32Array): number {
  let most = 0;
  for (let index = 2; index < samples.length; index++) {
    const second = (samples[index] ?? 0) - 2 * (samples[index - 1] ?? 0) + (samples[index - 2] ?? 0);
    most = Math.max(most, Math.abs(second));
  }
  return most;
}

/** Of a plain tone. */
const SMOOTH = (2 * Math.PI * HZ) ** 2 / SAMPLE_RATE ** 2;

test('clocks that agree leave the samples untouched', () => {
  expect(listen(0, 5).changed).toBe(0);
});

test.each([-1000, -300, 300, 1000])('a clock that is off by %i ppm is followed without a click', (ppm) => {
  const { left } = listen(ppm, 20);
  expect(roughness(left)).toBeLessThan(SMOOTH * 1.1);
  // It kept up: the crossings of the last second are where the clock says, to 2 ms.
  const glide: GlidingPlace = { next: null };
  const out = new Float32Array(BLOCK * CHANNELS);
  let read = 0;
  const place: SoundReader = {
    read(into, sample) {
      into.fill(0);
      read = sample;
      return into.length / 2;
    },
  };
  for (let block = 0; block < 3000; block++) {
    const exact = Math.round(block * BLOCK * (1 + ppm / 1e6));
    readGliding(place, out, glide, exact);
    expect(Math.abs(read - exact)).toBeLessThan(100);
  }
});

test('a step of the clock of 30 ms is made up for without a click, one of a second is jumped over', () => {
  expect(roughness(listen(0, 40, 100, 1440).left)).toBeLessThan(SMOOTH * 1.1);
  const { left, changed } = listen(0, 10, 100, 48_017);
  expect(changed).toBe(0);
  expect(roughness(left)).toBeGreaterThan(SMOOTH * 2);
});

test('a listener that was away begins where the clock says', () => {
  const glide: GlidingPlace = { next: null };
  const out = new Float32Array(BLOCK * CHANNELS);
  const places: number[] = [];
  const reader: SoundReader = { read: (_out, sample) => places.push(sample) };
  readGliding(reader, out, glide, 1000);
  readGliding(reader, out, glide, 1000 + BLOCK + 20);
  glide.next = null;
  readGliding(reader, out, glide, 9000);
  expect(places).toEqual([1000, 1000 + BLOCK, 9000]);
});
