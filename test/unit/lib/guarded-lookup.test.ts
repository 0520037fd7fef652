/** Names to addresses that may be connected to: judged by what they resolve to, and never waited for without end. */
import type { LookupAddress } from 'node:dns';
import { beforeEach, expect, test, vi } from 'vitest';
import { guardedAddress, RefusedAddressError } from '../../../src/lib/guarded-lookup.js';

/** What names resolve to; null: the server of names never answers. */
let found: LookupAddress[] | Error | null;
const asked: string[] = [];

type Callback = (error: Error | null, addresses: LookupAddress[]) => void;

vi.mock('node:dns', () => ({
  lookup: (name: string, _options: unknown, callback: Callback) => {
    asked.push(name);
    if (found instanceof Error) callback(found, []);
    else if (found) callback(null, found);
  },
}));

beforeEach(() => {
  asked.length = 0;
});

const LATER = new AbortController().signal;

test('the first address that is allowed; none is a refusal', async () => {
  found = [
    { address: '10.0.0.1', family: 4 },
    { address: '192.0.78.9', family: 4 },
  ];
  expect(await guardedAddress('a.example', 'public', LATER)).toBe('192.0.78.9');
  found = [{ address: '10.0.0.1', family: 4 }];
  await expect(guardedAddress('a.example', 'public', LATER)).rejects.toThrow(RefusedAddressError);
  found = new Error('ENOTFOUND');
  await expect(guardedAddress('a.example', 'public', LATER)).rejects.toThrow('ENOTFOUND');
});

test('a literal is judged without a look-up', async () => {
  expect(await guardedAddress('[2606:4700::1]', 'public', LATER)).toBe('2606:4700::1');
  await expect(guardedAddress('127.0.0.1', 'public', LATER)).rejects.toThrow(RefusedAddressError);
  expect(asked).toEqual([]);
});

test('a server of names that never answers is waited for no longer than the signal says', async () => {
  found = null;
  const controller = new AbortController();
  const waiting = guardedAddress('a.example', 'all', controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(asked).toEqual(['a.example']);
  await expect(guardedAddress('b.example', 'all', controller.signal)).rejects.toThrow('enough');
  expect(asked).toEqual(['a.example']);
});
