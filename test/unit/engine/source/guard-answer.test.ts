/** What servers name in their answers, as a client of the guard sees it. */
import { expect, test } from 'vitest';
import { bodyKind, markedHeaders, markedPlaylist } from '../../../../src/engine/source/guard-answer.js';

const MARKED = 'http://h.tls.guard.invalid:443/x';

test('a playlist is known by its first bytes, however few come', () => {
  expect(bodyKind(Buffer.from(''))).toBe('open');
  expect(bodyKind(Buffer.from('#EXTM3'))).toBe('open');
  expect(bodyKind(Buffer.from('#EXTM3U\n'))).toBe('playlist');
  expect(bodyKind(Buffer.from('G'))).toBe('other');
});

test.each([
  ['https://h/x', MARKED],
  ['//h/x', MARKED],
  ['http://h/x', 'http://h/x'],
  ['/x?to=https://h/', '/x?to=https://h/'],
  ['12:30.ts', '12:30.ts'],
  ['#EXT-X-MAP:URI="https://h/x",BYTERANGE="1@0"', `#EXT-X-MAP:URI="${MARKED}",BYTERANGE="1@0"`],
  ['#EXT-X-KEY:METHOD=AES-128,URI=https://h/x', `#EXT-X-KEY:METHOD=AES-128,URI=${MARKED}`],
  ['#EXT-X-KEY:METHOD=NONE', '#EXT-X-KEY:METHOD=NONE'],
  ['#EXT-X-MEDIA:NAME="a, b",URI="//h/x"', `#EXT-X-MEDIA:NAME="a, b",URI="${MARKED}"`],
  ['#EXTINF:2,https://h/x', '#EXTINF:2,https://h/x'],
  ['#EXT-X-DATERANGE:ID="1",X-URI="skd://x"', '#EXT-X-DATERANGE:ID="1",X-URI="skd://x"'],
])('the line %s', (line, expected) => {
  expect(markedPlaylist(`#EXTM3U\r\n${line}\r\n`, true)).toBe(`#EXTM3U\r\n${expected}\r\n`);
});

test('without a scheme it has that of its playlist', () => {
  expect(markedPlaylist('#EXTM3U\n//h/x', false)).toBe('#EXTM3U\n//h/x');
});

test.each([
  'httpproxy://h/x',
  'tcp://h:22',
  'file:///x',
  'crypto+https://h/x',
  '#EXT-X-KEY:METHOD=AES-128,URI="data:x"',
])('%s is refused', (line) => {
  expect(() => markedPlaylist(`#EXTM3U\n${line}\n`, true)).toThrow('not http');
});

test('redirects and the domains of cookies', () => {
  const headers = { location: 'https://h/x', 'set-cookie': ['a=1; Domain=h.example; Secure', 'b=2'], etag: 'e' };
  expect(markedHeaders(headers, true)).toEqual({
    location: MARKED,
    'set-cookie': ['a=1; Domain=h.example.tls.guard.invalid; Secure', 'b=2'],
    etag: 'e',
  });
  expect(() => markedHeaders({ location: 'ftp://h/x' }, false)).toThrow('ftp');
});
