/** The proxy for everything that a source URL names: who may use it, where it leads, and that no server can break it. */
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { GuardProxy } from '../../../../src/engine/source/guard-proxy.js';
import type { AddressPolicy } from '../../../../src/lib/address.js';
import { waitFor } from '../../../support/wait.js';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function startProxy(policy: AddressPolicy): Promise<URL> {
  const proxy = await GuardProxy.start(policy);
  closers.push(() => proxy.close());
  return new URL(proxy.url);
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
}

/** A web server that notes what it is asked and answers with its own name, or a redirect. */
async function startWeb(name: string, redirect?: string): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((incoming, answer) => {
    seen.push({ method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers });
    if (redirect !== undefined) answer.writeHead(302, { location: redirect });
    answer.end(name);
  });
  return { port: await listen(server), seen };
}

/** A server that answers anything with these bytes and hangs up. */
async function startRaw(bytes: string): Promise<number> {
  return listen(createTcpServer((socket) => socket.once('data', () => socket.end(bytes, 'latin1'))));
}

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

function credentials(proxy: URL, password = proxy.password): string {
  return `Basic ${Buffer.from(`${proxy.username}:${password}`).toString('base64')}`;
}

/** Asks the proxy for a target; the default credentials are the right ones. */
function ask(proxy: URL, target: string, headers: Record<string, string> = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: proxy.hostname,
      port: proxy.port,
      path: target,
      headers: { 'proxy-authorization': credentials(proxy), host: 'example.test', ...headers },
      agent: false,
    });
    outgoing.setTimeout(4000, () => outgoing.destroy(new Error('the proxy does not answer')));
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    outgoing.end();
  });
}

/** Opens a tunnel by hand; collects what comes. */
async function tunnel(proxy: URL, target: string, authorization?: string) {
  const socket = connect(Number(proxy.port), proxy.hostname);
  const state = { socket, text: '', closed: false };
  socket.setEncoding('utf8').on('data', (text: string) => {
    state.text += text;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    state.closed = true;
  });
  closers.push(async () => {
    socket.destroy();
  });
  const line = authorization ? `Proxy-Authorization: ${authorization}\r\n` : '';
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${line}\r\n`);
  await waitFor('an answer', 3000, () => state.text.includes('\r\n\r\n'));
  return state;
}

describe('forwarding', () => {
  test('an allowed address is fetched, with path and headers, without what belongs to the proxy', async () => {
    const web = await startWeb('hello');
    const proxy = await startProxy('all');
    const reply = await ask(proxy, `http://127.0.0.1:${web.port}/a/b?c=d`, { range: 'bytes=0-', te: 'trailers' });
    expect(reply).toMatchObject({ status: 200, body: 'hello' });
    expect(web.seen).toHaveLength(1);
    expect(web.seen[0]).toMatchObject({ method: 'GET', url: '/a/b?c=d', headers: { range: 'bytes=0-' } });
    expect(Object.keys(web.seen[0]?.headers ?? {})).not.toContain('proxy-authorization');
    expect(Object.keys(web.seen[0]?.headers ?? {})).not.toContain('te');
  });

  test.each([
    ['public', '127.0.0.1'],
    ['public', '10.0.0.7'],
    ['public', '192.168.1.1'],
    ['public', '100.64.0.1'],
    ['public', '169.254.169.254'],
    ['public', '0.0.0.0'],
    ['public', '[::1]'],
    ['public', '[::ffff:127.0.0.1]'],
    ['public', '[fd00::1]'],
    ['public', '2130706433'],
    ['public', '0x7f.1'],
    ['lan', '127.0.0.1'],
    ['lan', '169.254.169.254'],
    ['lan', '[::1]'],
    ['lan', '0177.0.0.1'],
  ] as const)('with policy %s the address %s is refused', async (policy, host) => {
    const web = await startWeb('secret');
    const proxy = await startProxy(policy);
    expect((await ask(proxy, `http://${host}:${web.port}/`)).status).toBe(403);
    expect((await tunnel(proxy, `${host}:${web.port}`, credentials(proxy))).text).toContain(' 403 ');
    expect(web.seen).toEqual([]);
  });

  test('a name is judged by the address it has', async () => {
    const web = await startWeb('local');
    const lan = await startProxy('lan');
    const refused = await ask(lan, `http://localhost:${web.port}/`);
    expect(refused.status).toBe(403);
    expect(refused.body).toContain('not allowed');
    expect((await tunnel(lan, `localhost:${web.port}`, credentials(lan))).text).toMatch(/^HTTP\/1\.1 [45]\d\d /);
    expect(web.seen).toEqual([]);
    const all = await startProxy('all');
    expect(await ask(all, `http://localhost:${web.port}/`)).toMatchObject({ status: 200, body: 'local' });
  });

  test.each([
    ['no password', undefined],
    ['a wrong password', 'x'],
    ['a wrong password of the right length', 'f'.repeat(32)],
  ])('%s is a 407 that says how to log in', async (_name, password) => {
    const web = await startWeb('secret');
    const proxy = await startProxy('all');
    const authorization = password === undefined ? '' : credentials(proxy, password);
    const reply = await ask(proxy, `http://127.0.0.1:${web.port}/`, { 'proxy-authorization': authorization });
    expect(reply.status).toBe(407);
    expect(reply.headers['proxy-authenticate']).toContain('Basic');
    const opened = await tunnel(proxy, `127.0.0.1:${web.port}`, authorization || undefined);
    expect(opened.text).toContain(' 407 ');
    expect(opened.text).toContain('proxy-authenticate: Basic');
    expect(web.seen).toEqual([]);
  });

  test('a redirect is passed on, not followed, so that its target is checked like any other', async () => {
    const end = await startWeb('the end');
    const start = await startWeb('', `http://127.0.0.1:${end.port}/next`);
    const proxy = await startProxy('all');
    const first = await ask(proxy, `http://127.0.0.1:${start.port}/`);
    expect(first.status).toBe(302);
    expect(end.seen).toEqual([]);
    const second = await ask(proxy, first.headers.location ?? '');
    expect(second.body).toBe('the end');
    expect(end.seen.map(({ url }) => url)).toEqual(['/next']);

    const strict = await startProxy('lan');
    expect((await ask(strict, first.headers.location ?? '')).status).toBe(403);
    expect(end.seen).toHaveLength(1);
  });

  test.each(['/path', 'ftp://127.0.0.1/x', 'https://127.0.0.1/x', 'file:///etc/passwd', 'http://'])(
    '%s is no request for a proxy',
    async (target) => {
      expect((await ask(await startProxy('all'), target)).status).toBe(400);
    },
  );

  test('a server that is not there is a 502', async () => {
    const web = await startWeb('gone');
    await closers.pop()?.();
    const proxy = await startProxy('all');
    expect((await ask(proxy, `http://127.0.0.1:${web.port}/`)).status).toBe(502);
    expect((await tunnel(proxy, `127.0.0.1:${web.port}`, credentials(proxy))).text).toContain(' 502 ');
  });
});

test.each([
  ['nothing', ''],
  ['noise', '\x00\x01\x02 hello\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 000 Zero\r\ncontent-length: 0\r\n\r\n'],
  ['a status of 99', 'HTTP/1.1 099 Low\r\ncontent-length: 0\r\n\r\n'],
  ['trailers that it does not send', 'HTTP/1.1 200 OK\r\ntrailer: x-a\r\ncontent-length: 2\r\n\r\nhi'],
  ['another protocol', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n\x01\x02'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'],
  ['less than it promised', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhi'],
  ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
  ['bytes above ASCII in a header', 'HTTP/1.1 200 OK\r\nx-a: \xff\xfe\r\ncontent-length: 2\r\n\r\nhi'],
])('a server that sends %s gives an answer or an error, and the proxy goes on', async (_name, bytes) => {
  const port = await startRaw(bytes);
  const web = await startWeb('still here');
  const proxy = await startProxy('all');
  const reply = await ask(proxy, `http://127.0.0.1:${port}/`).catch((error: Error) => error.message);
  expect(reply).not.toBe('the proxy does not answer');
  expect(await ask(proxy, `http://127.0.0.1:${web.port}/`)).toMatchObject({ status: 200, body: 'still here' });
});

test('a playlist without end is refused, not gathered', async () => {
  const port = await listen(
    createServer((_incoming, answer) => {
      const more = (): void => {
        while (answer.write(Buffer.alloc(65_536, '\n'))) if (answer.destroyed) return;
      };
      answer.on('drain', more).write('#EXTM3U\n');
      more();
    }),
  );
  const reply = await ask(await startProxy('all'), `http://127.0.0.1:${port}/list.m3u8`);
  expect(reply).toMatchObject({ status: 502, body: 'the playlist is too long' });
});

describe('tunnels', () => {
  test('carry bytes both ways and end together', async () => {
    const server = createTcpServer((socket) => {
      socket.on('data', (bytes) => socket.write(`heard ${bytes.toString()}`));
      socket.on('end', () => socket.end());
    });
    const port = await listen(server);
    const proxy = await startProxy('all');
    const opened = await tunnel(proxy, `127.0.0.1:${port}`, credentials(proxy));
    expect(opened.text).toMatch(/^HTTP\/1\.1 200 /);
    opened.socket.write('ping');
    await waitFor('the echo', 2000, () => opened.text.endsWith('heard ping'));
    opened.socket.end();
    await waitFor('the end', 2000, () => opened.closed);
  });

  test('do not keep the proxy from closing', async () => {
    const port = await listen(createTcpServer(() => {}));
    const proxy = await GuardProxy.start('all');
    const url = new URL(proxy.url);
    const opened = await tunnel(url, `127.0.0.1:${port}`, credentials(url));
    expect(opened.text).toContain(' 200 ');
    let closed = false;
    void proxy.close().then(() => {
      closed = true;
    });
    await waitFor('the proxy to close', 2000, () => closed);
    await waitFor('the end of the tunnel', 2000, () => opened.closed);
  });
});
