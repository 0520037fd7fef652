import { describe, expect, test } from 'vitest';
import { Refused } from '../../../src/domain/error.js';
import { maskedRelay, parseRelay, relaysOf, withoutSecrets } from '../../../src/domain/relay.js';
import type { SourceSurroundings } from '../../../src/domain/source-url.js';

const AROUND: SourceSurroundings = {
  isOwnRtmp: (host, port) => host === 'studio.example.com' && port === 1935,
  ownRtmp: 'rtmp://studio.example.com',
  refuseHost: (host) => (host === '10.0.0.1' || host === '127.0.0.1' ? `${host} is not allowed` : null),
};

const parse = (url: string) => parseRelay(url, 'SideOutputUrl', AROUND);

function complaint(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Refused) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('RTMP targets', () => {
  test.each([
    ['rtmp://a.example.com/live/key', { host: 'a.example.com', port: 1935, tls: false, app: 'live', name: 'key' }],
    ['rtmp://Bücher.example.com/live/key', { host: 'xn--bcher-kva.example.com' }],
    ['rtmps://a.example.com/app/i/key?x=/y', { port: 443, tls: true, app: 'app/i', name: 'key?x=/y' }],
    ['rtmps://a.example.com:4443/app/key', { port: 4443, tcUrl: 'rtmps://a.example.com:4443/app' }],
    ['rtmp://[2001:db8::1]/live/k#1', { host: '2001:db8::1', name: 'k#1', tcUrl: 'rtmp://[2001:db8::1]/live' }],
    ['rtmp://me:p%40ss@a.example.com/live/k', { user: 'me', password: 'p@ss', tcUrl: 'rtmp://a.example.com/live' }],
    ['rtmp://studio.example.com/live/back?key=k', { own: true, app: 'live', name: 'back?key=k' }],
    ['rtmp://studio.example.com:1936/caster/x', { own: false, app: 'caster' }],
  ])('%s', (url, expected) => {
    expect(parse(url)).toMatchObject({ protocol: 'rtmp', url, ...expected });
  });

  test.each([
    ['', 'must begin with'],
    ['rtmp:///live/key', 'must begin with'],
    ['http://a.example.com/live/key', 'must begin with'],
    ['rtmps://a%20b.example.com/live/key', 'must begin with'],
    ['rtmp://a..%00/live/key', 'must begin with'],
    ['rtmpt://a.example.com/live/key', 'must begin with'],
    ['rtmp://a.example.com/key', 'application and stream'],
    ['rtmp://a.example.com/live/', 'application and stream'],
    ['rtmp://a.example.com//key', 'application and stream'],
    ['rtmp://10.0.0.1/live/key', '10.0.0.1 is not allowed'],
    ['rtmp://0x7f.1/live/key', '127.0.0.1 is not allowed'],
    ['rtmp://studio.example.com/caster/0123456789abcdef0123456789abcdef', 'very server'],
    ['rtmp://studio.example.com/live/a/b', 'very server'],
  ])('%j is refused', (url, words) => {
    const message = complaint(() => parse(url));
    expect(message).toMatch(/^InvalidSideOutputUrl: SideOutputUrl /);
    expect(message).toContain(words);
  });
});

describe('SRT targets', () => {
  test('options are read, also a bare stream id', () => {
    const url = 'srt://a.example.com:9000?mode=caller&latency=200000&passphrase=correct-horse&pbkeylen=32';
    expect(parse(`${url}&streamid=#!::r=live/x,m=publish`)).toMatchObject({
      ...{ protocol: 'srt', host: 'a.example.com', port: 9000, latencyMs: 200 },
      ...{ passphrase: 'correct-horse', pbkeylen: 32, streamid: '#!::r=live/x,m=publish' },
    });
    expect(parse('srt://a.example.com:9000')).toMatchObject({ latencyMs: 120, passphrase: '', pbkeylen: 0 });
  });

  test.each([
    ['srt://a.example.com', 'needs a port'],
    ['srt://a.example.com:9000?mode=listener', 'only calls'],
    ['srt://a.example.com:9000?mode=caller&mode=rendezvous', 'only calls'],
    ['srt://a.example.com:9000?transtype=file', 'transtype'],
    ['srt://a.example.com:9000?localport=5', '"localport"'],
    ['srt://a.example.com:9000?passphrase=short', '10 to 79'],
    ['srt://a.example.com:9000?passphrase=correct%26mode=listener', 'cannot be passed on'],
    ['srt://a.example.com:9000?pbkeylen=17', '16, 24 or 32'],
    ['srt://a.example.com:9000?latency=9e9', '8000 ms'],
    ['srt://10.0.0.1:9000', '10.0.0.1 is not allowed'],
  ])('%s is refused', (url, words) => {
    expect(complaint(() => parse(url))).toContain(words);
  });
});

test('a list names its entry, and no target twice', () => {
  expect(relaysOf('', [], AROUND)).toBeNull();
  const both = relaysOf('rtmp://a.example.com/live/a', ['srt://a.example.com:9000'], AROUND);
  expect(both?.targets.map(({ protocol }) => protocol)).toEqual(['rtmp', 'srt']);
  expect(complaint(() => relaysOf('', ['rtmp://a.example.com/live/a', 'ftp://b'], AROUND))).toMatch(
    /^InvalidSideOutputUrlList: SideOutputUrlList\.2 /,
  );
  const twice = complaint(() =>
    relaysOf('rtmp://a.example.com/live/secret', ['rtmp://A.example.com/live/secret?x=1'], AROUND),
  );
  expect(twice).toContain('names one target twice');
  expect(twice).not.toContain('secret');
});

test('keys and passwords are not shown', () => {
  const shown = (url: string) => maskedRelay(parse(url));
  expect(shown('rtmps://me:pass@a.example.com:443/app/live_0123456789?auth=token')).toBe(
    'rtmps://a.example.com/app/liv***',
  );
  expect(shown('rtmp://a.example.com:1936/live/short?a-long-secret-query')).toBe('rtmp://a.example.com:1936/live/***');
  expect(shown('srt://[2001:db8::1]:9000?passphrase=correct-horse&streamid=key')).toBe('srt://[2001:db8::1]:9000');
  const target = parse('rtmp://me:hunter2@a.example.com/live/the-key?token=abc');
  expect(withoutSecrets('the-key?token=abc is taken\u0007; the-key,\nhunter2', target)).toBe('*** is taken ; ***, ***');
  expect(withoutSecrets('x'.repeat(1000), target)).toHaveLength(300);
});
