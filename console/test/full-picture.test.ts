import { expect, test } from 'vitest';
import { fullPictureOf, fullPictureParams } from '../src/full-picture.js';
import type { LayerShape, Layout } from '../src/wire.js';

const full: LayerShape = { position: 'RV01', fill: 'fit', width: 1, height: 1, x: 0, y: 0, refer: 'topLeft' };
const layout = (id: string, ...layers: LayerShape[]): Layout => ({ id, layers, mix: [] });

test('alone and in the whole frame, whatever it is measured from', () => {
  const layouts = [
    layout('two', full, { ...full, position: 'RV02', width: 0.3, height: 0.3 }),
    layout('other', { ...full, position: 'RV02' }),
    layout('small', { ...full, width: 0.5 }),
    layout('moved', { ...full, x: 0.1 }),
    layout('empty'),
    layout('it', { ...full, refer: 'center' }),
    layout('too', full),
  ];
  expect(fullPictureOf('RV01', layouts)?.id).toBe('it');
  expect(fullPictureOf('RV03', layouts)).toBeUndefined();
  expect(fullPictureOf('RV01', [layout('own size', { ...full, fill: 'none', width: 0 })])?.id).toBe('own size');
  expect(fullPictureOf('RV01', [layout('covers', { ...full, fill: 'cover' })])?.id).toBe('covers');
});

test('the one that is made brings the sound along', () => {
  expect(fullPictureParams('RV05')).toMatchObject({ 'BlendList.1': 'RV05', 'MixList.1': 'RV05' });
});
