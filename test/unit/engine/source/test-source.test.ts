/** What the test source keeps for delayed layers, and that it keeps to its bytes. */
import { afterEach, expect, test } from 'vitest';
import type { Picture } from '../../../../src/engine/av/media.js';
import { allocPicture } from '../../../../src/engine/av/picture.js';
import { pictureBytes } from '../../../../src/engine/media/picture-history.js';
import { TestSource } from '../../../../src/engine/source/test-source.js';
import { sourceSpecOf } from '../../../support/desired.js';
import { FakeClock } from '../fake-clock.js';

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
