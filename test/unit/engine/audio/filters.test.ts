/** The filters of a layer: how much noise they take away, what they leave alone, and what they do when they cannot work. */
import { describe, expect, test } from 'vitest';
import type { SoundFilter } from '../../../../src/domain/desired.js';
import { FilterChain } from '../../../../src/engine/audio/filter/chain.js';
import { Rnnoise } from '../../../../src/engine/audio/filter/rnnoise.js';
import { loudestInBand, rmsLevel, toneLevel } from '../../../support/spectrum.js';
import { BusStage, layerOf, RATE, sine, sourceOf } from './bus-stage.js';
import { chords, pinkNoise, speech, whiteNoise } from './speech.js';

const OFF: SoundFilter = { noise: 'off', autoGain: false, voice: 'off' };
/** From here on a filter has settled. */
const SETTLED = 3 * RATE;

/** Left (or both sides) and right through a chain; gives one side, in step with what went in. */
function filtered(filter: Partial<SoundFilter>, samples: Float32Array, right = samples, side = 0): Float32Array {
  const errors: unknown[] = [];
  const chain = FilterChain.for({ ...OFF, ...filter }, sourceOf(sine(440)), (error) => errors.push(error));
  if (!chain) throw new Error('no chain');
  const pairs = new Float32Array(samples.length * 2);
  for (const [i, value] of samples.entries()) {
    pairs[2 * i] = value;
    pairs[2 * i + 1] = right[i] ?? 0;
  }
  const lengths = [3200, 1602, 1600, 14];
  for (let at = 0, turn = 0; at < pairs.length; turn++) {
    const end = Math.min(pairs.length, at + (lengths[turn % lengths.length] ?? 2));
    chain.run(pairs.subarray(at, end));
    at = end;
  }
  chain.close();
  expect(errors).toEqual([]);
  return Float32Array.from(
    { length: samples.length - chain.latency },
    (_, i) => pairs[2 * (i + chain.latency) + side] ?? 0,
  );
}

function sum(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value + (b[i] ?? 0));
}

/** dB of what is like `clean` in a sound against what is not, and by how much that part is louder than it was. */
function likeness(clean: Float32Array, sound: Float32Array): { ratio: number; gain: number } {
  let product = 0;
  let power = 0;
  for (let i = SETTLED; i < sound.length; i++) {
    product += (clean[i] ?? 0) * (sound[i] ?? 0);
    power += (clean[i] ?? 0) ** 2;
  }
  const gain = product / power;
  let rest = 0;
  for (let i = SETTLED; i < sound.length; i++) rest += ((sound[i] ?? 0) - gain * (clean[i] ?? 0)) ** 2;
  return { ratio: 10 * Math.log10((gain ** 2 * power) / rest), gain: 20 * Math.log10(gain) };
}

/** Level of a part of a sound, seconds. */
function levelFrom(samples: Float32Array, from: number, to: number): number {
  return rmsLevel(samples.subarray(from * RATE, to * RATE));
}

describe('noise around speech', () => {
  const clean = speech(8, -26);

  test.each([
    ['white', whiteNoise(8, -38), 5],
    ['pink', pinkNoise(8, -38), 3],
  ] as const)('%s noise goes, the voice stays', (_name, noise, gained) => {
    const noisy = sum(clean, noise);
    const out = filtered({ noise: 'speech' }, noisy);
    const before = likeness(clean, noisy);
    const after = likeness(clean, out);
    expect(after.ratio - before.ratio).toBeGreaterThan(gained);
    expect(Math.abs(after.gain)).toBeLessThan(1);
    // In the pause between two words.
    expect(levelFrom(out, 5.65, 5.95)).toBeLessThan(levelFrom(noisy, 5.65, 5.95) - 20);
  });

  test.each([-25, -38, -50])('noise alone goes from the first second on, at %i dBFS, also after silence', (level) => {
    const noise = whiteNoise(5, level);
    noise.fill(0, RATE, 2 * RATE);
    const out = filtered({ noise: 'speech' }, noise);
    expect(levelFrom(out, 0.5, 1)).toBeLessThan(level - 15);
    expect(levelFrom(out, 1.1, 1.9)).toBeLessThan(-120);
    expect(levelFrom(out, 3, 4.5)).toBeLessThan(level - 35);
  });

  test('a clean voice keeps its level and its form', () => {
    const out = filtered({ noise: 'speech' }, clean);
    const { gain, ratio } = likeness(clean, out);
    expect(Math.abs(gain)).toBeLessThan(0.5);
    expect(ratio).toBeGreaterThan(15);
  });

  test('two sides are filtered each for itself, and the second filter comes and goes without a step', () => {
    // The right side has a tone of its own from 3 s to 6 s, which sets in and ends softly.
    const right = clean.map((value, i) => {
      const edge = Math.max(0, Math.min(1, (i / RATE - 3) / 0.005, (6 - i / RATE) / 0.005));
      return value + 0.2 * edge * edge * (3 - 2 * edge) * sine(700, 1)(i / RATE);
    });
    const out = filtered({ noise: 'speech' }, clean, right, 1);
    expect(likeness(clean, filtered({ noise: 'speech' }, clean, right)).ratio).toBeGreaterThan(15);
    expect(toneLevel(out.subarray(3.5 * RATE, 3.95 * RATE), 700)).toBeGreaterThan(-20);
    expect(loudestInBand(out, { from: 8000 })).toBeLessThan(-82);
  });
});

describe('noise around music', () => {
  const clean = chords(8, -26);

  test.each([
    ['white', whiteNoise(8, -38), 3],
    ['pink', pinkNoise(8, -38), 0.5],
  ] as const)('%s noise gets less, the music stays', (_name, noise, gained) => {
    const noisy = sum(clean, noise);
    const after = likeness(clean, filtered({ noise: 'music' }, noisy));
    expect(after.ratio - likeness(clean, noisy).ratio).toBeGreaterThan(gained);
    expect(Math.abs(after.gain)).toBeLessThan(1.5);
  });

  test('noise alone goes down by some 10 dB, and by no more than 12', () => {
    const out = filtered({ noise: 'music' }, whiteNoise(8, -38));
    expect(levelFrom(out, 4, 7)).toBeLessThan(-38 - 8);
    expect(levelFrom(out, 4, 7)).toBeGreaterThan(-38 - 12.1);
  });

  test('clean music, clean speech and a tone that is held keep their levels', () => {
    const held = Float32Array.from({ length: 8 * RATE }, (_, i) => sine(440, 0.1)(i / RATE));
    for (const sound of [clean, speech(8, -26), held]) {
      expect(Math.abs(likeness(sound, filtered({ noise: 'music' }, sound)).gain)).toBeLessThan(1);
    }
  });

  test('both sides are treated alike: what is on one stays there', () => {
    const out = filtered({ noise: 'music' }, new Float32Array(5 * RATE), chords(5, -20));
    expect(rmsLevel(out)).toBeLessThan(-120);
  });
});

describe('automatic gain', () => {
  test('speech of -40 and of -10 dBFS comes to one level, within its limits', () => {
    const levels = [-40, -25, -10].map((level) => levelFrom(filtered({ autoGain: true }, speech(12, level)), 8, 11.5));
    expect(Math.max(...levels) - Math.min(...levels)).toBeLessThan(1.5);
    expect(Math.abs((levels[1] ?? 0) + 24)).toBeLessThan(2);
    expect(levelFrom(filtered({ autoGain: true }, speech(12, -46)), 8, 12)).toBeLessThan(-46 + 18.1);
  });

  test('a pause stays as silent as it was, and its noise comes back to where it was', () => {
    const silent = filtered({ autoGain: true }, speech(10, -40));
    expect(levelFrom(silent, 7.6, 7.95)).toBe(-200);
    const voice = speech(10, -40);
    voice.fill(0, 7.5 * RATE);
    const noisy = filtered({ autoGain: true }, sum(voice, whiteNoise(10, -66)));
    expect(levelFrom(noisy, 9, 9.9)).toBeCloseTo(-66, 0);
  });

  test('noise below the gate is not lifted', () => {
    expect(levelFrom(filtered({ autoGain: true }, whiteNoise(8, -58)), 5, 7)).toBeCloseTo(-58, 1);
  });

  test('it goes slowly: within a sentence the gain hardly moves', () => {
    const voice = speech(12, -30);
    const out = filtered({ autoGain: true }, voice);
    const gains = [8, 8.5, 9, 10, 10.5, 11].map(
      (from) => levelFrom(out, from, from + 0.4) - levelFrom(voice, from, from + 0.4),
    );
    expect(Math.max(...gains) - Math.min(...gains)).toBeLessThan(1);
  });

  test('where the same source is heard anew, it goes on from what it had come to', () => {
    const voice = speech(12, -36);
    const source = sourceOf((seconds) => voice[Math.round(seconds * RATE) % voice.length] ?? 0);
    const filter = { ...OFF, autoGain: true };
    const [preview, programme] = [new BusStage(), new BusStage()];
    preview.time = 0;
    preview.hear(source, { filter });
    preview.play(8 * 30);
    programme.time = preview.time;
    programme.set({ layers: [{ layer: layerOf({ filter }), source, share: 1 }] });
    programme.play();
    expect(rmsLevel(programme.play(30))).toBeCloseTo(rmsLevel(preview.play(31).subarray(3200)), 0);
    for (const { bus } of [preview, programme]) bus.close();
  });
});

describe('voice', () => {
  function toneThrough(voice: 'deep' | 'bright', hz: number): number {
    const samples = Float32Array.from({ length: RATE }, (_, i) => sine(hz, 0.02)(i / RATE));
    return toneLevel(filtered({ voice }, samples).subarray(RATE / 2), hz) - 20 * Math.log10(0.02);
  }

  test('deep has more body, bright more air, and rumble goes', () => {
    expect(toneThrough('deep', 140)).toBeGreaterThan(2);
    expect(toneThrough('deep', 8000)).toBeLessThan(0);
    expect(toneThrough('bright', 5000)).toBeGreaterThan(2);
    expect(toneThrough('bright', 14_000)).toBeGreaterThan(3);
    expect(toneThrough('bright', 150)).toBeLessThan(-1);
    for (const voice of ['deep', 'bright'] as const) expect(toneThrough(voice, 20)).toBeLessThan(-9);
  });

  test('loud parts are compressed a little, quiet ones not', () => {
    const level = (from: number): number => levelFrom(filtered({ voice: 'deep' }, speech(4, from)), 1, 4) - from;
    expect(level(-14)).toBeLessThan(level(-34) - 2);
    expect(level(-34)).toBeCloseTo(level(-50), 0);
  });
});

test('a filter that cannot be made is told once, and the sound goes on without it', () => {
  const stage = new BusStage();
  const fail = (): never => {
    throw new Error('out of memory');
  };
  const original = Rnnoise.prototype.run;
  Rnnoise.prototype.run = fail;
  try {
    const wave = sine(300, 0.3);
    stage.hear(sourceOf(wave), { filter: { ...OFF, noise: 'speech' } });
    stage.play(3);
    const from = stage.time / 1e6;
    // As late as with the filter.
    expect(stage.play()[0]).toBeCloseTo(wave(from), 4);
    expect(stage.errors).toHaveLength(1);
  } finally {
    Rnnoise.prototype.run = original;
    stage.bus.close();
  }
});

test('filters that are closed give back what they held: hundreds can come and go', () => {
  const errors: unknown[] = [];
  for (let count = 0; count < 1000; count++) {
    FilterChain.for({ ...OFF, noise: 'speech' }, sourceOf(sine(440)), (error) => errors.push(error))?.close();
  }
  expect(errors).toEqual([]);
});
