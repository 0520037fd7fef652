import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRange, type StaticServer, serveFolder } from '../../support/static-server.js';

const folder = mkdtempSync(join(tmpdir(), 'castdeck-static-'));
let server: StaticServer;
beforeAll(async () => {
  writeFileSync(join(folder, 'a.mp4'), '0123456789');
  server = await serveFolder(folder);
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

test('whole files, parts of them, and nothing outside the folder', async () => {
  const whole = await fetch(`${server.url}/a.mp4`);
  expect([whole.status, whole.headers.get('content-type'), await whole.text()]).toEqual([
    200,
    'video/mp4',
    '0123456789',
  ]);
  const part = await fetch(`${server.url}/a.mp4`, { headers: { range: 'bytes=2-4' } });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
  const beyond = await fetch(`${server.url}/a.mp4`, { headers: { range: 'bytes=10-' } });
  expect(beyond.status).toBe(416);
  expect((await fetch(`${server.url}/%2e%2e%2f%2e%2e%2fetc%2fpasswd`)).status).toBe(404);
});

test('ranges', () => {
  expect(parseRange('bytes=-3', 10)).toEqual({ first: 7, last: 9 });
  expect(parseRange('bytes=5-', 10)).toEqual({ first: 5, last: 9 });
  expect(parseRange('bytes=5-100', 10)).toEqual({ first: 5, last: 9 });
  expect(parseRange('bytes=7-5', 10)).toBe('bad');
  expect(parseRange('lines=1-2', 10)).toBeNull();
  expect(parseRange(undefined, 10)).toBeNull();
});
