/** The programme from tick to tick: takes of all kinds, the T-bar, downstream keys, and the fade to black. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DesiredState, OverlaySpec, TakeSpec } from '../../../../src/domain/desired.js';
import { planesOf } from '../../../../src/engine/av/picture.js';
import type { Content } from '../../../../src/engine/mixer/content.js';
import { Programme, type ProgrammeState } from '../../../../src/engine/mixer/programme.js';
import type { Overlay } from '../../../../src/engine/overlay/overlay.js';
import { Compositor } from '../../../../src/engine/video/compositor.js';
import { FramePool } from '../../../../src/engine/video/frame-pool.js';
import { sheetFromRgba } from '../../../../src/engine/video/sheet.js';
import { FakeSource, sourceSpec } from '../fake-source.js';
import { PictureWatch } from '../picture-watch.js';

const SIZE = { width: 64, height: 36 };
/** µs of a tick. */
const TICK = 40_000;
const BLACK = 16;

let watch: PictureWatch;
let pool: FramePool;
let compositor: Compositor;
let programme: Programme;
let serial: number;

beforeEach(() => {
  watch = new PictureWatch();
  pool = new FramePool(SIZE);
  compositor = new Compositor(SIZE, pool);
  programme = new Programme(compositor, pool, (source, delay) => source.picture(delay));
  serial = 1;
});

afterEach(() => {
  compositor[Symbol.dispose]();
  pool[Symbol.dispose]();
});

/** A scene that is of one luma all over, and hears its one source. */
function scene(luma: number): Content & { source: FakeSource } {
  const source = new FakeSource(sourceSpec(`RV${luma}`));
  source.image = watch.make(luma, SIZE.width, SIZE.height);
  const layer = { source: source.spec.position ?? '', delayMs: 0 };
  const video = { ...layer, fill: 'fit' as const, width: 1, height: 1, x: 0, y: 0, refer: 'topLeft' as const };
  const audio = { ...layer, gain: 1, channels: 'all' as const };
  return {
    spec: { id: 's', video: [video], audio: [audio], overlays: [] },
    video: [{ layer: video, source }],
    audio: [{ layer: audio, source }],
    overlays: [],
    source,
  };
}

function state(parts: Partial<ProgrammeState> = {}, take: Partial<TakeSpec> = {}): ProgrammeState {
  return {
    take: { serial, kind: 'cut', color: 0, durationMs: 0, ...take },
    tbar: null,
    fadeToBlack: { on: false, fadeMs: 0 },
    keys: [],
    ...parts,
  };
}

/** A take to a scene: a new serial. */
function take(content: Content, parts: Partial<TakeSpec> = {}, preview: Content = content): void {
  serial++;
  programme.show(state({}, parts), content, preview);
}

function tbar(position: number, glideMs = 0): DesiredState['tbar'] {
  return { kind: 'fade', color: 0, position, glideMs };
}

/** Goes on by one tick; luma in the middle of the picture. */
function tick(): number {
  programme.advance(TICK);
  using picture = programme.compose();
  const { y } = planesOf(picture);
  return y.data[18 * y.stride + 32] ?? -1;
}

/** Weights are in 256ths, so samples may be one off. */
function expectNear(lumas: number[], wanted: number[]): void {
  expect(lumas).toHaveLength(wanted.length);
  for (const [index, luma] of lumas.entries()) {
    expect(Math.abs(luma - (wanted[index] ?? -9)), `${lumas} is not ${wanted}`).toBeLessThanOrEqual(1);
  }
}

function ticks(count: number): number[] {
  return Array.from({ length: count }, tick);
}

/** Share of each source that is heard now. */
function heard(): Record<string, number> {
  const shares: Record<string, number> = {};
  for (const { source, share } of programme.sound()) {
    shares[source.spec.name] = (shares[source.spec.name] ?? 0) + Number(share.toFixed(3));
  }
  return shares;
}

describe('a take', () => {
  test('is a cut by itself: the next picture is the new one', () => {
    programme.show(state(), scene(60), scene(200));
    expect(tick()).toBe(60);
    take(scene(200));
    expectNear(ticks(2), [200, 200]);
  });

  test('may fade: a step with each tick, from the first to the last one', () => {
    programme.show(state(), scene(60), scene(160));
    tick();
    take(scene(160), { kind: 'fade', durationMs: 200 });
    expectNear(ticks(6), [80, 100, 120, 140, 160, 160]);
  });

  test('that fades takes the sound along', () => {
    programme.show(state(), scene(60), scene(160));
    take(scene(160), { kind: 'fade', durationMs: 160 });
    tick();
    expect(heard()).toEqual({ RV60: 0.75, RV160: 0.25 });
    expect(programme.isFading).toBe(true);
    ticks(3);
    expect(heard()).toEqual({ RV160: 1 });
    expect(programme.isFading).toBe(false);
  });

  test('in the middle of another goes on from the picture that is on show', () => {
    programme.show(state(), scene(0), scene(0));
    take(scene(200), { kind: 'fade', durationMs: 400 });
    expectNear(ticks(5).slice(-1), [100]);
    take(scene(40), { kind: 'fade', durationMs: 200 });
    const way = ticks(5);
    expect(way[0]).toBeGreaterThan(90);
    expect(way[0]).toBeLessThan(125);
    expect(way.at(-1)).toBe(40);
  });

  test('upon take upon take keeps a bounded number of scenes, and ends right', () => {
    programme.show(state(), scene(50), scene(50));
    for (let count = 0; count < 12; count++) {
      take(scene(60 + count * 10), { kind: 'fade', durationMs: 10_000 });
      tick();
      expect(programme.contents.length).toBeLessThanOrEqual(4);
    }
    take(scene(222), { kind: 'fade', durationMs: 80 });
    expect(ticks(2).at(-1)).toBe(222);
    expect(programme.contents).toHaveLength(1);
  });

  test('as a cut ends a fade at once', () => {
    programme.show(state(), scene(60), scene(60));
    take(scene(160), { kind: 'fade', durationMs: 400 });
    tick();
    take(scene(100));
    expectNear(ticks(1), [100]);
    expect(programme.contents).toHaveLength(1);
  });

  test('is not carried out again by an engine that begins with its result, nor by the next state with the same serial', () => {
    programme.show(state({}, { kind: 'fade', durationMs: 400 }), scene(60), scene(60));
    expect(tick()).toBe(60);
    programme.show(state({}, { kind: 'fade', durationMs: 400 }), scene(90), scene(60));
    expect(tick()).toBe(90);
  });

  test('goes on when the state changes on its way', () => {
    programme.show(state(), scene(60), scene(60));
    take(scene(160), { kind: 'fade', durationMs: 200 });
    expectNear(ticks(1), [80]);
    programme.show(state({}, { kind: 'fade', durationMs: 200 }), scene(260 - 60), scene(60));
    expectNear(ticks(1), [(60 * 3 + 200 * 2) / 5]);
  });
});

describe('the T-bar', () => {
  test('shows a share of the preview, glides to where it is moved, and brings it on air at the end', () => {
    const [a, b] = [scene(60), scene(160)];
    programme.show(state(), a, b);
    programme.show(state({ tbar: tbar(0.5, 200) }), a, b);
    expectNear(ticks(6), [70, 80, 90, 100, 110, 110]);
    expect(heard()).toEqual({ RV60: 0.5, RV160: 0.5 });
    take(b, { kind: 'fade', durationMs: 80 });
    expectNear(ticks(3), [135, 160, 160]);
  });

  test('may be moved back and let go: the programme comes back', () => {
    const [a, b] = [scene(60), scene(160)];
    programme.show(state(), a, b);
    programme.show(state({ tbar: tbar(0.8) }), a, b);
    expectNear(ticks(1), [140]);
    programme.show(state({ tbar: tbar(0.4) }), a, b);
    expectNear(ticks(1), [100]);
    programme.show(state(), a, b);
    const back = ticks(4);
    expect(back[0]).toBeLessThan(100);
    expect(back[0]).toBeGreaterThan(60);
    expect(back.at(-1)).toBe(60);
    expect(programme.contents).toHaveLength(1);
  });

  test('held, a take of something else goes on from the mixture', () => {
    const [a, b] = [scene(60), scene(160)];
    programme.show(state(), a, b);
    programme.show(state({ tbar: tbar(0.5) }), a, b);
    expectNear(ticks(1), [110]);
    take(scene(210), { kind: 'fade', durationMs: 200 });
    expectNear(ticks(5), [130, 150, 170, 190, 210]);
  });

  test('held at its end, the preview is shown but not on air: it can still go back', () => {
    const [a, b] = [scene(60), scene(160)];
    programme.show(state(), a, b);
    programme.show(state({ tbar: tbar(1) }), a, b);
    expect(tick()).toBe(160);
    programme.show(state({ tbar: tbar(0) }), a, b);
    expect(tick()).toBe(60);
  });
});

describe('a downstream key', () => {
  const spec: OverlaySpec = {
    id: 'logo',
    name: 'logo',
    order: 'cover',
    content: { kind: 'image', url: 'http://x/' },
    width: 0,
    height: 0,
    x: 0,
    y: 0,
    refer: 'topLeft',
    opacity: 1,
    effect: 'none',
    crawlSpeed: 0.1,
  };
  const sheet = sheetFromRgba(new Uint8Array(64 * 36 * 4).fill(255), 64, 36);
  const overlay: Overlay = {
    spec,
    advance() {},
    isReady: () => true,
    placed: () => ({ sheet, x: 0, y: 0 }),
    setWanted() {},
    close() {},
  };
  const key = (on: boolean, fadeMs: number) => ({ spec, overlay, on, fadeMs });

  test('fades in and out over whatever is on air, and stays through takes', () => {
    programme.show(state({ keys: [key(false, 0)] }), scene(35), scene(35));
    expect(tick()).toBe(35);
    programme.show(state({ keys: [key(true, 160)] }), scene(35), scene(35));
    const rising = ticks(4);
    expectNear(rising, [85, 135, 185, 235]);
    serial++;
    programme.show(state({ keys: [key(true, 160)] }), scene(90), scene(35));
    expect(tick()).toBe(235);
    programme.show(state({ keys: [key(false, 80)] }), scene(90), scene(35));
    expect(ticks(3).at(-1)).toBe(90);
  });

  test('that is on is there at once when an engine begins', () => {
    programme.show(state({ keys: [key(true, 500)] }), scene(35), scene(35));
    expect(tick()).toBe(235);
  });
});

describe('fade to black', () => {
  test('takes picture, keys and sound away and brings them back', () => {
    const on = { on: true, fadeMs: 160 };
    programme.show(state(), scene(216), scene(35));
    programme.show(state({ fadeToBlack: on }), scene(216), scene(35));
    expectNear(ticks(5), [166, 116, 66, BLACK, BLACK]);
    expect(programme.heard).toBe(0);
    programme.show(state({ fadeToBlack: { on: false, fadeMs: 80 } }), scene(216), scene(35));
    expectNear(ticks(2), [116, 216]);
    expect(programme.heard).toBe(1);
    expect(heard()).toEqual({ RV216: 1 });
  });

  test('lasts through takes, and is black at once when an engine begins', () => {
    const fadeToBlack = { on: true, fadeMs: 1000 };
    programme.show(state({ fadeToBlack }), scene(216), scene(35));
    expect(tick()).toBe(BLACK);
    serial++;
    programme.show(state({ fadeToBlack }), scene(100), scene(35));
    expect(tick()).toBe(BLACK);
  });
});

test('a source that is closed is shown and heard no more, on either side of a fade', () => {
  const [a, b] = [scene(60), scene(160)];
  programme.show(state(), a, b);
  take(b, { kind: 'fade', durationMs: 400 });
  tick();
  a.source.closed = true;
  programme.drop(a.source);
  expect(tick()).toBeGreaterThan(BLACK);
  expect(Object.keys(heard())).toEqual(['RV160']);
});

test("whatever is composed is the caller's alone: freed once each, nothing is left", () => {
  const before = watch.held;
  const made = [scene(60), scene(160)];
  programme.show(state({ fadeToBlack: { on: true, fadeMs: 400 } }), made[0] ?? scene(0), scene(0));
  serial++;
  const fadeToBlack = { on: true, fadeMs: 400 };
  programme.show(state({ fadeToBlack }, { kind: 'circle', durationMs: 200 }), made[1] ?? scene(0), scene(0));
  const composed: ReturnType<Programme['compose']>[] = [];
  for (let count = 0; count < 8; count++) {
    programme.advance(TICK);
    const picture = watch.watch(programme.compose());
    composed.push(picture);
    picture.free();
  }
  expect(new Set(composed).size).toBe(8);
  expect(watch.freedTwice).toBe(0);
  // What the two scenes show is held, and what the third argument of `show` shows.
  expect(watch.held - before).toBe(4);
});
