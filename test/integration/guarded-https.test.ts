/** Inputs over https: read through the guard in every form that lists of segments know, by good certificates only. */
import { spawnSync } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { createServer as createWeb, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Demuxer, httpInput } from '../../src/engine/av/demuxer.js';
import { AV_LOG_QUIET, Log } from '../../src/engine/av/log.js';
import { GuardProxy } from '../../src/engine/source/guard-proxy.js';
import { ffmpegPath, hasFfmpeg } from '../support/media-tools.js';
import { startTls, type TlsServer } from '../support/tls-server.js';

const KEY = randomBytes(16);
const IV = Buffer.alloc(16, 7);
const SECONDS = 2;

let media: Buffer;
let web: TlsServer;
let proxy: GuardProxy;
/** What both servers answer, by path; a function for headers. */
const answers = new Map<string, string | Buffer | RequestListener>();
const hosts: string[] = [];
const endings: (() => unknown)[] = [];

const serve: RequestListener = (request, response) => {
  hosts.push(request.headers.host ?? '');
  const answer = answers.get(request.url ?? '');
  if (answer === undefined) response.writeHead(404).end();
  else if (typeof answer === 'function') answer(request, response);
  else response.end(answer);
};

function list(segment: string, ...tags: string[]): string {
  const head = ['#EXTM3U', '#EXT-X-VERSION:6', `#EXT-X-TARGETDURATION:${SECONDS}`, '#EXT-X-MEDIA-SEQUENCE:0'];
  return [...head, ...tags, `#EXTINF:${SECONDS},`, segment, '#EXT-X-ENDLIST', ''].join('\r\n');
}

/** How many pictures are read from an address to its end. */
async function pictures(url: string, guard = proxy): Promise<number> {
  const signal = AbortSignal.timeout(10_000);
  const demuxer = await Demuxer.openInput(httpInput(url, guard.url), { openMs: 8000, readMs: 8000 }, signal);
  try {
    let count = 0;
    for (;;) {
      const next = await demuxer.read();
      if (!next) return count;
      if (next.kind === 'video') count++;
    }
  } finally {
    await demuxer.close();
  }
}

describe.skipIf(!hasFfmpeg)('https', () => {
  beforeAll(async () => {
    Log.setLevel(AV_LOG_QUIET);
    media = spawnSync(ffmpegPath, [
      ...['-v', 'error', '-f', 'lavfi', '-i', `testsrc=s=160x90:r=25:d=${SECONDS}`],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-f', 'mpegts', '-'],
    ]).stdout;
    web = await startTls(serve);
    proxy = await GuardProxy.start('all', { ca: web.ca });
    answers.set('/seg.ts', media);
    const cipher = createCipheriv('aes-128-cbc', KEY, IV);
    answers.set('/secret.ts', Buffer.concat([cipher.update(media), cipher.final()]));
    answers.set('/key', KEY);
  });

  afterAll(async () => {
    await proxy.close();
    await web.close();
  });

  afterEach(async () => {
    hosts.length = 0;
    for (const end of endings.splice(0).reverse()) await end();
  });

  const secure = (path: string): string => `https://localhost:${web.port}${path}`;

  async function startPlain(): Promise<string> {
    const server = createWeb(serve);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    endings.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  test('a file is read, and the server sees its own name', async () => {
    expect(await pictures(secure('/seg.ts'))).toBe(SECONDS * 25);
    expect(new Set(hosts)).toEqual(new Set([`localhost:${web.port}`]));
  });

  test.each([
    ['relative', () => 'seg.ts'],
    ['from the root', () => '/seg.ts'],
    ['absolute', () => secure('/seg.ts')],
    ['without a scheme', () => `//localhost:${web.port}/seg.ts`],
  ])('a list of segments, %s', async (_name, segment) => {
    answers.set('/list.m3u8', list(segment()));
    expect(await pictures(secure('/list.m3u8'))).toBe(SECONDS * 25);
  });

  test('a master list, answered in parts as servers of files do', async () => {
    answers.set('/sub/list.m3u8', list(secure('/seg.ts')));
    const master = `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=160x90\n${secure('/sub/list.m3u8')}\n`;
    answers.set('/master.m3u8', (_request, response) => {
      response.writeHead(206, {
        'content-range': `bytes 0-${master.length - 1}/${master.length}`,
        'content-length': master.length,
        'accept-ranges': 'bytes',
      });
      response.end(master);
    });
    expect(await pictures(secure('/master.m3u8'))).toBe(SECONDS * 25);
  });

  test.each([
    ['absolute', () => secure('/key')],
    ['relative', () => 'key'],
  ])('encrypted segments by a key whose address is %s', async (_name, key) => {
    const tag = `#EXT-X-KEY:METHOD=AES-128,URI="${key()}",IV=0x${IV.toString('hex')}`;
    answers.set('/secret.m3u8', list(secure('/secret.ts'), tag));
    expect(await pictures(secure('/secret.m3u8'))).toBe(SECONDS * 25);
  });

  test('from http to https, by a redirect and by a list', async () => {
    const plain = await startPlain();
    answers.set('/moved', (_request, response) => response.writeHead(302, { location: secure('/seg.ts') }).end());
    expect(await pictures(`${plain}/moved`)).toBe(SECONDS * 25);
    answers.set('/list.m3u8', list(secure('/seg.ts')));
    expect(await pictures(`${plain}/list.m3u8`)).toBe(SECONDS * 25);
  });

  test.each(['httpproxy://127.0.0.1:PORT/x.ts', 'tcp://127.0.0.1:PORT/x.ts', 'tls://127.0.0.1:PORT/x.ts'])(
    'a list that names %s is refused, and nothing connects there',
    async (line) => {
      let connected = 0;
      const target = createTcp((socket) => {
        connected++;
        socket.destroy();
      });
      await new Promise<void>((done) => target.listen(0, '127.0.0.1', done));
      endings.push(() => target.close());
      const { port } = target.address() as AddressInfo;
      answers.set('/evil.m3u8', list(line.replace('PORT', String(port))));
      await expect(pictures(secure('/evil.m3u8'))).rejects.toThrow(/names an address that is not http/);
      expect(connected).toBe(0);
      // Nor could FFmpeg follow one that the guard did not see.
      expect(httpInput(secure('/'), proxy.url).protocols).toBe('http,tcp,crypto');
    },
  );

  test('a certificate that nobody vouches for is refused, in words', async () => {
    const strict = await GuardProxy.start('all');
    endings.push(() => strict.close());
    await expect(pictures(secure('/seg.ts'), strict)).rejects.toThrow(/certificate of localhost is not good: self/);
    expect(hosts).toEqual([]);
  });

  test('a certificate for another name is refused, in words', async () => {
    const other = await startTls(serve, 'elsewhere.example');
    endings.push(() => other.close());
    const guard = await GuardProxy.start('all', { ca: other.ca });
    endings.push(() => guard.close());
    const url = `https://localhost:${other.port}/seg.ts`;
    await expect(pictures(url, guard)).rejects.toThrow(/certificate of localhost is not good: Hostname/);
    expect(hosts).toEqual([]);
  });

  test('an address that is not allowed is not connected to, and the reason says so', async () => {
    const lan = await GuardProxy.start('lan', { ca: web.ca });
    endings.push(() => lan.close());
    await expect(pictures(secure('/seg.ts'), lan)).rejects.toThrow(/not allowed/);
    await expect(pictures(`https://127.0.0.1:${web.port}/seg.ts`, lan)).rejects.toThrow(/not allowed/);
    await expect(pictures(`https://[::1]:${web.port}/seg.ts`, lan)).rejects.toThrow(/not allowed/);
    expect(hosts).toEqual([]);
  });
});
