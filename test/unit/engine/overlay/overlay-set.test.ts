/** Texts in the frame, and which overlays are shared. Drawn for real where the samples matter. */
import { afterAll, describe, expect, test } from 'vitest';
import type { FontName, OverlaySpec, PositionRefer } from '../../../../src/domain/desired.js';
import type { EngineReport } from '../../../../src/domain/engine.js';
import type { Overlay } from '../../../../src/engine/overlay/overlay.js';
import { keyOf, OverlaySet } from '../../../../src/engine/overlay/overlay-set.js';
import type { Painter } from '../../../../src/engine/overlay/painter.js';
import { ThreadPainter } from '../../../../src/engine/overlay/thread-painter.js';
import { colourSamples } from '../../../../src/engine/video/sheet.js';
import { waitFor } from '../../../support/wait.js';
import { FakePainter } from './fake-painter.js';
import { inkIn } from './ink.js';
import { textSpec } from './specs.js';

const FRAME = { width: 640, height: 360 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const real = new ThreadPainter();
afterAll(() => real.close());

function studio(painter: Painter): { set: OverlaySet; reports: EngineReport[]; open: (spec: OverlaySpec) => Overlay } {
  const reports: EngineReport[] = [];
  const set = new OverlaySet({
    frame: FRAME,
    proxy: 'http://127.0.0.1:9',
    report: (report) => reports.push(report),
    painter,
  });
  const open = (spec: OverlaySpec): Overlay => {
    const overlay = set.sync([spec]).get(keyOf(spec));
    if (!overlay) throw new Error('no overlay');
    return overlay;
  };
  return { set, reports, open };
}

async function ready(overlay: Overlay): Promise<Overlay> {
  await waitFor('the overlay is ready', 10_000, () => overlay.isReady());
  overlay.advance(0);
  return overlay;
}

/** Box of the red letters in the frame. */
function redIn(overlay: Overlay): { left: number; top: number; right: number; bottom: number } {
  const placed = overlay.placed();
  if (!placed) throw new Error('nothing to be seen');
  const { left, top, right, bottom } = inkIn(placed.sheet, 0xff0000);
  return { left: placed.x + left, top: placed.y + top, right: placed.x + right, bottom: placed.y + bottom };
}

describe('anchors', () => {
  // A full-width block of 36 px fills its em from edge to edge: 0.88 em above the base line, 0.12 em below.
  const CASES: [PositionRefer, number, number][] = [
    ['topLeft', 0, 0],
    ['topCenter', 0.5, 0],
    ['topRight', 1, 0],
    ['leftCenter', 0, 0.5],
    ['center', 0.5, 0.5],
    ['rightCenter', 1, 0.5],
    ['bottomLeft', 0, 1],
    ['bottomCenter', 0.5, 1],
    ['bottomRight', 1, 1],
  ];

  test.each(CASES)('%s', async (refer, atX, atY) => {
    const { open, set } = studio(real);
    const red = redIn(await ready(open(textSpec('国', { refer, x: 0.125, y: 0.1 }))));
    const sign = (at: number): number => (at === 1 ? -1 : 1);
    // The box is 36 wide and 44 high; the character lies in its middle, a few pixels smaller than its em.
    const middle = {
      x: (FRAME.width - 36) * atX + sign(atX) * 80 + 18,
      y: (FRAME.height - 44) * atY + sign(atY) * 36 + 22,
    };
    expect(Math.abs((red.left + red.right) / 2 - middle.x)).toBeLessThanOrEqual(3);
    expect(Math.abs((red.top + red.bottom) / 2 - middle.y)).toBeLessThanOrEqual(4);
    expect(red.right - red.left).toBeGreaterThan(25);
    set.close();
  });
});

test('size is a share of the height, at most 1024 pixels; an outline has at most 16', async () => {
  const painter = new FakePainter();
  const { open } = studio(painter);
  open(textSpec('a', {}, { size: 0.25, outline: { color: 0, width: 0.1 } }));
  open(textSpec('b', {}, { size: 50, outline: { color: 0, width: 0.1 } }));
  open(textSpec('c', {}, { outline: { color: null, width: 0.1 } }));
  open(textSpec('d', {}, { outline: { color: 0xff, width: 0 } }));
  expect(painter.settings.map(({ fontPx, outline }) => [fontPx, outline])).toEqual([
    [90, { color: 0, px: 9 }],
    [1024, { color: 0, px: 16 }],
    [36, null],
    [36, null],
  ]);
});

test('of a text larger than the frame only what is inside is drawn', async () => {
  const painter = new FakePainter();
  painter.size = { width: 1_000_000, height: 1230 };
  const { open } = studio(painter);
  const overlay = open(textSpec('x', { x: 0.1, y: 0.5, refer: 'center' }));
  await ready(overlay);
  const [part] = painter.parts;
  expect(part).toMatchObject({ width: FRAME.width, height: FRAME.height });
  expect(overlay.placed()).toMatchObject({ x: 0, y: 0 });
});

test('a text outside the frame and an empty one are ready and show nothing', async () => {
  const painter = new FakePainter();
  const { open, reports } = studio(painter);
  for (const spec of [textSpec('out', { x: -3 }), textSpec('')]) {
    expect((await ready(open(spec))).placed()).toBeNull();
  }
  expect(painter.parts).toEqual([]);
  expect(reports).toEqual([]);
});

test('crawls from right to left through the whole frame at its height, again and again', async () => {
  const { open } = studio(real);
  const overlay = await ready(open(textSpec('国国国国', { effect: 'crawlH', crawlSpeed: 0.5, y: 0.5 })));
  const at = (seconds: number): number => {
    overlay.advance(seconds * 1_000_000);
    const red = redIn(overlay);
    expect(Math.abs((red.top + red.bottom) / 2 - 202)).toBeLessThanOrEqual(4);
    return red.left;
  };
  const first = at(0);
  expect(Math.abs(first - 642)).toBeLessThanOrEqual(6);
  expect(at(1)).toBe(first - 320);
  expect(at(2)).toBe(first - 640);
  const width = overlay.placed()?.sheet.width ?? 0;
  expect(at((640 + width) / 320)).toBe(first);
});

test('crawls from the bottom up at its place', async () => {
  const { open } = studio(real);
  const overlay = await ready(open(textSpec('国\n国\n国', { effect: 'crawlV', crawlSpeed: 0.25, x: 0.5 })));
  const at = (seconds: number): number => {
    overlay.advance(seconds * 1_000_000);
    const red = redIn(overlay);
    expect(Math.abs((red.left + red.right) / 2 - 338)).toBeLessThanOrEqual(3);
    return red.top;
  };
  const first = at(0);
  expect(Math.abs(first - 366)).toBeLessThanOrEqual(8);
  expect(at(2)).toBe(first - 180);
});

test('an unknown font is told, and drawn with another', async () => {
  const { open, reports } = studio(real);
  const overlay = await ready(open(textSpec('国', {}, { font: 'Wingdings' as FontName })));
  expect(redIn(overlay).right).toBeGreaterThan(20);
  expect(reports).toEqual([
    { code: 'TextFontInvalid', message: 'there is no font "Wingdings"; another one is used', componentId: 'text' },
  ]);
});

test('characters that no font has are told once', async () => {
  const { open, reports } = studio(real);
  const overlay = await ready(open(textSpec('国😀😀')));
  expect(redIn(overlay).right).toBeGreaterThan(20);
  expect(reports).toEqual([{ code: 'TextInvalid', message: 'no font has these characters: 😀', componentId: 'text' }]);
});

test('a text that cannot be drawn is told once, shows nothing, and is tried again', async () => {
  const painter = new FakePainter();
  painter.error = new Error('no memory');
  const { open, reports, set } = studio(painter);
  const overlay = await ready(open(textSpec('x')));
  expect(overlay.placed()).toBeNull();
  await waitFor('a second attempt', 5_000, () => painter.settings.length > 1);
  expect(reports).toEqual([
    { code: 'TextInvalid', message: 'the text cannot be drawn: no memory', componentId: 'text' },
  ]);
  painter.error = null;
  await waitFor('the text', 5_000, () => overlay.placed());
  set.close();
});

test('nothing more is drawn once it is closed', async () => {
  const painter = new FakePainter();
  painter.held = true;
  const { open, set } = studio(painter);
  const overlay = open(textSpec('x'));
  set.close();
  painter.release();
  await turn();
  expect(painter.parts).toEqual([]);
  expect(overlay.placed()).toBeNull();
  expect([...set]).toEqual([]);
});

describe('sharing', () => {
  test('equal components are one overlay, also with another opacity, order or name', () => {
    const { open, set } = studio(new FakePainter());
    const first = open(textSpec('x', { effect: 'crawlH' }));
    expect(open(textSpec('x', { effect: 'crawlH', opacity: 0.5, order: 'background', name: 'other' }))).toBe(first);
    expect([...set]).toHaveLength(1);
  });

  test('an older copy is another one, until it is pruned', () => {
    const { set } = studio(new FakePainter());
    const [old, fresh] = [textSpec('old'), textSpec('fresh')];
    const both = set.sync([old, fresh]);
    expect(both.size).toBe(2);
    const kept = both.get(keyOf(fresh));
    if (!kept) throw new Error('no overlay');
    set.prune(new Set([kept]));
    expect([...set]).toEqual([kept]);
    expect(set.sync([fresh]).get(keyOf(fresh))).toBe(kept);
    expect(set.sync([old]).get(keyOf(old))).not.toBe(both.get(keyOf(old)));
  });

  test('a crawl goes on where it is when another scene asks for it', async () => {
    const { open, set } = studio(new FakePainter());
    const spec = textSpec('x', { effect: 'crawlH', crawlSpeed: 0.5 });
    const overlay = await ready(open(spec));
    set.advance(2_000_000);
    const before = overlay.placed()?.x;
    set.sync([spec, { ...spec, opacity: 0.3 }]);
    set.advance(2_000_000);
    expect(overlay.placed()?.x).toBe(before);
    expect(before).toBe(0);
  });
});

test('red is the red of the video', () => {
  // The colour that the tests above look for.
  expect(colourSamples(0xff0000).y).toBe(63);
});
