/** Segments join exactly: decode times and durations are read back from the boxes. */
import { expect, test } from 'vitest';
import { type Segment, Segmenter } from '../../../src/hub/playback/segmenter.js';
import { type MediaPacket, TRACK_AAC, TRACK_VIDEO } from '../../../src/link/frame.js';
import { generator } from '../../support/random.js';

const AVCC = Buffer.from(
  '0164001fffe1001a6764001facd9405005bb011000000300100000030320f1831960' + '01000568ebecb22c',
  'hex',
);

/** The content of the boxes at a path like `moof/traf/tfdt`, all of them. */
function boxes(data: Buffer, path: string): Buffer[] {
  const [type, ...rest] = path.split('/');
  const found: Buffer[] = [];
  for (let at = 0; at + 8 <= data.length; ) {
    const size = data.readUInt32BE(at);
    if (data.toString('latin1', at + 4, at + 8) === type) found.push(data.subarray(at + 8, at + size));
    at += size;
  }
  return rest.length === 0 ? found : found.flatMap((one) => boxes(one, rest.join('/')));
}

interface Run {
  start: number;
  end: number;
  count: number;
}

function runs(segment: Segment): Run[] {
  const starts = boxes(segment.data, 'moof/traf/tfdt').map((box) => Number(box.readBigUInt64BE(4)));
  return boxes(segment.data, 'moof/traf/trun').map((box, index) => {
    const count = box.readUInt32BE(4);
    let end = starts[index] ?? 0;
    for (let sample = 0; sample < count; sample++) end += box.readUInt32BE(12 + 16 * sample);
    return { start: starts[index] ?? 0, end, count };
  });
}

function setup() {
  const segments: Segment[] = [];
  const inits: Buffer[] = [];
  const segmenter = new Segmenter({ init: (_index, data) => inits.push(data), segment: (one) => segments.push(one) });
  segmenter.config({ track: TRACK_VIDEO, codec: 'h264', extradata: AVCC });
  segmenter.config({ track: TRACK_AAC, codec: 'aac', extradata: Buffer.from('1190', 'hex') });
  return { segments, inits, segmenter };
}

function video(ms: number, key: boolean, size = 10): MediaPacket {
  return { track: TRACK_VIDEO, key, dts: ms * 1000, cts: 40_000, payload: new Uint8Array(size) };
}

/** Plays seconds of 25 pictures and 48 kHz sound in whole milliseconds, as RTMP brings them. */
function play(segmenter: Segmenter, from: number, seconds: number, keyEvery: number): void {
  let sound = 0;
  for (let index = 0; index < seconds * 25; index++) {
    segmenter.packet(video(from + index * 40, index % keyEvery === 0));
    for (; (sound * 1024) / 48 < (index + 1) * 40; sound++) {
      const dts = (from + Math.round((sound * 1024) / 48)) * 1000;
      segmenter.packet({ track: TRACK_AAC, key: true, dts, cts: 0, payload: new Uint8Array(4) });
    }
  }
}

test('segments join without a gap and have whole groups of pictures', () => {
  const { segments, inits, segmenter } = setup();
  play(segmenter, 5000, 10, 50);
  expect(inits).toHaveLength(1);
  expect(boxes(inits[0] ?? Buffer.alloc(0), 'moov/trak')).toHaveLength(2);
  expect(segments.map((one) => one.duration)).toEqual([2, 2, 2, 2]);
  expect(segments.map((one) => one.index)).toEqual([0, 1, 2, 3]);
  for (let index = 1; index < segments.length; index++) {
    const [before, now] = [segments[index - 1], segments[index]];
    if (!before || !now) return expect.unreachable();
    expect(runs(now).map((run) => run.start)).toEqual(runs(before).map((run) => run.end));
    expect(runs(now)[0]?.count).toBe(50);
  }
});

test('two pictures of one time do not make the last picture of a segment short', () => {
  const { segments, segmenter } = setup();
  play(segmenter, 0, 2, 50);
  segmenter.packet({ ...video(1960, false), dts: 1_960_001 });
  play(segmenter, 2000, 1, 50);
  segmenter.interrupt();
  expect(segments.map((one) => [runs(one)[0]?.count, one.duration])).toEqual([
    [51, 2],
    [25, 1],
  ]);
});

test('short groups are put together', () => {
  const { segments, segmenter } = setup();
  play(segmenter, 0, 6, 10);
  expect(segments[0]?.duration).toBeCloseTo(1.6, 6);
});

test('a change of publisher and of coding is a discontinuity', () => {
  const { segments, inits, segmenter } = setup();
  play(segmenter, 0, 3, 50);
  segmenter.interrupt();
  play(segmenter, 4000, 3, 50);
  const changed = Buffer.from(AVCC);
  changed[3] = 0x20;
  segmenter.config({ track: TRACK_VIDEO, codec: 'h264', extradata: changed });
  play(segmenter, 8000, 3, 50);
  expect(segments.map((one) => [one.init, one.discontinuity])).toEqual([
    [0, false],
    [0, false],
    [0, true],
    [0, false],
    [1, true],
  ]);
  expect(segments[1]?.duration).toBeCloseTo(1, 1);
  expect(inits).toHaveLength(2);
});

test('a segment that grows beyond 16 MB is cut, and nothing is lost', () => {
  const { segments, segmenter } = setup();
  play(segmenter, 0, 4, 50);
  for (let index = 0; index < 50; index++) segmenter.packet(video(4000 + index * 40, index === 0, 1_000_000));
  play(segmenter, 6000, 3, 50);
  expect(segments.map((one) => one.discontinuity)).toEqual([false, false, false, false, false, false]);
  expect(Math.max(...segments.map((one) => one.data.length))).toBeLessThan(16.5 * 1024 * 1024);
  expect(segments.reduce((sum, one) => sum + (runs(one)[0]?.count ?? 0), 0)).toBe(100 + 50 + 50);
});

test('without a key frame, segments are cut within the target duration and join', () => {
  const { segments, segmenter } = setup();
  play(segmenter, 0, 2, 50);
  play(segmenter, 2000, 12, 300);
  play(segmenter, 14_000, 3, 50);
  expect(segmenter.targetDuration).toBe(3);
  for (const [index, segment] of segments.entries()) {
    expect(Math.round(segment.duration)).toBeLessThanOrEqual(3);
    const before = segments[index - 1];
    if (before) expect(runs(segment)[0]?.start).toBe(runs(before)[0]?.end);
    expect(segment.discontinuity).toBe(false);
  }
  expect(segments.reduce((sum, one) => sum + one.duration, 0)).toBeCloseTo(16, 6);
});

test('when no key frame ever comes the first segment ends after 10 s, which is then the target', () => {
  const { segments, segmenter } = setup();
  play(segmenter, 0, 40, 100_000);
  expect(segments.map((one) => Math.round(one.duration))).toEqual([10, 10, 10]);
  expect(segmenter.targetDuration).toBe(10);
});

test('a hole longer than the target duration is a discontinuity', () => {
  const { segments, segmenter } = setup();
  play(segmenter, 0, 3, 50);
  play(segmenter, 11_000, 3, 50);
  expect(segments.map((one) => [Math.round(one.duration), one.discontinuity])).toEqual([
    [2, false],
    [1, false],
    [2, true],
  ]);
});

test('sound that goes on without pictures does not make a segment longer', () => {
  const { segments, segmenter } = setup();
  play(segmenter, 0, 3, 50);
  for (let ms = 3000; ms < 13_000; ms += 20) {
    segmenter.packet({ track: TRACK_AAC, key: true, dts: ms * 1000, cts: 0, payload: new Uint8Array(4) });
  }
  play(segmenter, 13_000, 3, 50);
  expect(segments.map((one) => [Math.round(one.duration), one.discontinuity])).toEqual([
    [2, false],
    [1, false],
    [2, true],
  ]);
  const sound = segments.map((one) => runs(one)[1] ?? expect.unreachable());
  for (const { start, end } of sound) expect((end - start) / 48_000).toBeLessThan(5);
});

test('whatever key frames and pauses come, the target duration is kept', () => {
  const random = generator(11);
  for (let round = 0; round < 60; round++) {
    const { segments, segmenter } = setup();
    const targets = new Set<number>();
    let ms = 0;
    for (let index = 0; index < 1500; index++) {
      // Pictures from 60 to 2 in a second, a pause up to 9 s now and then, key frames now often and now hardly ever.
      ms += random() % 100 === 0 ? random() % 9000 : 16 + (random() % (round % 2 ? 30 : 480));
      segmenter.packet(video(ms, index === 0 || random() % (index < 700 ? 40 : 400) === 0));
      segmenter.packet({ track: TRACK_AAC, key: true, dts: ms * 1000, cts: 0, payload: new Uint8Array(4) });
      if (segments.length > 0) targets.add(segmenter.targetDuration);
    }
    expect(targets.size).toBe(1);
    expect(Math.max(...segments.map((one) => Math.round(one.duration)))).toBeLessThanOrEqual(segmenter.targetDuration);
    for (const segment of segments) {
      const [run] = runs(segment);
      expect(((run?.end ?? 0) - (run?.start ?? 0)) / 90_000).toBeCloseTo(segment.duration, 2);
    }
  }
});

test('streams without video are cut by time', () => {
  const segments: Segment[] = [];
  const segmenter = new Segmenter({ init: () => {}, segment: (one) => segments.push(one) });
  segmenter.config({ track: TRACK_AAC, codec: 'aac', extradata: Buffer.from('1190', 'hex') });
  for (let index = 0; index < 300; index++) {
    const dts = Math.round((index * 1024e6) / 48_000);
    segmenter.packet({ track: TRACK_AAC, key: true, dts, cts: 0, payload: new Uint8Array(4) });
  }
  expect(segments).toHaveLength(3);
  expect(segments[0]?.duration).toBeCloseTo(2, 1);
  expect(runs(segments[1] ?? expect.unreachable())[0]?.start).toBe(runs(segments[0] ?? expect.unreachable())[0]?.end);
});
