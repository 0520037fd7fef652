/** The transform against its definition. */
import { expect, test } from 'vitest';
import { Fourier } from '../../../../src/engine/audio/filter/fourier.js';
import { generator } from '../../../support/random.js';

test.each([2, 8, 64])('of %i values', (size) => {
  const random = generator(size);
  const values = Array.from({ length: size }, () => [random() / 2 ** 31 - 1, random() / 2 ** 31 - 1] as const);
  const re = Float64Array.from(values, ([value]) => value);
  const im = Float64Array.from(values, ([, value]) => value);
  const fourier = new Fourier(size);
  fourier.run(re, im);
  for (let k = 0; k < size; k++) {
    let [a, b] = [0, 0];
    for (const [i, [x, y]] of values.entries()) {
      const angle = (-2 * Math.PI * k * i) / size;
      a += x * Math.cos(angle) - y * Math.sin(angle);
      b += x * Math.sin(angle) + y * Math.cos(angle);
    }
    expect(re[k]).toBeCloseTo(a, 9);
    expect(im[k]).toBeCloseTo(b, 9);
  }
  // And back, by the parts exchanged.
  fourier.run(im, re);
  for (const [i, [x, y]] of values.entries()) {
    expect((re[i] ?? 0) / size).toBeCloseTo(x, 9);
    expect((im[i] ?? 0) / size).toBeCloseTo(y, 9);
  }
});
