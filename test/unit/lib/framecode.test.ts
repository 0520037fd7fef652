import { expect, test } from 'vitest';
import { type Area, frameCodeBits, type LumaPlane, paintFrameCode, readFrameCode } from '../../../src/lib/framecode.js';

function plane(width: number, height: number, luma: number): LumaPlane & { area: Area } {
  return { data: new Uint8Array(width * height).fill(luma), stride: width, area: { x: 0, y: 0, width, height } };
}

test.each([
  [640, 360],
  [1280, 720],
  [320, 180],
  [360, 640],
])('what is painted is read back at %ix%i', (width, height) => {
  for (const code of [0, 1, 77_777, 0xfffff].flatMap((frame) => [0, 9, 15].map((source) => ({ source, frame })))) {
    const picture = plane(width, height, 110);
    paintFrameCode(picture, picture.area, code);
    expect(readFrameCode(picture, picture.area)).toEqual(code);
  }
});

test('a picture within a picture is read at its own place', () => {
  const picture = plane(640, 360, 60);
  const area = { x: 320, y: 180, width: 320, height: 180 };
  paintFrameCode(picture, area, { source: 3, frame: 4242 });
  expect(readFrameCode(picture, area)).toEqual({ source: 3, frame: 4242 });
  expect(readFrameCode(picture, picture.area)).not.toEqual({ source: 3, frame: 4242 });
});

test('numbers wrap at 20 bits, sources at 4', () => {
  expect(frameCodeBits({ source: 17, frame: 0x100005 })).toBe(frameCodeBits({ source: 1, frame: 5 }));
});

test('noise on every sample does no harm, one wrong cell is noticed', () => {
  const picture = plane(640, 360, 110);
  paintFrameCode(picture, picture.area, { source: 2, frame: 999 });
  picture.data.forEach((luma, index) => {
    picture.data[index] = Math.min(255, Math.max(0, luma + ((index * 7919) % 61) - 30));
  });
  expect(readFrameCode(picture, picture.area)).toEqual({ source: 2, frame: 999 });
  // The first cell is the highest bit of source 2, black; it turns white.
  for (let y = 18; y < 36; y++) picture.data.fill(235, y * 640 + 16, y * 640 + 32);
  expect(readFrameCode(picture, picture.area)).toBeNull();
});

test.each([0, 16, 126, 128, 235, 255])('a plain picture of luma %i carries no code', (luma) => {
  const picture = plane(640, 360, luma);
  expect(readFrameCode(picture, picture.area)).toBeNull();
});
