/** Clicks are found where they are, and tones and beeps are none. */
import { expect, test } from 'vitest';
import { clicksIn } from '../../support/clicks.js';
import type { Pcm } from '../../support/decode.js';

const RATE = 48_000;

/** Two seconds of a tone; `change` gets the time (s) and the sample, -1 to 1. */
function sound(change: (seconds: number, value: number) => number): Pcm {
  const samples = Int16Array.from({ length: 2 * RATE }, (_, index) => {
    const value = 0.25 * Math.sin((2 * Math.PI * 440 * index) / RATE);
    return Math.round(32_767 * change(index / RATE, value));
  });
  return { samples, startMs: 500, gaps: [] };
}

test('a tone and a beep that comes up in 4 ms have no clicks', () => {
  const beep = (seconds: number): number => {
    const since = seconds - 1;
    const rise = Math.min(1, Math.max(0, Math.min(since, 0.1 - since) / 0.004));
    return 0.4 * (0.5 - 0.5 * Math.cos(Math.PI * rise)) * Math.sin(2 * Math.PI * 2000 * since);
  };
  const { at, most } = clicksIn(
    sound((seconds, value) => value + beep(seconds)),
    0.005,
  );
  expect(at).toEqual([]);
  expect(most).toBeLessThan(0.004);
});

test('a step of a hundredth, and a tone that is cut off, are found to the millisecond', () => {
  const stepped = clicksIn(
    sound((seconds, value) => value + (seconds > 1.2 ? 0.01 : 0)),
    0.005,
  );
  expect(stepped.at).toHaveLength(1);
  expect(Math.abs((stepped.at[0] ?? 0) - 1700)).toBeLessThan(1);
  expect(stepped.most).toBeCloseTo(0.01, 2);
  // At the top of a wave, for 20 ms: two breaks that belong to one click.
  const cut = clicksIn(
    sound((seconds, value) => (seconds > 1.000568 && seconds < 1.0205 ? 0 : value)),
    0.005,
  );
  expect(cut.at).toHaveLength(1);
  expect(cut.most).toBeGreaterThan(0.15);
});
