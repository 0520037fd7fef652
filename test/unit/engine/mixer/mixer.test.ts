/** The mixer tick by tick, with sources and sinks that the test owns. 30 ticks a second, 1600 samples each. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DesiredState, SceneSpec, SourceSpec, VideoLayer } from '../../../../src/domain/desired.js';
import { Mixer } from '../../../../src/engine/mixer/mixer.js';
import { SourceSet } from '../../../../src/engine/source/source-set.js';
import { desiredOf, sceneOf } from '../../../support/desired.js';
import { FakeSink } from '../fake-sink.js';
import { FakeSource, sourceSpec } from '../fake-source.js';
import { idleParts } from '../mixer-rig.js';
import { PictureWatch } from '../picture-watch.js';

const FPS = 30;
const SIZE = { width: 64, height: 36 };

let watch: PictureWatch;
let opened: FakeSource[];
/** Set up before a source is opened, by its id. */
let onOpen: (source: FakeSource) => void;
let sources: SourceSet;
let pgm: FakeSink;
let pvw: FakeSink;
let mixer: Mixer;
let applied: [number, number][];
let errors: string[];
let tick: number;

beforeEach(() => {
  watch = new PictureWatch();
  opened = [];
  onOpen = () => {};
  pgm = new FakeSink();
  pvw = new FakeSink();
  applied = [];
  errors = [];
  tick = 0;
  sources = new SourceSet(
    (spec) => {
      const source = new FakeSource(spec);
      source.image = watch.make(100 + opened.length * 20, SIZE.width, SIZE.height);
      opened.push(source);
      onOpen(source);
      return source;
    },
    (source) => mixer.dropSource(source),
  );
  mixer = new Mixer({
    ...SIZE,
    fps: FPS,
    sources,
    pgm,
    pvw,
    ...idleParts(),
    onApplied: (revision, at) => applied.push([revision, at]),
    onError: (error) => errors.push(error.message),
  });
});

afterEach(async () => {
  await sources.close();
  mixer.close();
});

function run(ticks: number, skipped = 0): void {
  tick += skipped;
  for (let count = 0; count < ticks; count++) {
    mixer.tick(tick, (tick * 1_000_000) / FPS, count === 0 ? skipped : 0);
    tick++;
  }
}

function full(source: string, parts: Partial<VideoLayer> = {}): VideoLayer {
  return { source, fill: 'fit', width: 1, height: 1, x: 0, y: 0, refer: 'topLeft', delayMs: 0, ...parts };
}

/** A scene that shows one source in full and hears it. */
function scene(...positions: string[]): SceneSpec {
  return {
    id: 's',
    video: positions.map((position) => full(position)),
    audio: positions.map((source) => ({ source, gain: 1, channels: 'all', delayMs: 0 })),
    overlays: [],
  };
}

function desired(
  revision: number,
  specs: SourceSpec[],
  shown: SceneSpec,
  preview: SceneSpec | null = null,
): DesiredState {
  return desiredOf({
    revision,
    output: { ...SIZE, fps: FPS, gopSeconds: 2, videoBitrate: 100_000, audioBitrate: 64_000, audioChannels: 2 },
    sources: specs,
    pgm: shown,
    pvw: preview,
  });
}

const ONE = sourceSpec('RV01');
const TWO = sourceSpec('RV02');

function sourceAt(index: number): FakeSource {
  const source = opened[index];
  if (!source) throw new Error(`source ${index} was not opened`);
  return source;
}

describe('a desired state', () => {
  test('nothing goes out before the first one', () => {
    run(3);
    expect(pgm.lumas).toEqual([]);
    expect(pgm.sounds).toEqual([]);
  });

  test('is applied whole at a tick, to programme and preview', () => {
    mixer.setDesired(desired(1, [ONE, TWO], scene('RV01'), scene('RV02')));
    run(2);
    expect(applied).toEqual([[1, 0]]);
    mixer.setDesired(desired(2, [ONE, TWO], scene('RV02'), scene('RV01')));
    run(2);
    expect(applied).toEqual([
      [1, 0],
      [2, 2],
    ]);
    expect(pgm.lumas).toEqual([
      [0, 100],
      [1, 100],
      [2, 120],
      [3, 120],
    ]);
    expect(pvw.lumas.map(([, luma]) => luma)).toEqual([120, 120, 100, 100]);
    expect(opened).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  test('of an older revision is ignored, also while a newer one waits', () => {
    mixer.setDesired(desired(5, [ONE, TWO], scene('RV01')));
    run(1);
    mixer.setDesired(desired(4, [ONE, TWO], scene('RV02')));
    run(1);
    expect(pgm.last).toBe(100);
    mixer.setDesired(desired(7, [ONE, TWO], scene('RV02')));
    mixer.setDesired(desired(6, [ONE, TWO], scene('RV01')));
    run(1);
    expect(pgm.last).toBe(120);
    expect(applied).toEqual([
      [5, 0],
      [7, 2],
    ]);
  });

  test('that is empty is black and silent', () => {
    mixer.setDesired(desired(1, [ONE], sceneOf({ id: 's' })));
    run(3);
    expect(pgm.lumas.map(([, luma]) => luma)).toEqual([16, 16, 16]);
    expect(pgm.sounds.every(({ last }) => last === 0)).toBe(true);
  });
});

describe('a source that is not ready', () => {
  beforeEach(() => {
    mixer.setDesired(desired(1, [ONE], scene('RV01')));
    run(10);
    onOpen = (source) => {
      source.ready = false;
    };
  });

  test('holds the take back, with the old scene on, until it is ready', () => {
    mixer.setDesired(desired(2, [ONE, TWO], scene('RV02')));
    run(8);
    expect(pgm.last).toBe(100);
    expect(applied).toHaveLength(1);
    sourceAt(1).ready = true;
    run(1);
    expect(pgm.lumas.at(-1)).toEqual([18, 120]);
    expect(applied.at(-1)).toEqual([2, 18]);
  });

  test('holds it back for half a second at most', () => {
    mixer.setDesired(desired(2, [ONE, TWO], scene('RV02')));
    run(30);
    // The first tick that sees the state is 10; 15 ticks later it is applied as it is.
    expect(applied.at(-1)).toEqual([2, 25]);
    expect(pgm.lumas.filter(([at]) => at >= 10).map(([, luma]) => luma)).toEqual([
      ...Array(15).fill(100),
      ...Array(15).fill(120),
    ]);
  });

  test('that is on air already holds nothing back', () => {
    sourceAt(0).ready = false;
    mixer.setDesired(desired(2, [ONE, TWO], scene('RV01'), scene('RV02')));
    run(1);
    expect(applied.at(-1)).toEqual([2, 10]);
  });

  test('is waited for when the T-bar would bring it on air, also when the preview changes under a held bar', () => {
    const bar = { kind: 'fade' as const, color: 0, position: 0.5, glideMs: 0 };
    mixer.setDesired({ ...desired(2, [ONE, TWO], scene('RV01'), scene('RV02')), tbar: bar });
    run(5);
    expect(applied.at(-1)).toEqual([1, 0]);
    expect(pgm.last).toBe(100);
    sourceAt(1).ready = true;
    run(1);
    expect(applied.at(-1)?.[0]).toBe(2);
    expect(pgm.last).toBe(110);
  });

  test('of the first state is waited for longer, since there is nothing to show before it', () => {
    const late = new FakeSink();
    const set = new SourceSet(
      (spec) => {
        const source = new FakeSource(spec);
        source.ready = false;
        source.image = watch.make(77, SIZE.width, SIZE.height);
        opened.push(source);
        return source;
      },
      () => {},
    );
    const parts = { ...SIZE, fps: FPS, sources: set, pgm: late, pvw: new FakeSink(), ...idleParts() };
    const other = new Mixer({ ...parts, onApplied: () => {}, onError: () => {} });
    other.setDesired(desired(1, [ONE], scene('RV01')));
    for (let at = 0; at < 140; at++) other.tick(at, (at * 1_000_000) / FPS, 0);
    expect(late.lumas).toEqual([]);
    for (let at = 140; at < 155; at++) other.tick(at, (at * 1_000_000) / FPS, 0);
    expect(late.lumas[0]?.[0]).toBe(150);
    other.close();
  });

  test('does not get more time by further changes', () => {
    for (let revision = 2; revision < 32; revision++) {
      mixer.setDesired(desired(revision, [ONE, TWO], scene('RV02')));
      run(1);
    }
    expect(applied[1]).toEqual([17, 25]);
  });

  test('is not waited for when only the preview or the sound needs it', () => {
    const heard = { ...scene('RV01'), audio: scene('RV02').audio };
    mixer.setDesired(desired(2, [ONE, TWO], heard, scene('RV02')));
    run(1);
    expect(applied.at(-1)).toEqual([2, 10]);
  });

  test('is wanted while it is waited for, and the old one goes on being wanted', () => {
    mixer.setDesired(desired(2, [ONE, TWO], scene('RV02', 'RV02')));
    expect(opened.map(({ wanted }) => wanted)).toEqual([true, true]);
    sourceAt(1).ready = true;
    run(1);
    // Its sound of the last tick is still to be mixed, and then to fade.
    expect(opened.map(({ wanted }) => wanted)).toEqual([true, true]);
    run(2);
    expect(opened.map(({ wanted }) => wanted)).toEqual([false, true]);
  });
});

describe('sources', () => {
  test('advance at every tick whether they are shown or not', () => {
    mixer.setDesired(desired(1, [ONE, TWO], scene('RV01')));
    run(3);
    const times = [0, 1, 2].map((at) => (at * 1_000_000) / FPS);
    expect(opened.map(({ advanced }) => advanced)).toEqual([times, times]);
    expect(opened.map(({ wanted }) => wanted)).toEqual([true, false]);
  });

  test('that are no longer asked for are closed after the take, not before', () => {
    mixer.setDesired(desired(1, [ONE], scene('RV01')));
    run(5);
    onOpen = (source) => {
      source.ready = false;
    };
    mixer.setDesired(desired(2, [TWO], scene('RV02')));
    run(3);
    expect(sourceAt(0).closed).toBe(false);
    expect(pgm.last).toBe(100);
    sourceAt(1).ready = true;
    run(4);
    expect(sourceAt(0).closed).toBe(true);
    expect(sourceAt(1).closed).toBe(false);
    expect(errors).toEqual([]);
  });

  test('that change their input under the same id are opened anew; a new name is no change', () => {
    mixer.setDesired(desired(1, [ONE], scene('RV01')));
    run(1);
    mixer.setDesired(desired(2, [{ ...ONE, name: 'other' }], scene('RV01')));
    run(1);
    expect(opened).toHaveLength(1);
    mixer.setDesired(desired(3, [{ ...ONE, delayMs: 500 }], scene('RV01')));
    run(4);
    expect(opened.map(({ closed }) => closed)).toEqual([true, false]);
    expect(pgm.last).toBe(120);
    expect(errors).toEqual([]);
  });

  test('that are changed on the air hold their last picture until the new one has one', () => {
    mixer.setDesired(desired(1, [ONE], scene('RV01')));
    run(2);
    onOpen = (source) => {
      // It cannot be opened: there is nothing to wait for.
      source.image = null;
    };
    mixer.setDesired(desired(2, [{ ...ONE, delayMs: 500 }], scene('RV01')));
    run(20);
    expect(applied.at(-1)).toEqual([2, 2]);
    expect(opened.map(({ closed }) => closed)).toEqual([true, false]);
    expect(pgm.lumas.map(([, luma]) => luma)).toEqual(Array(22).fill(100));
    sourceAt(1).image = watch.make(180, SIZE.width, SIZE.height);
    run(1);
    expect(pgm.last).toBe(180);
    sourceAt(1).image = null;
    run(1);
    expect(pgm.last).toBe(16);
    expect(errors).toEqual([]);
  });

  test('keep as much of the past as the most delayed layer of any scene needs', () => {
    const video = [full('RV01', { delayMs: 300 }), full('RV01', { delayMs: 1200 })];
    mixer.setDesired(
      desired(1, [ONE], { ...scene(), video }, { ...scene(), video: [full('RV01', { delayMs: 2000 })] }),
    );
    run(1);
    expect(sourceAt(0).history).toBe(2_000_000);
    expect(sourceAt(0).delays).toEqual([300_000, 1_200_000, 2_000_000]);
    mixer.setDesired(desired(2, [ONE], { ...scene(), video }));
    run(1);
    expect(sourceAt(0).history).toBe(1_200_000);
  });

  test('without a picture leave their place black', () => {
    mixer.setDesired(desired(1, [ONE], scene('RV01')));
    sourceAt(0).image = null;
    run(1);
    expect(pgm.last).toBe(16);
  });
});

describe('pictures', () => {
  test('are not composed for a sink that does not need them; sound goes on', () => {
    pvw.needed = false;
    mixer.setDesired(desired(1, [ONE], scene('RV01'), scene('RV01')));
    run(3);
    expect(pvw.lumas).toEqual([]);
    expect(pvw.sounds).toHaveLength(2);
    expect(pgm.lumas).toHaveLength(3);
  });

  test('that cannot be composed are replaced by the last one, and the scene comes back', () => {
    mixer.setDesired(desired(1, [ONE], scene('RV01')));
    run(2);
    const source = sourceAt(0);
    const good = source.image;
    const broken = watch.make(200, 32, 32);
    broken.format = 100_000 as typeof broken.format;
    source.image = broken;
    run(2);
    expect(pgm.lumas).toHaveLength(4);
    expect(pgm.last).toBe(100);
    expect(errors).toHaveLength(2);
    source.image = good;
    run(1);
    expect(pgm.last).toBe(100);
    expect(errors).toHaveLength(2);
  });

  test('that never could be composed are black', () => {
    mixer.setDesired(desired(1, [ONE], scene('RV01')));
    const image = sourceAt(0).image;
    if (image) image.format = 100_000 as typeof image.format;
    run(1);
    expect(pgm.last).toBe(16);
    expect(errors).toHaveLength(1);
  });
});
