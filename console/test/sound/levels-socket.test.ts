import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LevelsSocket, levelsUrl, type SocketEars } from '../../src/sound/levels-socket.js';

const READING = JSON.stringify({ type: 'levels', casterId: 'c1', levels: { pgm: {}, sources: [] } });

let sockets: (SocketEars & { isClosed: boolean })[];
let events: string[];
let socket: LevelsSocket;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  events = [];
  const open = (ears: SocketEars) => {
    const made = { ...ears, isClosed: false };
    sockets.push(made);
    return () => {
      made.isClosed = true;
      // As a browser tells it, a moment later.
      setTimeout(made.onClose, 1);
    };
  };
  socket = new LevelsSocket('c1', open, {
    onLevels: () => events.push('levels'),
    onOpen: (isOpen) => events.push(isOpen ? 'open' : 'lost'),
  });
  socket.start();
});
afterEach(() => {
  socket.stop();
  vi.useRealTimers();
});

test('readings are passed on; a lost socket is opened again with growing pauses', async () => {
  sockets[0]?.onMessage(READING);
  sockets[0]?.onMessage('other');
  sockets[0]?.onMessage(READING);
  expect(events).toEqual(['open', 'levels', 'levels']);
  sockets[0]?.onClose();
  expect(events.at(-1)).toBe('lost');
  const openedAt: number[] = [];
  for (let ms = 0; ms < 8_000; ms += 100) {
    await vi.advanceTimersByTimeAsync(100);
    const last = sockets.at(-1);
    if (sockets.length - 1 > openedAt.length) {
      openedAt.push(ms + 100);
      last?.onClose();
    }
  }
  expect(openedAt).toEqual([500, 1_500, 3_500, 7_500]);
  // One reading, and the pauses are short again.
  await vi.advanceTimersByTimeAsync(5_000);
  sockets.at(-1)?.onMessage(READING);
  const count = sockets.length;
  sockets.at(-1)?.onClose();
  await vi.advanceTimersByTimeAsync(500);
  expect(sockets).toHaveLength(count + 1);
});

test('a socket that says nothing is given up, and what it says later counts for nothing', async () => {
  await vi.advanceTimersByTimeAsync(10_600);
  expect(sockets).toHaveLength(2);
  expect(sockets[0]?.isClosed).toBe(true);
  sockets[0]?.onMessage(READING);
  sockets[0]?.onClose();
  expect(events).toEqual(['lost']);
  await vi.advanceTimersByTimeAsync(600);
  expect(sockets).toHaveLength(2);
});

test('stopped is stopped', async () => {
  socket.stop();
  socket.start();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sockets).toHaveLength(1);
  expect(sockets[0]?.isClosed).toBe(true);
  expect(events).toEqual([]);
});

test('its address is on the host of the page', () => {
  expect(levelsUrl({ protocol: 'http:', host: 'h:8080' }, 'a&b')).toBe('ws://h:8080/v1/events?CasterId=a%26b');
  expect(levelsUrl({ protocol: 'https:', host: 'tv.example.com' }, 'c')).toBe(
    'wss://tv.example.com/v1/events?CasterId=c',
  );
});
