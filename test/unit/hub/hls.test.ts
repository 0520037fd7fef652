/** HLS sessions over time, with a clock that the test owns: what the playlist says must hold for those who play. */
import { expect, test } from 'vitest';
import { HlsShelf } from '../../../src/hub/playback/hls.js';
import { type Publication, Stream } from '../../../src/hub/stream.js';
import { TRACK_VIDEO } from '../../../src/link/frame.js';

const AVCC = Buffer.from(
  '0164001fffe1001a6764001facd9405005bb011000000300100000030320f1831960' + '01000568ebecb22c',
  'hex',
);

class Bench {
  time = 1_000;
  readonly demands: string[] = [];
  readonly stream = new Stream('caster/a', () => this.time, { published: () => {} });
  /** The wall clock when `time` was 0. */
  wallAt0 = Date.UTC(2030, 5);
  shelf = this.newShelf();

  /** As a hub makes it that starts now. */
  newShelf(): HlsShelf {
    return new HlsShelf({ now: () => this.time, wall: () => this.wallAt0 + this.time });
  }

  publish(): Publication {
    const publication = this.stream.publish({
      canMakeKeyframes: true,
      keyframe: () => {},
      demand: (readers) => this.demands.push(`${readers}`),
      replaced: () => {},
    });
    if (!publication) throw new Error('refused');
    publication.config({ track: TRACK_VIDEO, codec: 'h264', extradata: AVCC });
    return publication;
  }

  /** Publishes `seconds` of 25 pictures with a key frame first and then after every `group` s. */
  play(publication: Publication, seconds: number, group = seconds): void {
    for (let index = 0; index < seconds * 25; index++) {
      const key = index % Math.round(group * 25) === 0;
      publication.packet({ track: TRACK_VIDEO, key, dts: this.time * 1000, cts: 0, payload: new Uint8Array(20) });
      this.time += 40;
    }
  }

  async list(): Promise<Listed> {
    const text = await this.shelf.playlist('caster/a', this.stream);
    if (text === null) throw new Error('no playlist');
    const number = (tag: string) => Number(new RegExp(`^#${tag}:(\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    return {
      text,
      target: number('EXT-X-TARGETDURATION'),
      sequence: number('EXT-X-MEDIA-SEQUENCE'),
      lost: number('EXT-X-DISCONTINUITY-SEQUENCE'),
      durations: [...text.matchAll(/^#EXTINF:([\d.]+),$/gm)].map((match) => Number(match[1])),
      uris: [...text.matchAll(/^\.\.\/hls\/\S+$/gm)].map((match) => match[0]),
    };
  }

  file(uri: string): Buffer | undefined {
    const [, id, name] = /\/hls\/([0-9a-f]+)\/(\S+)$/.exec(uri) ?? [];
    return this.shelf.file(id ?? '', name ?? '');
  }
}

interface Listed {
  text: string;
  target: number;
  sequence: number;
  lost: number;
  durations: number[];
  uris: string[];
}

const total = (durations: readonly number[]) => durations.reduce((sum, one) => sum + one, 0);

async function opened(): Promise<{ bench: Bench; publication: Publication }> {
  const bench = new Bench();
  const publication = bench.publish();
  bench.play(publication, 0.04);
  // The first request opens the session and waits for the segment that is being made.
  const first = bench.list();
  bench.play(publication, 4, 2);
  await first;
  return { bench, publication };
}

test('the target duration never changes and no segment exceeds it, however far apart key frames are', async () => {
  const { bench, publication } = await opened();
  for (const group of [2, 2, 9, 0.4, 1.4, 5, 25, 2, 3.4, 1]) {
    bench.play(publication, group);
    const listed = await bench.list();
    expect(listed.target).toBe(3);
    for (const duration of listed.durations) expect(Math.round(duration)).toBeLessThanOrEqual(3);
  }
});

test('three target durations stay listed, and what leaves the list can still be fetched', async () => {
  const { bench, publication } = await opened();
  const unlisted = new Map<string, number>();
  let before = await bench.list();
  const { sequence } = before;
  for (let round = 0; round < 20; round++) {
    bench.play(publication, 2);
    const now = await bench.list();
    expect(now.sequence).toBeGreaterThanOrEqual(before.sequence);
    if (now.sequence > before.sequence) expect(total(now.durations)).toBeGreaterThanOrEqual(3 * now.target);
    expect(now.uris.filter((uri) => before.uris.includes(uri))).toEqual(
      before.uris.slice(now.sequence - before.sequence),
    );
    for (const uri of before.uris) if (!now.uris.includes(uri)) unlisted.set(uri, bench.time);
    for (const uri of now.uris) expect(bench.file(uri)).toBeDefined();
    for (const [uri, since] of unlisted) if (bench.time - since < 12_000) expect(bench.file(uri)).toBeDefined();
    before = now;
  }
  expect(before.sequence - sequence).toBeGreaterThan(10);
  expect([...unlisted.keys()].filter((uri) => bench.file(uri)).length).toBeLessThan(10);
});

test('a change of publisher is marked once, and counted when it leaves the list', async () => {
  const { bench, publication } = await opened();
  const { lost } = await bench.list();
  publication.close('vanished', 'crash');
  bench.time += 1_000;
  const second = bench.publish();
  bench.play(second, 4, 2);
  const changed = await bench.list();
  // One is the beginning of the session.
  expect(changed.text.match(/#EXT-X-DISCONTINUITY$/gm)).toHaveLength(2);
  expect(changed.lost).toBe(lost);
  bench.play(second, 30, 2);
  const later = await bench.list();
  expect(later.text).not.toMatch(/#EXT-X-DISCONTINUITY$/m);
  expect(later.lost).toBe(lost + 2);
});

test('memory is bounded by 64 MB whatever the bit rate', async () => {
  const bench = new Bench();
  const publication = bench.publish();
  bench.play(publication, 0.04);
  const first = bench.list();
  for (let index = 0; index < 250; index++) {
    const payload = new Uint8Array(2_000_000);
    publication.packet({ track: TRACK_VIDEO, key: index % 5 === 0, dts: bench.time * 1000, cts: 0, payload });
    bench.time += 400;
  }
  await first;
  const listed = await bench.list();
  const kept = Array.from({ length: 120 }, (_, index) => listed.sequence - 60 + index)
    .map((index) => listed.uris[0]?.replace(/\d+\.m4s$/, `${index}.m4s`) ?? '')
    .map((uri) => bench.file(uri)?.length ?? 0)
    .filter((length) => length > 0);
  expect(total(kept)).toBeLessThanOrEqual(64 * 1024 * 1024);
  expect(kept.length).toBeGreaterThan(3);
  expect(listed.uris).toHaveLength(kept.length);
});

test('a session counts as one viewer while it is asked for, and ends', async () => {
  const { bench, publication } = await opened();
  expect(bench.stream.readers).toBe(1);
  bench.time += 15_001;
  bench.shelf.tick();
  expect(bench.stream.readers).toBe(0);
  expect(bench.stream.viewers).toBe(1);
  await bench.list();
  expect(bench.stream.readers).toBe(1);
  bench.time += 30_001;
  bench.shelf.tick();
  expect(bench.stream.viewers).toBe(0);
  expect(bench.shelf.has('caster/a')).toBe(false);
  publication.close('over', 'done');
  bench.shelf.close();
});

test('the end of the stream ends the playlist', async () => {
  const { bench, publication } = await opened();
  publication.close('over', 'done');
  expect((await bench.list()).text).toMatch(/#EXT-X-ENDLIST\n$/);
});

test.each<[string, (bench: Bench, publication: Publication) => Publication]>([
  [
    'after nobody asked for 30 s',
    (bench, publication) => {
      for (let second = 0; second < 31; second++) {
        bench.play(publication, 1);
        bench.shelf.tick();
      }
      expect(bench.shelf.has('caster/a')).toBe(false);
      return publication;
    },
  ],
  [
    'after the encoder stopped and came back',
    (bench, publication) => {
      publication.close('over', 'done');
      bench.time += 500;
      return bench.publish();
    },
  ],
  [
    'after the wall clock was set back',
    (bench, publication) => {
      publication.close('over', 'done');
      bench.wallAt0 -= 3_600_000;
      return bench.publish();
    },
  ],
  [
    'in a hub that was started again',
    (bench, publication) => {
      publication.close('over', 'done');
      bench.shelf.close();
      bench.time += 1_500;
      bench.shelf = bench.newShelf();
      return bench.publish();
    },
  ],
])('at the same address numbers go on upwards %s', async (_name, interrupt) => {
  const { bench, publication } = await opened();
  bench.play(publication, 30, 2);
  const before = await bench.list();
  const discontinuities = ({ text }: Listed) => text.match(/^#EXT-X-DISCONTINUITY$/gm)?.length ?? 0;
  const again = interrupt(bench, publication);
  bench.play(again, 0.04);
  const asked = bench.list();
  bench.play(again, 4, 2);
  const after = await asked;
  expect(after.sequence).toBeGreaterThanOrEqual(before.sequence + before.uris.length);
  expect(after.lost).toBeGreaterThanOrEqual(before.lost + discontinuities(before));
  expect(after.text).toMatch(/SEQUENCE:\d+\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP/);
  expect(discontinuities(after)).toBe(1);
  expect(after.uris.filter((uri) => before.uris.includes(uri))).toEqual([]);
  for (const uri of after.uris) expect(bench.file(uri)).toBeDefined();
  expect(after.sequence).toBeLessThan(2 ** 31);
});
