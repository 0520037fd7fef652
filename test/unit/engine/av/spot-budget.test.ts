import { expect, test } from 'vitest';
import { SpotBudget, spotRecord } from '../../../../src/engine/av/spot-budget.js';

/** Offers pieces of work of so many ms every 33 ms for ten seconds; the share of time that was spent on them. */
function offered(pieces: number[]): { share: number; done: number } {
  let now = 0;
  const budget = new SpotBudget(() => now);
  const records = pieces.map(spotRecord);
  let [spent, done] = [0, 0];
  for (let tick = 0; tick < 300; tick++) {
    now = Math.max(now, (tick * 1000) / 30);
    for (const [index, ms] of pieces.entries()) {
      const record = records[index];
      if (!record) continue;
      budget.run(record, () => {
        now += ms;
        spent += ms;
        done++;
        return true;
      });
    }
  }
  return { share: spent / 10_000, done };
}

test('two small pictures a tick are decoded on the spot, all of them', () => {
  expect(offered([2, 2]).done).toBe(600);
});

test('more than the share is done elsewhere', () => {
  const { share, done } = offered([2, 2, 2, 2, 2, 2, 2, 2]);
  expect(share).toBeLessThan(0.16);
  expect(share).toBeGreaterThan(0.12);
  expect(done).toBeLessThan(1000);
});

test('whoever takes long is kept out for ten seconds', () => {
  let now = 0;
  const budget = new SpotBudget(() => now);
  const record = spotRecord();
  const work = (ms: number) => (): boolean => {
    now += ms;
    return true;
  };
  expect(budget.run(record, work(9))).toBe(true);
  now += 5000;
  expect(budget.run(record, work(1))).toBeUndefined();
  now += 5001;
  expect(budget.run(record, work(1))).toBe(true);
  expect(budget.run(spotRecord(), work(1))).toBe(true);
});

test('after a burst there is a pause', () => {
  let now = 0;
  const budget = new SpotBudget(() => now);
  const record = spotRecord();
  let done = 0;
  const work = (): boolean => {
    now += 2;
    done++;
    return true;
  };
  while (budget.run(record, work)) if (done > 100) break;
  expect(done).toBeGreaterThan(15);
  expect(done).toBeLessThan(30);
});
