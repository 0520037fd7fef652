/** A stream and its readers, with a clock that the test owns. */
import { expect, test } from 'vitest';
import { RtmpClock } from '../../../src/hub/ingest/rtmp-publisher.js';
import type { ReaderOptions, Sink } from '../../../src/hub/reader.js';
import { type Publisher, Stream } from '../../../src/hub/stream.js';
import { StreamTable } from '../../../src/hub/stream-table.js';
import { Timeline } from '../../../src/hub/timeline.js';
import {
  type MediaPacket,
  TRACK_AAC,
  TRACK_OPUS,
  TRACK_VIDEO,
  type Track,
  type TrackConfig,
} from '../../../src/link/frame.js';

const VIDEO: TrackConfig = { track: TRACK_VIDEO, codec: 'h264', extradata: Uint8Array.from([1, 2, 3]) };
const AUDIO: TrackConfig = { track: TRACK_AAC, codec: 'aac', extradata: Uint8Array.from([4]) };

class RecordingSink implements Sink {
  readonly log: string[] = [];
  readonly packets: MediaPacket[] = [];
  unsent = 0;
  taken = 0;
  config(config: TrackConfig): void {
    this.log.push(`config ${config.track} ${config.extradata[0]}`);
  }
  packet(packet: MediaPacket): void {
    this.packets.push(packet);
  }
  source(live: boolean): void {
    this.log.push(`source ${live}`);
  }
  end(reason: string): void {
    this.log.push(`end ${reason}`);
  }
  backlog(): number {
    return this.unsent;
  }
  sent(): number {
    return this.taken;
  }
}

class Bench {
  time = 1000;
  readonly events: string[] = [];
  readonly stream = new Stream('caster/a', () => this.time, {
    published: (_stream, live) => this.events.push(`published ${live}`),
  });

  publisher(canMakeKeyframes = true): Publisher {
    return {
      canMakeKeyframes,
      keyframe: () => this.events.push('keyframe'),
      demand: (readers, opus) => this.events.push(`demand ${readers} ${opus}`),
      replaced: () => this.events.push('replaced'),
    };
  }

  publish(canMakeKeyframes = true) {
    const publication = this.stream.publish(this.publisher(canMakeKeyframes));
    if (!publication) throw new Error('refused');
    publication.config(VIDEO);
    return publication;
  }

  join(options: Partial<ReaderOptions> = {}) {
    const sink = new RecordingSink();
    const tracks = new Set([TRACK_VIDEO, TRACK_AAC] as const);
    const reader = this.stream.join({ kind: 'flv', tracks, start: 'cached', patient: false, sink, ...options });
    return { sink, reader };
  }
}

function video(ms: number, key = false, size = 10): MediaPacket {
  return { track: TRACK_VIDEO, key, dts: ms * 1000, cts: 0, payload: new Uint8Array(size) };
}

function audio(ms: number): MediaPacket {
  return { track: TRACK_AAC, key: true, dts: ms * 1000, cts: 0, payload: new Uint8Array(5) };
}

const times = (sink: RecordingSink) => sink.packets.map((packet) => packet.dts / 1000);

test('a reader gets configs and the last group, then what comes', () => {
  const bench = new Bench();
  const publication = bench.publish();
  for (const packet of [video(0, true), video(40), video(80, true), video(120)]) publication.packet(packet);
  const { sink } = bench.join();
  expect(sink.log).toEqual(['source true', 'config 0 1']);
  publication.packet(video(160));
  expect(times(sink)).toEqual([80, 120, 160]);
});

test('readers are told what is added to the times of a publisher, so that its own can be told', () => {
  const bench = new Bench();
  const first = bench.publish();
  const { sink } = bench.join();
  const shifts: number[] = [];
  Object.assign(sink, { clock: (shift: number) => shifts.push(shift) });
  first.packet(video(5000, true));
  expect(shifts).toEqual([]);
  first.close('vanished', 'gone');
  bench.time += 1000;
  bench.publish().packet(video(900_000, true));
  const [shift = 0] = shifts;
  expect(shifts).toHaveLength(1);
  expect((sink.packets.at(-1)?.dts ?? 0) - shift).toBe(900_000_000);
  // One that joins later is told before its first packet.
  const told: number[] = [];
  const late = Object.assign(new RecordingSink(), {
    clock: (value: number) => {
      expect(late.packets).toEqual([]);
      told.push(value);
    },
  });
  bench.join({ sink: late });
  expect(told).toEqual([shift]);
  expect(late.packets).toHaveLength(1);
});

test('a group that grows beyond 16 MB or 20 s is dropped until the next key frame', () => {
  for (const [step, size] of [
    [40, 2_000_000],
    [3_000, 10],
  ] as const) {
    const bench = new Bench();
    const publication = bench.publish();
    for (let index = 0; index < 10; index++) publication.packet(video(index * step, index === 0, size));
    expect(bench.join().sink.packets).toEqual([]);
    publication.packet(video(10 * step, true));
    expect(times(bench.join().sink)).toEqual([10 * step]);
  }
});

test('a stale group is not shown', () => {
  const bench = new Bench();
  bench.publish().packet(video(0, true));
  bench.time += 60_000;
  expect(bench.join().sink.packets).toEqual([]);
  expect(bench.events).toContain('keyframe');
});

test('a slow reader loses video until a key frame that finds room; another loses nothing', () => {
  const bench = new Bench();
  const publication = bench.publish();
  publication.config(AUDIO);
  const slow = bench.join();
  const quick = bench.join();
  publication.packet(video(0, true));
  slow.sink.unsent = 2.2 * 1024 * 1024;
  for (const packet of [video(40), audio(41), video(80, true), video(120)]) publication.packet(packet);
  slow.sink.unsent = 3 * 1024 * 1024;
  publication.packet(audio(121));
  slow.sink.unsent = 0;
  for (const packet of [video(160), video(200, true), video(240)]) publication.packet(packet);
  expect(times(slow.sink)).toEqual([0, 41, 200, 240]);
  expect(slow.reader.droppedFrames).toBe(5);
  expect(times(quick.sink)).toEqual([0, 40, 41, 80, 120, 121, 160, 200, 240]);
  expect(bench.stream.totals().droppedFrames).toBe(5);
});

test('a large cached group does not count as backlog', () => {
  const bench = new Bench();
  const publication = bench.publish();
  for (let index = 0; index < 10; index++) publication.packet(video(index * 40, index === 0, 500_000));
  const sink = new RecordingSink();
  const counting = Object.assign(sink, {
    packet: (packet: MediaPacket) => {
      sink.packets.push(packet);
      sink.unsent += packet.payload.length;
    },
  });
  bench.join({ sink: counting });
  expect(sink.packets).toHaveLength(10);
});

test('a reader that takes nothing for 30 s is ended', () => {
  const bench = new Bench();
  bench.publish().packet(video(0, true));
  const { sink } = bench.join();
  sink.unsent = 1000;
  bench.stream.tick();
  bench.time += 29_000;
  sink.taken = 5;
  bench.stream.tick();
  bench.time += 29_000;
  bench.stream.tick();
  expect(sink.log).not.toContain('end stalled');
  bench.time += 2_000;
  bench.stream.tick();
  expect(sink.log).toContain('end stalled');
  expect(bench.stream.readers).toBe(0);
});

test('times go on by the real time when a crashed publisher comes back, from a key frame on', () => {
  const bench = new Bench();
  const first = bench.publish();
  const { sink } = bench.join();
  first.packet(video(7_000_000, true));
  first.packet(video(7_000_040));
  first.close('vanished', 'crash');
  bench.time += 1_500;
  const second = bench.publish();
  second.packet(video(3));
  second.packet(video(43, true));
  second.packet(video(83));
  first.packet(video(9_999_999, true));
  expect(times(sink)).toEqual([7_000_000, 7_000_040, 7_001_540, 7_001_580]);
  expect(sink.log).toEqual(['source true', 'config 0 1', 'source false', 'source true']);
});

test('a changed config is sent again, and pictures wait for its key frame', () => {
  const bench = new Bench();
  const publication = bench.publish();
  const { sink } = bench.join();
  publication.packet(video(0, true));
  publication.config({ ...VIDEO });
  publication.config({ ...VIDEO, extradata: Uint8Array.from([9]) });
  publication.packet(video(40));
  publication.packet(video(80, true));
  expect(sink.log).toEqual(['source true', 'config 0 1', 'config 0 9']);
  expect(times(sink)).toEqual([0, 80]);
});

test('readers are let go 30 s after a crash, at once after the end; patient ones wait', () => {
  const bench = new Bench();
  const publication = bench.publish();
  const viewer = bench.join().sink;
  const patient = bench.join({ kind: 'link', patient: true }).sink;
  publication.close('vanished', 'crash');
  bench.time += 29_000;
  bench.stream.tick();
  expect(viewer.log).not.toContain('end publisher lost');
  bench.time += 1_000;
  bench.stream.tick();
  expect(viewer.log).toContain('end publisher lost');
  expect(bench.stream.open).toBe(false);
  expect(bench.stream.unused).toBe(false);

  const again = bench.publish();
  const other = bench.join().sink;
  again.close('stopped', 'bye');
  expect(other.log.at(-1)).toBe('end bye');
  expect(patient.log.at(-1)).toBe('source false');
  bench.publish().close('over', 'done');
  expect(patient.log.at(-1)).toBe('end done');
  expect(bench.stream.unused).toBe(true);
});

test('a second publisher is refused unless the first has been silent for 5 s', () => {
  const bench = new Bench();
  const first = bench.publish();
  bench.time += 4_000;
  first.packet(video(0, true));
  bench.time += 4_000;
  expect(bench.stream.publish(bench.publisher())).toBeNull();
  bench.time += 1_000;
  expect(bench.stream.publish(bench.publisher())).not.toBeNull();
  expect(bench.events).toContain('replaced');
  first.close('over', 'late');
  expect(bench.stream.live).toBe(true);
});

test('the publisher hears of readers, and of key frames at most every 500 ms', () => {
  const bench = new Bench();
  bench.publish();
  const tracks = new Set<Track>([TRACK_VIDEO, TRACK_OPUS]);
  const whep: Partial<ReaderOptions> = { kind: 'whep', tracks, start: 'next-key' };
  const { reader } = bench.join(whep);
  bench.join();
  bench.time += 500;
  bench.stream.requestKeyframe();
  reader.counted = false;
  bench.stream.demandChanged();
  bench.stream.leave(reader);
  expect(bench.events).toEqual([
    'published true',
    'demand 0 0',
    'demand 1 1',
    'keyframe',
    'demand 2 1',
    'keyframe',
    'demand 1 0',
  ]);
});

test('a whep viewer of a push that cannot be asked gets the cached group', () => {
  const bench = new Bench();
  const publication = bench.publish(false);
  publication.packet(video(0, true));
  publication.packet(video(40));
  const sink = bench.join({ kind: 'whep', start: 'next-key' }).sink;
  expect(times(sink)).toEqual([0, 40]);
});

test('a viewer does not start on sound while there is, or may still be, video', () => {
  const bench = new Bench();
  const publication = bench.stream.publish(bench.publisher());
  publication?.config(AUDIO);
  const { sink } = bench.join();
  publication?.packet(audio(0));
  publication?.config(VIDEO);
  publication?.packet(video(40, true));
  publication?.packet(audio(41));
  expect(times(sink)).toEqual([40, 41]);
  const sound = new Bench();
  const only = sound.stream.publish(sound.publisher());
  only?.config(AUDIO);
  const listener = sound.join().sink;
  for (let ms = 0; ms < 1500; ms += 500) {
    only?.packet(audio(ms));
    sound.time += 500;
  }
  expect(times(listener)).toEqual([1000]);
});

test('packets of one time follow each other by 1 µs; none is lost', () => {
  const timeline = new Timeline();
  const place = (track: Track, us: number) => timeline.place(track, us, 0);
  expect([1000, 1000, 1000, 1001, 1002, 2000].map((us) => place(TRACK_VIDEO, us))).toEqual([
    1000, 1001, 1002, 1003, 1004, 2000,
  ]);
  // Tracks do not push each other.
  expect(place(TRACK_AAC, 1000)).toBe(1000);
  expect(place(TRACK_VIDEO, 1999)).toBeNull();
  expect(place(TRACK_VIDEO, 2000)).toBe(2001);
  const bench = new Bench();
  const publication = bench.publish();
  const { sink } = bench.join();
  for (const packet of [video(0, true), video(0), video(40)]) publication.packet(packet);
  expect(times(sink)).toEqual([0, 0.001, 40]);
});

test('after a picture whose time went back none is shown until the next key frame; sound goes on', () => {
  const bench = new Bench();
  const publication = bench.publish();
  publication.config(AUDIO);
  const { sink } = bench.join();
  bench.time += 1_000;
  bench.events.length = 0;
  for (const packet of [video(0, true), video(40), video(20), video(80), audio(81)]) publication.packet(packet);
  expect(times(sink)).toEqual([0, 40, 81]);
  expect(bench.events).toEqual(['keyframe']);
  // A key frame that lies back itself does not help.
  for (const packet of [video(30, true), video(120), audio(121), video(160, true), video(200)]) {
    publication.packet(packet);
  }
  expect(times(sink)).toEqual([0, 40, 81, 121, 160, 200]);
  publication.packet(video(190));
  publication.close('vanished', 'crash');
  bench.time += 1_000;
  const second = bench.publish();
  for (const packet of [video(0, true), video(40)]) second.packet(packet);
  expect(sink.packets).toHaveLength(8);
});

test('B-frames are noticed, and forgotten with their publisher', () => {
  const shown = (ms: number, cts: number, key = false): MediaPacket => ({ ...video(ms, key), cts: cts * 1000 });
  const bench = new Bench();
  const first = bench.publish();
  // A constant delay reorders nothing.
  for (const packet of [shown(0, 80, true), shown(40, 80), shown(80, 80)]) first.packet(packet);
  expect(bench.stream.reorders).toBe(false);
  first.packet(shown(120, 120));
  expect(bench.stream.reorders).toBe(false);
  first.packet(shown(160, 40));
  expect(bench.stream.reorders).toBe(true);
  first.close('vanished', 'crash');
  bench.publish().packet(shown(0, 0, true));
  expect(bench.stream.reorders).toBe(false);
});

test('RTMP times go on over their wraps', () => {
  const clock = new RtmpClock();
  expect([0xffffffd8, 0, 40].map((time) => clock.unwrap(time) - 0xffffffd8)).toEqual([0, 40, 80]);
  const early = new RtmpClock();
  expect([0xffffd8, 0, 40].map((time) => early.unwrap(time) - 0xffffd8)).toEqual([0, 40, 80]);
  const back = new RtmpClock();
  expect([1000, 960, 1040].map((time) => back.unwrap(time))).toEqual([1000, 960, 1040]);
});

test('the table counts viewers of all streams and forgets unused ones', () => {
  const table = new StreamTable({ maxReaders: 1, now: () => 0, callbacks: { published: () => {} } });
  const sink = new RecordingSink();
  const stream = table.obtain('caster/a');
  const engine = stream?.join({ kind: 'link', tracks: new Set(), start: 'cached', patient: true, sink });
  expect(table.full).toBe(false);
  const reader = stream?.join({ kind: 'flv', tracks: new Set(), start: 'cached', patient: false, sink });
  expect(table.full).toBe(true);
  if (reader) stream?.leave(reader);
  if (engine) stream?.leave(engine);
  expect(table.full).toBe(false);
  table.tick();
  expect(table.find('caster/a')).toBeUndefined();
});
