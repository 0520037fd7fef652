/** What the test source keeps for delayed layers, that it keeps to its bytes, and its sound. */
import { afterEach, expect, test } from 'vitest';
import type { Picture } from '../../../../src/engine/av/media.js';
import { allocPicture } from '../../../../src/engine/av/picture.js';
import { pictureBytes } from '../../../../src/engine/media/picture-history.js';
import type { SoundCursor } from '../../../../src/engine/source/source.js';
import { TestSource } from '../../../../src/engine/source/test-source.js';
import { sourceSpecOf } from '../../../support/desired.js';
import { FakeClock } from '../fake-clock.js';
import { roughest, sideOf } from '../spectrum.js';

const FPS = 50;
const FRAME_US = 1_000_000 / FPS;
const HISTORY_FRAMES = 40;

let source: TestSource | null = null;

afterEach(async () => {
  await source?.close();
});

/** Runs a source for two seconds with a history of 0.8 s; gives back the picture of each of its frames. */
function run(room: number): { source: TestSource; drawn: (Picture | null)[] } {
  const sample = allocPicture(64, 64);
  const made = new TestSource({
    spec: sourceSpecOf({ id: 't', input: { kind: 'test', pattern: 'clock', toneHz: 1000 } }),
    pattern: 'clock',
    toneHz: 1000,
    width: 64,
    height: 64,
    fps: FPS,
    clock: new FakeClock(),
    historyBytes: room * pictureBytes(sample),
  });
  sample.free();
  source = made;
  made.keepHistory(HISTORY_FRAMES * FRAME_US);
  made.setWanted(true);
  const drawn = Array.from({ length: 2 * FPS }, (_, frame) => {
    made.advance(frame * FRAME_US);
    return made.picture(0);
  });
  return { source: made, drawn };
}

test('a delayed layer sees the very picture of its time', () => {
  const { source, drawn } = run(HISTORY_FRAMES);
  for (let delay = 0; delay <= HISTORY_FRAMES; delay++) {
    expect(source.picture(delay * FRAME_US)).toBe(drawn.at(-1 - delay));
  }
  expect(source.thinned).toBe(0);
  // Before the history: its oldest.
  expect(source.picture((HISTORY_FRAMES + 5) * FRAME_US)).toBe(drawn.at(-1 - HISTORY_FRAMES));
});

test('a history that outgrows its bytes is thinned out evenly and counted', () => {
  const room = 10;
  const { source, drawn } = run(room);
  const seen = new Set<Picture | null>();
  for (let delay = 0; delay <= HISTORY_FRAMES; delay++) {
    const picture = source.picture(delay * FRAME_US);
    seen.add(picture);
    const late = drawn.lastIndexOf(picture) - (drawn.length - 1 - delay);
    expect(late).toBeLessThanOrEqual(0);
    expect(late).toBeGreaterThanOrEqual(-8);
  }
  expect(seen.size).toBeLessThanOrEqual(room + 1);
  expect(seen.size).toBeGreaterThanOrEqual(room - 2);
  expect(source.thinned).toBeGreaterThan(0);
});

test('what is not wanted is forgotten', () => {
  const { source } = run(10);
  source.setWanted(false);
  expect(source.picture(0)).toBeNull();
});

test('its tone begins, and moves with the clock, without a click', () => {
  const clock = new FakeClock();
  source = new TestSource({
    spec: sourceSpecOf({ id: 't', input: { kind: 'test', pattern: 'bars', toneHz: 997 } }),
    pattern: 'bars',
    toneHz: 997,
    width: 64,
    height: 64,
    fps: FPS,
    clock,
  });
  const cursor: SoundCursor = { next: null };
  const left = new Float32Array(100 * 960);
  const out = new Float32Array(2 * 960);
  // Engine times that go back, as after the machine was away, and that do not run quite as they should.
  const times = Array.from(
    { length: 100 },
    (_, block) => (block < 30 ? 0 : 5_004_321) + block * FRAME_US * (block < 60 ? 1 : 1.001),
  );
  for (const [block, time] of times.entries()) {
    source.sound(out, time, cursor);
    left.set(sideOf(out, 0), block * 960);
  }
  expect(left[0]).toBeCloseTo(0, 5);
  expect(Math.max(...left.subarray(960, 4800))).toBeCloseTo(0.2, 2);
  expect(roughest(left, 5000)).toBeLessThan(-85);
});
