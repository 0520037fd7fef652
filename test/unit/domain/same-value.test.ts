import { expect, test } from 'vitest';
import { sameValue } from '../../../src/domain/same-value.js';

test.each([
  [
    { a: 1, b: [{ c: null }] },
    { b: [{ c: null }], a: 1 },
  ],
  [{ a: 1 }, { a: 1, b: undefined }],
  [[], []],
  [null, null],
])('%j means the same as %j', (a, b) => {
  expect(sameValue(a, b)).toBe(true);
});

test.each([
  [{ a: 1 }, { a: '1' }],
  [{ a: 1 }, { a: 1, b: null }],
  [
    [1, 2],
    [2, 1],
  ],
  [[1], [1, 2]],
  [[], {}],
  [null, {}],
  [null, undefined],
])('%j does not mean the same as %j', (a, b) => {
  expect(sameValue(a, b)).toBe(false);
  expect(sameValue(b, a)).toBe(false);
});
