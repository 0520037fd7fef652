/**
 * Ways from preview to programme, picture by picture: fades, wipes, dips, the T-bar, keys and fade to black, between plain
 * sources whose brightness tells how far a way has come.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lumaOf, readCode } from '../support/analyse.js';
import { isBuilt } from '../support/castdeck-server.js';
import { mixed } from '../support/colour-picture.js';
import type { GrayFrame } from '../support/decode.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { Onlooker } from '../support/onlooker.js';
import { PictureDesk } from '../support/picture-desk.js';
import { plainPng } from '../support/picture-files.js';
import { Viewer } from '../support/watch.js';

const DARK = 0x303030;
const LIGHT = 0xd0d0d0;
const RED = 0xe00000;
const FPS = 30;
/** Samples of a plain picture come back within this. */
const CLOSE = 5;
/** Upper left part of the pictures of 320x180, away from the key in the other corner. */
const FREE = { x: 0, y: 0, width: 220, height: 100 };

function means(frames: readonly GrayFrame[]): number[] {
  return frames.map((frame) => lumaOf(frame, FREE).mean);
}

/** First and last picture of a way between two levels: from the last one that is `from` to the first that is `to`. */
function wayIn(levels: readonly number[], from: number, to: number): number[] {
  const arrived = levels.findIndex(
    (level, index) =>
      Math.abs(level - to) < CLOSE && levels.slice(0, index).some((one) => Math.abs(one - from) < CLOSE),
  );
  if (arrived < 0) throw new Error(`never arrived at ${to}: ${levels.map(Math.round).join()}`);
  const left = levels.slice(0, arrived).findLastIndex((level) => Math.abs(level - from) < CLOSE);
  return levels.slice(left, arrived + 1);
}

/** Greatest distance of a way from a straight line between its ends. */
function crooked(way: readonly number[]): number {
  const [from, to] = [way[0] ?? 0, way.at(-1) ?? 0];
  return Math.max(...way.map((level, index) => Math.abs(level - (from + ((to - from) * index) / (way.length - 1)))));
}

describe.skipIf(!isBuilt || !hasFfmpeg)('ways from preview to programme', () => {
  let desk: PictureDesk;
  let dark: string;
  let light: string;
  let bars: string;

  /** Watches the programme while `act` runs and for so many pictures more. */
  const watch = async (act: (viewer: Viewer) => Promise<unknown>, more: number): Promise<GrayFrame[]> => {
    const viewer = await Viewer.start(desk.studio.urls().flv);
    await act(viewer);
    await viewer.see(more);
    return (await viewer.stop()).decoded.frames;
  };

  /** Programme and preview, by cuts. */
  const begin = async (programme: string, preview: string): Promise<void> => {
    await desk.show(programme);
    await desk.studio.preview(preview);
  };

  beforeAll(async () => {
    desk = await PictureDesk.open((folder) => {
      plainPng(`${folder}/dark.png`, DARK);
      plainPng(`${folder}/light.png`, LIGHT);
      plainPng(`${folder}/key.png`, RED, 160, 90);
    });
    const sources = [await desk.addImage('RV01', 'dark.png'), await desk.addImage('RV02', 'light.png')];
    await desk.studio.addSource('RV03', { LiveStreamUrl: 'test://bars' });
    dark = await desk.layout([{ source: 'RV01' }]);
    light = await desk.layout([{ source: 'RV02' }]);
    bars = await desk.layout([{ source: 'RV03' }]);
    await desk.studio.start();
    for (const source of sources) await desk.untilStatus(source, 'live');
  });

  afterAll(async () => {
    await desk?.close();
  });

  test('a fade of a second rises evenly over 30 pictures', async () => {
    await begin(dark, light);
    const frames = await watch(() => desk.take({ Transition: 'fade', TransitionDuration: 1000 }), 50);
    const levels = means(frames);
    const way = wayIn(levels, 0x30, 0xd0);
    // The first and the last one show the ends.
    expect(way.length).toBeGreaterThanOrEqual(FPS - 1);
    expect(way.length).toBeLessThanOrEqual(FPS + 2);
    expect(crooked(way)).toBeLessThan(6);
    // Nothing but the way: all before is the old picture, all after the new one.
    const start = levels.findIndex((level) => Math.abs(level - 0x30) >= CLOSE);
    expect(levels.slice(start + way.length).every((level) => Math.abs(level - 0xd0) < CLOSE)).toBe(true);
    // The same all over the picture, half way too.
    const middle = frames[start + Math.round(way.length / 2)];
    if (!middle) throw new Error('no picture half way');
    const { min, max } = lumaOf(middle);
    expect(max - min).toBeLessThan(12);
  });

  test('a wipe shows both: the new picture on one side of an edge that moves evenly', async () => {
    await begin(dark, light);
    const frames = await watch(() => desk.take({ Transition: 'wipeRight', TransitionDuration: 1000 }), 50);
    /** Column of the edge, 0 to 320; null when there is more than one level on either side. */
    const edges = frames.map((frame) => {
      const row = frame.data.subarray(90 * 320, 91 * 320);
      const edge = row.findLastIndex((luma) => luma > 0x80) + 1;
      const ok = row.every((luma, x) => Math.abs(x - edge) < 4 || Math.abs(luma - (x < edge ? 0xd0 : 0x30)) < 16);
      expect(ok, `a clean edge at ${edge}`).toBe(true);
      return edge;
    });
    const start = edges.findIndex((edge) => edge > 0);
    const end = edges.indexOf(320);
    expect(start).toBeGreaterThan(0);
    const way = edges.slice(start - 1, end + 1);
    expect(way.length).toBeGreaterThanOrEqual(FPS - 1);
    expect(way.length).toBeLessThanOrEqual(FPS + 2);
    expect(crooked(way)).toBeLessThan(8);
  });

  test('a dip goes through its colour', async () => {
    await begin(dark, light);
    const onlooker = await Onlooker.start(desk.studio.urls().flv);
    const call = { Transition: 'dip', TransitionColor: '0xe00000' };
    // By hand, so that the moment can be looked at: a quarter, the middle, three quarters.
    const seen: number[] = [];
    for (const [position, colour] of [
      [0.25, mixed(RED, DARK, 0.5)],
      [0.5, RED],
      [0.75, mixed(RED, LIGHT, 0.5)],
    ] as const) {
      await desk.take({ ...call, TransitionPosition: position });
      seen.push((await onlooker.look()).distance(colour));
    }
    await desk.take({ ...call, TransitionPosition: 1 });
    seen.push((await onlooker.look()).distance(LIGHT));
    await onlooker.stop();
    expect(Math.max(...seen), seen.join()).toBeLessThan(12);

    // And by itself: evenly up to white, and down to the new picture.
    await begin(dark, light);
    const white = { Transition: 'dip', TransitionColor: '0xffffff', TransitionDuration: 1000 };
    const levels = means(await watch(() => desk.take(white), 50));
    const top = levels.indexOf(Math.max(...levels));
    expect(levels[top]).toBeGreaterThan(0xf4);
    const up = wayIn(levels.slice(0, top + 1), 0x30, levels[top] ?? 0);
    expect(up.length).toBeGreaterThanOrEqual(14);
    expect(up.length).toBeLessThanOrEqual(17);
    expect(crooked(up)).toBeLessThan(12);
    expect(levels.slice(top).every((level, index, rest) => index === 0 || level < (rest[index - 1] ?? 0) + 2)).toBe(
      true,
    );
    expect(levels[top + 6]).toBeGreaterThan(0xd0 + 2 * CLOSE);
    expect(Math.abs((levels.at(-1) ?? 0) - 0xd0)).toBeLessThan(CLOSE);
  });

  test('the T-bar holds a mixture for as long as it is held, and is a take at 1', async () => {
    await begin(dark, light);
    const pictures = async (): Promise<string[]> => {
      const answer = await desk.studio.call('DescribeCasterScenes', { SceneId: desk.studio.pgmScene });
      const [scene] = (answer.SceneList as { Scene: { Pictures: { LocationId: string[] } }[] }).Scene;
      return scene?.Pictures.LocationId ?? [];
    };
    let held: string[] = [];
    let taken: string[] = [];
    const frames = await watch(async (viewer) => {
      await desk.take({ Transition: 'fade', TransitionPosition: 0.5, TransitionDuration: 200 });
      held = await pictures();
      await viewer.see(45);
      await desk.take({ TransitionPosition: 0.25 });
      await viewer.see(20);
      await desk.take({ TransitionPosition: 1, TransitionDuration: 300 });
      taken = await pictures();
    }, 25);
    expect(held).toEqual(['RV01']);
    expect(taken).toEqual(['RV02']);
    const levels = means(frames);
    const at = (share: number): number => 0x30 + (0xd0 - 0x30) * share;
    const near = (level: number, share: number): boolean => Math.abs(level - at(share)) < CLOSE;
    const half = levels.findIndex((level) => near(level, 0.5));
    expect(half).toBeGreaterThan(0);
    expect(levels.slice(half, half + 30).every((level) => near(level, 0.5))).toBe(true);
    const quarter = levels.findIndex((level, index) => index > half && near(level, 0.25));
    expect(quarter).toBeGreaterThan(half);
    expect(levels.slice(quarter, quarter + 10).every((level) => near(level, 0.25))).toBe(true);
    // From there on it only rises, over about nine pictures, and stays.
    const rest = levels.slice(quarter + 10);
    const way = wayIn(rest, at(0.25), at(1));
    expect(way.length).toBeGreaterThanOrEqual(8);
    expect(way.length).toBeLessThanOrEqual(12);
    expect(crooked(way)).toBeLessThan(8);
    expect(near(levels.at(-1) ?? 0, 1)).toBe(true);
  });

  test('the T-bar let go at 0 gives the programme back', async () => {
    await begin(dark, light);
    const frames = await watch(async (viewer) => {
      await desk.take({ Transition: 'fade', TransitionPosition: 0.5, TransitionDuration: 0 });
      await viewer.see(10);
      await desk.take({ TransitionPosition: 0 });
    }, 15);
    const levels = means(frames);
    expect(Math.max(...levels)).toBeGreaterThan(0x7a);
    expect(Math.max(...levels)).toBeLessThan(0x86);
    expect(Math.abs((levels.at(-1) ?? 0) - 0x30)).toBeLessThan(CLOSE);
  });

  test('fade to black and back, evenly, and takes stay in the dark meanwhile', async () => {
    await begin(light, dark);
    const fade = (Enable: boolean) => desk.studio.call('SetCasterFadeToBlack', { Enable, FadeDuration: 500 });
    const frames = await watch(async (viewer) => {
      await fade(true);
      await viewer.see(25);
      await desk.take();
      await viewer.see(5);
      await desk.take({ Transition: 'fade', TransitionDuration: 0 });
      await desk.show(light);
      await viewer.see(5);
      await fade(false);
    }, 25);
    const levels = means(frames);
    const down = wayIn(levels, 0xd0, 0);
    expect(down.length).toBeGreaterThanOrEqual(14);
    expect(down.length).toBeLessThanOrEqual(17);
    expect(crooked(down)).toBeLessThan(8);
    const black = levels.findIndex((level) => level < CLOSE);
    const lit = levels.findIndex((level, index) => index > black && level >= CLOSE);
    // Black without a break, in spite of three takes.
    expect(lit - black).toBeGreaterThan(15);
    const up = wayIn(levels.slice(black), 0, 0xd0);
    expect(up.length).toBeGreaterThanOrEqual(14);
    expect(up.length).toBeLessThanOrEqual(17);
    expect(crooked(up)).toBeLessThan(8);
  });

  test('an overlay above takes comes with a fade, stays through cuts and fades, and goes with a fade', async () => {
    await begin(dark, light);
    const layer = { HeightNormalized: 0.25, PositionNormalized: [0, 0], PositionRefer: 'bottomRight' };
    const key = await desk.component({ type: 'image', content: { ImageUrl: desk.url('key.png') }, layer });
    const put = (OnAir: boolean) =>
      desk.studio.call('SetCasterOverlay', { ComponentId: key, OnAir, FadeDuration: 500 });
    let taken = 0;
    const frames = await watch(async (viewer) => {
      await put(true);
      await viewer.see(25);
      await desk.take();
      await viewer.see(5);
      await desk.studio.preview(dark);
      taken = await desk.take({ Transition: 'fade', TransitionDuration: 500 });
      await viewer.see(20);
      await desk.studio.preview(bars);
      await desk.take({ Transition: 'pushLeft', TransitionDuration: 300 });
      await viewer.see(15);
      await desk.show(light);
      await viewer.see(5);
      await put(false);
    }, 25);
    expect(taken).toBeGreaterThan(0);
    // The key's 160x90 lie at (480, 270); half of that in these pictures. Red of 0xe00000 has a luma of 48.
    const corner = { x: 244, y: 139, width: 72, height: 37 };
    const inside = frames.map((frame) => lumaOf(frame, corner));
    const scene = means(frames);
    const gone = inside.map(({ mean }) => Math.abs(mean - 0xd0) < CLOSE);
    const cut = scene.findIndex((level) => Math.abs(level - 0xd0) < CLOSE);
    const end = gone.indexOf(true);
    expect(cut).toBeGreaterThan(20);
    expect(end).toBeGreaterThan(cut + 50);
    // From the cut until it begins to go, whatever lies below it, the same red.
    const steady = inside.slice(cut, end - 17);
    for (const { mean, min, max } of steady) {
      expect(Math.abs(mean - 48)).toBeLessThan(7);
      expect(max - min).toBeLessThan(24);
    }
    expect(steady.length).toBeGreaterThan(35);
    // While what lies below it changes: dark, light, on the way, and bars.
    const below = scene.slice(cut, end - 17).map((level) => Math.round(level / 20));
    expect(new Set(below).size).toBeGreaterThan(6);
    // It goes with a fade of 15 pictures.
    const leaving = inside.slice(end - 17, end + 1).map(({ mean }) => mean);
    const way = wayIn(leaving, 48, 0xd0);
    expect(way.length).toBeGreaterThanOrEqual(14);
    expect(crooked(way)).toBeLessThan(10);
  });

  test('a cut while a fade runs is a cut', async () => {
    await begin(dark, light);
    const frames = await watch(async (viewer) => {
      await desk.take({ Transition: 'fade', TransitionDuration: 3000 });
      await viewer.see(20);
      await desk.studio.preview(bars);
      await desk.take();
    }, 20);
    const codes = frames.map((frame) => readCode(frame));
    const cut = codes.findIndex((code) => code?.source === 2);
    expect(cut).toBeGreaterThan(40);
    expect(codes.slice(cut).every((code) => code?.source === 2)).toBe(true);
    // On the way until then: between the two, plain, and not yet there.
    const before = frames[cut - 1];
    if (!before) throw new Error('no picture before the cut');
    const { mean, min, max } = lumaOf(before);
    expect(mean).toBeGreaterThan(0x40);
    expect(mean).toBeLessThan(0xb0);
    expect(max - min).toBeLessThan(20);
  });

  test('a fade while a fade runs goes on from what is to be seen', async () => {
    await begin(dark, light);
    const frames = await watch(async (viewer) => {
      await desk.take({ Transition: 'fade', TransitionDuration: 1000 });
      await viewer.see(12);
      await desk.studio.preview(dark);
      await desk.take({ Transition: 'fade', TransitionDuration: 1000 });
    }, 50);
    const levels = means(frames);
    const steps = levels.slice(1).map((level, index) => Math.abs(level - (levels[index] ?? 0)));
    // No jump anywhere: a fade of a second changes 5.3 a picture.
    expect(Math.max(...steps)).toBeLessThan(9);
    expect(Math.max(...levels)).toBeGreaterThan(0x60);
    expect(Math.abs((levels.at(-1) ?? 0) - 0x30)).toBeLessThan(CLOSE);
  });

  test('while the preview is stopped, what is set for it goes straight to the programme', async () => {
    await begin(dark, light);
    const { studio } = desk;
    await studio.call('StopCasterScene', { SceneId: studio.pvwScene });
    try {
      const frames = await watch(() => studio.preview(bars), 20);
      const codes = frames.map((frame) => readCode(frame)?.source ?? null);
      const change = codes.indexOf(2);
      expect(change).toBeGreaterThan(20);
      expect(new Set(codes.slice(change))).toEqual(new Set([2]));
      expect(means(frames.slice(0, change)).every((level) => Math.abs(level - 0x30) < CLOSE)).toBe(true);
      // With a transition, if one is asked for.
      await desk.show(dark);
      const fading = await watch(
        () =>
          studio.call('SetCasterSceneConfig', {
            SceneId: studio.pvwScene,
            LayoutId: light,
            Transition: 'fade',
            TransitionDuration: 500,
          }),
        30,
      );
      const way = wayIn(means(fading), 0x30, 0xd0);
      expect(way.length).toBeGreaterThanOrEqual(14);
      expect(way.length).toBeLessThanOrEqual(17);
    } finally {
      await studio.call('StartCasterScene', { SceneId: studio.pvwScene });
    }
  });
});
