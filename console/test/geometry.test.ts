import { expect, test } from 'vitest';
import { layerBox, shorten } from '../src/geometry.js';
import type { LayerShape } from '../src/wire.js';

const layer: LayerShape = { position: 'RV01', fill: 'fit', width: 0.4, height: 0.2, x: 0.1, y: 0.05, refer: 'topLeft' };

test.each([
  ['topLeft', 0.1, 0.05],
  ['topCenter', 0.4, 0.05],
  ['topRight', 0.5, 0.05],
  ['leftCenter', 0.1, 0.45],
  ['center', 0.4, 0.45],
  ['rightCenter', 0.5, 0.45],
  ['bottomLeft', 0.1, 0.75],
  ['bottomCenter', 0.4, 0.75],
  ['bottomRight', 0.5, 0.75],
])('%s is measured inwards from that point', (refer, x, y) => {
  const box = layerBox({ ...layer, refer });
  expect(box.x).toBeCloseTo(x);
  expect(box.y).toBeCloseTo(y);
});

test('without a box the height decides and the shape is kept', () => {
  const none: LayerShape = { ...layer, fill: 'none', refer: 'topLeft' };
  expect(layerBox(none)).toMatchObject({ width: 0.2, height: 0.2 });
  expect(layerBox({ ...none, height: 0 })).toMatchObject({ width: 0.4, height: 0.4 });
  expect(layerBox({ ...none, height: 0, width: 0 })).toMatchObject({ width: 1, height: 1 });
});

test('names that have no room are cut, not squeezed', () => {
  expect([shorten('Camera', 6.9), shorten('Camera 2', 7.5), shorten('Camera', 4), shorten('Camera', 1.9)]).toEqual([
    'Camera',
    'Camera…',
    'Cam…',
    '',
  ]);
});
