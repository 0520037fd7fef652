/** Pictures over a scene, fetched through the guarding proxy from a server of the test. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OverlaySpec } from '../../../../src/domain/desired.js';
import type { EngineReport } from '../../../../src/domain/engine.js';
import { ImageOverlay } from '../../../../src/engine/overlay/image-overlay.js';
import { ThreadPainter } from '../../../../src/engine/overlay/thread-painter.js';
import { GuardProxy } from '../../../../src/engine/source/guard-proxy.js';
import { colourSamples } from '../../../../src/engine/video/sheet.js';
import { type StaticServer, serveFolder } from '../../../support/static-server.js';
import { waitFor } from '../../../support/wait.js';
import { png } from '../png.js';
import { FakePainter } from './fake-painter.js';
import { inkIn, sampleOf } from './ink.js';
import { imageSpec } from './specs.js';

const FRAME = { width: 640, height: 360 };
const painter = new ThreadPainter();
let folder: string;
let server: StaticServer;
let proxy: GuardProxy;
const open: ImageOverlay[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'castdeck-overlay-'));
  server = await serveFolder(folder);
  proxy = await GuardProxy.start('all');
});
afterAll(async () => {
  for (const overlay of open) overlay.close();
  await Promise.all(open.map((overlay) => overlay.closed));
  await painter.close();
  await server.close();
  await proxy.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A picture that is red on the left, blue on the right, see-through below its middle. */
function halves(width: number, height: number): Buffer {
  return png(width, height, (x, y) => [...(x < width / 2 ? [255, 0, 0] : [0, 0, 255]), y < height / 2 ? 255 : 0]);
}

function show(
  name: string,
  changes: Partial<OverlaySpec> = {},
  by: ThreadPainter | FakePainter = painter,
): { overlay: ImageOverlay; reports: EngineReport[] } {
  const reports: EngineReport[] = [];
  const url = name.startsWith('http') ? name : `${server.url}/${name}`;
  const room = { frame: FRAME, painter: by, proxy: proxy.url, report: (report: EngineReport) => reports.push(report) };
  const overlay = new ImageOverlay(imageSpec(url, changes), url, room);
  open.push(overlay);
  return { overlay, reports };
}

async function ready(overlay: ImageOverlay): Promise<void> {
  await waitFor('the picture is ready', 10_000, () => overlay.isReady());
  overlay.advance(0);
}

test('a picture is as high as it should be, in its place, with its colours and its holes', async () => {
  writeFileSync(join(folder, 'halves.png'), halves(200, 100));
  const { overlay, reports } = show('halves.png', { height: 0.25, refer: 'bottomRight', x: 0.05, y: 0.1 });
  expect(overlay.isReady()).toBe(false);
  await ready(overlay);
  const placed = overlay.placed();
  if (!placed) throw new Error('nothing to be seen');
  // 90 high, so 180 wide; 32 from the right and 36 from the lower edge.
  expect(placed).toMatchObject({ x: 640 - 180 - 32, y: 360 - 90 - 36, sheet: { width: 180, height: 90 } });
  for (const [x, colour] of [
    [20, 0xff0000],
    [160, 0x0000ff],
  ] as const) {
    const [seen, wanted] = [sampleOf(placed.sheet, x, 20), colourSamples(colour)];
    expect(seen.alpha).toBe(255);
    for (const plane of ['y', 'u', 'v'] as const) expect(Math.abs(seen[plane] - wanted[plane])).toBeLessThanOrEqual(3);
  }
  expect(sampleOf(placed.sheet, 20, 70).alpha).toBe(0);
  expect(reports).toEqual([]);
});

test('without a size it has its own pixels; of a larger one than the frame the rest is not kept', async () => {
  writeFileSync(join(folder, 'large.png'), halves(2000, 1000));
  const { overlay } = show('large.png', { refer: 'center' });
  await ready(overlay);
  const placed = overlay.placed();
  if (!placed) throw new Error('nothing to be seen');
  expect(placed).toMatchObject({ x: 0, y: 0, sheet: FRAME });
  // Middle of the picture in the middle of the frame: red meets blue, and what is below is see-through.
  const ink = inkIn(placed.sheet);
  expect(ink.bottom).toBeGreaterThanOrEqual(180);
  expect(ink.bottom).toBeLessThanOrEqual(181);
  expect(sampleOf(placed.sheet, 310, 100).v).toBeGreaterThan(200);
  expect(sampleOf(placed.sheet, 330, 100).u).toBeGreaterThan(200);
});

test('a moving picture moves on with the time, and goes round without being decoded again', async () => {
  for (const [index, colour] of [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
  ].entries()) {
    writeFileSync(
      join(folder, `colour${index}.png`),
      png(32, 32, () => colour),
    );
  }
  const pictures = ['-framerate', '10', '-i', join(folder, 'colour%d.png')];
  execFileSync('ffmpeg', ['-v', 'error', ...pictures, '-y', join(folder, 'three.gif')]);
  const { overlay } = show('three.gif');
  await ready(overlay);
  await overlay.closed;
  const colours = [0xff0000, 0x00ff00, 0x0000ff].map((colour) => colourSamples(colour).y);
  const shown = [0, 50, 110, 210, 310, 410, 3050, 3150].map((ms) => {
    overlay.advance(ms * 1000);
    const placed = overlay.placed();
    const luma = placed ? sampleOf(placed.sheet, 16, 16).y : Number.NaN;
    return colours.findIndex((colour) => Math.abs(colour - luma) < 12);
  });
  // The last two come after a pause in the ticks: the animation goes on with the next picture.
  expect(shown).toEqual([0, 0, 1, 2, 0, 1, 2, 0]);
});

test('a large animation is decoded as it is shown, never more than a few pictures ahead', async () => {
  execFileSync('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', 'color=gray:s=640x360:r=10:d=10.5'],
    ...['-c:v', 'apng', '-plays', '0', '-pred', 'none', '-y', join(folder, 'long.apng')],
  ]);
  const drawer = new FakePainter();
  const { overlay } = show('long.apng', { height: 1 }, drawer);
  await ready(overlay);
  await waitFor('the first pictures', 5_000, () => drawer.sheets >= 4);
  const ahead = drawer.sheets;
  overlay.advance(110_000);
  await waitFor('one more picture', 5_000, () => drawer.sheets > ahead);
  expect(drawer.sheets).toBeLessThanOrEqual(ahead + 2);
  // It wants to be played for ever, and so is not done with decoding; closing ends it.
  overlay.close();
  await overlay.closed;
});

test('a picture crawls as well', async () => {
  const { overlay } = show('halves.png', { effect: 'crawlV', crawlSpeed: 0.5, x: 0.1 });
  await ready(overlay);
  expect(overlay.placed()).toMatchObject({ x: 64, y: 360, sheet: { width: 200, height: 100 } });
  overlay.advance(1_000_000);
  expect(overlay.placed()).toMatchObject({ x: 64, y: 180 });
});

test('a picture that is not there is told once and shown when it comes', async () => {
  const { overlay, reports } = show('later.png');
  await ready(overlay);
  expect(overlay.placed()).toBeNull();
  await waitFor('a second attempt', 5_000, () => server.requests.filter((path) => path === '/later.png').length > 1);
  expect(reports).toEqual([{ code: 'ImageOpenFailed', message: 'the server answered 404', componentId: 'image' }]);
  writeFileSync(join(folder, 'later.png'), halves(20, 10));
  await waitFor('the picture', 8_000, () => {
    overlay.advance(0);
    return overlay.placed();
  });
});

test.each([
  ['words.png', 'this is no picture'],
  ['cut.gif', 'GIF89a\x10\x00'],
])('a broken picture is told: %s', async (name, content) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), content, 'latin1');
  const { overlay, reports } = show(name);
  await ready(overlay);
  expect(overlay.placed()).toBeNull();
  expect(reports).toMatchObject([{ code: 'ImageDecodeFailed', componentId: 'image' }]);
});

test('a picture that would become huge is refused', async () => {
  writeFileSync(
    join(folder, 'thin.png'),
    png(4000, 2, () => [255, 255, 255]),
  );
  const { overlay, reports } = show('thin.png', { height: 1 });
  await ready(overlay);
  expect(reports).toMatchObject([{ code: 'ImageDecodeFailed', componentId: 'image' }]);
  expect(reports[0]?.message).toContain('720000 x 360');
});

test('a picture outside the frame is ready and costs nothing', async () => {
  const { overlay, reports } = show('halves.png', { x: 1.5 });
  await ready(overlay);
  await overlay.closed;
  expect(overlay.placed()).toBeNull();
  expect(reports).toEqual([]);
});
