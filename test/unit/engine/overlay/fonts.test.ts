/** Which file has which character: style sheets and font files as they come, and damaged ones. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { readSliceTable } from '../../../../src/engine/overlay/font-face.js';
import { lettersOf } from '../../../../src/engine/overlay/woff2-letters.js';
import { generator, mutated } from '../../../support/random.js';

const require = createRequire(import.meta.url);
const LATIN = require.resolve('@fontsource-variable/noto-sans-sc/files/noto-sans-sc-latin-wght-normal.woff2');

test('the style sheet says which file to ask', () => {
  const table = readSliceTable(`
    @font-face { src: url(./files/a.woff2) format('woff2'); unicode-range: U+41-43,U+4E00; }
    @font-face { unicode-range: U+43; src: url("b.woff2") format("woff2"), url("b.woff") format("woff") }
    @font-face { src: url(c.woff2); unicode-range: U+4??, nonsense, U+FFFFFFFF }
    @font-face { src: url(none.ttf); unicode-range: U+44 }`);
  expect([...table]).toEqual([
    [0x41, ['./files/a.woff2']],
    [0x42, ['./files/a.woff2']],
    [0x43, ['./files/a.woff2', 'b.woff2']],
    [0x4e00, ['./files/a.woff2']],
  ]);
});

test('a file has what it draws, which is less than what it is asked for', () => {
  const letters = lettersOf(readFileSync(LATIN));
  for (const letter of 'Azñ¿') expect(letters.has(letter.codePointAt(0) ?? 0)).toBe(true);
  for (const letter of 'Ж国\u0000') expect(letters.has(letter.codePointAt(0) ?? 0)).toBe(false);
});

test('a damaged file is an error or has other characters, never a hang', () => {
  const file = readFileSync(LATIN);
  const random = generator(7);
  let errors = 0;
  for (let round = 0; round < 300; round++) {
    // The head and the directory are in the first bytes; damage further on breaks the packed tables as a whole.
    const head = mutated(random, file.subarray(0, 120));
    const damaged = round % 2 === 0 ? Buffer.concat([head, file.subarray(120)]) : mutated(random, file);
    try {
      expect(lettersOf(damaged)).toBeInstanceOf(Set);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      errors++;
    }
  }
  expect(errors).toBeGreaterThan(100);
});
