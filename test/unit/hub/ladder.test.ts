/** HLS of a programme in several renditions: what their playlists have in common, whenever each of them is asked for. */
import { beforeEach, expect, test } from 'vitest';
import { HlsShelf } from '../../../src/hub/playback/hls.js';
import { masterPlaylist, programmeOf } from '../../../src/hub/playback/master.js';
import type { Publication } from '../../../src/hub/stream.js';
import { StreamTable } from '../../../src/hub/stream-table.js';
import { TRACK_AAC, TRACK_VIDEO } from '../../../src/link/frame.js';

const AVCC = Buffer.from(
  '0164001fffe1001a6764001facd9405005bb011000000300100000030320f1831960' + '01000568ebecb22c',
  'hex',
);
const FULL = 'caster/a';
const SMALL = 'caster/a_lld';
const NAMES = [FULL, SMALL];
const FPS = 25;

let time: number;
let table: StreamTable;
let shelf: HlsShelf;
let publications: Map<string, Publication>;
let demands: string[];
/** Of the publisher: ticks since it began. */
let tick: number;

beforeEach(() => {
  time = 1_000;
  tick = 0;
  demands = [];
  publications = new Map();
  table = new StreamTable({ maxReaders: 10, now: () => time, callbacks: { published: () => {} } });
  shelf = new HlsShelf({ now: () => time, wall: () => Date.UTC(2030, 5) + time });
  publish();
});

/** As an engine does that has been started: its clock begins anew. */
function publish(): void {
  tick = 0;
  for (const name of NAMES) {
    const publication = table.obtain(name)?.publish({
      canMakeKeyframes: true,
      keyframe: () => {},
      demand: (readers) => demands.push(`${name} ${readers}`),
      replaced: () => {},
    });
    if (!publication) throw new Error('refused');
    publications.set(name, publication);
    publication.config({ track: TRACK_VIDEO, codec: 'h264', extradata: AVCC });
  }
  const rung = { fps: FPS, burst: 300_000, soundBitrate: 64_000, codec: 'avc1.4D401E' };
  publications.get(FULL)?.ladder([
    { ...rung, stream: FULL, width: 640, height: 360, bitrate: 900_000 },
    { ...rung, stream: SMALL, width: 320, height: 180, bitrate: 300_000, fps: 15 },
    { ...rung, stream: 'caster/a_none', width: 64, height: 36, bitrate: 50_000 },
  ]);
}

function vanish(): void {
  for (const publication of publications.values()) publication.close('vanished', 'crash');
}

interface Span {
  /** Ticks of key frames beside those of every two seconds. */
  keys?: number[];
  names?: readonly string[];
  /** Streams that lose this tick's picture. */
  lost?: { name: string; tick: number };
}

/** Ticks in which the named streams are made, all with the same key frames. */
function play(ticks: number, { keys = [], names = NAMES, lost }: Span = {}): void {
  for (const end = tick + ticks; tick < end; tick++) {
    const key = tick % (2 * FPS) === 0 || keys.includes(tick);
    for (const name of names) {
      if (lost?.name === name && lost.tick === tick) continue;
      const dts = 1_000_000 + tick * 40_000;
      publications.get(name)?.packet({ track: TRACK_VIDEO, key, dts, cts: 0, payload: new Uint8Array(20) });
    }
    time += 40;
  }
}

interface Listed {
  sequence: number;
  discontinuities: number;
  target: number;
  segments: { number: number; duration: number; start: number; date: number; discontinuity: boolean }[];
}

const ask = (name: string): Promise<string | null> => shelf.playlist(name, table.find(name), programmeOf(table, name));

/** What a playlist says, and where each segment begins on the media's own clock (s). */
async function list(name: string): Promise<Listed> {
  const text = (await ask(name)) ?? '';
  const number = (tag: string) => Number(new RegExp(`^#${tag}:(\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const entry =
    /(#EXT-X-DISCONTINUITY\n)?(?:#EXT-X-MAP:.*\n)?#EXT-X-PROGRAM-DATE-TIME:(\S+)\n#EXTINF:([\d.]+),\n\.\.\/hls\/([0-9a-f]+)\/(\d+)\.m4s/g;
  const segments = [...text.matchAll(entry)].map(([, mark, date, duration, id, index]) => {
    const data = shelf.file(id ?? '', `${index}.m4s`);
    if (!data) throw new Error(`${name} ${index} is gone`);
    const start = Number(data.readBigUInt64BE(data.indexOf('tfdt', 0, 'latin1') + 8)) / 90_000;
    return {
      number: Number(index),
      duration: Number(duration),
      start,
      date: Date.parse(date ?? ''),
      discontinuity: mark !== undefined,
    };
  });
  expect(segments.map((segment) => segment.number)).toEqual(
    segments.map((_, at) => number('EXT-X-MEDIA-SEQUENCE') + at),
  );
  return {
    sequence: number('EXT-X-MEDIA-SEQUENCE'),
    discontinuities: number('EXT-X-DISCONTINUITY-SEQUENCE'),
    target: number('EXT-X-TARGETDURATION'),
    segments,
  };
}

/** Whose each segment of a playlist is. */
async function owners(name: string): Promise<(string | undefined)[]> {
  return [...((await ask(name)) ?? '').matchAll(/^\.\.\/hls\/([0-9a-f]+)\/\d+\.m4s$/gm)].map(([, owner]) => owner);
}

/** Both playlists; segments of one number are the same but for the first one of the second list. */
async function compared(): Promise<[Listed, Listed]> {
  const [full, small] = [await list(FULL), await list(SMALL)];
  expect(small.target).toBe(full.target);
  const common = small.segments.slice(1).filter(({ number }) => number >= (full.segments[1]?.number ?? 0));
  expect(common.length).toBeGreaterThan(0);
  for (const segment of common) {
    expect(full.segments.find(({ number }) => number === segment.number)).toEqual(segment);
  }
  return [full, small];
}

test('a rendition that begins later has the numbers, times and dates of the others', async () => {
  play(1);
  const first = ask(FULL);
  play(130);
  await first;
  // It is asked for between two key frames, gets one at once, and so do the others. Its list is there at once, too.
  expect(await list(SMALL)).toEqual(await list(FULL));
  expect(new Set(await owners(SMALL))).toEqual(new Set(await owners(FULL)));
  play(60, { keys: [tick + 1] });
  expect(await list(SMALL)).toEqual(await list(FULL));
  play(120);
  const full = await list(FULL);
  expect(await list(SMALL)).toEqual(full);
  expect(full.target).toBe(3);
  for (const { duration } of full.segments) expect(Math.round(duration)).toBeLessThanOrEqual(3);
  // From its first whole segment on it lists its own: the one that it began in is the other's to the end.
  const theirs = await owners(FULL);
  const both = await owners(SMALL);
  const own = both.filter((owner) => owner !== theirs[0]);
  expect(own.length).toBeGreaterThanOrEqual(2);
  expect(both).toEqual([...theirs.slice(own.length), ...own]);
  play(400);
  expect(new Set(await owners(SMALL)).size).toBe(1);
});

test('without another session to stand in, a rendition begins in the middle, and its date says so', async () => {
  play(130);
  const only = ask(SMALL);
  play(1, { keys: [tick] });
  const other = ask(FULL);
  play(200);
  await Promise.all([only, other]);
  const [full, small] = await compared();
  const [begun] = full.segments;
  const same = small.segments.find(({ number }) => number === begun?.number);
  if (!begun || !same) throw new Error('no common beginning');
  expect(begun.start - same.start).toBeCloseTo((begun.date - same.date) / 1000, 2);
});

test('key frames beside the usual ones and a lost one do not pull the renditions apart', async () => {
  play(1);
  const first = [ask(FULL), ask(SMALL)];
  play(110, { keys: [40, 44, 90] });
  await Promise.all(first);
  play(50, { lost: { name: SMALL, tick: 150 }, keys: [112] });
  const lost = tick;
  play(300, { keys: [lost + 3, lost + 30, lost + 60] });
  const [full] = await compared();
  expect(full.segments.length).toBeGreaterThan(4);
});

test('where one rendition has lost the key frame of a cut, it cuts with the next picture', async () => {
  play(1);
  const first = [ask(FULL), ask(SMALL)];
  play(99);
  await Promise.all(first);
  play(120, { lost: { name: SMALL, tick: 150 } });
  const [full, small] = [await list(FULL), await list(SMALL)];
  const late = small.segments.map(({ number, start }) => {
    return Math.round(25 * (start - (full.segments.find((one) => one.number === number)?.start ?? Number.NaN)));
  });
  // Cuts at ticks 0, 50, 100, 150; the one that begins at 200 is not done yet.
  expect(late).toEqual([0, 0, 0, 1]);
});

test('an engine that is started anew is one discontinuity in all renditions, and the clock goes on', async () => {
  play(1);
  const first = [ask(FULL), ask(SMALL)];
  play(260);
  await Promise.all(first);
  const before = await list(FULL);
  vanish();
  time += 3_000;
  publish();
  play(140);
  const [full, small] = await compared();
  expect(full.segments.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
  expect(small.discontinuities).toBe(full.discontinuities);
  expect(full.discontinuities).toBe(before.discontinuities);
  const marked = full.segments.findIndex(({ discontinuity }) => discontinuity);
  const gap = (full.segments[marked]?.start ?? 0) - (full.segments[marked - 1]?.start ?? 0);
  expect(gap).toBeGreaterThan(3);
  expect(gap).toBeLessThan(6);
  // A rendition that is asked for only now does not have the mark, but counts it.
  play(400);
  expect((await list(FULL)).discontinuities).toBe(before.discontinuities + 1);
});

test('a rendition that nobody asked for before an engine was started anew joins the clock that goes on', async () => {
  play(1);
  const first = ask(FULL);
  play(800, { names: [FULL] });
  await first;
  vanish();
  time += 2_000;
  publish();
  play(60, { names: [FULL] });
  const second = ask(SMALL);
  play(200, { keys: [tick + 1] });
  await second;
  const [full, small] = await compared();
  const counted = (listed: Listed) =>
    listed.discontinuities + listed.segments.filter(({ discontinuity }) => discontinuity).length;
  expect(counted(small)).toBe(counted(full));
});

test('a rendition that is asked for while the engine is gone begins with the new one', async () => {
  play(1);
  const first = ask(FULL);
  play(800);
  await first;
  vanish();
  const second = ask(SMALL);
  time += 2_000;
  publish();
  play(200, { names: [SMALL, FULL] });
  await second;
  const [full, small] = await compared();
  expect(small.discontinuities).toBe(full.discontinuities);
  expect(small.segments.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
  expect(full.segments.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
});

test('a programme that was stopped and started does not take up old numbers', async () => {
  play(1);
  const first = ask(FULL);
  play(200);
  await first;
  const before = await list(FULL);
  for (const publication of publications.values()) publication.close('over', 'the studio was stopped');
  time += 500;
  publish();
  play(1);
  const again = ask(FULL);
  play(120);
  await again;
  expect((await list(FULL)).sequence).toBeGreaterThan(before.segments.at(-1)?.number ?? Number.NaN);
});

test('the master playlist names what is published, and starts none of it', () => {
  const programme = table.find(FULL);
  if (!programme) throw new Error('no programme');
  publications.get(FULL)?.config({ track: TRACK_AAC, codec: 'aac', extradata: Buffer.from('1190', 'hex') });
  expect(masterPlaylist(table, programme, '?key=k')).toBe(
    [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-STREAM-INF:BANDWIDTH=1076000,AVERAGE-BANDWIDTH=976000,CODECS="avc1.4D401E,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000',
      '../a.m3u8?key=k',
      '#EXT-X-STREAM-INF:BANDWIDTH=476000,AVERAGE-BANDWIDTH=376000,CODECS="avc1.4D401E,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=15.000',
      '../a_lld.m3u8?key=k',
      '',
    ].join('\n'),
  );
  expect(demands.filter((demand) => !demand.endsWith(' 0'))).toEqual([]);
  expect(programmeOf(table, SMALL)).toBe(FULL);
  expect(programmeOf(table, FULL)).toBe(FULL);
  expect(programmeOf(table, 'caster/a_other')).toBeNull();
  const small = table.find(SMALL);
  expect(small && masterPlaylist(table, small, '')).toBeNull();
});
