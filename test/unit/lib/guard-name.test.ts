/** https addresses in the form in which a client without TLS names them, and back. */
import { expect, test } from 'vitest';
import { hostHeader, markTls, realHost } from '../../../src/lib/guard-name.js';

test.each([
  ['https://a.example/x?y=https://b/', 'http://a.example.tls.guard.invalid:443/x?y=https://b/', 'a.example'],
  ['HTTPS://A.example:8443', 'http://A.example.tls.guard.invalid:8443', 'a.example:8443'],
  ['https://u:p%40@a.example/../x', 'http://u:p%40@a.example.tls.guard.invalid:443/../x', 'a.example'],
  ['https://a.example:80/', 'http://a.example.tls.guard.invalid:80/', 'a.example:80'],
  ['https://127.0.0.1/x', 'http://127.0.0.1.tls.guard.invalid:443/x', '127.0.0.1'],
  ['https://[2001:db8::1]:8443/', 'http://2001-db8--1.v6.tls.guard.invalid:8443/', '[2001:db8::1]:8443'],
])('%s', (url, marked, header) => {
  expect(markTls(url)).toBe(marked);
  const host = realHost(new URL(marked));
  expect(host.tls).toBe(true);
  expect(hostHeader(host)).toBe(header);
});

test.each(['http://a/', 'https://', 'https://a b/', 'https://[::1/', 'x https://a/', 'seg.ts'])('%s stays', (text) => {
  expect(markTls(text)).toBe(text);
});

test('a plain address is what it is', () => {
  expect(realHost(new URL('http://a.example/'))).toEqual({ host: 'a.example', port: 80, tls: false });
  expect(hostHeader(realHost(new URL('http://a.example:8080/')))).toBe('a.example:8080');
});
