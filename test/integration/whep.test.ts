/**
 * WHEP against a libdatachannel client in this process: the offer is answered, RTP arrives with the right payload
 * types and times, a key frame is asked for, and DELETE ends the session. All on loopback.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Audio, PeerConnection, RtcpReceivingSession, type Track as RtcTrack, Video } from 'node-datachannel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Hub, startHub } from '../../src/hub/hub.js';
import {
  encodeConfig,
  encodeHello,
  encodePacketHead,
  FrameReader,
  type LinkControl,
  type MediaPacket,
  TRACK_OPUS,
  TRACK_VIDEO,
} from '../../src/link/frame.js';

const TOKEN = 'whep-token';
const SENDER_REPORT = 200;
const AVCC = Buffer.from('0142c00dffe1000467' + '42c00d01000468cb83cb', 'hex');

let directory: string;
let hub: Hub;
let engine: Engine;
const peers: PeerConnection[] = [];

/** Publishes 100 pictures and 50 Opus packets a second; a key frame only when it is asked for one. */
class Engine {
  readonly socket: Socket;
  readonly controls: LinkControl[] = [];
  readonly #timer: NodeJS.Timeout;
  #wantsKey = true;

  constructor(stream: string) {
    this.socket = connect(join(directory, 'link.sock'));
    const reader = new FrameReader();
    this.socket.on('data', (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) {
        if (frame.kind !== 'control') continue;
        this.controls.push(frame.control);
        if (frame.control.type === 'keyframe') this.#wantsKey = true;
      }
    });
    this.socket.on('error', () => {});
    this.socket.write(encodeHello({ version: 1, role: 'publish', stream, token: TOKEN }));
    this.socket.write(encodeConfig({ track: TRACK_VIDEO, codec: 'h264', extradata: AVCC }));
    this.socket.write(encodeConfig({ track: TRACK_OPUS, codec: 'opus', extradata: Buffer.from('OpusHead') }));
    let number = 0;
    this.#timer = setInterval(() => {
      const payload = Buffer.alloc(4 + 3_000, 0x55);
      payload.writeUInt32BE(3_000, 0);
      payload.writeUInt8(this.#wantsKey ? 0x65 : 0x41, 4);
      this.#send({ track: TRACK_VIDEO, key: this.#wantsKey, dts: number * 10_000, cts: 0, payload });
      this.#wantsKey = false;
      if (number % 2 === 0) {
        const sound = Buffer.from([0xfc, 0xff, 0xfe]);
        this.#send({ track: TRACK_OPUS, key: true, dts: number * 10_000, cts: 0, payload: sound });
      }
      number++;
    }, 10);
  }

  #send(packet: MediaPacket): void {
    this.socket.write(encodePacketHead(packet));
    this.socket.write(packet.payload);
  }

  close(): void {
    clearInterval(this.#timer);
    this.socket.destroy();
  }
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'castdeck-whep-'));
  hub = await startHub(
    {
      host: '127.0.0.1',
      mediaPort: 0,
      rtmpPort: 0,
      webrtcPort: 0,
      linkPath: join(directory, 'link.sock'),
      linkToken: TOKEN,
      publishKey: 'key',
      webrtcAddresses: [],
      maxReaders: 2,
    },
    { published: () => {} },
  );
  engine = new Engine('caster/w');
  await until('the stream', () => hub.stats().some((one) => one.live && one.bytesIn > 0));
});

afterEach(async () => {
  engine.close();
  for (const peer of peers.splice(0)) peer.close();
  await hub.close();
  rmSync(directory, { recursive: true, force: true });
});

async function until<T>(what: string, probe: () => T | undefined | false | null, ms = 10_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

interface Rtp {
  payloadType: number;
  marker: boolean;
  timestamp: number;
  ssrc: number;
  /** NAL unit type, looked up inside fragments. */
  nal: number;
}

function parseRtp(message: Buffer): Rtp {
  const start = message.readUInt8(12) & 0x1f;
  return {
    payloadType: message.readUInt8(1) & 0x7f,
    marker: (message.readUInt8(1) & 0x80) !== 0,
    timestamp: message.readUInt32BE(4),
    ssrc: message.readUInt32BE(8),
    nal: start === 28 ? message.readUInt8(13) & 0x1f : start,
  };
}

class Viewer {
  readonly peer: PeerConnection;
  readonly video: RtcTrack;
  readonly audio: RtcTrack;
  readonly #session = new RtcpReceivingSession();
  readonly videoPackets: Rtp[] = [];
  readonly audioPackets: Rtp[] = [];
  senderReports = 0;
  location = '';
  answer = '';

  constructor() {
    this.peer = new PeerConnection('viewer', {
      iceServers: [],
      bindAddress: '127.0.0.1',
      disableAutoNegotiation: true,
    });
    peers.push(this.peer);
    const video = new Video('0', 'RecvOnly');
    video.addH264Codec(102, 'profile-level-id=42001f;packetization-mode=0');
    video.addH264Codec(103, 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1');
    const audio = new Audio('1', 'RecvOnly');
    audio.addOpusCodec(111);
    this.video = this.peer.addTrack(video);
    this.audio = this.peer.addTrack(audio);
    this.video.setMediaHandler(this.#session);
    this.video.onMessage((message) => this.videoPackets.push(parseRtp(message)));
    this.audio.onMessage((message) => {
      // RTCP comes on the same port (RFC 5761); no handler takes it out here.
      if (message.readUInt8(1) === SENDER_REPORT) this.senderReports++;
      else this.audioPackets.push(parseRtp(message));
    });
  }

  async join(): Promise<number> {
    const gathered = new Promise<void>((resolve) => {
      this.peer.onGatheringStateChange((state) => state === 'complete' && resolve());
    });
    this.peer.setLocalDescription('offer');
    await gathered;
    const response = await fetch(`http://127.0.0.1:${hub.mediaPort}/whep/caster/w`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      // Without candidates, like a viewer behind NAT: the hub learns the address from the viewer's checks. With
      // them libdatachannel's client sometimes fails here, because the hub is so near that the DTLS handshake comes
      // before the client has stored the answer's fingerprint.
      body: (this.peer.localDescription()?.sdp ?? '').replaceAll(/a=candidate:.*\r\n/g, ''),
    });
    this.answer = await response.text();
    if (response.status === 201) {
      this.location = response.headers.get('location') ?? '';
      this.peer.setRemoteDescription(this.answer, 'answer');
    }
    return response.status;
  }
}

test('pictures and sound arrive, from a key frame on', { timeout: 30_000 }, async () => {
  const viewer = new Viewer();
  expect(await viewer.join()).toBe(201);
  expect(viewer.location).toMatch(/^\/whep\/session\/[0-9a-f]{32}$/);
  expect(viewer.answer).toContain(`127.0.0.1 ${hub.webrtcPort} typ host`);
  await until('pictures', () => viewer.videoPackets.length > 300 && viewer.audioPackets.length > 20);
  const { videoPackets, audioPackets } = viewer;
  expect(new Set(videoPackets.map((packet) => packet.payloadType))).toEqual(new Set([103]));
  expect(new Set(audioPackets.map((packet) => packet.payloadType))).toEqual(new Set([111]));
  // SPS, PPS and the picture.
  expect(videoPackets.slice(0, 3).map((packet) => packet.nal)).toEqual([7, 8, 5]);
  const times = [...new Set(videoPackets.map((packet) => packet.timestamp))];
  expect(times[0]).toBe(0);
  times.forEach((time, index) => {
    expect(time).toBe(900 * index);
  });
  const soundTimes = audioPackets.map((packet) => packet.timestamp);
  soundTimes.forEach((time, index) => {
    expect(time - (soundTimes[0] ?? 0)).toBe(960 * index);
  });
  expect(viewer.senderReports).toBeGreaterThan(0);
  expect(engine.controls).toContainEqual({ type: 'demand', readers: 1, opus: 1 });
  expect(engine.controls).toContainEqual({ type: 'keyframe' });
});

test('a viewer that lost a picture gets a key frame', { timeout: 30_000 }, async () => {
  const viewer = new Viewer();
  await viewer.join();
  await until('pictures', () => viewer.videoPackets.length > 30);
  const asked = () => engine.controls.filter((control) => control.type === 'keyframe').length;
  const before = asked();
  await until('the request', () => {
    viewer.video.requestKeyframe();
    return asked() > before;
  });
});

test('DELETE ends a session, and the limit holds', { timeout: 30_000 }, async () => {
  const viewers = [new Viewer(), new Viewer(), new Viewer()];
  const statuses = [];
  for (const viewer of viewers) statuses.push(await viewer.join());
  expect(statuses).toEqual([201, 201, 503]);
  await until('two readers', () => hub.stats()[0]?.readers === 2);
  const url = `http://127.0.0.1:${hub.mediaPort}${viewers[0]?.location}`;
  expect((await fetch(url, { method: 'PATCH' })).status).toBe(405);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(200);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(404);
  await until('one reader', () => hub.stats()[0]?.readers === 1);
  await until('the demand', () => engine.controls.some((one) => one.type === 'demand' && one.readers === 2));
  expect(engine.controls.at(-1)).toEqual({ type: 'demand', readers: 1, opus: 1 });
});

test('bad offers are answered, not fatal', { timeout: 30_000 }, async () => {
  const post = async (body: string, type = 'application/sdp', path = '/whep/caster/w') =>
    (
      await fetch(`http://127.0.0.1:${hub.mediaPort}${path}`, {
        method: 'POST',
        headers: { 'Content-Type': type },
        body,
      })
    ).status;
  expect(await post('hello')).toBe(400);
  expect(await post('v=0', 'text/plain')).toBe(415);
  expect(await post('x'.repeat(70_000))).toBe(413);
  expect(await post('v=0', 'application/sdp', '/whep/caster/none')).toBe(404);
  expect(await post('v=0', 'application/sdp', '/whep/live/cam')).toBe(403);
  const media = 'm=video 9 UDP/TLS/RTP/SAVPF 103\r\na=mid:0\r\na=recvonly\r\n';
  expect(await post(`v=0\r\n${media}`)).toBe(406);
  const codec = 'a=rtpmap:103 H264/90000\r\na=fmtp:103 packetization-mode=1;profile-level-id=42e01f\r\n';
  expect(await post(`v=0\r\n${media}${codec}`)).toBe(400);
  expect(await post(`v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n${media}${codec}a=ice-ufrag:x\r\n`)).toBe(400);
  expect((await fetch(`http://127.0.0.1:${hub.mediaPort}/caster/w.flv`, { method: 'HEAD' })).status).toBe(200);
});
