import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pace } from '../../src/pace.js';
import { SEND_MS, SendLatest } from '../../src/sound/send-latest.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(answerMs: number, fails: (value: number) => boolean = () => false) {
  const begun = Date.now();
  const sent: { at: number; value: number }[] = [];
  const errors: string[] = [];
  let open = 0;
  const sender = new SendLatest<{ values: number[] }>({
    merge: (older, newer) => ({ values: [...older.values, ...newer.values] }),
    send: async ({ values }) => {
      expect(++open).toBe(1);
      sent.push({ at: Date.now() - begun, value: values.at(-1) ?? Number.NaN });
      await new Promise((resolve) => setTimeout(resolve, answerMs));
      open--;
      if (fails(values.at(-1) ?? 0)) throw new Error('refused');
    },
    onError: (error, { values }) => errors.push(`${(error as Error).message}: ${values.join(' ')}`),
    pace: new Pace(SEND_MS, {
      now: () => Date.now(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    }),
  });
  return { sender, sent, errors };
}

test('a hand that moves 60 times a second is sent eight times, the newest wins, the last is sent', async () => {
  const { sender, sent } = setUp(20);
  for (let move = 1; move <= 60; move++) {
    sender.add({ values: [move] });
    await vi.advanceTimersByTimeAsync(1_000 / 60);
  }
  await vi.advanceTimersByTimeAsync(500);
  expect(sent.length).toBeGreaterThanOrEqual(8);
  expect(sent.length).toBeLessThanOrEqual(10);
  expect(sent[0]).toEqual({ at: 0, value: 1 });
  expect(sent.at(-1)?.value).toBe(60);
  for (const [index, { at, value }] of sent.slice(1).entries()) {
    expect(at - (sent[index]?.at ?? 0)).toBeGreaterThanOrEqual(SEND_MS);
    expect(value).toBeGreaterThan(sent[index]?.value ?? 0);
  }
});

test('a slow server gets one call at a time', async () => {
  const { sender, sent } = setUp(700);
  for (let move = 1; move <= 20; move++) {
    sender.add({ values: [move] });
    await vi.advanceTimersByTimeAsync(50);
  }
  await vi.advanceTimersByTimeAsync(3_000);
  expect(sent.map(({ value }) => value)).toEqual([1, 14, 20]);
});

test('after a failure what waits is given up, told once, and later changes are sent', async () => {
  const { sender, sent, errors } = setUp(300, (value) => value === 1);
  sender.add({ values: [1] });
  await vi.advanceTimersByTimeAsync(10);
  sender.add({ values: [2] });
  sender.add({ values: [3] });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(errors).toEqual(['refused: 1 2 3']);
  sender.add({ values: [4] });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sent.map(({ value }) => value)).toEqual([1, 4]);
});
