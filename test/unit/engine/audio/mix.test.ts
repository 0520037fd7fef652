/** The sound of a scene: who is heard how loud on which side, and that nothing clicks. */
import { beforeEach, expect, test } from 'vitest';
import type { AudioLayer } from '../../../../src/domain/desired.js';
import { SoundMix } from '../../../../src/engine/audio/mix.js';
import { FakeSource, sourceSpec } from '../fake-source.js';

const RATE = 48_000;
const BLOCK = 1600;
const BLOCK_US = (BLOCK * 1_000_000) / RATE;
/** Samples over which a gain moves. */
const RAMP = 480;

let mix: SoundMix;
let time: number;

beforeEach(() => {
  mix = new SoundMix();
  time = 5_000_000;
});

function layer(parts: Partial<AudioLayer> = {}): AudioLayer {
  return { source: 'RV01', gain: 1, channels: 'all', delayMs: 0, ...parts };
}

function source(left: number, right: number): FakeSource {
  const fake = new FakeSource(sourceSpec('RV01'));
  fake.wanted = true;
  fake.level = () => [left, right];
  return fake;
}

/** The next block, as pairs. */
function block(pairs = BLOCK): { left: number[]; right: number[] } {
  const out = new Float32Array(pairs * 2).fill(7);
  mix.mix(out, time);
  time += BLOCK_US;
  return {
    left: Array.from({ length: pairs }, (_, i) => out[2 * i] ?? Number.NaN),
    right: Array.from({ length: pairs }, (_, i) => out[2 * i + 1] ?? Number.NaN),
  };
}

function largestStep(values: number[]): number {
  return Math.max(...values.slice(1).map((value, index) => Math.abs(value - (values[index] ?? 0))));
}

test('nothing is silence', () => {
  expect(new Set(block().left)).toEqual(new Set([0]));
});

test('a voice comes in over 10 ms, in steps that are no larger than the ramp allows, and stays', () => {
  mix.set([{ layer: layer({ gain: 0.5 }), source: source(0.8, -0.4), share: 1 }]);
  const { left, right } = block();
  expect(left[0]).toBeLessThan(0.01);
  expect(left[RAMP]).toBeCloseTo(0.4, 5);
  expect(right[BLOCK - 1]).toBeCloseTo(-0.2, 5);
  expect(largestStep([0, ...left])).toBeLessThan(0.4 / RAMP + 1e-6);
  expect(new Set(block().left.map((value) => value.toFixed(5)))).toEqual(new Set(['0.40000']));
});

test('the side that is chosen is heard on both', () => {
  const rows = [
    ['all', 0.5, 0.25],
    ['left', 0.5, 0.5],
    ['right', 0.25, 0.25],
  ] as const;
  for (const [channels, left, right] of rows) {
    mix = new SoundMix();
    mix.set([{ layer: layer({ channels }), source: source(0.5, 0.25), share: 1 }]);
    block();
    const next = block();
    expect([next.left[0], next.right[0]]).toEqual([left, right]);
  }
});

test('voices add up and are held at full scale', () => {
  const loud = source(0.75, -0.75);
  const quiet = source(0.125, -0.125);
  mix.set([
    { layer: layer(), source: loud, share: 1 },
    { layer: layer(), source: quiet, share: 1 },
  ]);
  block();
  expect(block().left[0]).toBeCloseTo(0.875, 5);
  mix.set([
    { layer: layer({ gain: 10 }), source: loud, share: 1 },
    { layer: layer(), source: quiet, share: 1 },
  ]);
  block();
  const { left, right } = block();
  expect([Math.max(...left), Math.min(...right)]).toEqual([1, -1]);
});

test('a fader that is moved every tick makes no step', () => {
  const fake = source(1, 1);
  const heard: number[] = [];
  for (const gain of [0.9, 0.1, 0.7, 0, 0.5, 1]) {
    mix.set([{ layer: layer({ gain }), source: fake, share: 1 }]);
    heard.push(...block().left);
  }
  expect(largestStep([0, ...heard])).toBeLessThan(0.9 / RAMP + 1e-6);
  expect(heard.at(-1)).toBeCloseTo(1, 5);
});

test('a voice that leaves fades and is then let go', () => {
  const fake = source(0.6, 0.6);
  mix.set([{ layer: layer(), source: fake, share: 1 }]);
  block();
  mix.set([]);
  expect(mix.sources()).toEqual(new Set([fake]));
  const { left } = block();
  expect(left[0]).toBeGreaterThan(0.59);
  expect(largestStep([0.6, ...left])).toBeLessThan(0.6 / RAMP + 1e-6);
  expect(left.slice(RAMP + 1).every((value) => Math.abs(value) < 1e-6)).toBe(true);
  expect(mix.sources()).toEqual(new Set());
  const count = fake.heard.length;
  block();
  expect(fake.heard.length).toBe(count);
});

test('a take from one source to another is a cross-fade', () => {
  const old = source(0.5, 0.5);
  const fresh = source(0.5, 0.5);
  mix.set([{ layer: layer(), source: old, share: 1 }]);
  block();
  mix.set([{ layer: layer(), source: fresh, share: 1 }]);
  const { left } = block();
  // Two equal sounds: the sum does not move at all.
  expect(left.every((value) => Math.abs(value - 0.5) < 1e-4)).toBe(true);
  expect(mix.sources()).toEqual(new Set([fresh]));
});

test('in blocks that are shorter than the ramp the fade is as long as the block', () => {
  mix.set([{ layer: layer(), source: source(1, 1), share: 1 }]);
  const { left } = block(100);
  expect(left[99]).toBeCloseTo(1, 5);
  expect(largestStep([0, ...left])).toBeLessThan(1 / 100 + 1e-6);
});

test('a delayed layer hears the past, and each layer has its own place', () => {
  const fake = new FakeSource(sourceSpec('RV01'));
  fake.wanted = true;
  fake.level = (at) => [at / 1e8, at / 1e8];
  mix.set([{ layer: layer({ delayMs: 1500 }), source: fake, share: 1 }]);
  block();
  expect(block().left[0]).toBeCloseTo((5_000_000 + BLOCK_US - 1_500_000) / 1e8, 6);
  mix.set([
    { layer: layer({ delayMs: 1500 }), source: fake, share: 1 },
    { layer: layer({ delayMs: 0 }), source: fake, share: 1 },
  ]);
  fake.heard.length = 0;
  block();
  expect(fake.heard).toEqual([time - BLOCK_US - 1_500_000, time - BLOCK_US]);
});

test('a voice keeps its place in the sound from block to block', () => {
  const fake = new FakeSource(sourceSpec('RV01'));
  fake.wanted = true;
  const places: (number | null)[] = [];
  const sound = fake.sound.bind(fake);
  fake.sound = (out, from, cursor) => {
    places.push(cursor.next);
    sound(out, from, cursor);
  };
  for (const gain of [1, 0.5, 0.25]) {
    mix.set([{ layer: layer({ gain }), source: fake, share: 1 }]);
    block();
  }
  expect(places).toEqual([null, BLOCK, 2 * BLOCK]);
});

test('a source that is dropped is not asked again', () => {
  const fake = source(0.5, 0.5);
  mix.set([{ layer: layer(), source: fake, share: 1 }]);
  block();
  mix.drop(fake);
  fake.closed = true;
  expect(new Set(block().left)).toEqual(new Set([0]));
});

test('what is no number is silence, and what is endless is full scale', () => {
  const broken = source(Number.NaN, Number.POSITIVE_INFINITY);
  mix.set([{ layer: layer(), source: broken, share: 1 }]);
  block();
  const { left, right } = block();
  expect(new Set(left)).toEqual(new Set([0]));
  expect(new Set(right)).toEqual(new Set([1]));
});

test('layers that hear the same of a source add up, each with its share: a source in both scenes of a fade keeps its level', () => {
  const fake = source(0.5, 0.5);
  const out = new Float32Array(2 * 1600);
  for (const part of [0.25, 0.75]) {
    mix.set(
      [
        { layer: layer(), source: fake, share: part },
        { layer: layer(), source: fake, share: 1 - part },
      ],
      true,
    );
    mix.mix(out, 0);
  }
  expect(out[0]).toBeCloseTo(0.5, 4);
  expect(out.at(-1)).toBeCloseTo(0.5, 4);
});

test('in a fade gains move evenly over the whole block, else within 10 ms', () => {
  const fake = source(1, 1);
  const out = new Float32Array(2 * 1600);
  mix.set([{ layer: layer(), source: fake, share: 1 }], true);
  mix.mix(out, 0);
  expect(out[2 * 800]).toBeCloseTo(0.5, 2);
  mix.set([{ layer: layer(), source: fake, share: 0 }]);
  mix.mix(out, 0);
  expect(out[2 * 480]).toBeCloseTo(0, 2);
});
