/** Streams with nothing but sound, mono: pushed by an encoder or sent by an engine, and played over every protocol. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Audio, PeerConnection, type Track as RtcTrack, Video } from 'node-datachannel';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dominantTone } from '../support/analyse.js';
import { decode } from '../support/decode.js';
import { HubHarness, LINK_TOKEN, PUBLISH_KEY } from '../support/hub-harness.js';
import { ffprobePath, hasFfmpeg } from '../support/media-tools.js';
import { SoundEngine } from '../support/sound-engine.js';
import { waitFor } from '../support/wait.js';

const run = promisify(execFile);
const LISTEN = 'caster/00ff_listen_rv01';
const SENDER_REPORT = 200;
const OPUS = 111;

let harness: HubHarness;
const peers: PeerConnection[] = [];

beforeEach(async () => {
  harness = await HubHarness.start();
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await harness.close();
});

/** Codec, rate and channels of every track. */
async function tracksOf(url: string): Promise<string[]> {
  const { stdout } = await run(ffprobePath, ['-v', 'error', '-of', 'json', '-show_streams', url], { timeout: 25_000 });
  const { streams } = JSON.parse(stdout) as { streams: Record<string, unknown>[] };
  return streams.map((stream) => `${stream.codec_name},${stream.sample_rate},${stream.channels}`);
}

/** Every protocol has one track of mono AAC, without a hole, and the tone is heard on it. */
async function expectTone(urls: readonly string[], track: string, hz: number): Promise<void> {
  await Promise.all(
    urls.map(async (url) => {
      const [tracks, { pcm }] = await Promise.all([tracksOf(url), decode(url, { video: false, seconds: 1.5 })]);
      expect(tracks, url).toEqual([track]);
      expect(pcm.gaps, url).toEqual([]);
      expect(pcm.samples.length, url).toBeGreaterThan(60_000);
      const tone = dominantTone(pcm, pcm.startMs + 500, pcm.startMs + 700);
      expect(Math.abs((tone?.hz ?? 0) - hz), url).toBeLessThan(5);
      expect(tone?.level, url).toBeGreaterThan(0.05);
    }),
  );
}

interface Listener {
  status: number;
  answer: string;
  /** Address of the session. */
  session: string;
  packets: { payloadType: number; timestamp: number; payload: Buffer }[];
  /** Kept, because collected tracks hear nothing. */
  tracks: RtcTrack[];
}

/** Asks for a stream by WHEP and keeps the sound. @param wants the sections of the offer */
async function listenTo(path: string, wants: 'sound' | 'both'): Promise<Listener> {
  const peer = new PeerConnection('viewer', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    disableAutoNegotiation: true,
  });
  peers.push(peer);
  const tracks: RtcTrack[] = [];
  if (wants === 'both') {
    const video = new Video('0', 'RecvOnly');
    video.addH264Codec(103, 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1');
    tracks.push(peer.addTrack(video));
  }
  const audio = new Audio('1', 'RecvOnly');
  audio.addOpusCodec(OPUS);
  const listener: Listener = { status: 0, answer: '', session: '', packets: [], tracks };
  const track = peer.addTrack(audio);
  tracks.push(track);
  track.onMessage((message) => {
    if (message.readUInt8(1) === SENDER_REPORT) return;
    const payloadType = message.readUInt8(1) & 0x7f;
    listener.packets.push({ payloadType, timestamp: message.readUInt32BE(4), payload: message.subarray(12) });
  });
  const gathered = new Promise<void>((resolve) => {
    peer.onGatheringStateChange((state) => state === 'complete' && resolve());
  });
  peer.setLocalDescription('offer');
  await gathered;
  const response = await fetch(harness.url(path), {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    // Without candidates: see whep.test.ts.
    body: (peer.localDescription()?.sdp ?? '').replaceAll(/a=candidate:.*\r\n/g, ''),
  });
  listener.status = response.status;
  listener.answer = await response.text();
  listener.session = new URL(response.headers.get('location') ?? '', response.url).toString();
  if (response.status === 201) peer.setRemoteDescription(listener.answer, 'answer');
  return listener;
}

/** The listener has packets of the engine, each as it was sent, 20 ms apart. */
async function expectOpus(listener: Listener, engine: SoundEngine): Promise<void> {
  await waitFor('sound', 10_000, () => listener.packets.length > 30);
  expect(listener.answer).toMatch(/a=rtpmap:111 opus\/48000\/2\r\n/);
  const received = listener.packets.slice(0, 30);
  const sent = engine.opus.map(({ payload }) => Buffer.from(payload).toString('hex'));
  const first = sent.indexOf(received[0]?.payload.toString('hex') ?? '');
  expect(first).toBeGreaterThanOrEqual(0);
  for (const [index, { payloadType, timestamp, payload }] of received.entries()) {
    expect(payloadType).toBe(OPUS);
    expect(timestamp - (received[0]?.timestamp ?? 0)).toBe(960 * index);
    expect(payload.toString('hex')).toBe(sent[first + index]);
  }
}

function publishSound(): SoundEngine {
  const { linkPath } = harness;
  return new SoundEngine({ linkPath, token: LINK_TOKEN, stream: LISTEN, channels: 1, toneHz: 700 });
}

describe.skipIf(!hasFfmpeg)('with ffmpeg (skipped when it is not installed)', () => {
  test('by RTMP, HTTP-FLV and HLS: an encoder, and an engine that sends when somebody listens', {
    timeout: 40_000,
  }, async () => {
    const engine = publishSound();
    harness.ffmpeg([
      ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=44100,volume=4', '-c:a', 'aac', '-ac', '1'],
      ...['-f', 'flv', harness.rtmpUrl(`/live/mic?key=${PUBLISH_KEY}`)],
    ]);
    await harness.live('live/mic', 5_000);
    await waitFor('the stream', 10_000, () => harness.stream(LISTEN)?.live);
    const urlsOf = (name: string, query: string): string[] => [
      harness.rtmpUrl(`/${name}${query}`),
      harness.url(`/${name}.flv${query}`),
      harness.url(`/${name}.m3u8${query}`),
    ];
    await Promise.all([
      expectTone(urlsOf('live/mic', `?key=${PUBLISH_KEY}`), 'aac,44100,1', 440),
      expectTone(urlsOf(LISTEN, ''), 'aac,48000,1', 700),
    ]);
    expect(engine.link.controls('demand')[0]).toEqual({ type: 'demand', readers: 0, opus: 0 });
    expect(engine.opus).toEqual([]);
  });
});

test('by WHEP: the first listener, sections for pictures, and the end', { timeout: 30_000 }, async () => {
  const engine = publishSound();
  await waitFor('the stream', 10_000, () => harness.stream(LISTEN)?.live);
  const path = `/whep/${LISTEN}`;
  // Nothing is known of a stream that nobody has listened to: sections for pictures stay open, and it plays.
  const first = await listenTo(path, 'both');
  expect(first.status).toBe(201);
  await expectOpus(first, engine);
  expect(engine.demand).toMatchObject({ readers: 1, opus: 1 });
  // Now it is.
  const second = await listenTo(path, 'both');
  expect(second.answer.split(/^(?=m=)/m).map((section) => /^a=(sendonly|inactive)/m.exec(section)?.[1])).toEqual([
    undefined,
    'inactive',
    'sendonly',
  ]);
  await expectOpus(second, engine);
  const third = await listenTo(path, 'sound');
  await expectOpus(third, engine);
  expect(engine.demand).toMatchObject({ readers: 3, opus: 3 });
  const refused = await fetch(harness.url(path), {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 103\r\na=mid:0\r\na=recvonly\r\na=rtpmap:103 H264/90000\r\na=fmtp:103 packetization-mode=1\r\n',
  });
  expect([refused.status, await refused.text()]).toEqual([406, expect.stringContaining('the stream has sound only')]);
  for (const { session } of [first, second, third]) await fetch(session, { method: 'DELETE' });
  await waitFor('nobody', 10_000, () => engine.demand.readers === 0);
});

test('by WHEP: only the sound of a stream with pictures', { timeout: 30_000 }, async () => {
  // Key frames come only when the hub asks for one, which somebody who looks at nothing does not need.
  const engine = harness.publish('caster/w', { keyFrames: 'on demand', opus: true });
  await harness.live('caster/w');
  const asked = engine.controls('keyframe').length;
  const listener = await listenTo('/whep/caster/w', 'sound');
  await waitFor('sound', 10_000, () => listener.packets.length > 20);
  expect(listener.packets[0]?.payload).toEqual(Buffer.from([0xfc, 0xff, 0xfe]));
  expect(engine.controls('keyframe')).toHaveLength(asked);
});
