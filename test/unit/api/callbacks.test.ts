import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CallbackEvent, type CallbackOptions, CallbackSender, eventOf } from '../../../src/api/callbacks.js';
import { waitFor } from '../../support/wait.js';

let server: Server;
let url: string;
let sender: CallbackSender;
/** Bodies as they came. */
let received: CallbackEvent[];
/** What was logged. */
let warnings: Record<string, unknown>[];
let answer: (response: ServerResponse, request: IncomingMessage) => void;

beforeEach(async () => {
  received = [];
  warnings = [];
  answer = (response) => response.end();
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (request.method === 'POST') received.push(JSON.parse(Buffer.concat(parts).toString()) as CallbackEvent);
      answer(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events?secret=x`;
  sender = open();
});
afterEach(async () => {
  await sender.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function open(changes: Partial<CallbackOptions> = {}): CallbackSender {
  const note = (facts: unknown): void => void warnings.push(facts as Record<string, unknown>);
  return new CallbackSender({
    urlOf: async () => url,
    addresses: 'all',
    log: { warn: note, error: note },
    retryPauseMs: 5,
    timeoutMs: 1000,
    ...changes,
  });
}

const event = (Message: string, CasterId = 'studio'): CallbackEvent => ({
  CasterId,
  EventType: 'RuntimeErrorCallback',
  EventMessage: { Code: 'StreamInterrupt', Message },
});
const progress = (Message: string, ResourceId = 'file'): CallbackEvent => ({
  CasterId: 'studio',
  EventType: 'FileProgressCallback',
  EventMessage: { Code: 'FileProgress', Message, ResourceId },
});
const messages = (): string[] => received.map(({ EventMessage }) => EventMessage.Message);

test('events are posted as JSON, in order', async () => {
  let contentType: string | undefined;
  answer = (response, request) => {
    contentType = request.headers['content-type'];
    response.statusCode = 204;
    response.end();
  };
  for (const message of ['1', '2', '3']) sender.send(event(message));
  await waitFor('three events', 10_000, () => received.length === 3);
  expect(received[0]).toEqual(event('1'));
  expect(messages()).toEqual(['1', '2', '3']);
  expect(contentType).toMatch(/^application\/json/);
});

test('a delivery that fails is tried again; those behind it wait', async () => {
  let failures = 2;
  answer = (response) => {
    response.statusCode = failures-- > 0 ? 500 : 200;
    response.end();
  };
  sender.send(event('1'));
  sender.send(event('2'));
  await waitFor('both events', 10_000, () => received.length === 4);
  expect(messages()).toEqual(['1', '1', '1', '2']);
  expect(warnings).toEqual([]);
});

test('after five repetitions it is given up, and the log does not name the path', async () => {
  answer = (response) => response.writeHead(302, { location: url }).end();
  sender.send(event('1'));
  await waitFor('a warning', 10_000, () => warnings.length > 0);
  expect(messages()).toEqual(['1', '1', '1', '1', '1', '1']);
  expect(JSON.stringify(warnings)).not.toContain('secret');
  expect(warnings[0]).toMatchObject({ casterId: 'studio', reason: 'status 302' });
});

test('a listener that never answers holds nobody up but its own studio', async () => {
  await sender.close();
  sender = open({ timeoutMs: 50 });
  answer = (response) => {
    if (received.at(-1)?.CasterId !== 'slow') response.end();
  };
  sender.send(event('1', 'slow'));
  await waitFor('the slow one', 10_000, () => received.length === 1);
  sender.send(event('2', 'other'));
  await waitFor('the other one', 10_000, () => messages().includes('2'));
  await waitFor('the slow one to be given up', 10_000, () => warnings.length > 0);
  expect(messages().filter((message) => message === '1')).toHaveLength(6);
});

test('a hundred wait; beyond that the oldest are dropped, which is logged', async () => {
  let release = (): void => {};
  answer = (response) => {
    release = () => response.end();
  };
  sender.send(event('first'));
  await waitFor('the first', 10_000, () => received.length === 1);
  for (let count = 0; count < 130; count++) sender.send(event(String(count)));
  answer = (response) => response.end();
  release();
  await waitFor('the last', 10_000, () => messages().at(-1) === '129');
  expect(messages().slice(0, 2)).toEqual(['first', '30']);
  expect(received).toHaveLength(101);
  expect(warnings).toMatchObject([{ dropped: 30 }]);
});

/** The server takes one event and answers it when the returned function is called. */
async function holdFirst(): Promise<() => void> {
  let release = (): void => {};
  answer = (response) => {
    release = () => response.end();
  };
  sender.send(event('first'));
  await waitFor('the first', 10_000, () => received.length === 1);
  return () => {
    answer = (response) => response.end();
    release();
  };
}

test('of a file the newest progress waits alone, and goes before anything else when there are too many', async () => {
  const release = await holdFirst();
  for (const place of ['a1', 'a2']) sender.send(progress(place, 'a'));
  sender.send(event('0'));
  for (let place = 1; place <= 500; place++) sender.send(progress(`b${place}`, 'b'));
  sender.send(progress('a3', 'a'));
  for (let count = 1; count < 98; count++) sender.send(event(String(count)));
  // A hundred wait now; the two that tell of progress are the first to go.
  for (const message of ['98', '99']) sender.send(event(message));
  release();
  await waitFor('the last', 10_000, () => messages().at(-1) === '99');
  expect(messages()).toEqual(['first', ...Array.from({ length: 100 }, (_, index) => String(index))]);
  expect(warnings).toMatchObject([{ dropped: 2 }]);
});

test('progress keeps its place among the events, and is not repeated', async () => {
  const release = await holdFirst();
  sender.send(progress('old'));
  sender.send(event('lost'));
  sender.send(progress('new'));
  release();
  await waitFor('all', 10_000, () => received.length === 3);
  expect(messages()).toEqual(['first', 'lost', 'new']);
  answer = (response) => response.writeHead(500).end();
  sender.send(progress('refused'));
  await waitFor('the warning', 10_000, () => warnings.length > 0);
  expect(messages().filter((message) => message === 'refused')).toHaveLength(1);
});

test('where nobody listens, nothing waits: one look for all events of a burst', async () => {
  await sender.close();
  let looks = 0;
  let tell = (_url: string): void => {};
  const urlOf = (): Promise<string> =>
    new Promise((resolve) => {
      looks++;
      tell = resolve;
    });
  sender = open({ urlOf });
  for (let count = 0; count < 130; count++) sender.send(event(String(count)));
  tell('');
  await new Promise((resolve) => setImmediate(resolve));
  sender.send(event('later'));
  await waitFor('another look', 10_000, () => looks > 1);
  tell(url);
  await waitFor('the event', 10_000, () => received.length > 0);
  expect(looks).toBe(2);
  expect(messages()).toEqual(['later']);
  expect(warnings).toEqual([]);
});

test('addresses that the configuration forbids are not connected to, by number or by name', async () => {
  await sender.close();
  sender = open({ addresses: 'lan' });
  sender.send(event('1'));
  await waitFor('the refusal of a number', 10_000, () => warnings.length === 1);
  url = url.replace('127.0.0.1', 'localhost');
  sender.send(event('2'));
  await waitFor('the refusal of a name', 10_000, () => warnings.length === 2);
  expect(received).toEqual([]);
  expect(warnings.map(({ reason }) => reason)).toEqual([
    'the address is not allowed',
    'the address of localhost is not allowed',
  ]);
});

test('without an address nothing is sent, and closing ends what is under way', async () => {
  const usual = url;
  url = '';
  sender.send(event('1'));
  answer = () => {};
  await new Promise((resolve) => setImmediate(resolve));
  url = usual;
  sender.send(event('2'));
  await waitFor('the second', 10_000, () => received.length === 1);
  await sender.close();
  sender.send(event('3'));
  expect(messages()).toEqual(['2']);
  expect(warnings).toEqual([]);
});

test('reports become events of the reference, progress of files one of ours', () => {
  const lost = { code: 'StreamInterrupt', message: 'connection refused', resourceId: 'r' } as const;
  expect(eventOf('c', lost)).toEqual({
    CasterId: 'c',
    EventType: 'RuntimeErrorCallback',
    EventMessage: { ResourceId: 'r', Code: 'StreamInterrupt', Message: 'connection refused' },
  });
  for (const code of ['SoundSilent', 'SoundBack'] as const) {
    const message = 'the programme, for 10 s';
    // Without a source it is the programme itself.
    const ofProgramme = { EventType: 'RuntimeErrorCallback', EventMessage: { Code: code, Message: message } };
    expect(eventOf('c', { code, message })).toEqual({ CasterId: 'c', ...ofProgramme });
    expect(eventOf('c', { code, message, resourceId: 'r' }).EventMessage).toMatchObject({ ResourceId: 'r' });
  }
  const progress = { code: 'FileProgress', message: '', resourceId: 'r', placeMs: 1000.4 } as const;
  expect(eventOf('c', progress)).toMatchObject({
    EventType: 'FileProgressCallback',
    EventMessage: { ResourceId: 'r', PlaceMs: 1000, Code: 'FileProgress' },
  });
});
