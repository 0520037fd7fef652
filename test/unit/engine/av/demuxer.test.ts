/** What an address may lead FFmpeg to: inputs, and no lists that name others past the proxy. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Demuxer } from '../../../../src/engine/av/demuxer.js';
import { AV_LOG_QUIET, Log } from '../../../../src/engine/av/log.js';
import { GuardProxy } from '../../../../src/engine/source/guard-proxy.js';

let server: Server;
let proxy: GuardProxy;
let asked: string[];
const answers = new Map<string, string | Buffer>();

beforeEach(async () => {
  Log.setLevel(AV_LOG_QUIET);
  asked = [];
  answers.clear();
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = answers.get(request.url ?? '');
    if (answer === undefined) response.writeHead(404).end();
    else response.end(answer);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  proxy = await GuardProxy.start('all');
});

afterEach(async () => {
  await proxy.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

function url(path: string): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}

function open(path: string): Promise<Demuxer> {
  return Demuxer.open(url(path), proxy.url, new AbortController().signal);
}

test.each([
  ['ffconcat', 'ffconcat version 1.0\nfile inner.flv\n'],
  [
    'SDP',
    'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n',
  ],
  ['a DASH manifest', '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period/></MPD>'],
])('%s is refused, and what it names is not asked for', async (_name, list) => {
  answers.set('/list', list);
  await expect(open('/list')).rejects.toThrow();
  expect(asked.filter((path) => path !== '/list')).toEqual([]);
});

test('a list of segments that names a local file does not open it', async () => {
  answers.set(
    '/list.m3u8',
    '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n',
  );
  await expect(open('/list.m3u8')).rejects.toThrow();
});

test('nothing is asked for once it has been called off', async () => {
  answers.set('/x', 'x');
  await expect(Demuxer.open(url('/x'), proxy.url, AbortSignal.abort(new Error('called off')))).rejects.toThrow(
    'called off',
  );
  expect(asked).toEqual([]);
});
