import { expect, test } from 'vitest';
import { NonceMemory } from '../../../src/api/replay.js';
import { StudioLine } from '../../../src/api/serial.js';
import { RateLimiter } from '../../../src/api/throttle.js';

test('a bucket gives its burst, then one token each 1/rate seconds', () => {
  const limiter = new RateLimiter();
  const take = (at: number): number => limiter.take('a', 10, 10, at);
  for (let count = 0; count < 10; count++) expect(take(0)).toBe(0);
  expect(take(0)).toBe(100);
  expect(take(50)).toBe(50);
  expect(take(100)).toBe(0);
  expect(take(100)).toBe(100);
  expect(limiter.take('b', 10, 10, 100)).toBe(0);
  // A clock that is set back neither gives nor takes.
  expect(take(-5000)).toBe(100);
});

test('the longest unused bucket is forgotten when there are too many', () => {
  const limiter = new RateLimiter(2);
  expect(limiter.take('a', 1, 1, 0)).toBe(0);
  expect(limiter.take('b', 1, 1, 0)).toBe(0);
  expect(limiter.take('a', 1, 1, 0)).toBeGreaterThan(0);
  expect(limiter.take('c', 1, 1, 0)).toBe(0);
  expect(limiter.take('a', 1, 1, 0)).toBeGreaterThan(0);
  expect(limiter.take('b', 1, 1, 0)).toBe(0);
});

test('a nonce counts for its key until its time is over', () => {
  const memory = new NonceMemory();
  const use = (accessKeyId: string, nonce: string, now: number): void =>
    memory.use({ accessKeyId, nonce, expires: 1000 }, now);
  use('a', 'x', 0);
  use('b', 'x', 0);
  expect(() => use('a', 'x', 1000)).toThrow(expect.objectContaining({ code: 'SignatureNonceUsed' }));
  use('a', 'x', 1001);
});

test('a full memory refuses rather than forgets, and empties itself', () => {
  const memory = new NonceMemory(2);
  const use = (nonce: string, expires: number, now: number): void =>
    memory.use({ accessKeyId: 'a', nonce, expires }, now);
  use('1', 100_000, 50_000);
  use('2', 200_000, 50_000);
  expect(() => use('3', 300_000, 60_000)).toThrow(expect.objectContaining({ code: 'Throttling.User' }));
  expect(() => use('1', 100_000, 60_000)).toThrow(expect.objectContaining({ code: 'SignatureNonceUsed' }));
  use('3', 300_000, 150_000);
  expect(memory.size).toBe(2);
});

test('jobs of one studio run in order and alone; a failed one does not stop the next; other studios do not wait', async () => {
  const line = new StudioLine();
  const log: string[] = [];
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = line.run('a', async () => {
    log.push('first begins');
    await held;
    throw new Error('first fails');
  });
  const second = line.run('a', async () => void log.push('second'));
  await line.run('b', async () => void log.push('other'));
  expect(log).toEqual(['first begins', 'other']);
  release();
  await expect(first).rejects.toThrow('first fails');
  await second;
  expect(log).toEqual(['first begins', 'other', 'second']);
});
