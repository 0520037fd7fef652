import { expect, test } from 'vitest';
import { OutageWatch, RelayRecord } from '../../../src/domain/relay-state.js';

test('pauses grow from 0.5 s to 5 s, and are short again only after a minute of success', () => {
  const record = new RelayRecord(0);
  const pauses = [1, 2, 3, 4, 5, 6].map((at) => record.lost('refused', at));
  expect(pauses).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
  expect(record.state()).toMatchObject({ status: 'retrying', since: 1, failures: 6, reconnects: 0 });
  record.live(1_000);
  expect(record.lost('reset', 60_999)).toBe(5000);
  record.live(100_000);
  expect(record.lost('reset', 160_000)).toBe(500);
  expect(record.state()).toMatchObject({ reconnects: 1, failures: 0, reason: 'reset', since: 160_000 });
});

test('the bit rate is that of the last seconds', () => {
  const record = new RelayRecord(0);
  record.sent(1_000_000);
  record.live(1_000);
  expect(record.state().bitrate).toBe(0);
  for (let at = 2_000; at <= 10_000; at += 1_000) {
    record.sent(125_000);
    record.read(at);
  }
  expect(record.state()).toMatchObject({ bitrate: 1_000_000, bytes: 1_000_000 + 9 * 125_000 });
  record.lost('reset', 10_500);
  expect(record.state().bitrate).toBe(0);
});

test('each notice comes once an outage, which is over after 5 s of success', () => {
  const record = new RelayRecord(0);
  const watch = new OutageWatch();
  const see = (now: number) => watch.see(record.state(), now);
  expect(see(0)).toBeNull();
  record.lost('refused', 100);
  expect(see(100)).toBe('SideOutputUrlInvalid');
  record.lost('refused', 200);
  expect(see(200)).toBeNull();
  record.live(1_000);
  expect(see(1_000)).toBeNull();
  expect(see(5_999)).toBeNull();
  expect(see(6_000)).toBe('RelayBack');
  expect(see(7_000)).toBeNull();
  // A peer that lets go every two seconds is one outage.
  const notices: (string | null)[] = [];
  for (let at = 20_000; at < 40_000; at += 2_500) {
    record.lost('reset', at);
    notices.push(see(at));
    record.live(at + 500);
    notices.push(see(at + 500), see(at + 2_400));
  }
  expect(notices.filter((notice) => notice !== null)).toEqual(['RelayLost']);
  record.lost('refused', 50_000);
  record.lost('refused', 51_000);
  expect(see(51_000)).toBe('SideOutputUrlInvalid');
});
