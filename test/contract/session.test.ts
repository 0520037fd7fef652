/** Sessions of the web page, the page itself, and what happens at the start of the server. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createDemo } from '../../src/api/demo.js';
import { restoreStudios } from '../../src/api/restore.js';
import { SETTINGS, type StudioApi, startStudioApi } from '../support/studio-api.js';

let api: StudioApi;
beforeEach(async () => {
  api = await startStudioApi();
});
afterEach(() => api.close());

function open(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${api.apiUrl}/console/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function cookieOf(response: Response): Promise<string> {
  const [line = ''] = response.headers.getSetCookie();
  expect(line).toMatch(/HttpOnly/);
  expect(line).toMatch(/SameSite=Strict/);
  return line.split(';')[0] ?? '';
}

test('a session opens with the key or the token, lets the page call, and ends', async () => {
  const cookie = await cookieOf(await open({ token: 'token-of-this-start' }));
  expect((await open(api.keys)).status).toBe(200);
  const call = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${api.apiUrl}/?Action=DescribeCasters`, { method: 'POST', headers });
  const answer = await call({ cookie, 'x-castdeck-console': '1', origin: api.apiUrl });
  expect(await answer.json()).toMatchObject({ Total: 0, CasterList: { Caster: [] } });
  expect((await call({ cookie, origin: api.apiUrl })).status).toBe(400);
  expect((await call({ cookie, 'x-castdeck-console': '1', origin: 'http://elsewhere.example' })).status).toBe(400);
  expect((await call({ 'x-castdeck-console': '1' })).status).toBe(400);

  const session = (method: string): Promise<Response> =>
    fetch(`${api.apiUrl}/console/session`, { method, headers: { cookie } });
  expect(await (await session('GET')).json()).toEqual({ accessKeyId: api.keys.accessKeyId });
  expect((await session('DELETE')).status).toBe(204);
  expect((await session('GET')).status).toBe(401);
});

test('a session that is used is prolonged, one that is not ends; its cookie is of this server alone', async () => {
  let now = Date.now();
  await api.close();
  api = await startStudioApi({ clock: { now: () => now } });
  const cookie = await cookieOf(await open(api.keys));
  expect(cookie).toContain(`castdeck_session_${new URL(api.apiUrl).port}=`);
  const use = (): Promise<Response> => fetch(`${api.apiUrl}/console/session`, { headers: { cookie } });
  const call = (): Promise<Response> =>
    fetch(`${api.apiUrl}/?Action=DescribeCasters`, { method: 'POST', headers: { cookie, 'x-castdeck-console': '1' } });
  const hour = 3_600_000;
  now += 5 * hour;
  expect((await use()).headers.getSetCookie()).toEqual([]);
  now += 2 * hour;
  expect((await call()).headers.getSetCookie()).toHaveLength(1);
  now += 11 * hour;
  expect((await use()).status).toBe(200);
  now += 13 * hour;
  expect((await use()).status).toBe(401);
});

test('wrong keys do not open a session, and many attempts are slowed down', async () => {
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 12; attempt++) statuses.push((await open({ token: 'wrong' })).status);
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(401));
  expect(statuses.slice(10)).toEqual([429, 429]);
  // Who knows the key is not held up by those who do not.
  expect((await open(api.keys)).status).toBe(200);
  expect((await open({ nonsense: true })).status).toBe(400);
  expect((await open(api.keys, { origin: 'http://elsewhere.example' })).status).toBe(403);
});

test('the calls of one open page do not use up those of another', async () => {
  await api.close();
  api = await startStudioApi({ config: { ...SETTINGS, limits: { ...SETTINGS.limits, callsFactor: 1 } } });
  const pages = [await cookieOf(await open(api.keys)), await cookieOf(await open(api.keys))];
  const call = async (cookie: string | undefined): Promise<number> => {
    const headers = { cookie: cookie ?? '', 'x-castdeck-console': '1' };
    return (await fetch(`${api.apiUrl}/?Action=DescribeCasters`, { method: 'POST', headers })).status;
  };
  const first = await Promise.all(Array.from({ length: 40 }, () => call(pages[0])));
  expect(first).toContain(400);
  expect(await call(pages[1])).toBe(200);
});

test('the built page is served with headers that protect it', async () => {
  expect((await fetch(api.apiUrl)).status).toBe(404);
  await api.close();
  const folder = await mkdtemp(join(tmpdir(), 'castdeck-page-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(folder, 'assets', 'a.js'), 'export {};');
  api = await startStudioApi({ consoleDir: folder });
  const page = await fetch(api.apiUrl);
  expect(await page.text()).toContain('<title>page</title>');
  const policy = page.headers.get('content-security-policy');
  expect(policy).toContain('http://*:18081');
  expect(policy).toContain("frame-ancestors 'none'");
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  const asset = await fetch(`${api.apiUrl}/assets/a.js`);
  expect(asset.headers.get('content-type')).toMatch(/javascript/);
  expect(asset.headers.get('cache-control')).toContain('immutable');
  expect((await fetch(`${api.apiUrl}/assets/..%2f..%2findex.html`)).status).toBeGreaterThanOrEqual(400);
  await rm(folder, { recursive: true });
});

test('the demo is on air once, with a picture in both scenes', async () => {
  const id = await createDemo(api.services);
  const desired = api.runtime.running.get(String(id));
  expect(desired?.pgm.video.map((layer) => layer.source)).toEqual(['RV01']);
  expect(desired?.pvw?.video.map((layer) => layer.source)).toEqual(['RV02', 'RV01']);
  expect(desired?.pvw?.audio.map((layer) => [layer.source, layer.gain])).toEqual([
    ['RV02', 1],
    ['RV01', 0.5],
  ]);
  expect(desired?.renditions.map((rendition) => rendition.template)).toEqual(['lld']);
  expect(await createDemo(api.services)).toBeNull();
  await api.services.store.remove(String(id));
  expect(await createDemo(api.services)).toBeNull();
});

test('studios that were on air are started again with what they showed', async () => {
  const id = String(await createDemo(api.services));
  const before = api.runtime.running.get(id);
  api.runtime.running.clear();
  expect(await restoreStudios(api.services)).toEqual({ started: [id], failed: [] });
  expect(api.runtime.running.get(id)).toEqual(before);
  api.runtime.running.clear();
  api.runtime.failures.push('start-timeout');
  expect(await restoreStudios(api.services)).toEqual({ started: [], failed: [id] });
  expect(api.errors).toHaveLength(1);
  expect((await api.services.store.get(id))?.air).not.toBeNull();
});
