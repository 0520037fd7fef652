/** What is assumed of pictures that do not say how they are to be read, and when an alpha plane says nothing. */

import { AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVA420P, AVCOL_SPC_BT709, AVCOL_SPC_SMPTE170M } from 'node-av/constants';
import { expect, test } from 'vitest';
import { withoutIdleAlpha } from '../../../../src/engine/av/convert.js';
import { allocPicture, settleColour } from '../../../../src/engine/av/picture.js';

test.each([
  [720, 576, AVCOL_SPC_SMPTE170M],
  [640, 360, AVCOL_SPC_SMPTE170M],
  // Wide films have fewer lines than 720.
  [1280, 534, AVCOL_SPC_BT709],
  [1280, 720, AVCOL_SPC_BT709],
  [960, 720, AVCOL_SPC_BT709],
])('a picture of %i x %i without a matrix', (width, height, matrix) => {
  const picture = allocPicture(width, height);
  picture.colorSpace = 2 as typeof picture.colorSpace;
  settleColour(picture);
  expect(picture.colorSpace).toBe(matrix);
  picture.free();
});

test.each([
  [0, 0],
  [63, 47],
  [64, 20],
])('one sample that is a little see-through, at %i x %i, keeps the alpha plane', async (x, y) => {
  const picture = allocPicture(65, 48, { alpha: true });
  const alpha = picture.data?.[3];
  const stride = picture.linesize[3] ?? 0;
  if (!alpha) throw new Error('no alpha plane');
  // What is between the rows says nothing.
  alpha.fill(7);
  for (let row = 0; row < 48; row++) alpha.fill(255, row * stride, row * stride + 65);
  alpha[y * stride + x] = 254;
  const kept = await withoutIdleAlpha(picture);
  expect(kept.format).toBe(AV_PIX_FMT_YUVA420P);
  const plane = kept.data?.[3];
  if (plane) plane[y * stride + x] = 255;
  const opaque = await withoutIdleAlpha(kept);
  expect(opaque.format).toBe(AV_PIX_FMT_YUV420P);
  opaque.free();
});
