/**
 * A live list of segments (HLS) of a test's own: parts that were coded apart follow one another, each after a
 * discontinuity, and a segment is listed when its time has come.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { EncoderPush, type EncoderPushOptions } from './encoder-push.js';

/** Seconds of a segment. */
const SEGMENT = 1;
/** Segments that are there at once. */
const READY = 4;
/** Segments of a list. */
const LISTED = 8;

export interface LiveListPart {
  encoder: EncoderPushOptions;
  /** Whole seconds of it. */
  seconds: number;
  /** Added to its times, seconds. */
  offset?: number;
}

export interface LiveList {
  url: string;
  /** From now on segments are added as time passes. */
  begin(): void;
  close(): Promise<void>;
}

interface Listed {
  name: string;
  first: boolean;
}

/** @param folder its owner removes it; the segments are written there */
export async function serveLiveList(folder: string, parts: readonly LiveListPart[]): Promise<LiveList> {
  const segments: Listed[] = [];
  for (const [index, { encoder, seconds, offset = 0 }] of parts.entries()) {
    const files = join(folder, `part${index}-%02d.ts`);
    const hls = ['-f', 'hls', '-hls_time', `${SEGMENT}`, '-hls_list_size', '0', '-hls_segment_filename', files];
    const output = ['-output_ts_offset', `${offset}`, ...hls];
    const made = new EncoderPush(join(folder, `part${index}.m3u8`), { ...encoder, seconds, output, pace: 'unpaced' });
    await made.ended;
    const names = readdirSync(folder).filter((name) => name.startsWith(`part${index}-`));
    if (names.length !== seconds / SEGMENT) throw new Error(`${names.length} segments: ${made.log}`);
    segments.push(...names.sort().map((name, at) => ({ name, first: at === 0 && index > 0 })));
  }
  let begun = Number.POSITIVE_INFINITY;
  const list = (): string => {
    const passed = Math.max(0, Math.floor((performance.now() - begun) / 1000 / SEGMENT));
    const end = Math.min(segments.length, READY + passed);
    const start = Math.max(0, end - LISTED);
    const gone = segments.slice(0, start).filter(({ first }) => first).length;
    const head = [
      ...['#EXTM3U', '#EXT-X-VERSION:6', `#EXT-X-TARGETDURATION:${SEGMENT}`, `#EXT-X-MEDIA-SEQUENCE:${start}`],
      `#EXT-X-DISCONTINUITY-SEQUENCE:${gone}`,
    ];
    const lines = segments
      .slice(start, end)
      .flatMap(({ name, first }) => [
        ...(first ? ['#EXT-X-DISCONTINUITY'] : []),
        `#EXTINF:${SEGMENT.toFixed(3)},`,
        name,
      ]);
    return [...head, ...lines, ''].join('\n');
  };
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    if (name === 'live.m3u8') response.setHeader('content-type', 'application/vnd.apple.mpegurl').end(list());
    else if (segments.some((one) => one.name === name)) response.end(readFileSync(join(folder, name)));
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/live.m3u8`,
    begin: () => {
      begun = performance.now();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
