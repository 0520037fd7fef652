/** Live addresses, taken apart. */
import { expect, test } from 'vitest';
import { parseLiveAddress } from '../../../../src/engine/source/live-address.js';

test.each([
  ['rtmp://h/live/cam', 'live', 'cam', 'rtmp://h/live', 1935],
  ['rtmp://h:1936/live/cam?key=a/b/c', 'live', 'cam?key=a/b/c', 'rtmp://h:1936/live', 1936],
  ['rtmp://h/app/instance/cam', 'app/instance', 'cam', 'rtmp://h/app/instance', 1935],
  ['rtmp://h/app/instance/deep/cam', 'app/instance', 'deep/cam', 'rtmp://h/app/instance', 1935],
  ['rtmp://h/live?vhost=other/cam', 'live?vhost=other', 'cam', 'rtmp://h/live?vhost=other', 1935],
  ['rtmps://[2001:db8::1]/live/cam', 'live', 'cam', 'rtmps://[2001:db8::1]/live', 443],
])('%s', (url, app, playPath, tcUrl, port) => {
  expect(parseLiveAddress(url)).toMatchObject({ protocol: 'rtmp', app, playPath, tcUrl, port, userInfo: '' });
});

test('who logs in is kept apart from what the server is shown', () => {
  expect(parseLiveAddress('rtmp://me:se%20cret@h/live/cam')).toMatchObject({
    userInfo: 'me:se%20cret@',
    tcUrl: 'rtmp://h/live',
  });
  expect(parseLiveAddress('rtsps://me@h/a/b?c=d')).toEqual({
    protocol: 'rtsp',
    host: 'h',
    port: 322,
    tls: true,
    userInfo: 'me@',
    path: '/a/b?c=d',
  });
});

test('SRT keeps the options that it knows', () => {
  const url =
    'srt://h:9000?mode=caller&streamid=%23!::r=live/cam,m=request&passphrase=0123456789&pbkeylen=32&pkt_size=9&adapter=0.0.0.0';
  expect(parseLiveAddress(url)).toEqual({
    protocol: 'srt',
    host: 'h',
    port: 9000,
    options: { latencyMs: 120, streamid: '#!::r=live/cam,m=request', passphrase: '0123456789', pbkeylen: 32 },
  });
});

test.each([
  ['200', 200],
  ['8000', 8000],
  ['200000', 200],
  ['', 120],
])('an SRT latency of %s is %i ms', (text, latencyMs) => {
  expect(parseLiveAddress(`srt://h:1?latency=${text}`)).toMatchObject({ options: { latencyMs } });
});

test.each([
  ['srt://h:9000?mode=listener', /caller mode/],
  ['srt://h:9000?mode=rendezvous', /caller mode/],
  ['srt://:9000', /not an address|no host/],
  ['srt://h', /port/],
  ['srt://h:9000?latency=9000000', /latency/],
  ['srt://h:9000?latency=x', /latency/],
  ['srt://h:9000?passphrase=short', /passphrase/],
  ['srt://h:9000?pbkeylen=17', /key length/],
  ['srt://h:9000?transtype=file', /live/],
  ['rtmp://h/live', /stream name/],
  ['rtmp:///live/cam', /host/],
  ['file:///etc/passwd', /host|cannot be opened/],
  ['udp://h:5000', /cannot be opened/],
  ['concat:a|b', /host|cannot be opened/],
  ['nothing', /not an address/],
])('%s is refused', (url, reason) => {
  expect(() => parseLiveAddress(url)).toThrow(reason);
});
