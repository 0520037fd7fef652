/** Sixteen loud sources at full gain: what viewers decode stays under -1 dBTP, and is neither torn nor quiet. */
import { expect, test } from 'vitest';
import { CEILING_DB } from '../../../../src/engine/audio/bus.js';
import { TruePeak } from '../../../../src/engine/audio/true-peak.js';
import { AudioDecoder } from '../../../../src/engine/av/audio-decoder.js';
import { AudioEncoder } from '../../../../src/engine/av/audio-encoder.js';
import { BusStage, layerOf, RATE, sine, sourceOf } from './bus-stage.js';
import { pinkNoise, whiteNoise } from './speech.js';

function truePeakOf(pairs: Float32Array): number {
  const peaks = ([0, 1] as const).map((side) => new TruePeak().follow(pairs, pairs.length / 2, side, 0));
  return 20 * Math.log10(Math.max(...peaks));
}

/** To AAC and back. */
function coded(pairs: Float32Array): Float32Array {
  const encoder = new AudioEncoder('aac', { bitrate: 128_000, channels: 2 });
  const decoder = new AudioDecoder({ codec: 'aac', extradata: encoder.config });
  try {
    const heard: number[] = [];
    for (let at = 0; at + encoder.frameSize <= pairs.length / 2; at += encoder.frameSize) {
      for (const { payload, sample } of encoder.encode(pairs.subarray(2 * at, 2 * (at + encoder.frameSize)), at)) {
        const time = Math.round((sample * 1e6) / RATE);
        for (const { samples } of decoder.decode({ payload, pts: time, dts: time, key: true })) heard.push(...samples);
      }
    }
    return Float32Array.from(heard);
  } finally {
    encoder.close();
    decoder.close();
  }
}

const pink = pinkNoise(4, -12);
const white = whiteNoise(4, -5);
const kinds: Record<string, (index: number) => (seconds: number) => number> = {
  sines: (index) => sine(110 * 1.37 ** index, 0.9),
  squares: (index) => (seconds) => 0.9 * Math.sign(sine(110 * 1.21 ** index)(seconds)),
  'white noise': (index) => (seconds) => white[Math.round(seconds * RATE + index * 7919) % white.length] ?? 0,
  'bursts of noise': (index) => (seconds) =>
    (seconds % 0.25 < 0.06 ? 1 : 0.01) * (white[Math.round(seconds * RATE + index * 7919) % white.length] ?? 0),
  'pink noise': (index) => (seconds) => pink[Math.round(seconds * RATE + index * 7919) % pink.length] ?? 0,
};

test.each([...Object.keys(kinds), 'all of them'])('%s', (name) => {
  const stage = new BusStage(true);
  const all = Object.values(kinds);
  const layers = Array.from({ length: 16 }, (_, index) => {
    const kind = kinds[name] ?? all[index % all.length];
    const source = sourceOf(kind?.(index) ?? sine(440));
    return { layer: layerOf({ gain: 10 }), source, share: 1 };
  });
  stage.set({ layers });
  stage.play(3);
  const mixed = stage.play(60);
  expect(truePeakOf(mixed)).toBeLessThan(CEILING_DB + 0.05);
  expect(stage.bus.levels().limitedDb).toBeGreaterThan(20);
  const heard = coded(mixed);
  expect(truePeakOf(heard.subarray(2 * RATE * 0.2))).toBeLessThan(-1);
  expect(truePeakOf(heard)).toBeGreaterThan(-6);
  stage.bus.close();
});
