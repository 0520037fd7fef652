import { expect, test } from 'vitest';
import { addressAllowed } from '../../../src/lib/address.js';

/** Address, and whether `public` and `lan` allow it. */
test.each<[string, boolean, boolean]>([
  ['93.184.216.34', true, true],
  ['2606:4700::1111', true, true],
  ['10.1.2.3', false, true],
  ['192.168.1.1', false, true],
  ['172.16.0.1', false, true],
  ['100.64.0.1', false, true],
  ['fd00::1', false, true],
  ['::ffff:10.0.0.1', false, true],
  ['64:ff9b::8.8.8.8', true, true],
  ['64:ff9b::10.0.0.1', false, true],
  ['2002:0808:0808::1', true, true],
  ['127.0.0.1', false, false],
  ['::1', false, false],
  ['::ffff:127.0.0.1', false, false],
  ['64:ff9b::127.0.0.1', false, false],
  ['2002:7f00:1::1', false, false],
  ['::127.0.0.1', false, false],
  ['169.254.169.254', false, false],
  ['fe80::1', false, false],
  ['fe80::1%eth0', false, false],
  ['0.0.0.0', false, false],
  ['0.1.2.3', false, false],
  ['::', false, false],
  ['224.0.0.1', false, false],
  ['ff02::1', false, false],
  ['255.255.255.255', false, false],
  ['240.0.0.1', false, false],
  ['192.0.2.1', false, false],
  ['198.18.0.1', false, false],
])('%s', (ip, onPublic, onLan) => {
  expect(addressAllowed(ip, 'public')).toBe(onPublic);
  expect(addressAllowed(ip, 'lan')).toBe(onLan);
  expect(addressAllowed(ip, 'all')).toBe(true);
});

test.each(['', 'localhost', '2130706433', '0x7f.1', '1.2.3', '1.2.3.4.5', '127.1'])('%j is not an address', (ip) => {
  expect(addressAllowed(ip, 'all')).toBe(false);
});
