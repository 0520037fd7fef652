/** The sound of the mixer tick by tick: blocks that lie end to end, whatever happens to the ticks. 1600 samples each. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DesiredState, SceneSpec, SourceSpec } from '../../../../src/domain/desired.js';
import { Mixer } from '../../../../src/engine/mixer/mixer.js';
import { desiredOf, sceneOf } from '../../../support/desired.js';
import { FakeSink } from '../fake-sink.js';
import { FakeSource, sourceSpec } from '../fake-source.js';
import { idleParts, MixerRig } from '../mixer-rig.js';
import { PictureWatch } from '../picture-watch.js';

const BLOCK = 1600;
const SIZE = { width: 64, height: 36 };
const ONE = sourceSpec('RV01');
const TWO = sourceSpec('RV02');

let opened: FakeSource[];
/** Set up before a source is opened. */
let onOpen: (source: FakeSource) => void;
let rig: MixerRig;

beforeEach(() => {
  const watch = new PictureWatch();
  opened = [];
  onOpen = () => {};
  rig = new MixerRig((spec) => {
    const source = new FakeSource(spec);
    source.image = watch.make(100 + opened.length * 20, SIZE.width, SIZE.height);
    opened.push(source);
    onOpen(source);
    return source;
  });
});

afterEach(() => rig.close());

function run(ticks: number, skipped = 0): void {
  for (let count = 0; count < ticks; count++) rig.tick(count === 0 ? skipped : 0);
}

/** A scene that shows one source in full and hears it. */
function scene(position: string): SceneSpec {
  const place = { source: position, width: 1, height: 1, x: 0, y: 0, refer: 'topLeft' as const, delayMs: 0 };
  return sceneOf({
    video: [{ ...place, fill: 'fit' }],
    audio: [{ source: position, gain: 1, channels: 'all', delayMs: 0 }],
  });
}

function desired(
  revision: number,
  specs: SourceSpec[],
  shown: SceneSpec,
  preview: SceneSpec | null = null,
): DesiredState {
  return desiredOf({ ...rig.state, revision, sources: specs, pgm: shown, pvw: preview });
}

function sourceAt(index: number): FakeSource {
  const source = opened[index];
  if (!source) throw new Error(`source ${index} was not opened`);
  return source;
}

describe('sound', () => {
  beforeEach(() => {
    rig.mixer.setDesired(desired(1, [ONE], scene('RV01')));
    // A level that says at which time it was heard.
    sourceAt(0).level = (time) => [0.5, time / 1e8];
  });

  test('is mixed one tick behind the picture, for the time of the tick before, without a gap', () => {
    run(4);
    expect(rig.pgm.sounds.map(({ tick: at, sample, pairs }) => [at, sample, pairs])).toEqual([
      [1, 0, BLOCK],
      [2, BLOCK, BLOCK],
      [3, 2 * BLOCK, BLOCK],
    ]);
    // However early the source is read, each sample is of its own time.
    expect(rig.pgm.sounds[2]?.last).toBeCloseTo(100_000 / 1e8, 5);
    expect(rig.pgm.sounds[1]?.last).toBeCloseTo(66_667 / 1e8, 5);
  });

  test('of ticks that were left out is made up for, so that sample numbers stay true and nothing is missing', () => {
    sourceAt(0).level = (time) => [time / 10_000_000, 0];
    run(3);
    run(2, 7);
    expect(rig.pgm.sounds.slice(2).map(({ tick: at, sample, pairs }) => [at, sample, pairs])).toEqual([
      [10, 2 * BLOCK, 8 * BLOCK],
      [11, 10 * BLOCK, BLOCK],
    ]);
    // Each sample is of its own time.
    for (const at of [3, 5, 8, 9]) expect(rig.pgm.left[at * BLOCK]).toBeCloseTo((at * BLOCK) / 480_000, 4);
  });

  test('of more than three seconds that were left out is silence but for the last three', () => {
    sourceAt(0).level = () => [0.5, 0.5];
    run(3);
    run(1, 150);
    expect(rig.pgm.sounds.slice(2).map(({ sample, pairs }) => [sample, pairs])).toEqual([
      [2 * BLOCK, 61 * BLOCK],
      [63 * BLOCK, 90 * BLOCK],
    ]);
    expect(rig.pgm.left[30 * BLOCK]).toBe(0);
    expect(rig.pgm.left[100 * BLOCK]).toBeCloseTo(0.5, 4);
  });

  test('makes no step at a take, though the old source is not wanted any more', () => {
    for (const [index, level] of [0.5, -0.4].entries()) {
      const position = index === 0 ? 'RV01' : 'RV02';
      onOpen = (source) => {
        source.level = () => (source.spec.position === 'RV01' ? [0.5, 0.5] : [level, level]);
      };
      rig.mixer.setDesired(desired(10 + index, [ONE, TWO], scene(position)));
      if (index === 0)
        for (const source of opened) source.level = () => (source === opened[0] ? [0.5, 0.5] : [-0.4, 0]);
      run(4);
    }
    const from = rig.pgm.left.findIndex((sample) => Math.abs(sample - 0.5) < 1e-6);
    const heard = rig.pgm.left.slice(from);
    let most = 0;
    for (let i = 1; i < heard.length; i++) most = Math.max(most, Math.abs((heard[i] ?? 0) - (heard[i - 1] ?? 0)));
    // From 0.5 to -0.4 in 10 ms, steepest in the middle.
    expect(most).toBeLessThan(0.005);
    expect(heard.at(-1)).toBeCloseTo(-0.4, 4);
  });

  test.each([7, 24, 25, 29, 60])('at %i ticks a second the blocks lie end to end for an hour', (fps) => {
    const sink = new FakeSink();
    const other = new Mixer({
      ...SIZE,
      fps,
      sources: rig.sources,
      pgm: sink,
      pvw: new FakeSink(),
      ...idleParts(),
      onApplied: () => {},
      onError: () => {},
    });
    sink.needed = false;
    other.setDesired(desired(1, [ONE], sceneOf({ id: 's' })));
    let next: number | null = null;
    for (let at = 0; at < 3600 * fps; at += at % 1000 === 0 ? 1 : 997) {
      sink.sounds.length = 0;
      other.tick(at, (at * 1_000_000) / fps, 0);
      other.tick(at + 1, ((at + 1) * 1_000_000) / fps, 0);
      const block = sink.sounds.at(-1);
      expect(block?.sample).toBe(Math.round((at * 48_000) / fps));
      next = (block?.sample ?? 0) + (block?.pairs ?? 0);
      expect(next).toBe(Math.round(((at + 1) * 48_000) / fps));
    }
    other.close();
  });

  test('goes on when a picture cannot be handed over', () => {
    run(2);
    rig.pgm.failure = new Error('no encoder');
    run(2);
    rig.pgm.failure = null;
    run(1);
    expect(rig.errors).toEqual(['no encoder', 'no encoder']);
    expect(rig.pgm.sounds.map(({ sample }) => sample)).toEqual([0, 1, 2, 3].map((block) => block * BLOCK));
  });
});
