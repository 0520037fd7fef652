/** A crawling text in parts: whatever is in the frame is drawn, and only a few parts are kept. */
import { expect, test } from 'vitest';
import type { Part } from '../../../../src/engine/overlay/painter.js';
import { Strip, type StripOptions } from '../../../../src/engine/overlay/strip.js';
import type { Sheet } from '../../../../src/engine/video/sheet.js';
import { plainSheet } from './ink.js';

const FRAME = { width: 640, height: 360 };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Seen {
  strip: Strip;
  parts: Part[];
  errors: unknown[];
  partOf: Map<Sheet, Part>;
}

function open(changes: Partial<StripOptions>, draw?: (part: Part) => Promise<Sheet>): Seen {
  const parts: Part[] = [];
  const errors: unknown[] = [];
  const partOf = new Map<Sheet, Part>();
  const strip = new Strip({
    axis: 'x',
    frame: FRAME,
    speed: 300,
    ink: { x: -4, y: -2, width: 40_000, height: 200 },
    across: 30,
    draw: async (part) => {
      parts.push(part);
      const sheet = draw ? await draw(part) : plainSheet(part.width, 2);
      partOf.set(sheet, part);
      return sheet;
    },
    onError: (error) => errors.push(error),
    ...changes,
  });
  return { strip, parts, errors, partOf };
}

test.each(['x', 'y'] as const)('a long text is in the frame without a gap, part after part: %s', async (axis) => {
  const [along, across, frame] =
    axis === 'x' ? (['width', 'height', 640] as const) : (['height', 'width', 360] as const);
  const ink = { x: -4, y: -2, [along]: 40_000, [across]: 200 } as unknown as Part;
  const { strip, parts, partOf } = open({ axis, ink });
  await turn();
  expect(strip.isReady()).toBe(true);
  const rounds = (40_000 + frame) / 300;
  for (let tick = 0; tick <= rounds * 1.2 * 20; tick++) {
    strip.advance(tick * 50_000);
    const placed = strip.placed();
    if (!placed) throw new Error(`nothing at tick ${tick}`);
    const part = partOf.get(placed.sheet);
    if (!part) throw new Error('an unknown sheet');
    // Where the whole text would lie: the same for all parts.
    const gone = ((tick * 50_000 * 300) / 1_000_000) % (40_000 + frame);
    const begin = frame - gone;
    expect(Math.abs(placed[axis] - (part[axis] - ink[axis]) - begin)).toBeLessThanOrEqual(1);
    // All that is in the frame is in this part.
    expect(placed[axis]).toBeLessThanOrEqual(Math.max(0, begin) + 1);
    expect(placed[axis] + part[along]).toBeGreaterThanOrEqual(Math.min(frame, begin + 40_000) - 1);
    expect(placed[axis === 'x' ? 'y' : 'x']).toBe(axis === 'x' ? 28 : 26);
    await turn();
  }
  expect(Math.max(...parts.map((part) => part[along]))).toBe(2 * frame);
});

test('a short text is one sheet and drawn once', async () => {
  const { strip, parts } = open({ ink: { x: 0, y: 0, width: 900, height: 60 } });
  await turn();
  for (let tick = 0; tick < 200; tick++) {
    strip.advance(tick * 50_000);
    await turn();
  }
  expect(parts).toEqual([{ x: 0, y: 0, width: 900, height: 60 }]);
});

test('a crawl begins when the first part is there', async () => {
  const { strip } = open({});
  strip.advance(5_000_000);
  expect(strip.isReady()).toBe(false);
  expect(strip.placed()).toBeNull();
  await turn();
  strip.advance(7_000_000);
  expect(strip.placed()?.x).toBe(640);
  strip.advance(8_000_000);
  expect(strip.placed()?.x).toBe(340);
});

test('a late part: the one before is shown meanwhile; a failed one is told and asked for again', async () => {
  let fail = false;
  const { strip, parts, errors, partOf } = open({}, async (part) => {
    if (fail) throw new Error('no room');
    return plainSheet(part.width, 2);
  });
  await turn();
  fail = true;
  strip.advance(0);
  await turn();
  // In the second part's time: 640 + 700 pixels on.
  for (const now of [100_000, 4_400_000, 4_500_000]) {
    strip.advance(now);
    await turn();
  }
  const placed = strip.placed();
  expect(placed && partOf.get(placed.sheet)?.x).toBe(-4);
  expect(errors).toHaveLength(2);
  const asked = parts.length;
  fail = false;
  strip.advance(5_000_000);
  await turn();
  expect(parts).toHaveLength(asked);
  strip.advance(5_600_000);
  await turn();
  strip.advance(5_650_000);
  const now = strip.placed();
  expect(now && partOf.get(now.sheet)?.x).toBe(636);
  strip.close();
  expect(strip.placed()).toBeNull();
});
