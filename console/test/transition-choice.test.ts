import { expect, test } from 'vitest';
import { durationOf, mannerOf, readChoice, STANDARD } from '../src/transition-choice.js';

test('what the browser kept comes back; what is odd is the standard', () => {
  const kept = { kind: 'wipeLeft', durationMs: 1200, color: '#12ab34' };
  expect(readChoice(JSON.stringify(kept))).toEqual(kept);
  expect(readChoice(JSON.stringify({ ...kept, kind: 'cut' }))).toEqual({ ...kept, kind: 'fade' });
  for (const odd of [null, '', '{', '7', 'null', '{"kind":3,"durationMs":"x","color":"red"}']) {
    expect(readChoice(odd)).toEqual(STANDARD);
  }
  expect(readChoice('{"durationMs":99999}').durationMs).toBe(10_000);
});

test('a duration that is typed: whole, within the limits, or none yet', () => {
  expect(['750', ' 1.6 ', '-3', '1e9', '', 'x'].map(durationOf)).toEqual([750, 2, 0, 10_000, null, null]);
});

test('only a dip has a colour', () => {
  expect(mannerOf({ ...STANDARD, kind: 'dip', color: '#ff8000' })).toEqual({
    Transition: 'dip',
    TransitionColor: '0xff8000',
  });
  expect(mannerOf({ ...STANDARD, kind: 'pushUp', color: '#ff8000' })).toEqual({ Transition: 'pushUp' });
});
