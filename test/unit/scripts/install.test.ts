import { expect, test } from 'vitest';
// The scripts are plain JavaScript, because they run before anything is installed.
// @ts-expect-error there are no types beside them
import { isNodeNewEnough, matchesLock, run } from '../../../scripts/install.mjs';

test('Node 20.19 and everything after it will do', () => {
  const versions = ['20.19.0', '20.20.2', '22.0.0', '20.18.9', '18.99.0', '20.19'];
  expect(versions.map((version) => isNodeNewEnough(version))).toEqual([true, true, true, false, false, true]);
});

test('an installation matches when everything that is not optional is there in its version', () => {
  const wanted = {
    '': { version: '0.1.0' },
    console: { version: '0.1.0' },
    'node_modules/console': { link: true },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/a/node_modules/b': { version: '2.0.0' },
    'node_modules/other-platform': { version: '3.0.0', optional: true },
  };
  const present = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/a/node_modules/b': { version: '2.0.0' } };
  expect(matchesLock(wanted, present)).toBe(true);
  expect(matchesLock(wanted, { ...present, 'node_modules/a': { version: '1.0.1' } })).toBe(false);
  expect(matchesLock(wanted, { 'node_modules/a': { version: '1.0.0' } })).toBe(false);
});

test('exit codes come back, and what hangs is ended', async () => {
  expect(await run(process.execPath, ['-e', 'process.exit(7)'])).toEqual({ code: 7, timedOut: false });
  expect(await run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 300 })).toEqual({
    code: 128 + 15,
    timedOut: true,
  });
  expect((await run('/nonexistent/program', [])).code).toBe(127);
});
