import { expect, test } from 'vitest';
import {
  addLayout,
  type GivenVideoLayer,
  pairAudio,
  pairVideo,
  removeLayout,
  replaceLayout,
} from '../../../src/domain/layout.js';
import { FULL, idleCaster, PAIR, picture } from '../../support/casters.js';

const LIMITS = { layouts: 3, pictures: 2, sounds: 1 };
const code = (expected: string) => expect.objectContaining({ code: expected });
const plain: GivenVideoLayer = { fill: 'none', width: 0, height: 0, position: [], refer: 'topLeft', delayMs: 0 };
const level = { gain: 1, channels: 'all', delayMs: 0 } as const;

test('layers are paired with positions in order, the first the lowest', () => {
  const layers: GivenVideoLayer[] = [plain, { ...plain, fill: 'fit', width: 0.5, height: 1, position: [0.25, 1] }];
  expect(pairVideo(layers, ['RV02', 'RV01'])).toEqual([
    { source: 'RV02', fill: 'none', width: 0, height: 0, x: 0, y: 0, refer: 'topLeft', delayMs: 0 },
    { source: 'RV01', fill: 'fit', width: 0.5, height: 1, x: 0.25, y: 1, refer: 'topLeft', delayMs: 0 },
  ]);
});

test.each<[GivenVideoLayer[], string[], string]>([
  [[plain], [], 'InvalidVideoLayersAndBlendListSize.Mismatch'],
  [[{ ...plain, position: [0.5] }], ['RV01'], 'InvalidPositionNormalized.Malformed'],
  [[{ ...plain, position: [0, 0, 0] }], ['RV01'], 'InvalidPositionNormalized.Malformed'],
  [[{ ...plain, position: [0, 1.01] }], ['RV01'], 'InvalidPositionNormalized.Malformed'],
  [[{ ...plain, position: [-0.1, 0] }], ['RV01'], 'InvalidPositionNormalized.Malformed'],
  [[{ ...plain, fill: 'fit', width: 1 }], ['RV01'], 'InvalidHeightNormalized'],
  [[{ ...plain, fill: 'fit', height: 1 }], ['RV01'], 'InvalidWidthNormalized'],
])('%j with %j is %s', (layers, blend, expected) => {
  expect(() => pairVideo(layers, blend)).toThrow(code(expected));
});

test('sounds are paired, and no source is heard twice', () => {
  const mismatch = 'InvalidAudioLayersAndMixListSize.Mismatch';
  expect(pairAudio([level], ['RV03'], mismatch)).toEqual([{ source: 'RV03', ...level }]);
  expect(() => pairAudio([level], ['RV01', 'RV02'], mismatch)).toThrow(code(mismatch));
  expect(() => pairAudio([level, level], ['RV01', 'RV01'], mismatch)).toThrow(code('InvalidParameter.Malformed'));
});

test('layouts need their sources and have limits', () => {
  const caster = idleCaster();
  const third = { ...FULL, id: 'third' };
  expect(addLayout(caster, third, LIMITS).layouts).toHaveLength(3);
  expect(() => addLayout(addLayout(caster, third, LIMITS), third, LIMITS)).toThrow(code('UserQuotaExceed'));
  expect(() => addLayout(caster, { ...third, video: [picture('RV09')] }, LIMITS)).toThrow(
    code('InvalidResource.NotFound'),
  );
  const three = { ...third, video: [...PAIR.video, picture('RV01')] };
  expect(() => addLayout(caster, three, LIMITS)).toThrow(code('UserQuotaExceed'));
  expect(replaceLayout(caster, { ...FULL, video: [] }, LIMITS).layouts[0]?.video).toEqual([]);
  expect(() => replaceLayout(caster, third, LIMITS)).toThrow(code('InvalidLayout.NotFound'));
  expect(removeLayout(caster, 'full').layouts).toEqual([PAIR]);
  expect(() => removeLayout(caster, 'third')).toThrow(code('InvalidLayout.NotFound'));
});
