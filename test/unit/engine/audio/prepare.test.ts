/** Filters are loaded before they are needed, and what a filter begins with costs next to nothing. */
import fs from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { prepareSoundFilters } from '../../../../src/engine/audio/filter/prepare.js';
import { RNNOISE_FRAME, Rnnoise } from '../../../../src/engine/audio/filter/rnnoise.js';
import { generator } from '../../../support/random.js';

interface Wasm {
  Module: new (bytes: Uint8Array) => object;
}

const { WebAssembly } = globalThis as unknown as { WebAssembly: Wasm };

afterEach(() => {
  vi.restoreAllMocks();
});

function noise(frames: number): Float32Array[] {
  const random = generator(9);
  return Array.from({ length: frames }, () =>
    Float32Array.from({ length: RNNOISE_FRAME }, () => 0.02 * (random() / 2 ** 31 - 1)),
  );
}

function power(frame: Float32Array): number {
  return frame.reduce((sum, value) => sum + value * value, 0);
}

test('prepared, a filter reads and compiles nothing; whoever asks again joins', async () => {
  const compile = vi.spyOn(WebAssembly, 'Module');
  const read = vi.spyOn(fs, 'readFileSync');
  const first = prepareSoundFilters();
  expect(prepareSoundFilters()).toBe(first);
  await first;
  const cut = vi.spyOn(Float32Array.prototype, 'subarray');
  new Rnnoise().close();
  // Nothing is said to it frame by frame: it is given the memory of one that has heard it.
  expect(cut).not.toHaveBeenCalled();
  expect(compile).not.toHaveBeenCalled();
  expect(read).not.toHaveBeenCalled();
});

test('a new filter knows noise from its first frames on, is given as much as any other, and shares nothing with it', async () => {
  await prepareSoundFilters();
  const run = (filter: Rnnoise): Float32Array[] =>
    noise(30).map((frame) => {
      filter.run(frame);
      return frame;
    });
  const first = new Rnnoise();
  const alone = run(first);
  const second = new Rnnoise();
  const other = run(second);
  expect(other).toEqual(alone);
  // Said nothing to, it takes noise for a voice until somebody speaks.
  const before = power(noise(30)[29] as Float32Array);
  expect(power(alone[29] as Float32Array)).toBeLessThan(before / 1000);
  // What one has heard since, the other has not.
  for (let frame = 0; frame < 30; frame++) first.run(new Float32Array(RNNOISE_FRAME).fill(0.3));
  second.reset();
  expect(run(second)).toEqual(alone);
  first.close();
  second.close();
});
