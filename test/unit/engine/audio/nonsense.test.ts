/** What is not finite: no filter makes it of long silence, and where it comes up all the same it stays where it is. */
import { afterEach, expect, test, vi } from 'vitest';
import type { SoundFilter } from '../../../../src/domain/desired.js';
import { Biquad, lowShelf } from '../../../../src/engine/audio/filter/biquad.js';
import { FilterChain } from '../../../../src/engine/audio/filter/chain.js';
import { MusicNoise } from '../../../../src/engine/audio/filter/music-noise.js';
import { VoiceTone } from '../../../../src/engine/audio/filter/voice-tone.js';
import { ProgrammeMeter } from '../../../../src/engine/audio/programme-meter.js';
import { TestTone } from '../../../../src/engine/audio/tone.js';
import { generator } from '../../../support/random.js';
import { rmsLevel, toneLevel } from '../../../support/spectrum.js';
import { BLOCK, BusStage, layerOf, RATE, sine, sourceOf } from './bus-stage.js';

const OFF: SoundFilter = { noise: 'off', autoGain: false, voice: 'off' };

afterEach(() => {
  vi.restoreAllMocks();
});

function areFinite(samples: Float32Array): boolean {
  return samples.every(Number.isFinite);
}

test.each([
  [30, { noise: 'music' }],
  [30, { noise: 'speech' }],
  [30, { autoGain: true }],
  [30, { voice: 'bright' }],
  [60, { noise: 'music', autoGain: true, voice: 'deep' }],
  [600, { autoGain: true, voice: 'deep' }],
] as const)('%i s of digital silence between two sounds harm no filter: %o', (seconds, parts) => {
  const errors: unknown[] = [];
  const chain = FilterChain.for({ ...OFF, ...parts }, sourceOf(sine(440)), (error) => errors.push(error));
  const random = generator(4);
  const block = new Float32Array(RATE * 2);
  const second = (amplitude: number): Float32Array => {
    for (let i = 0; i < block.length; i++) block[i] = amplitude * (random() / 2 ** 31 - 1);
    chain?.run(block);
    return block;
  };
  for (let done = 0; done < 5; done++) second(0.1);
  second(0);
  for (let done = 1; done < seconds; done++) if (!second(0).every((value) => value === 0)) errors.push(done);
  for (let done = 0; done < 12; done++) expect(areFinite(second(0.1))).toBe(true);
  chain?.close();
  expect(errors).toEqual([]);
  // Noise, of which a filter for speech leaves little.
  expect(rmsLevel(block)).toBeGreaterThan(-110);
});

test('a filter that gives nonsense is told once and left out; what follows it and the rest of the mix never see it', () => {
  vi.spyOn(MusicNoise.prototype, 'run').mockImplementation((pairs) => {
    pairs.fill(Number.NaN, 100);
  });
  const seen: boolean[] = [];
  const run = VoiceTone.prototype.run;
  vi.spyOn(VoiceTone.prototype, 'run').mockImplementation(function (this: VoiceTone, pairs) {
    seen.push(areFinite(pairs));
    run.call(this, pairs);
  });
  const stage = new BusStage(true);
  const filter: SoundFilter = { noise: 'music', autoGain: false, voice: 'deep' };
  stage.set({
    layers: [
      { layer: layerOf({ filter }), source: sourceOf(sine(440, 0.1)), share: 1 },
      { layer: layerOf(), source: sourceOf(sine(1000, 0.1)), share: 1 },
    ],
  });
  expect(areFinite(stage.play(15))).toBe(true);
  expect(new Set(seen)).toEqual(new Set([true]));
  expect(stage.errors).toHaveLength(1);
  expect(String(stage.errors[0])).toContain('MusicNoise');
  const left = stage.play(6).filter((_, i) => i % 2 === 0);
  expect(toneLevel(left, 440)).toBeGreaterThan(-24);
  expect(toneLevel(left, 1000)).toBeCloseTo(-20, 1);
  expect(stage.bus.levels().momentary).toBeGreaterThan(-30);
  stage.bus.close();
});

test('nonsense that comes up in the bus itself is gone with its block', () => {
  const stage = new BusStage(true);
  stage.hear(sourceOf(sine(1000, 0.1)));
  stage.play(20);
  vi.spyOn(TestTone.prototype, 'run').mockImplementationOnce((block) => {
    block.fill(Number.NaN, 0, 1000);
    block[1000] = Number.POSITIVE_INFINITY;
  });
  expect(areFinite(stage.play(2))).toBe(true);
  const left = stage.play(30).filter((_, i) => i % 2 === 0);
  expect(toneLevel(left, 1000)).toBeCloseTo(-20, 2);
  const { shortTerm, correlation, maxTruePeakDb } = stage.bus.levels();
  for (const value of [shortTerm, correlation, maxTruePeakDb]) expect(Number.isFinite(value)).toBe(true);
  stage.bus.close();
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('meters and equalisers get over %d', (nonsense) => {
  const filter = new Biquad(lowShelf({ hz: 200, q: 0.7, gainDb: 3 }));
  const samples = new Float32Array(480).fill(0.1);
  samples[5] = nonsense;
  filter.run(samples, 480);
  samples.fill(0.1);
  filter.run(samples, 480);
  expect(areFinite(samples)).toBe(true);

  const meter = new ProgrammeMeter();
  const block = (): Float32Array =>
    Float32Array.from({ length: BLOCK * 2 }, (_, i) => 0.1 * Math.sin((2 * Math.PI * 1000 * (i >> 1)) / RATE));
  const bad = block();
  bad[77] = nonsense;
  meter.add(bad, 1, 0);
  for (let done = 0; done < 5 * 30; done++) meter.add(block(), 1, 0);
  const { momentary, shortTerm, integrated, correlation, range } = meter.levels();
  // A sine on both sides: its level in dBFS, less what K-weighting leaves of 1 kHz.
  for (const loudness of [momentary, shortTerm, integrated]) expect(loudness).toBeCloseTo(-20, 0);
  expect(correlation).toBeCloseTo(1, 2);
  expect(Number.isFinite(range)).toBe(true);
});
