/** Serves the files of one folder over HTTP on a free loopback port, with byte ranges, as media servers do. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.flv': 'video/x-flv',
  '.ts': 'video/mp2t',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.html': 'text/html; charset=utf-8',
};

export interface StaticServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  url: string;
  /** Paths asked for so far, in order. */
  requests: readonly string[];
  close(): Promise<void>;
}

interface ByteRange {
  first: number;
  last: number;
}

/** A single `bytes=` range (RFC 9110 section 14.1.2); `null` when it is none, `'bad'` when it cannot be satisfied. */
export function parseRange(header: string | undefined, size: number): ByteRange | null | 'bad' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  if (match[1] === '') {
    const count = Math.min(Number(match[2]), size);
    return count === 0 ? 'bad' : { first: size - count, last: size - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return first >= size || first > last ? 'bad' : { first, last };
}

/** @param folder its owner removes it after close() */
export async function serveFolder(folder: string): Promise<StaticServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    requests.push(path);
    const file = join(folder, path);
    const size = file.startsWith(folder + sep) ? statSync(file, { throwIfNoEntry: false }) : undefined;
    if (!size?.isFile()) return response.writeHead(404).end();
    const range = parseRange(request.headers.range, size.size);
    if (range === 'bad') return response.writeHead(416, { 'content-range': `bytes */${size.size}` }).end();
    const { first, last } = range ?? { first: 0, last: size.size - 1 };
    response.writeHead(range ? 206 : 200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': size.size === 0 ? 0 : last - first + 1,
      'accept-ranges': 'bytes',
      ...(range ? { 'content-range': `bytes ${first}-${last}/${size.size}` } : {}),
    });
    if (request.method === 'HEAD' || size.size === 0) return response.end();
    const stream = createReadStream(file, { start: first, end: last });
    stream.on('error', () => response.destroy());
    response.on('close', () => stream.destroy());
    return stream.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
