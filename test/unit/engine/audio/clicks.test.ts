/**
 * Nothing that is changed clicks: whatever happens to a 1 kHz tone, or to a low one, nothing is heard far from it beyond
 * what the smooth way itself makes.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SoundFilter } from '../../../../src/domain/desired.js';
import { loudestInBand, sideOf } from '../../../support/spectrum.js';
import type { FakeSource } from '../fake-source.js';
import { BusStage, layerOf, sine, sourceOf } from './bus-stage.js';

/** dBFS above 4 kHz with a tone of 1 kHz, and above 1 kHz with one of 60 Hz. A step of half scale makes some -50. */
const SILENT = -90;

let stage: BusStage;
let source: FakeSource;
let heard: Float32Array[];

/** Plays a few blocks and keeps them, so that changes lie at different places of the wave. */
function play(blocks = 3): void {
  for (let i = 0; i < blocks; i++) heard.push(stage.play(1, i % 2 === 0 ? 1600 : 801));
}

function everything(): Float32Array {
  const all = new Float32Array(heard.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of heard) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}

describe.each([
  ['1 kHz', 1000, 4000],
  ['60 Hz', 60, 1000],
] as const)('%s', (_name, hz, from) => {
  const wave = sine(hz, 0.4);

  beforeEach(() => {
    stage = new BusStage(true);
    source = sourceOf(wave, (seconds) => 0.5 * wave(seconds));
    heard = [];
  });

  afterEach(() => {
    stage.bus.close();
    expect(stage.errors).toEqual([]);
  });

  function quiet(): void {
    const all = everything();
    for (const side of [0, 1] as const) expect(loudestInBand(sideOf(all, side), { from })).toBeLessThan(SILENT);
  }

  test('gains', () => {
    for (const gain of [1, 0.2, 1.3, 0.1, 0.9]) {
      stage.hear(source, { gain });
      play();
    }
    quiet();
  });

  test('a mute and back, before the way was at its end too', () => {
    for (const pairs of [1600, 200, 200, 700, 100, 1600]) {
      stage.hear(source, { gain: heard.length % 2 === 0 ? 1 : 0 });
      heard.push(stage.play(1, pairs));
    }
    quiet();
  });

  test('takes between sources', () => {
    const other = sourceOf(sine(hz * 1.1, 0.3));
    for (const next of [source, other, source, null, other]) {
      stage.set({ layers: next ? [{ layer: layerOf(), source: next, share: 1 }] : [] });
      play();
    }
    quiet();
  });

  test('sides', () => {
    for (const channels of ['all', 'right', 'left', 'all'] as const) {
      stage.hear(source, { channels });
      play();
    }
    quiet();
  });

  test('delays', () => {
    for (const delayMs of [0, 333, 5, 4999, 0]) {
      stage.hear(source, { delayMs });
      play();
    }
    quiet();
  });

  test('filters', () => {
    const filters: (SoundFilter | undefined)[] = [
      undefined,
      { noise: 'off', autoGain: true, voice: 'off' },
      { noise: 'off', autoGain: false, voice: 'deep' },
      { noise: 'off', autoGain: true, voice: 'bright' },
      { noise: 'music', autoGain: false, voice: 'off' },
      undefined,
    ];
    stage.time = 60_000_000;
    for (const filter of filters) {
      stage.hear(source, filter ? { filter } : {});
      play(6);
    }
    quiet();
  });

  test('speech filter', () => {
    stage.time = 60_000_000;
    for (const noise of ['off', 'speech', 'off'] as const) {
      stage.hear(source, { filter: { noise, autoGain: false, voice: 'off' } });
      play(6);
    }
    // It changes the gains of its bands all the time, since a tone is no speech; a step would be far above this.
    expect(loudestInBand(sideOf(everything()), { from })).toBeLessThan(-60);
  });

  test('ducking, its settings and its triggers', () => {
    const voice = sourceOf((seconds) =>
      seconds % 0.5 < 0.25 ? sine(hz * 0.9, 0.2)(seconds) * Math.sin(4 * Math.PI * seconds) ** 2 : 0,
    );
    const layers = [source, voice].map((each) => ({ layer: layerOf({ gain: 0.5 }), source: each, share: 1 }));
    const spec = { triggers: [], depthDb: 20, thresholdDb: -40, attackMs: 20, releaseMs: 60 };
    stage.set({ layers });
    play();
    stage.set({ ducking: { spec, triggers: new Set([voice]) } });
    play(30);
    stage.set({ ducking: { spec: { ...spec, depthDb: 6 }, triggers: new Set([voice]) } });
    play(8);
    stage.set({ ducking: { spec: { ...spec, depthDb: 40 }, triggers: new Set([source]) } });
    play(8);
    stage.set({ ducking: null });
    play(8);
    quiet();
  });

  test('the test tone, on, at another pitch, at another level and off', () => {
    stage.hear(source);
    const tones = [null, { hz, levelDb: -6 }, { hz: hz * 0.9, levelDb: -6 }, { hz: hz * 0.9, levelDb: -30 }, null];
    for (const tone of tones) {
      stage.set({ tone });
      play();
    }
    quiet();
  });

  test('fade to black, at once and slowly', () => {
    stage.hear(source);
    for (const share of [1, 0, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0]) {
      stage.set({ heard: share });
      play(1);
    }
    quiet();
  });

  test('a source that is dropped', () => {
    stage.hear(source);
    play(4);
    stage.bus.drop(source);
    source.closed = true;
    stage.set({ layers: [] });
    play(4);
    quiet();
  });

  test('the limiter', () => {
    for (const gain of [1, 9, 1, 10, 2, 0.5]) {
      stage.hear(source, { gain });
      play(8);
    }
    // Its attack is three times as fast as a ramp.
    expect(loudestInBand(sideOf(everything()), { from })).toBeLessThan(-65);
  });
});
