import { expect, test } from 'vitest';
import { shownBy, tallyOf, together } from '../src/tally.js';
import type { Layout, Scene } from '../src/wire.js';

const shape = { fill: 'fit', width: 1, height: 1, x: 0, y: 0, refer: 'topLeft' } as const;
const STORED: Layout[] = [{ id: 'l', layers: [{ ...shape, position: 'RV01' }], mix: ['RV02'] }];

function scene(changes: Partial<Scene>): Scene {
  const base = { id: 's', kind: 'pgm', on: true, layoutId: 'l', components: [], whepUrl: null } as const;
  return { ...base, pictures: null, sounds: null, ...changes };
}

test('what the scene shows counts, not the layout as it was changed since, nor whether it still exists', () => {
  const copy = scene({ pictures: ['RV03'], sounds: ['RV04'] });
  expect(shownBy(copy, STORED)).toEqual({ seen: ['RV03'], heard: ['RV04'] });
  expect(shownBy(copy, [])).toEqual({ seen: ['RV03'], heard: ['RV04'] });
  expect(shownBy(scene({ pictures: [], sounds: [] }), STORED)).toEqual({ seen: [], heard: [] });
});

test('a server that does not say: the stored layout', () => {
  expect(shownBy(scene({}), STORED)).toEqual({ seen: ['RV01'], heard: ['RV02'] });
  expect(shownBy(scene({}), [])).toEqual({ seen: [], heard: [] });
});

test('a scene that is off, or missing, shows nothing', () => {
  expect(shownBy(scene({ on: false, pictures: ['RV01'] }), STORED)).toEqual({ seen: [], heard: [] });
  expect(shownBy(undefined, STORED)).toEqual({ seen: [], heard: [] });
});

test('red before green, seen before heard, and what is only heard says so', () => {
  const pvw = { seen: ['RV01', 'RV02', 'RV03'], heard: ['RV04'] };
  const pgm = { seen: ['RV01'], heard: ['RV01', 'RV02'] };
  const tallies = ['RV01', 'RV02', 'RV03', 'RV04', 'RV05'].map((position) => tallyOf(position, pvw, pgm));
  expect(tallies).toEqual([
    { colour: 'on-air', isHeardOnly: false, words: 'on air' },
    { colour: 'on-air', isHeardOnly: true, words: 'heard on air' },
    { colour: 'next', isHeardOnly: false, words: 'in preview' },
    { colour: 'next', isHeardOnly: true, words: 'heard in preview' },
    { colour: '', isHeardOnly: false, words: '' },
  ]);
});

test('while the T-bar is held, what is in preview is on air', () => {
  const pvw = { seen: ['RV02'], heard: ['RV03'] };
  const pgm = { seen: ['RV01'], heard: [] };
  const words = ['RV01', 'RV02', 'RV03'].map((position) => tallyOf(position, pvw, together(pgm, pvw)).words);
  expect(words).toEqual(['on air', 'on air', 'heard on air']);
});
