/** Talk-over: while a trigger is heard, everything else is turned down, and comes back when it has ended. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Ducking } from '../../../../src/domain/desired.js';
import { sideOf, toneLevel } from '../../../support/spectrum.js';
import type { FakeSource } from '../fake-source.js';
import { BusStage, layerOf, RATE, sine, sourceOf } from './bus-stage.js';

const SPEC: Ducking = { triggers: ['RV02'], depthDb: 12, thresholdDb: -40, attackMs: 50, releaseMs: 500 };
/** Tones of the music and of the speaker, Hz. */
const MUSIC = 400;
const VOICE = 1000;

let stage: BusStage;
let music: FakeSource;
let speaker: FakeSource;
let talks: boolean;

beforeEach(() => {
  stage = new BusStage(true);
  talks = false;
  music = sourceOf(sine(MUSIC, 0.25));
  speaker = sourceOf((seconds) => (talks ? sine(VOICE, 0.1)(seconds) : 0));
  duck(SPEC);
});

afterEach(() => {
  stage.bus.close();
});

function duck(spec: Ducking | null, voiceGain = 1, trigger = speaker): void {
  stage.set({
    layers: [
      { layer: layerOf(), source: music, share: 1 },
      { layer: layerOf({ gain: voiceGain }), source: speaker, share: 1 },
    ],
    ducking: spec && { spec, triggers: new Set([trigger]) },
  });
}

/** Level of a tone in the last 100 ms of the next `ms`, dBFS. */
function level(hz: number, ms: number): number {
  const left = sideOf(stage.play(Math.round((ms * 30) / 1000)));
  return toneLevel(left.subarray(left.length - RATE / 10), hz);
}

const FULL = 20 * Math.log10(0.25);

test('nothing is turned down before somebody talks', () => {
  expect(level(MUSIC, 500)).toBeCloseTo(FULL, 2);
  expect(stage.bus.levels().duckedDb).toBe(0);
});

test('the rest goes down by the depth within the attack, the trigger stays, and it is told', () => {
  stage.play(3);
  talks = true;
  expect(level(MUSIC, 300)).toBeCloseTo(FULL - 12, 1);
  expect(level(VOICE, 100)).toBeCloseTo(-20, 1);
  expect(stage.bus.levels().duckedDb).toBeCloseTo(12, 3);
});

test('after the last word it holds, then comes back within the release', () => {
  talks = true;
  stage.play(15);
  talks = false;
  expect(level(MUSIC, 200)).toBeCloseTo(FULL - 12, 1);
  // It counts until its level has fallen, and 200 ms more; then it is on its way for 500 ms.
  stage.play(9);
  const half = stage.bus.levels().duckedDb;
  expect(half).toBeLessThan(11);
  expect(half).toBeGreaterThan(0.5);
  expect(level(MUSIC, 700)).toBeCloseTo(FULL, 2);
  expect(stage.bus.levels().duckedDb).toBe(0);
});

test('what is below the threshold behind its gain does not count', () => {
  talks = true;
  duck(SPEC, 0.1);
  // -20 dBFS at the peak is -23 RMS, and 20 dB less behind the gain.
  expect(level(MUSIC, 500)).toBeCloseTo(FULL, 2);
  duck(SPEC, 0.2);
  expect(level(MUSIC, 500)).toBeCloseTo(FULL - 12, 1);
});

test.each([1600, 801, 77])('each trigger counts by its own level, in blocks of %i pairs', (pairs) => {
  talks = true;
  const second = sourceOf(sine(1500, 0.1));
  const voices = (first: number, other: number, doubled = 0): void => {
    const layers = [
      { layer: layerOf(), source: music, share: 1 },
      { layer: layerOf({ gain: first }), source: speaker, share: 1 },
      { layer: layerOf({ gain: other }), source: second, share: 1 },
      { layer: layerOf({ gain: doubled, channels: 'left' }), source: speaker, share: 1 },
    ];
    stage.set({ layers, ducking: { spec: SPEC, triggers: new Set([speaker, second]) } });
  };
  const blocks = Math.ceil((0.5 * RATE) / pairs);
  // -41.5 dBFS each, -38.5 together: a room that is noisy in two microphones.
  voices(0.12, 0.12);
  stage.play(blocks, pairs);
  expect(stage.bus.levels().duckedDb).toBe(0);
  // One is heard by two layers, which makes 6 dB more of it.
  voices(0.12, 0, 0.12);
  stage.play(blocks, pairs);
  expect(stage.bus.levels().duckedDb).toBeCloseTo(12, 3);
  voices(0.12, 0.12);
  stage.play(3 * blocks, pairs);
  expect(stage.bus.levels().duckedDb).toBe(0);
  voices(0.12, 0.2);
  stage.play(blocks, pairs);
  expect(stage.bus.levels().duckedDb).toBeCloseTo(12, 3);
});

test('another depth, another trigger and no ducking at all take effect', () => {
  talks = true;
  stage.play(15);
  duck({ ...SPEC, depthDb: 30 });
  expect(level(MUSIC, 500)).toBeCloseTo(FULL - 30, 1);
  duck(SPEC, 1, music);
  expect(level(MUSIC, 500)).toBeCloseTo(FULL, 1);
  expect(level(VOICE, 500)).toBeCloseTo(-32, 1);
  duck(null);
  expect(level(VOICE, 1200)).toBeCloseTo(-20, 2);
  expect(stage.bus.levels().duckedDb).toBe(0);
});
