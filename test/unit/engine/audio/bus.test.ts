/** The mix of a bus: who is heard how loud on which side and when, and what happens to sources that come, go or break. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SoundFilter } from '../../../../src/domain/desired.js';
import { CEILING_DB } from '../../../../src/engine/audio/bus.js';
import { FilterChain } from '../../../../src/engine/audio/filter/chain.js';
import { generator } from '../../../support/random.js';
import { rmsLevel, sideOf } from '../../../support/spectrum.js';
import { FakeSource, sourceSpec } from '../fake-source.js';
import { BLOCK, BusStage, layerOf, RATE, sine, sourceOf } from './bus-stage.js';

/** Pairs over which a gain moves, and that the limiter keeps back. */
const RAMP = 480;
const LOOK_AHEAD = 150;
/** And over which the corners of a fade are rounded. */
const ROUND = 240;

let stage: BusStage;

beforeEach(() => {
  stage = new BusStage();
});

afterEach(() => {
  stage.bus.close();
});

function constant(left: number, right = left): FakeSource {
  return sourceOf(
    () => left,
    () => right,
  );
}

function largestStep(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 1; i < values.length; i++) most = Math.max(most, Math.abs((values[i] ?? 0) - (values[i - 1] ?? 0)));
  return most;
}

test('nothing is silence', () => {
  expect(new Set(stage.play())).toEqual(new Set([0]));
});

test('a voice comes in over 10 ms, no faster than it must, and then passes bit for bit', () => {
  stage.hear(constant(0.5, -0.25));
  const left = sideOf(stage.play());
  expect(left[LOOK_AHEAD]).toBeLessThan(0.001);
  expect(left[LOOK_AHEAD + RAMP / 2]).toBeCloseTo(0.25, 2);
  expect(left[LOOK_AHEAD + RAMP]).toBe(0.5);
  expect(largestStep(left)).toBeLessThan((2 * 0.5) / RAMP + 1e-6);
  const next = stage.play(3);
  expect(new Set(sideOf(next, 0))).toEqual(new Set([0.5]));
  expect(new Set(sideOf(next, 1))).toEqual(new Set([-0.25]));
});

test('a block has the samples of its own time, whatever the lengths of the blocks', () => {
  const source = sourceOf(sine(440, 0.5));
  stage.hear(source);
  stage.play(2);
  for (const pairs of [1600, 800, 801, 1, 3200, 144_000]) {
    const from = stage.time / 1e6;
    const left = sideOf(stage.play(1, pairs));
    for (const at of [0, pairs - 1]) expect(left[at]).toBeCloseTo(sine(440, 0.5)(from + at / RATE), 4);
  }
});

test('a filter does not move the sound in time', () => {
  const filters = [
    { noise: 'speech', autoGain: false, voice: 'off' },
    { noise: 'music', autoGain: false, voice: 'off' },
  ] as const;
  for (const filter of filters) {
    const place = new BusStage();
    const wave = (seconds: number): number =>
      0.1 *
      (1 + Math.sin(2 * Math.PI * 3 * seconds)) *
      [1, 2, 3, 5].reduce((sum, k) => sum + sine(170 * k, 1)(seconds), 0);
    place.hear(sourceOf(wave), { filter });
    place.play(45);
    const from = place.time / 1e6;
    const left = sideOf(place.play(10));
    const likeness = (shift: number): number =>
      left.reduce((sum, value, i) => sum + value * wave(from + (i + shift) / RATE), 0);
    const shifts = Array.from({ length: 41 }, (_, i) => i - 20);
    const best = shifts.reduce((a, b) => (likeness(b) > likeness(a) ? b : a));
    expect(Math.abs(best), filter.noise).toBeLessThanOrEqual(1);
    place.bus.close();
  }
});

test('no source is read more than 25 ms ahead', () => {
  const source = sourceOf(sine(440));
  for (const noise of ['off', 'speech', 'music'] as const) {
    stage.hear(source, { filter: { noise, autoGain: true, voice: 'deep' } });
    stage.play(2);
    source.heard.length = 0;
    const from = stage.time;
    stage.play();
    expect(Math.max(...source.heard) - from).toBeLessThanOrEqual(25_000);
    expect(Math.max(...source.heard) - from).toBeGreaterThan(3000);
  }
});

test('the side that is chosen is heard on both', () => {
  const rows = [
    ['all', 0.5, 0.25],
    ['left', 0.5, 0.5],
    ['right', 0.25, 0.25],
  ] as const;
  const source = constant(0.5, 0.25);
  for (const [channels, left, right] of rows) {
    stage.hear(source, { channels });
    stage.play(2);
    const pairs = stage.play();
    expect([pairs[0], pairs[1]]).toEqual([left, right]);
  }
});

test('99 voices add up', () => {
  const layers = Array.from({ length: 99 }, () => ({ layer: layerOf(), source: constant(1 / 256), share: 1 }));
  stage.set({ layers });
  stage.play();
  expect(stage.play()[0]).toBeCloseTo(99 / 256, 5);
});

test('layers that hear the same of a source add up, each with its share: a source in both scenes of a fade keeps its level', () => {
  const source = constant(0.5);
  stage.set({ layers: [{ layer: layerOf(), source, share: 1 }], evenly: true });
  stage.play(2);
  for (const part of [0.25, 0.75]) {
    stage.set({
      layers: [
        { layer: layerOf(), source, share: part },
        { layer: layerOf(), source, share: 1 - part },
      ],
    });
    expect(new Set(stage.play())).toEqual(new Set([0.5]));
  }
});

test('a take from one source to another is a cross-fade that lets go of the old one', () => {
  const old = constant(0.5);
  const fresh = constant(0.5);
  stage.hear(old);
  stage.play();
  stage.hear(fresh);
  const left = sideOf(stage.play());
  // Two equal sounds: the sum does not move at all.
  expect(left.every((value) => Math.abs(value - 0.5) < 1e-6)).toBe(true);
  expect(stage.bus.sources()).toEqual(new Set([fresh]));
  const count = old.heard.length;
  stage.play();
  expect(old.heard.length).toBe(count);
});

test('a voice that leaves fades and is then let go', () => {
  const source = constant(0.5);
  stage.hear(source);
  stage.play(2);
  stage.set({ layers: [] });
  expect(stage.bus.sources()).toEqual(new Set([source]));
  const left = sideOf(stage.play());
  expect(left[LOOK_AHEAD]).toBeGreaterThan(0.499);
  expect(largestStep(left)).toBeLessThan((2 * 0.5) / RAMP + 1e-6);
  expect(left[LOOK_AHEAD + RAMP]).toBe(0);
  expect(stage.bus.sources()).toEqual(new Set());
});

test('in blocks that are shorter than the ramp the ramp goes on', () => {
  stage.hear(constant(0.5));
  const left = sideOf(stage.play(8, 100));
  expect(left[LOOK_AHEAD + RAMP / 2]).toBeCloseTo(0.25, 2);
  expect(left[LOOK_AHEAD + RAMP]).toBe(0.5);
});

test('in a fade gains and the whole bus move evenly over the block', () => {
  const source = constant(0.5);
  stage.set({ evenly: true });
  stage.hear(source);
  expect(sideOf(stage.play())[LOOK_AHEAD + ROUND / 2 + BLOCK / 2]).toBeCloseTo(0.25, 3);
  stage.play();
  stage.set({ heard: 0.5 });
  expect(sideOf(stage.play())[LOOK_AHEAD + ROUND / 2 + BLOCK / 2]).toBeCloseTo(0.375, 3);
  stage.set({ heard: 0 });
  stage.play(2);
  expect(new Set(stage.play())).toEqual(new Set([0]));
});

test('a delayed layer hears the past, and each layer has its own place', () => {
  const wave = sine(3, 0.3);
  const source = sourceOf(wave);
  stage.set({
    layers: [
      { layer: layerOf({ delayMs: 5000 }), source, share: 1 },
      { layer: layerOf({ channels: 'left' }), source, share: 0.5 },
    ],
  });
  stage.time = 20_000_000;
  stage.play(2);
  const from = stage.time / 1e6;
  expect(stage.play()[0]).toBeCloseTo(wave(from - 5) + 0.5 * wave(from), 4);
});

test('a voice keeps its place in the sound from block to block, through gains and takes that leave it as it is', () => {
  const source = constant(0.5);
  const places: (number | null)[] = [];
  const sound = source.sound.bind(source);
  source.sound = (out, from, cursor) => {
    places.push(cursor.next);
    sound(out, from, cursor);
  };
  for (const gain of [1, 0.5, 0.25]) {
    stage.hear(source, { gain });
    stage.play();
  }
  expect(places).toEqual([null, BLOCK, 2 * BLOCK]);
});

test('a source that is dropped fades out on what it gave before, and is not asked again', () => {
  const source = constant(0.5);
  stage.hear(source);
  stage.play(2);
  stage.bus.drop(source);
  source.closed = true;
  expect(stage.bus.sources()).toEqual(new Set());
  stage.set({ layers: [] });
  const left = sideOf(stage.play());
  expect(left[LOOK_AHEAD]).toBeGreaterThan(0.499);
  expect(largestStep(left)).toBeLessThan((2 * 0.5) / RAMP + 1e-6);
  expect(left[LOOK_AHEAD + RAMP]).toBe(0);
  expect(stage.errors).toEqual([]);
});

test('what is no number is silence, also behind a filter, and only while it lasts', () => {
  let broken = true;
  const wave = sine(400, 0.25);
  const source = sourceOf(
    (seconds) => (broken ? Number.NaN : wave(seconds)),
    (seconds) => (broken ? Number.POSITIVE_INFINITY : wave(seconds)),
  );
  const filters = [
    { noise: 'speech', autoGain: true, voice: 'deep' },
    { noise: 'music', autoGain: true, voice: 'bright' },
  ] as const;
  stage.set({
    layers: [undefined, ...filters].map((filter) => ({
      layer: { ...layerOf(), ...(filter && { filter }) },
      source,
      share: 1,
    })),
  });
  expect(new Set(stage.play(10))).toEqual(new Set([0]));
  broken = false;
  stage.play(20);
  expect(rmsLevel(stage.play(10))).toBeGreaterThan(-30);
});

test('a source that throws is silent, and harms no other', () => {
  const bad = new FakeSource(sourceSpec('RV02'));
  bad.sound = () => {
    throw new Error('broken');
  };
  stage.set({
    layers: [
      { layer: layerOf(), source: bad, share: 1 },
      { layer: layerOf(), source: constant(0.5), share: 1 },
    ],
  });
  stage.play();
  expect(new Set(stage.play())).toEqual(new Set([0.5]));
  expect(stage.errors.length).toBeGreaterThan(0);
});

test('the tone stands in for the mix at its peak level, also where nothing is mixed', () => {
  stage.hear(sourceOf(sine(200, 0.5)));
  stage.set({ tone: { hz: 1000, levelDb: -18 } });
  stage.play();
  expect(rmsLevel(stage.play(3))).toBeCloseTo(-18 - 3.01, 1);
  stage.set({ layers: [], tone: { hz: 1000, levelDb: -30 } });
  stage.play();
  expect(rmsLevel(stage.play(3))).toBeCloseTo(-30 - 3.01, 1);
  stage.set({ tone: null });
  stage.play();
  expect(new Set(stage.play())).toEqual(new Set([0]));
});

test('whatever is asked for in whatever order: numbers, under the ceiling, and in the end nothing is left', () => {
  const random = generator(77);
  const one = <T>(of: readonly T[]): T => of[random() % of.length] as T;
  const sources = Array.from({ length: 6 }, (_, i) => sourceOf(sine(200 * (i + 1), 0.8), sine(333, 0.8)));
  const filterOf = (): SoundFilter => ({
    noise: one<SoundFilter['noise']>(['off', 'speech', 'music']),
    autoGain: one([true, false]),
    voice: one<SoundFilter['voice']>(['off', 'deep', 'bright']),
  });
  const most = 10 ** (CEILING_DB / 20) + 1e-3;
  const made = vi.spyOn(FilterChain, 'for');
  const closed = vi.spyOn(FilterChain.prototype, 'close');
  for (let turn = 0; turn < 150; turn++) {
    const layers = sources.flatMap((source) => {
      if (random() % 3 === 0) return [];
      const layer = layerOf({
        gain: one([0, 0.5, 10]),
        channels: one(['all', 'left', 'right']),
        delayMs: one([0, 40, 5000]),
      });
      return [
        { layer: random() % 4 === 0 ? { ...layer, filter: filterOf() } : layer, source, share: one([0, 0.3, 1]) },
      ];
    });
    const spec = { triggers: [], depthDb: one([0, 12, 60]), thresholdDb: -40, attackMs: one([5, 1000]), releaseMs: 50 };
    stage.set({
      layers,
      evenly: one([true, false]),
      ducking: one([null, { spec, triggers: new Set([one(sources)]) }]),
      tone: one([null, null, { hz: 440, levelDb: 0 }, { hz: 20_000, levelDb: -6 }]),
      heard: one([1, 1, 0.5, 0]),
    });
    if (random() % 10 === 0) stage.bus.drop(one(sources));
    const out = stage.play(1, one([1, 37, 800, 801, 1600, 6000]));
    expect(out.every((value) => Math.abs(value) <= most)).toBe(true);
  }
  stage.set({ layers: [], evenly: false, ducking: null, tone: null, heard: 1 });
  stage.play(3);
  expect(new Set(stage.play())).toEqual(new Set([0]));
  expect(stage.bus.sources()).toEqual(new Set());
  expect(stage.errors).toEqual([]);
  const chains = made.mock.results.filter(({ value }) => value !== null).length;
  expect(chains).toBeGreaterThan(10);
  expect(closed).toHaveBeenCalledTimes(chains);
  vi.restoreAllMocks();
});

test('only a measured bus has levels', () => {
  expect(() => stage.bus.levels()).toThrow('not measured');
});
