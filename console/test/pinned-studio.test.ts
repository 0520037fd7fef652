import { expect, test } from 'vitest';
import { inOrder, NO_PIN, nextPin } from '../src/pinned-studio.js';
import type { Studio } from '../src/wire.js';

function studio(id: string, name: string, running = true): Studio {
  return { id, name, running, startedAt: null };
}

const [idle, news, sport] = [studio('1', 'Archive', false), studio('2', 'News'), studio('3', 'Sport')];

test('the picker has one order, whatever was changed last', () => {
  const twin = studio('0', 'Sport');
  const names = [idle, news, twin, sport].map(({ id }) => id);
  expect(inOrder([sport, twin, idle, news]).map(({ id }) => id)).toEqual(names);
  expect(inOrder([news, idle, sport, twin]).map(({ id }) => id)).toEqual(names);
});

test('a new page shows the first running studio, and keeps it while others start, stop and overtake', () => {
  let pin = nextPin(NO_PIN, [idle, news, sport]);
  expect(pin).toEqual({ state: 'shown', id: '2', name: 'News' });
  for (const list of [
    [sport, news, idle],
    [sport, { ...news, running: false }],
    [{ ...idle, running: true }, news],
  ]) {
    pin = nextPin(pin, list);
    expect(pin).toEqual({ state: 'shown', id: '2', name: 'News' });
  }
  expect(nextPin(pin, [{ ...news, name: 'Late news' }])).toMatchObject({ id: '2', name: 'Late news' });
});

test('a deleted studio is not silently replaced by another one', () => {
  const gone = nextPin(nextPin(NO_PIN, [news, sport]), [sport]);
  expect(gone).toEqual({ state: 'gone', name: 'News' });
  expect(nextPin(gone, [idle, sport])).toBe(gone);
  expect(nextPin(gone, [])).toEqual(NO_PIN);
});

test('without any studio there is nothing to be shown until one is made', () => {
  expect(nextPin(NO_PIN, [])).toBe(NO_PIN);
  expect(nextPin(NO_PIN, [idle])).toMatchObject({ state: 'shown', id: '1' });
});
