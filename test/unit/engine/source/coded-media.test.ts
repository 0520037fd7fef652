/** The coded side of a source with a real stream: what is decoded when, what is kept, and what damage does. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CodedPacket, TimedPicture } from '../../../../src/engine/av/decoder.js';
import { AV_LOG_ERROR, Log } from '../../../../src/engine/av/log.js';
import { PictureQueue } from '../../../../src/engine/media/picture-queue.js';
import { SoundRing } from '../../../../src/engine/media/sound-ring.js';
import { CodedMedia } from '../../../../src/engine/source/coded-media.js';
import { generator } from '../../../support/random.js';
import { waitFor } from '../../../support/wait.js';
import { type CodedStream, codedStream, FRAME, frameOf } from '../coded-stream.js';
import { PictureWatch } from '../picture-watch.js';

/** Notes every picture that comes out of the decoder to be shown. */
class WatchedQueue extends PictureQueue {
  readonly watch = new PictureWatch();
  readonly times: number[] = [];
  readonly frames: number[] = [];

  override push(entry: TimedPicture): void {
    this.watch.watch(entry.picture);
    this.times.push(entry.pts);
    this.frames.push(frameOf(entry.picture));
    super.push(entry);
  }
}

let queue: WatchedQueue;
let ring: SoundRing;
let errors: string[];
let media: CodedMedia;

beforeEach(() => {
  queue = new WatchedQueue();
  ring = new SoundRing();
  errors = [];
  media = new CodedMedia({
    pictures: queue,
    sound: ring,
    toEngine: (pts) => pts,
    onError: (message) => errors.push(message),
  });
});

afterEach(async () => {
  await media.close();
  expect(queue.watch.held).toBe(0);
  expect(queue.watch.freedTwice).toBe(0);
});

function feed({ config, packets }: CodedStream, from = 0, to = packets.length): void {
  if (from === 0) media.setVideoConfig(config);
  for (const packet of packets.slice(from, to)) media.pushVideo(packet);
}

/** Moves on to a frame's time and waits until so many pictures have come out in all. */
async function advance(frame: number, decoded: number): Promise<void> {
  media.advance(frame * FRAME);
  await waitFor(`${decoded} pictures`, 3000, () => queue.times.length >= decoded);
  queue.advance(frame * FRAME);
}

/** Time enough for a decoder that should have nothing to do. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

describe('wanted and not', () => {
  test('nothing is decoded of a source that nobody sees, but its group is kept', async () => {
    feed(await codedStream(20, 10));
    media.advance(19 * FRAME);
    await idle();
    expect(queue.times).toEqual([]);
    expect(media.hasGroup).toBe(true);
    expect(media.isCaughtUp).toBe(false);
  });

  test('when it is put on show, the group from the last key frame that is due is decoded in a burst', async () => {
    feed(await codedStream(25, 10));
    media.advance(24 * FRAME);
    media.setWanted(true);
    expect(media.isCaughtUp).toBe(false);
    await advance(24, 5);
    expect(queue.frames).toEqual([0, 1, 2, 3, 4]);
    expect(queue.times).toEqual([20, 21, 22, 23, 24].map((frame) => frame * FRAME));
    expect(media.isCaughtUp).toBe(true);
  });

  test('what is due later than 0.4 s waits coded', async () => {
    const stream = await codedStream(40, 10);
    media.setWanted(true);
    feed(stream);
    await advance(0, 11);
    await idle();
    expect(queue.times.length).toBe(11);
    await advance(5, 16);
    await idle();
    expect(queue.times.length).toBe(16);
    expect(media.isCaughtUp).toBe(true);
  });

  test('it is let go when it is wanted no more, and decoded anew when it is wanted again', async () => {
    const stream = await codedStream(30, 10);
    media.setWanted(true);
    feed(stream, 0, 18);
    await advance(17, 18);
    media.setWanted(false);
    expect(queue.watch.held).toBe(0);
    feed(stream, 18, 25);
    media.advance(24 * FRAME);
    await idle();
    expect(queue.times.length).toBe(18);
    media.setWanted(true);
    await advance(24, 23);
    expect(queue.times.slice(18)).toEqual([20, 21, 22, 23, 24].map((frame) => frame * FRAME));
  });

  test('switching to and fro in the midst of a burst leaks and breaks nothing', async () => {
    const stream = await codedStream(40, 40);
    feed(stream);
    media.advance(39 * FRAME);
    for (let round = 0; round < 30; round++) {
      media.setWanted(round % 2 === 0);
      if (round % 3 === 0) await new Promise(setImmediate);
      media.advance(39 * FRAME);
    }
    media.setWanted(true);
    await waitFor('the last picture', 3000, () => media.isCaughtUp && queue.newest === 39 * FRAME);
    expect(errors).toEqual([]);
  });

  test('without a key frame there is nothing to show', async () => {
    const stream = await codedStream(20, 10);
    media.setWanted(true);
    media.setVideoConfig(stream.config);
    for (const packet of stream.packets.slice(3, 10)) media.pushVideo(packet);
    media.advance(20 * FRAME);
    await idle();
    expect(media.hasGroup).toBe(false);
    expect(queue.times).toEqual([]);
    for (const packet of stream.packets.slice(10)) media.pushVideo(packet);
    await advance(20, 10);
    expect(queue.times[0]).toBe(10 * FRAME);
  });
});

describe('a seam', () => {
  test('shows only the span that was asked for, though it decodes from the key frame on', async () => {
    const first = await codedStream(10, 10);
    const second = await codedStream(20, 10, 10 * FRAME);
    media.setWanted(true);
    feed(first);
    media.seam({ from: 14 * FRAME, to: 23 * FRAME });
    for (const packet of second.packets) media.pushVideo(packet);
    await advance(30, 19);
    await idle();
    const shown = [...first.packets, ...second.packets.slice(4, 13)].map(({ pts }) => pts);
    expect(queue.times).toEqual(shown);
  });

  test('is remembered while the source is not wanted, also when it waited for the decoder', async () => {
    const stream = await codedStream(20, 10);
    media.setVideoConfig(stream.config);
    media.setWanted(true);
    media.seam({ from: 4 * FRAME, to: 8 * FRAME });
    media.setWanted(false);
    feed(stream, 0, 10);
    media.advance(9 * FRAME);
    media.setWanted(true);
    await advance(9, 4);
    await idle();
    expect(queue.times).toEqual([4, 5, 6, 7].map((frame) => frame * FRAME));
  });

  test('that was read ahead does not take away what is due before it', async () => {
    const first = await codedStream(20, 10);
    const second = await codedStream(20, 10, 20 * FRAME);
    feed(first);
    media.seam({ from: 22 * FRAME, to: 28 * FRAME });
    for (const packet of second.packets) media.pushVideo(packet);
    media.advance(12 * FRAME);
    media.setWanted(true);
    await advance(12, 3);
    expect(queue.times.slice(0, 3)).toEqual([10, 11, 12].map((frame) => frame * FRAME));
    await advance(30, 16);
    await idle();
    expect(queue.times.slice(10)).toEqual([22, 23, 24, 25, 26, 27].map((frame) => frame * FRAME));

    media.setWanted(false);
    media.advance(31 * FRAME);
    media.setWanted(true);
    // What was on last is what is shown again.
    await advance(31, 22);
    await idle();
    expect(queue.times.slice(16)).toEqual([22, 23, 24, 25, 26, 27].map((frame) => frame * FRAME));
  });

  test('of a connection that begins anew lets go of what was read ahead of the old one', async () => {
    const old = await codedStream(60, 10, 1e9);
    const next = await codedStream(20, 10);
    media.setWanted(true);
    feed(old);
    media.advance(1e9 + 2 * FRAME);
    media.restart();
    feed(next);
    await waitFor('the new pictures', 3000, () => queue.times.includes(19 * FRAME));
    const fresh = queue.times.slice(queue.times.indexOf(0));
    expect(fresh).toEqual(next.packets.map(({ pts }) => pts));
    expect(queue.times.filter((time) => time >= 1e9 + 20 * FRAME)).toEqual([]);
  });

  test('without a span shows everything again', async () => {
    media.setWanted(true);
    media.seam({ from: 1e12, to: 2e12 });
    media.seam();
    feed(await codedStream(5, 5));
    await advance(5, 5);
    expect(queue.times.length).toBe(5);
  });
});

describe('damage', () => {
  beforeEach(() => Log.setLevel((AV_LOG_ERROR - 8) as typeof AV_LOG_ERROR));
  afterEach(() => Log.setLevel(AV_LOG_ERROR));

  /** Damages the payloads of all packets but those of the last group. */
  function damaged(
    packets: CodedPacket[],
    from: number,
    how: (payload: Buffer, random: () => number) => Buffer,
  ): CodedPacket[] {
    const random = generator(5);
    return packets.map((packet, index) =>
      index < from ? { ...packet, payload: how(Buffer.from(packet.payload), random) } : packet,
    );
  }

  test.each([
    [
      'bits flipped',
      (payload: Buffer, random: () => number) => {
        for (let hit = 0; hit < 5; hit++) payload[random() % payload.length] = random() % 256;
        return payload;
      },
    ],
    ['cut short', (payload: Buffer, random: () => number) => payload.subarray(0, random() % payload.length)],
    ['empty', () => Buffer.alloc(0)],
    ['noise', (payload: Buffer, random: () => number) => Buffer.from(payload.map(() => random() % 256))],
    [
      'lengths that lie',
      (payload: Buffer) => {
        payload.writeUInt32BE(0xffff_fff0, 0);
        return payload;
      },
    ],
  ] as [string, (payload: Buffer, random: () => number) => Buffer][])(
    '%s: nothing is thrown, and the next good group is shown',
    async (_name, how) => {
      const stream = await codedStream(40, 10);
      media.setWanted(true);
      feed({ config: stream.config, packets: damaged(stream.packets, 30, how) });
      media.advance(40 * FRAME);
      await waitFor('the last good picture', 3000, () => queue.newest === 39 * FRAME);
      expect(queue.frames.slice(-10)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    },
  );

  test.each([
    ['empty', Buffer.alloc(0)],
    ['nonsense', Buffer.from('this is no decoder configuration record')],
    ['cut short', Buffer.from([1, 77, 64, 31, 255, 225, 0, 40, 103])],
  ])('a configuration that is %s is an error in words at most, and a good one mends it', async (_name, extradata) => {
    const stream = await codedStream(10, 10);
    media.setWanted(true);
    feed({ config: { codec: 'h264', extradata }, packets: stream.packets });
    media.advance(10 * FRAME);
    await idle();
    const before = queue.times.length;
    feed(stream);
    await advance(10, before + 10);
    expect(queue.frames.slice(-10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('bounds', () => {
  function packet(frame: number, key: boolean, bytes: number): CodedPacket {
    return { payload: Buffer.alloc(bytes), pts: frame * FRAME, dts: frame * FRAME, key };
  }

  test('what waits for the decoder is let go when it is too much, and counted', async () => {
    const stream = await codedStream(1, 1);
    media.setVideoConfig(stream.config);
    media.setWanted(true);
    // All of it is due in the far future.
    for (let frame = 0; frame < 5000; frame++) media.pushVideo(packet(1e6 + frame, frame % 100 === 0, 10));
    expect(media.dropped).toBeGreaterThan(3000);
    expect(media.dropped).toBeLessThan(5100);
  });

  test('what waits for its time is shown when that comes, however much there is no room for', async () => {
    const start = 100;
    const stream = await codedStream(1400, 50, start * FRAME);
    media.setWanted(true);
    feed(stream);
    expect(media.dropped).toBeGreaterThan(400);
    expect(media.dropped).toBeLessThan(600);
    await advance(start + 2, 3);
    expect(queue.frames.slice(0, 3)).toEqual([0, 1, 2]);
    const before = media.dropped;
    // The place that becomes free is taken by the next group.
    for (let frame = 3; frame <= 60; frame++) await advance(start + frame, frame + 1);
    for (const packet of (await codedStream(50, 50, 1500 * FRAME)).packets) media.pushVideo(packet);
    expect(media.dropped).toBe(before);
  });

  test('of what is late only the oldest groups are let go', async () => {
    const stream = await codedStream(950, 50);
    media.setWanted(true);
    media.advance(10_000 * FRAME);
    // All at once: the decoder has had no time for any.
    feed(stream);
    expect(media.dropped).toBeGreaterThan(0);
    expect(media.dropped).toBeLessThanOrEqual(100);
    await waitFor('the last picture', 5000, () => queue.newest === 949 * FRAME);
    expect(queue.times.length).toBeGreaterThanOrEqual(850);
  });

  test('it is bounded in bytes too, and what is kept of an unwanted source as well', () => {
    const size = 1024 * 1024;
    const before = process.memoryUsage().arrayBuffers;
    for (let frame = 0; frame < 24; frame++) media.pushVideo(packet(1e6 + frame, frame === 0, size));
    expect(media.hasGroup).toBe(true);
    media.pushVideo(packet(1e6 + 24, false, size));
    expect(media.hasGroup).toBe(false);
    media.pushVideo(packet(1e6 + 25, false, size));
    expect(media.hasGroup).toBe(false);
    media.pushVideo(packet(1e6 + 26, true, size));
    expect(media.hasGroup).toBe(true);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 * size);
  });

  test('configurations that come again and again do not pile up', async () => {
    const stream = await codedStream(1, 1);
    media.setVideoConfig(stream.config);
    media.setWanted(true);
    media.pushVideo(packet(1e6, true, 10));
    for (let round = 0; round < 3000; round++) media.setVideoConfig(stream.config);
    expect(media.dropped).toBeGreaterThan(1500);
  });

  test('a stream with few key frames stays on show, however long its group', async () => {
    const stream = await codedStream(1000, 2000);
    media.setWanted(true);
    media.setVideoConfig(stream.config);
    for (const [frame, coded] of stream.packets.entries()) {
      media.pushVideo(coded);
      media.advance(frame * FRAME);
      queue.advance(frame * FRAME);
      if (frame % 50 === 0) await waitFor(`frame ${frame}`, 3000, () => queue.newest >= frame * FRAME);
    }
    await waitFor('the last frame', 3000, () => queue.newest === 999 * FRAME);
    expect(media.dropped).toBe(0);
    // Its group is not kept any more, so it cannot come back before the next key frame.
    media.setWanted(false);
    media.setWanted(true);
    expect(media.hasGroup).toBe(false);
    media.pushVideo(packet(1000, false, 100));
    expect(media.hasGroup).toBe(false);
  });

  test('after close nothing is taken', async () => {
    const stream = await codedStream(10, 10);
    media.setWanted(true);
    feed(stream);
    media.advance(0);
    await media.close();
    const count = queue.times.length;
    media.setWanted(false);
    media.setWanted(true);
    media.advance(10 * FRAME);
    await idle();
    expect(queue.times.length).toBe(count);
  });
});
