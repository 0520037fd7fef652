/** The queue of decoded pictures: what is on at which time, and that each picture is freed once. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planesOf } from '../../../../src/engine/av/picture.js';
import { pictureBytes } from '../../../../src/engine/media/picture-history.js';
import { PictureQueue } from '../../../../src/engine/media/picture-queue.js';
import { PictureWatch } from '../picture-watch.js';

let watch: PictureWatch;
let queue: PictureQueue;

beforeEach(() => {
  watch = new PictureWatch();
  queue = new PictureQueue();
});

afterEach(() => {
  queue.clear();
  expect(watch.held).toBe(0);
  expect(watch.freedTwice).toBe(0);
});

/** Pushes pictures whose luma is their time / 10. */
function push(...times: number[]): void {
  for (const pts of times) queue.push({ picture: watch.make(pts / 10), pts });
}

/** Luma * 10 of what is on at a time: the time of the picture. */
function shown(time: number): number | null {
  const picture = queue.at(time);
  return picture && (planesOf(picture).y.data[0] ?? 0) * 10;
}

test('nothing is on before the first picture is due', () => {
  expect(shown(1000)).toBeNull();
  push(100);
  expect(queue.isEmpty).toBe(false);
  expect(shown(1000)).toBeNull();
  queue.advance(99);
  expect(shown(99)).toBeNull();
  queue.advance(100);
  expect(shown(100)).toBe(100);
});

test('the newest picture that is due is on, until a newer one is due; what it replaces is freed', () => {
  push(100, 200, 300, 400);
  queue.advance(250);
  expect(shown(250)).toBe(200);
  expect(watch.held).toBe(3);
  queue.advance(399);
  expect(shown(399)).toBe(300);
  queue.advance(100_000);
  expect(shown(100_000)).toBe(400);
  expect(queue.waiting).toBe(0);
  expect(watch.held).toBe(1);
});

test('pictures that come out of order are shown in order', () => {
  push(100, 400, 200, 300);
  const seen = [100, 200, 300, 400].map((time) => {
    queue.advance(time);
    return shown(time);
  });
  expect(seen).toEqual([100, 200, 300, 400]);
  expect(queue.late).toBe(0);
});

test('a picture that is not newer than the one on show is let go and counted', () => {
  push(100, 200);
  queue.advance(200);
  push(150, 200);
  expect(queue.late).toBe(2);
  expect(watch.held).toBe(1);
  expect(shown(200)).toBe(200);
});

test('as much of the past is kept as was asked for, and no more', () => {
  queue.keepHistory(250);
  push(100, 200, 300, 400, 500, 600);
  for (const time of [100, 200, 300, 400, 500, 600]) queue.advance(time);
  expect([600, 500, 400, 350].map(shown)).toEqual([600, 500, 400, 300]);
  expect(watch.held).toBe(4);
  // Before everything that is kept: the oldest.
  expect(shown(0)).toBe(300);
  queue.keepHistory(0);
  queue.advance(610);
  expect(watch.held).toBe(1);
});

describe('a past with too few bytes', () => {
  /** Runs a second of 100 pictures of 16x16 with a history of 500 ms, in a queue with room for `room` of them. */
  function runWith(room: number): void {
    const sample = watch.make();
    queue = new PictureQueue({ historyBytes: room * pictureBytes(sample) });
    sample.free();
    queue.keepHistory(500);
    for (let time = 10; time <= 1000; time += 10) {
      push(time);
      queue.advance(time);
    }
  }

  test('keeps to them and counts what it lets go', () => {
    runWith(12);
    expect(watch.held).toBeLessThanOrEqual(13);
    expect(watch.held).toBeGreaterThan(10);
    expect(queue.thinned).toBeGreaterThan(0);
    expect(queue.late).toBe(0);
  });

  test('is thinned evenly: every delay still sees a picture that is not much older than asked for', () => {
    runWith(12);
    expect(shown(1000)).toBe(1000);
    for (let delay = 0; delay <= 500; delay += 10) {
      const age = 1000 - delay - (shown(1000 - delay) ?? Number.NaN);
      expect(age).toBeGreaterThanOrEqual(0);
      expect(age).toBeLessThanOrEqual(100);
    }
  });

  test('with no room for one holds what is on show alone', () => {
    runWith(0);
    expect(watch.held).toBe(1);
    expect(shown(600)).toBe(1000);
  });

  test('that just fits loses nothing, also after it was forgotten', () => {
    runWith(50);
    expect(queue.thinned).toBe(0);
    expect(watch.held).toBe(51);
    queue.clear();
    for (let time = 10; time <= 500; time += 10) {
      push(time);
      queue.advance(time);
    }
    expect(queue.thinned).toBe(0);
    expect(watch.held).toBe(50);
  });
});

test('when too many wait, the oldest that waits is let go, never the one on show', () => {
  push(10);
  queue.advance(10);
  push(...Array.from({ length: 70 }, (_, index) => 20 + index * 10));
  expect(queue.waiting).toBe(64);
  expect(queue.dropped).toBe(6);
  expect(queue.late).toBe(0);
  expect(watch.held).toBe(65);
  expect(shown(10)).toBe(10);
  queue.advance(85);
  expect(shown(85)).toBe(80);
});

test('a burst before anything was shown is bounded as well', () => {
  push(...Array.from({ length: 100 }, (_, index) => index * 10));
  expect(watch.held).toBe(64);
  expect(queue.newest).toBe(990);
});

test('flush lets go of what waits, the picture on show stays', () => {
  push(100, 200, 300);
  queue.advance(100);
  queue.flush();
  expect(watch.held).toBe(1);
  queue.advance(1000);
  expect(shown(1000)).toBe(100);
});

test('after a restart the last picture stays on until the first of the new times is due', () => {
  push(100_0, 110_0);
  queue.advance(100_0);
  queue.restart();
  expect(watch.held).toBe(1);
  // The clock knows nothing yet: every time is minus infinity.
  queue.advance(Number.NEGATIVE_INFINITY);
  expect(shown(Number.NEGATIVE_INFINITY)).toBe(1000);
  push(50, 60);
  expect(queue.late).toBe(0);
  queue.advance(40);
  expect(shown(40)).toBe(1000);
  queue.advance(50);
  expect(shown(50)).toBe(50);
  expect(watch.held).toBe(2);
});

test('a restart before the first picture was due leaves nothing', () => {
  push(100);
  queue.restart();
  expect(queue.isEmpty).toBe(true);
  expect(watch.held).toBe(0);
});

test('clear forgets everything, and the queue can be used again', () => {
  push(100, 200);
  queue.advance(150);
  queue.clear();
  expect(watch.held).toBe(0);
  expect(queue.at(150)).toBeNull();
  push(50);
  queue.advance(60);
  expect(shown(60)).toBe(50);
});

test('what a burst brings too late for any tick to show is not counted as dropped', () => {
  push(10);
  queue.advance(2000);
  push(...Array.from({ length: 100 }, (_, index) => 20 + index * 10));
  expect(queue.waiting).toBe(64);
  expect(queue.dropped).toBe(0);
  queue.advance(2000);
  // What could still be shown is.
  push(...Array.from({ length: 70 }, (_, index) => 2010 + index * 10));
  expect(queue.dropped).toBe(6);
});

test('what waits is bounded in bytes as well, but one picture may always wait', () => {
  const sample = watch.make();
  const bytes = pictureBytes(sample);
  sample.free();
  queue.clear();
  queue = new PictureQueue({ waitingBytes: 4 * bytes });
  push(10, 20, 30);
  expect(queue.isNearlyFull).toBe(true);
  push(40, 50, 60);
  expect(queue.waiting).toBe(4);
  expect(queue.dropped).toBe(2);
  queue.advance(50);
  expect(queue.isNearlyFull).toBe(false);
  push(70, 80, 90);
  expect(queue.waiting).toBe(4);
  queue.restart();
  expect(queue.isNearlyFull).toBe(false);
  push(1, 2, 3, 4);
  expect(queue.dropped).toBe(2);
  queue.clear();
  queue = new PictureQueue({ waitingBytes: 1 });
  push(10);
  expect(queue.waiting).toBe(1);
});

describe('times that jitter about the boundary of two ticks', () => {
  const P = 33_333;

  /** Steps in the picture from tick to tick. @param jitter µs by which times of pictures are off, to and fro */
  function steps(phase: number, jitter: number, slack: number): Set<number> {
    const seen: number[] = [];
    for (let tick = 1; tick < 200; tick++) {
      const off = tick % 3 === 0 ? jitter : tick % 3 === 1 ? -jitter : 0;
      queue.push({ picture: watch.make(tick), pts: tick * P + phase + off });
      queue.advance(tick * P, slack);
      const picture = queue.at(tick * P);
      seen.push(picture ? (planesOf(picture).y.data[0] ?? 0) : 0);
    }
    queue.clear();
    return new Set(seen.slice(3).map((number, index) => number - (seen[index + 2] ?? 0)));
  }

  test('show each picture once', () => {
    for (const phase of [-4000, -500, 0, 500, 4000]) expect(steps(phase, 600, 4200), `${phase}`).toEqual(new Set([1]));
    expect(steps(0, 600, 0)).toEqual(new Set([0, 1, 2]));
  });
});
