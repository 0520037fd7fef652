import { expect, test } from 'vitest';
import { readComponents, readMix, readMultiview } from '../src/mix-wire.js';

test('components say what they show, in the order of their positions', () => {
  const components = readComponents({
    Components: {
      Component: [
        { ComponentId: 'b', LocationId: 'RC02', ComponentType: 'caption', CaptionLayerContent: { LocationId: 'RV01' } },
        {
          ComponentId: 'a',
          LocationId: 'RC01',
          ComponentName: 'Title',
          ComponentType: 'text',
          TextLayerContent: { Text: 'News' },
        },
        { ComponentId: 'c', LocationId: 'RC03', ComponentType: 'html' },
      ],
    },
  });
  expect(components.map(({ id, kind, name, words }) => [id, kind, name, words])).toEqual([
    ['a', 'text', 'Title', 'News'],
    ['b', 'caption', 'RC02', 'for RV01'],
    ['c', 'other', 'RC03', 'html'],
  ]);
});

test('only keys that are on are on; the T-bar stays between its ends', () => {
  const answer = {
    TransitionPosition: 0.25,
    Overlays: {
      Overlay: [
        { ComponentId: 'a', OnAir: true },
        { ComponentId: 'b', OnAir: false },
      ],
    },
    FadeToBlack: { Enable: true, FadeDuration: 1000 },
  };
  const standby = { status: 'none', isAsked: false, tick: null };
  expect(readMix(answer)).toEqual({ tbar: 0.25, isBlack: true, keys: ['a'], standby });
  expect(readMix({ TransitionPosition: 7 }).tbar).toBe(1);
  const asked = readMix({ Standby: { Asked: true, Status: 'notReady' }, Engine: { Tick: 7 } });
  expect(asked.standby).toEqual({ status: 'notReady', isAsked: true, tick: 7 });
  expect(readMix({ Standby: { Asked: false, Status: 'something new' } }).standby).toEqual(standby);
});

test('tiles of the multiview in shares of its picture; without an address there is none', () => {
  const answer = {
    ...{ Width: 1280, Height: 720, RtsUrl: 'http://h/whep/m' },
    Tiles: {
      Tile: [
        { Kind: 'pgm', Name: 'PROGRAMME', X: 640, Y: 0, Width: 640, Height: 360 },
        {
          Kind: 'source',
          LocationId: 'RV01',
          ResourceId: 's',
          Name: 'RV01 Cam',
          X: 320,
          Y: 360,
          Width: 320,
          Height: 180,
        },
      ],
    },
  };
  expect(readMultiview(answer)).toMatchObject({
    aspect: 16 / 9,
    tiles: [
      { kind: 'pgm', place: '', sourceId: '', x: 0.5, y: 0, width: 0.5, height: 0.5 },
      { kind: 'source', place: 'RV01', sourceId: 's', x: 0.25, y: 0.5, width: 0.25, height: 0.25 },
    ],
  });
  expect(readMultiview({ ...answer, RtsUrl: '' })).toBeNull();
  expect(readMultiview({ ...answer, Height: 0 })).toBeNull();
});
