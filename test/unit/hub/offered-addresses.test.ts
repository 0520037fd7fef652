/** Which addresses WebRTC viewers are told, for machines with and without a network. */
import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { offeredAddresses } from '../../../src/hub/offered-addresses.js';

function address(value: string, internal: boolean): NetworkInterfaceInfo {
  return { address: value, netmask: '255.0.0.0', family: 'IPv4', mac: '00:00:00:00:00:00', internal, cidr: null };
}
const LOOPBACK = { lo: [address('127.0.0.1', true)] };
const NETWORK = { ...LOOPBACK, eth0: [address('192.0.2.7', false)] };

test('loopback is offered by a machine that has nothing else', () => {
  expect(offeredAddresses('0.0.0.0', [], LOOPBACK)).toEqual(['127.0.0.1']);
  expect(offeredAddresses('::', ['203.0.113.5'], LOOPBACK)).toEqual(['203.0.113.5', '127.0.0.1']);
  expect(offeredAddresses('0.0.0.0', ['127.0.0.1'], LOOPBACK)).toEqual(['127.0.0.1']);
  expect(offeredAddresses('0.0.0.0', [], {})).toEqual(['127.0.0.1']);
});

test('otherwise only what was configured is added', () => {
  expect(offeredAddresses('0.0.0.0', ['203.0.113.5'], NETWORK)).toEqual(['203.0.113.5']);
  expect(offeredAddresses('127.0.0.1', [], LOOPBACK)).toEqual([]);
});
