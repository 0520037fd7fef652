/** Texts as the drawing thread really draws them: their samples are looked at. */
import { afterAll, describe, expect, test } from 'vitest';
import { FONT_NAMES } from '../../../../src/domain/desired.js';
import { MAX_SHEET_AREA, type TextSetting } from '../../../../src/engine/overlay/painter.js';
import { inkOf } from '../../../../src/engine/overlay/text-setting.js';
import { ThreadPainter } from '../../../../src/engine/overlay/thread-painter.js';
import { colourSamples, type Sheet } from '../../../../src/engine/video/sheet.js';
import { inkIn, sampleOf } from './ink.js';

const painter = new ThreadPainter();
afterAll(() => painter.close());

function setting(changes: Partial<TextSetting>): TextSetting {
  return {
    text: 'I',
    font: 'NotoSansHans-Bold',
    fontPx: 60,
    color: 0xff0000,
    outline: null,
    align: 'left',
    ...changes,
  };
}

async function draw(changes: Partial<TextSetting>): Promise<Sheet> {
  const wanted = setting(changes);
  return painter.paint(wanted, inkOf(await painter.measure(wanted)));
}

test('a red text is red, and its ground is see-through', async () => {
  const sheet = await draw({});
  const ink = inkIn(sheet);
  const middle = sampleOf(sheet, (ink.left + ink.right) >> 1, (ink.top + ink.bottom) >> 1);
  const red = colourSamples(0xff0000);
  expect(middle.alpha).toBe(255);
  for (const plane of ['y', 'u', 'v'] as const) expect(Math.abs(middle[plane] - red[plane])).toBeLessThanOrEqual(2);
  expect(sampleOf(sheet, 0, 0).alpha).toBe(0);
});

test('the outline is around the letter and leaves the letter as it is', async () => {
  const [plain, outlined] = [await draw({}), await draw({ outline: { color: 0xffffff, px: 6 } })];
  const [letter, whole] = [inkIn(outlined, 0xff0000), inkIn(outlined)];
  // Across the stem of the I: six pixels on either side, and the letter as wide as without.
  expect(letter.left - whole.left).toBeGreaterThanOrEqual(5);
  expect(letter.left - whole.left).toBeLessThanOrEqual(7);
  expect(whole.right - letter.right).toBeGreaterThanOrEqual(5);
  expect(letter.top - whole.top).toBeGreaterThanOrEqual(5);
  expect(whole.bottom - letter.bottom).toBeGreaterThanOrEqual(5);
  expect(letter.count).toBe(inkIn(plain, 0xff0000).count);
  const beside = sampleOf(outlined, whole.left + 3, (whole.top + whole.bottom) >> 1);
  expect(beside.y).toBe(colourSamples(0xffffff).y);
  expect(beside.alpha).toBe(255);
});

test('every font draws Latin, Cyrillic, Spanish and Chinese, each character in a shape of its own', async () => {
  const letters = [...'AgñЖ直播导龘'];
  for (const font of FONT_NAMES) {
    const shapes = new Set<string>();
    for (const text of letters) {
      const wanted = setting({ text, font, fontPx: 32 });
      expect((await painter.measure(wanted)).missing).toBe('');
      const { y } = await painter.paint(wanted, { x: 0, y: 0, width: 48, height: 48 });
      expect(y.alpha.some((alpha) => alpha > 0)).toBe(true);
      shapes.add(Buffer.from(y.alpha).toString('base64'));
    }
    expect(shapes.size).toBe(letters.length);
  }
});

test('the fonts differ: Kai from Sans, light from bold', async () => {
  const weight = async (font: TextSetting['font']): Promise<number> => {
    const { y } = await draw({ text: '永字', font });
    return y.alpha.reduce((sum, alpha) => sum + alpha, 0);
  };
  const light = await weight('NotoSansHans-Light');
  const regular = await weight('NotoSansHans-Regular');
  const bold = await weight('NotoSansHans-Bold');
  expect(light).toBeLessThan(0.95 * regular);
  expect(regular).toBeLessThan(0.95 * bold);
  expect(await weight('KaiTi')).not.toBe(regular);
});

test('what no font has is named and left out; joiners and controls are neither drawn nor named', async () => {
  const measure = await painter.measure(setting({ text: 'a😀b😀\u200d\ufe0f\rا' }));
  expect(measure.missing).toBe('😀ا');
  expect(measure.box).toEqual((await painter.measure(setting({ text: 'ab' }))).box);
});

test.each([
  ['left', 0],
  ['center', 0.5],
  ['right', 1],
] as const)('lines are aligned: %s', async (align, share) => {
  const wanted = setting({ text: '播播播播\n播', align });
  const { box } = await painter.measure(wanted);
  const half = box.height / 2;
  const upper = inkIn(await painter.paint(wanted, { x: 0, y: 0, width: box.width, height: half }));
  const lower = inkIn(await painter.paint(wanted, { x: 0, y: half, width: box.width, height: half }));
  const free = upper.right - upper.left - (lower.right - lower.left);
  expect(Math.abs(lower.left - upper.left - share * free)).toBeLessThanOrEqual(1);
  expect(upper.right - upper.left).toBeGreaterThan(3.5 * (lower.right - lower.left));
});

test.each([
  ['KaiTi', 'ÅÊjgpqy'],
  ['NotoSansHans-Bold', 'ÅÊjgpqy'],
  ['NotoSansHans-Bold', '龘靐\nÑandúÇ'],
  ['KaiTi', 'ffj\u0301'],
] as const)('nothing is outside of what the measure says: %s, %j', async (font, text) => {
  const wanted = setting({ text, font, outline: { color: 0xffffff, px: 8 } });
  const ink = inkOf(await painter.measure(wanted));
  const tight = inkIn(await painter.paint(wanted, ink));
  const roomy = await painter.paint(wanted, {
    x: ink.x - 40,
    y: ink.y - 40,
    width: ink.width + 80,
    height: ink.height + 80,
  });
  expect(tight.count).toBe(inkIn(roomy).count);
});

test('parts of a long text fit together', async () => {
  const wanted = setting({ text: '中文English长文本', outline: { color: 0x00ff00, px: 3 } });
  const ink = inkOf(await painter.measure(wanted));
  const whole = await painter.paint(wanted, ink);
  const cut = 100;
  const left = await painter.paint(wanted, { ...ink, width: cut });
  const right = await painter.paint(wanted, { ...ink, x: ink.x + cut, width: ink.width - cut });
  for (let row = 0; row < whole.height; row++) {
    const line = [
      ...left.y.alpha.subarray(row * cut, (row + 1) * cut),
      ...right.y.alpha.subarray(row * right.width, (row + 1) * right.width),
    ];
    expect(line).toEqual([...whole.y.alpha.subarray(row * whole.width, (row + 1) * whole.width)]);
  }
});

test('an empty text has no size; a part that is too large is refused', async () => {
  expect((await painter.measure(setting({ text: '' }))).box).toEqual({ width: 0, height: 0 });
  expect((await painter.measure(setting({ text: '😀\n' }))).box).toEqual({ width: 0, height: 0 });
  const side = Math.ceil(Math.sqrt(MAX_SHEET_AREA) / 2) * 2 + 2;
  await expect(painter.paint(setting({}), { x: 0, y: 0, width: side, height: side })).rejects.toThrow('too many');
});

test('a text is cut at 1024 characters', async () => {
  const { box } = await painter.measure(setting({ text: '播'.repeat(1024), fontPx: 10 }));
  expect((await painter.measure(setting({ text: '播'.repeat(2000), fontPx: 10 }))).box).toEqual(box);
  expect(box.width).toBe(10240);
});

describe('labels', () => {
  const style = { fontPx: 20, color: 0xffffff, background: 0x102030, maxWidth: 120 };

  test('words on a plate', async () => {
    const sheet = await painter.label('CAM 1', style);
    expect(sheet.width).toBeLessThan(120);
    expect(sampleOf(sheet, 0, 0)).toEqual({ ...colourSamples(0x102030), alpha: 255 });
    expect(inkIn(sheet, 0xffffff).count).toBeGreaterThan(20);
  });

  test('too long ones end with an ellipsis and keep to their width', async () => {
    const long = await painter.label('A very long source name', style);
    expect(long.width).toBeLessThanOrEqual(120);
    // Three dots at the end: nothing there is higher than they are.
    const { right } = inkIn(long, 0xffffff);
    for (let row = 0; row < 16; row++) {
      for (let column = right - 12; column < right; column++) {
        expect(sampleOf(long, column, row).y).toBe(colourSamples(0x102030).y);
      }
    }
    const other = await painter.label('A very long source title', style);
    expect(Buffer.from(other.y.data).equals(Buffer.from(long.y.data))).toBe(true);
    expect((await painter.label('摄像机'.repeat(50), { ...style, maxWidth: 2 })).width).toBe(2);
  });
});

test('samples become a sheet', async () => {
  const rgba = new Uint8Array(4 * 2 * 4).fill(255);
  const sheet = await painter.sheet(rgba, 4, 2);
  expect(sampleOf(sheet, 3, 1)).toEqual({ ...colourSamples(0xffffff), alpha: 255 });
});
