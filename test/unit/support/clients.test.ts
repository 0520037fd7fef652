import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiTarget, callXml, openApiClient, popClient } from '../../support/clients.js';

interface Seen {
  method: string;
  url: URL;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

const seen: Seen[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += String(chunk);
  });
  request.on('end', () => {
    const url = new URL(request.url ?? '/', 'http://x');
    seen.push({ method: request.method ?? '', url, headers: request.headers, body });
    const bad = (url.search + body).includes('CasterId=bad');
    response.writeHead(bad ? 404 : 200, { 'content-type': 'application/json;charset=utf-8' });
    const error = { Code: 'InvalidCaster.NotFound', Message: 'no such studio', RequestId: 'R', HostId: 'h' };
    response.end(JSON.stringify(bad ? error : { RequestId: 'R', Total: 2 }));
  });
});
let target: ApiTarget;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  target = { apiUrl: `http://127.0.0.1:${port}`, keys: { accessKeyId: 'id', accessKeySecret: 'secret' } };
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

test('the current client signs by header and sends parameters flattened in the query', async () => {
  const answer = await openApiClient(target).call('AddCasterLayout', { CasterId: "c 1!'", 'BlendList.1': 'RV01' });
  expect(answer).toEqual({ RequestId: 'R', Total: 2 });
  const request = seen.at(-1);
  expect(request?.method).toBe('POST');
  expect(request?.headers['x-acs-action']).toBe('AddCasterLayout');
  expect(request?.headers.authorization).toMatch(/^ACS3-HMAC-SHA256 Credential=id,/);
  expect(request?.url.searchParams.get('CasterId')).toBe("c 1!'");
  expect(request?.url.searchParams.get('BlendList.1')).toBe('RV01');
});

test.each(['GET', 'POST'] as const)('the older client signs among the parameters by %s', async (method) => {
  const answer = await popClient(target, method).call('StartCaster', { CasterId: 'c', isBatchMode: true });
  expect(answer).toEqual({ RequestId: 'R', Total: 2 });
  const request = seen.at(-1);
  expect(request?.method).toBe(method);
  const params = method === 'GET' ? request?.url.searchParams : new URLSearchParams(request?.body);
  expect(params?.get('Action')).toBe('StartCaster');
  expect(params?.get('isBatchMode')).toBe('true');
  expect(params?.get('Signature')).toMatch(/=$/);
});

test('an error answer has the same form from every client', async () => {
  const expected = expect.objectContaining({ name: 'ApiCallError', code: 'InvalidCaster.NotFound' });
  for (const client of [openApiClient(target), popClient(target), popClient(target, 'POST')]) {
    await expect(client.call('StartCaster', { CasterId: 'bad' })).rejects.toEqual(expected);
  }
});

test('XML is asked for with a signed GET', async () => {
  const answer = await callXml(target, 'DescribeCasters', { CasterName: 'a b' });
  expect(answer.status).toBe(200);
  const params = seen.at(-1)?.url.searchParams;
  expect([params?.get('Format'), params?.get('CasterName'), params?.get('SignatureVersion')]).toEqual([
    'XML',
    'a b',
    '1.0',
  ]);
});
