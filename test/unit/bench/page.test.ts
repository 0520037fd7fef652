/** One bench that is measured anew changes its own section of the page and no other. */
import { expect, test } from 'vitest';
import { type Section, updatedPage } from '../../../bench/page.js';

const ORDER = ['Ticks', 'Takes', 'Sound'];

function section(title: string, value: string): Section {
  return { title, measured: 'today on a machine', figures: [{ what: 'time', how: 'by hand', value, aim: '2 ms' }] };
}

test('a page is made, and a section of it exchanged or added in its place', () => {
  const first = updatedPage('', ORDER, [section('Sound', '1 ms'), section('Ticks', '3 ms')]);
  expect(first.match(/^## .*$/gm)).toEqual(['## Ticks', '## Sound']);
  expect(first).toContain('Measured today on a machine.');
  expect(first).toContain('| time | 3 ms | 2 ms | by hand |');

  const second = updatedPage(first, ORDER, [section('Takes', '9 ms')]);
  expect(second.match(/^## .*$/gm)).toEqual(['## Ticks', '## Takes', '## Sound']);
  const third = updatedPage(second, ORDER, [section('Ticks', '4 ms')]);
  expect(third).toBe(second.replace('| time | 3 ms |', '| time | 4 ms |'));
  expect(updatedPage(third, ORDER, [])).toBe(third);
});

test('a section that no bench writes any more goes', () => {
  const page = updatedPage('', ORDER, [section('Sound', '1 ms'), section('Ticks', '3 ms')]);
  expect(updatedPage(page, ['Ticks'], []).match(/^## .*$/gm)).toEqual(['## Ticks']);
});
