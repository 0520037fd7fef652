import { expect, test } from 'vitest';
import { audioBodyHead, TAG_AUDIO, TAG_SCRIPT, TAG_VIDEO, videoBodyHead } from '../../../../src/hub/protocol/flv.js';
import { RelayQueue } from '../../../../src/hub/relay/relay-queue.js';

const picture = (timestamp: number, key: boolean, size = 100) => ({
  type: TAG_VIDEO,
  timestamp,
  body: [videoBodyHead('frame', key, 0), Buffer.alloc(size)],
});
const sound = (timestamp: number) => ({ type: TAG_AUDIO, timestamp, body: [audioBodyHead('frame'), Buffer.alloc(10)] });
const config = (mark: number) => ({
  type: TAG_VIDEO,
  timestamp: 0,
  body: [videoBodyHead('config', true, 0), Buffer.from([mark])],
});

function drain(queue: RelayQueue) {
  const all = [];
  for (let tag = queue.shift(); tag; tag = queue.shift()) all.push(tag);
  return all;
}

test('what fits comes out as it went in', () => {
  const queue = new RelayQueue({ maxBytes: 10_000, maxMs: 1_000 });
  const tags = [config(1), picture(0, true), sound(10), picture(40, false)];
  for (const tag of tags) queue.push(tag);
  expect(drain(queue)).toEqual(tags);
  expect(queue).toMatchObject({ dropped: 0, bytes: 0, isEmpty: true });
});

test('too many bytes: all is dropped and counted, and pictures wait for a key frame; the newest configuration stays', () => {
  const queue = new RelayQueue({ maxBytes: 500, maxMs: 1_000 });
  const metadata = { type: TAG_SCRIPT, timestamp: 0, body: [Buffer.from([2])] };
  for (const tag of [metadata, config(1), config(2), picture(0, true), sound(5), picture(40, false)]) queue.push(tag);
  queue.push(picture(80, false, 400));
  queue.push(picture(120, false));
  queue.push(sound(125));
  const key = picture(160, true);
  queue.push(key);
  expect(queue.dropped).toBe(5);
  expect(drain(queue)).toEqual([metadata, config(2), sound(125), key]);
});

test('too many seconds do the same; a key frame that breaks the bounds stays itself', () => {
  const queue = new RelayQueue({ maxBytes: 10_000, maxMs: 1_000 });
  queue.push(picture(0, true));
  queue.push(picture(1_000, false));
  const key = picture(1_001, true);
  queue.push(key);
  expect(queue.dropped).toBe(2);
  expect(drain(queue)).toEqual([key]);
});

test('it never holds more than it may', () => {
  const queue = new RelayQueue({ maxBytes: 5_000, maxMs: 60_000 });
  for (let number = 0; number < 2_000; number++) {
    queue.push(picture(number, number % 50 === 0, (number * 37) % 900));
    expect(queue.bytes).toBeLessThanOrEqual(5_000);
  }
  queue.push(picture(2_000, true, 6_000));
  expect(queue.bytes).toBeLessThanOrEqual(5_000);
});
