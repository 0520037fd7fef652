/** Requests that offer another protocol, in one packet with others: each gets its answer, in order. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { upgradesTo } from '../../../src/api/upgrade.js';

let server: Server;
let client: Socket;
let received: string;
let upgraded: Socket[];
/** Answers by path, given when the test says so. */
let waiting: Map<string, ServerResponse>;

beforeEach(async () => {
  [received, upgraded, waiting] = ['', [], new Map()];
  server = createServer((request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith('/slow')) waiting.set(request.url, response);
    else response.end(`<${request.url}>`);
  });
  upgradesTo('/events', server).on('upgrade', (_request: IncomingMessage, socket: Socket) => {
    upgraded.push(socket);
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.setEncoding('utf8').on('data', (part: string) => {
    received += part;
  });
});

afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = (path: string, protocol?: string): string => {
  const offer = protocol ? `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n` : '';
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n${offer}\r\n`;
};
const answers = (): string[] => received.match(/<[^>]*>|101 Switching/g) ?? [];
const slow = async (path: string): Promise<ServerResponse> => {
  await expect.poll(() => waiting.has(path)).toBe(true);
  return waiting.get(path) as ServerResponse;
};

test('many in one packet are all answered, in their order', async () => {
  client.write([get('/a', 'h2c'), get('/b', 'h2c'), get('/c'), get('/d', 'TLS/1.2'), get('/e')].join(''));
  await expect.poll(answers).toEqual(['</a>', '</b>', '</c>', '</d>', '</e>']);
  client.write(get('/f', 'h2c'));
  await expect.poll(() => answers().at(-1)).toBe('</f>');
});

test('one behind an answer that takes its time waits for it, as does a WebSocket', async () => {
  client.write(get('/slow1') + get('/slow2', 'h2c') + get('/b') + get('/events', 'websocket'));
  const first = await slow('/slow1');
  expect(waiting.has('/slow2')).toBe(false);
  first.end('<1>');
  const second = await slow('/slow2');
  expect([answers(), upgraded]).toEqual([['<1>'], []]);
  second.end('<2>');
  await expect.poll(answers).toEqual(['<1>', '<2>', '</b>', '101 Switching']);
});

test('a connection that breaks while one waits harms nothing', async () => {
  client.write(get('/slow1') + get('/slow2', 'h2c'));
  const first = await slow('/slow1');
  const closed = new Promise((resolve) => first.once('close', resolve));
  client.resetAndDestroy();
  first.end('<1>');
  await closed;
  expect(waiting.has('/slow2')).toBe(false);
});
