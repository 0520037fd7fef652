import { expect, test } from 'vitest';
import { CallError, lacksDomain } from '../src/api.js';
import { idleWords, readinessOf } from '../src/readiness.js';
import type { Scene, Studio } from '../src/wire.js';

const studio: Studio = { id: 'c', name: 'News', running: true, startedAt: null };
const base = { on: true, layoutId: null, pictures: null, sounds: null, components: [], whepUrl: null };
const pvw: Scene = { ...base, id: 'p', kind: 'pvw' };
const pgm: Scene = { ...base, id: 'q', kind: 'pgm' };

test('ready means a running studio with both scenes and the preview on; else the reason is said', () => {
  expect(readinessOf(studio, [pvw, pgm])).toEqual({ isReady: true, studio, pvw, pgm });
  expect(readinessOf(studio, [{ ...pvw, on: false }, pgm])).toEqual({ isReady: false, why: 'the preview is off' });
  expect(readinessOf({ ...studio, running: false }, [pvw, pgm])).toMatchObject({ why: 'the studio is not running' });
  expect(readinessOf(undefined, [])).toMatchObject({ why: 'no studio is shown' });
  expect(readinessOf(studio, [pvw])).toMatchObject({ isReady: false });
});

test('the words instead of a picture', () => {
  expect(idleWords(undefined, 'News')).toContain('News was deleted');
  expect([idleWords(studio, ''), idleWords(undefined, '')]).toEqual(['The studio is not running.', 'No studio.']);
});

test('only the missing domain is no trouble', () => {
  expect(lacksDomain(new CallError('InvalidDomainName.NotFound', 404, 'x'))).toBe(true);
  expect(lacksDomain(new CallError('InvalidCaster.NotFound', 404, 'x'))).toBe(false);
  expect(lacksDomain(new Error('x'))).toBe(false);
});
