import { expect, test } from 'vitest';
import type { Component } from '../src/mix-wire.js';
import { ANCHORS, BLANK, componentParams, freePosition, type NewComponent } from '../src/new-component.js';

const at = (position: string): Component => ({ id: position, position, name: '', kind: 'text', words: '' });
const parse = (value: string | undefined): unknown => JSON.parse(value ?? 'null');

test('the first position that is free', () => {
  expect(freePosition([])).toBe('RC01');
  expect(freePosition([at('RC01'), at('RC03'), at('RV02')])).toBe('RC02');
  const all = Array.from({ length: 99 }, (_, index) => at(`RC${String(index + 1).padStart(2, '0')}`));
  expect(freePosition(all)).toBeNull();
});

test('a text: size as a share, colour in the form of the API, kept off the edges', () => {
  const made: NewComponent = { ...BLANK, content: 'Breaking\nnews', size: 8, color: '#ffcc00', refer: 'bottomRight' };
  const params = componentParams(made, 'RC04', '');
  expect(params).toMatchObject({ ComponentType: 'text', ComponentName: 'Breaking news', LocationId: 'RC04' });
  expect(parse(params.TextLayerContent)).toEqual({
    ...{ Text: 'Breaking\nnews', Align: 'right', SizeNormalized: 0.08 },
    ...{ Color: '0xffcc00', FontName: 'NotoSansHans-Regular' },
  });
  expect(parse(params.ComponentLayer)).toEqual({ PositionRefer: 'bottomRight', PositionNormalized: [0.05, 0.05] });
});

test('in the middle there is no edge to keep off', () => {
  const offsets = ANCHORS.map(({ refer }) => {
    const layer = parse(componentParams({ ...BLANK, refer }, 'RC01', '').ComponentLayer);
    return (layer as { PositionNormalized: number[] }).PositionNormalized.map((off) => off > 0);
  });
  const [edge, middle] = [true, false];
  expect(offsets).toEqual([
    ...[
      [edge, edge],
      [middle, edge],
      [edge, edge],
    ],
    ...[
      [edge, middle],
      [middle, middle],
      [edge, middle],
    ],
    ...[
      [edge, edge],
      [middle, edge],
      [edge, edge],
    ],
  ]);
});

test('a picture has a height and is called after its file; captions belong to a source', () => {
  const picture: NewComponent = { ...BLANK, kind: 'image', content: ' https://x/a/logo.png?v=2 ', size: 20 };
  const params = componentParams(picture, 'RC01', 'RV01');
  expect(params.ComponentName).toBe('logo.png');
  expect(parse(params.ImageLayerContent)).toEqual({ ImageUrl: 'https://x/a/logo.png?v=2' });
  expect(parse(params.ComponentLayer)).toMatchObject({ HeightNormalized: 0.2 });
  expect(params.TextLayerContent).toBeUndefined();
  const caption = componentParams({ ...BLANK, kind: 'caption', name: ' Speech ' }, 'RC02', 'RV03');
  expect(caption.ComponentName).toBe('Speech');
  expect(parse(caption.CaptionLayerContent)).toMatchObject({ LocationId: 'RV03' });
});
