import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backOffMs, inStereo, reachableUrl, type WhepContent, WhepPlayer, type WhepSurroundings } from '../src/whep.js';

/** As much of a peer connection as the player touches; `bytes` is what its statistics say has arrived. */
class FakePeer extends EventTarget {
  iceGatheringState = 'complete';
  connectionState = 'new';
  localDescription: { sdp: string } | null = null;
  transceivers: string[] = [];
  bytes = 0;
  audioBytes = 0;
  closed = false;
  answer = '';
  addTransceiver(kind: string, init: { direction: string }): void {
    this.transceivers.push(`${kind} ${init.direction}`);
  }
  async createOffer(): Promise<{ sdp: string }> {
    return { sdp: 'offer' };
  }
  async setLocalDescription(offer: { sdp: string }): Promise<void> {
    this.localDescription = offer;
  }
  async setRemoteDescription(answer: { sdp: string }): Promise<void> {
    this.answer = answer.sdp;
  }
  async getStats(): Promise<Map<string, unknown>> {
    const report = (kind: string, bytesReceived: number) =>
      [kind, { type: 'inbound-rtp', kind, bytesReceived }] as const;
    return new Map([report('video', this.bytes), report('audio', this.audioBytes)]);
  }
  close(): void {
    this.closed = true;
  }
}

let peers: FakePeer[];
let requests: string[];
let states: string[];
let status: number;
let player: WhepPlayer;
let makePlayer: (content: WhepContent) => WhepPlayer;

beforeEach(() => {
  vi.useFakeTimers();
  peers = [];
  requests = [];
  states = [];
  status = 201;
  const around = {
    createPeer: () => {
      const peer = new FakePeer();
      peers.push(peer);
      return peer;
    },
    createStream: () => ({ addTrack: () => {} }),
    fetch: async (url: string, init: RequestInit) => {
      requests.push(`${init.method} ${url} ${init.body ?? ''}`.trim());
      return new Response('answer', { status, headers: { location: '/whep/session/1' } });
    },
  } as unknown as WhepSurroundings;
  const events = {
    onState: (state: string, reason: string) => states.push(reason ? `${state}: ${reason}` : state),
    onStream: () => {},
  };
  makePlayer = (content) => new WhepPlayer('http://h:1/whep/caster/a', events, around, content);
  player = makePlayer('picture');
});
afterEach(() => {
  player.stop();
  vi.useRealTimers();
});

test('connecting, live with the first bytes, DELETE on leaving', async () => {
  player.start();
  await vi.advanceTimersByTimeAsync(600);
  expect(states).toEqual(['connecting']);
  expect(peers[0]?.transceivers).toEqual(['video recvonly', 'audio recvonly']);
  expect(peers[0]?.answer).toBe('answer');
  if (peers[0]) peers[0].bytes = 100;
  await vi.advanceTimersByTimeAsync(600);
  expect(states).toEqual(['connecting', 'live']);
  player.stop();
  player.stop();
  expect(requests).toEqual(['POST http://h:1/whep/caster/a offer', 'DELETE http://h:1/whep/session/1']);
  expect(states.at(-1)).toBe('off');
  expect(peers[0]?.closed).toBe(true);
});

test('pictures that stop mean lost, and it connects again', async () => {
  player.start();
  if (peers[0]) peers[0].bytes = 100;
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.advanceTimersByTimeAsync(3_600);
  expect(states).toEqual(['connecting', 'live', 'lost: No pictures arrive.']);
  await vi.advanceTimersByTimeAsync(600);
  expect(states.at(-1)).toBe('connecting');
  expect(peers).toHaveLength(2);
  expect(peers[0]?.closed).toBe(true);
});

test('a refusal is told and tried again with growing pauses', async () => {
  status = 404;
  player.start();
  await vi.advanceTimersByTimeAsync(10);
  expect(states).toEqual(['connecting', 'lost: There is no such stream now.']);
  await vi.advanceTimersByTimeAsync(20_000);
  // Attempts at 0, 0.5, 1.5, 3.5, 7.5, 12.5 and 17.5 s.
  expect(peers).toHaveLength(7);
  expect([1, 2, 3, 4, 5, 50].map(backOffMs)).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
});

test('stopped while the answer is under way: the server still hears of it', async () => {
  player.start();
  await Promise.resolve();
  player.stop();
  await vi.advanceTimersByTimeAsync(100);
  expect(requests.filter((request) => request.startsWith('DELETE')).length).toBe(
    requests.filter((request) => request.startsWith('POST')).length,
  );
  expect(states.at(-1)).toBe('off');
});

test('sound alone: asked for alone, live with its bytes, lost without', async () => {
  player = makePlayer('sound');
  player.start();
  await vi.advanceTimersByTimeAsync(100);
  expect(peers[0]?.transceivers).toEqual(['audio recvonly']);
  if (peers[0]) peers[0].bytes = 100;
  await vi.advanceTimersByTimeAsync(600);
  expect(states).toEqual(['connecting']);
  if (peers[0]) peers[0].audioBytes = 100;
  await vi.advanceTimersByTimeAsync(600);
  expect(states).toEqual(['connecting', 'live']);
  await vi.advanceTimersByTimeAsync(4_000);
  expect(states).toEqual(['connecting', 'live', 'lost: No sound arrives.']);
});

test('localhost is where the page came from', () => {
  const url = 'http://localhost:8081/whep/caster/a';
  expect(reachableUrl(url, '192.168.1.5')).toBe('http://192.168.1.5:8081/whep/caster/a');
  expect(reachableUrl(url, 'localhost')).toBe(url);
  expect(reachableUrl('http://tv.example.com/whep/caster/a', '192.168.1.5')).toBe(
    'http://tv.example.com/whep/caster/a',
  );
});

test('both channels of the sound are asked for, once', () => {
  const offer = [
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    'a=rtpmap:63 red/48000/2',
    'a=fmtp:63 111/111',
    '',
  ].join('\r\n');
  const asked = inStereo(offer);
  expect(asked).toContain('a=fmtp:111 stereo=1;minptime=10;useinbandfec=1\r\n');
  expect(asked).toContain('a=fmtp:63 111/111\r\n');
  expect(inStereo(asked)).toBe(asked);
  expect(inStereo('v=0\r\n')).toBe('v=0\r\n');
});
