/** Levels of a source as it comes in. */
import { expect, test } from 'vitest';
import { SourceMeter } from '../../../../src/engine/audio/source-meter.js';
import { sine, sourceOf } from './bus-stage.js';

test('peak and RMS are those of the last 100 ms, whatever the length of the blocks', () => {
  let level = 1;
  const source = sourceOf(
    (seconds) => sine(1000, level)(seconds),
    (seconds) => sine(1000, level / 10)(seconds),
  );
  const meter = new SourceMeter(source);
  let time = 0;
  const tick = (pairs: number): void => {
    meter.tick(time, pairs);
    time += (pairs * 1e6) / 48_000;
  };
  tick(144_000);
  expect(meter.levels().peakDb).toEqual([expect.closeTo(0, 2), expect.closeTo(-20, 2)]);
  expect(meter.levels().rmsDb).toEqual([expect.closeTo(-3.01, 1), expect.closeTo(-23.01, 1)]);
  level = 0.01;
  for (let i = 0; i < 7; i++) tick(i % 2 === 0 ? 800 : 801);
  expect(meter.levels().peakDb[0]).toBeCloseTo(-40, 1);
  expect(meter.levels().rmsDb[0]).toBeCloseTo(-43.01, 1);
  // The bar falls slowly, so that it can be read.
  expect(meter.bar).toBeCloseTo((-11.8 * 5603) / 48_000, 1);
  const reads = source.heard;
  expect(reads.every((at, i) => i === 0 || at > (reads[i - 1] ?? 0))).toBe(true);
});

test('nonsense is silence, and silence has the lowest level', () => {
  const meter = new SourceMeter(sourceOf(() => Number.NaN));
  meter.tick(0, 4800);
  expect(meter.levels()).toEqual({ peakDb: [-144, -144], rmsDb: [-144, -144] });
  expect(meter.bar).toBe(Number.NEGATIVE_INFINITY);
});
