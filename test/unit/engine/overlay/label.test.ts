import { expect, test } from 'vitest';
import { Labels } from '../../../../src/engine/overlay/label.js';
import { FakePainter } from './fake-painter.js';

const STYLE = { fontPx: 16, color: 0xffffff, background: 0, maxWidth: 100 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a label is drawn once, and is there soon after it was asked for', async () => {
  const painter = new FakePainter();
  const labels = new Labels(painter);
  expect(labels.draw('CAM 1', STYLE)).toBeNull();
  expect(labels.draw('CAM 1', STYLE)).toBeNull();
  await turn();
  const sheet = labels.draw('CAM 1', STYLE);
  expect(sheet?.width).toBe(100);
  expect(labels.draw('CAM 1', { ...STYLE })).toBe(sheet);
  expect(labels.draw('CAM 1', { ...STYLE, background: 1 })).toBeNull();
  expect(painter.labels).toEqual(['CAM 1', 'CAM 1']);
});

test('one that could not be drawn is tried again after a while, not at every tick', async () => {
  const painter = new FakePainter();
  painter.error = new Error('no memory');
  const labels = new Labels(painter);
  for (let tick = 0; tick < 150; tick++) {
    labels.draw('CAM 1', STYLE);
    await turn();
  }
  expect(painter.labels).toHaveLength(2);
  painter.error = null;
  for (let tick = 0; tick < 110; tick++) {
    labels.draw('CAM 1', STYLE);
    await turn();
  }
  expect(labels.draw('CAM 1', STYLE)).not.toBeNull();
});

test('only so many are kept', async () => {
  const painter = new FakePainter();
  const labels = new Labels(painter);
  for (let index = 0; index < 257; index++) labels.draw(`CAM ${index}`, STYLE);
  await turn();
  expect(labels.draw('CAM 256', STYLE)).not.toBeNull();
  expect(labels.draw('CAM 0', STYLE)).toBeNull();
});
