/**
 * WHEP against a libdatachannel client in this process: the offer is answered, RTP arrives with the right payload
 * types and times, a key frame is asked for, and DELETE ends the session. All on loopback.
 */
import { Audio, PeerConnection, RtcpReceivingSession, type Track as RtcTrack, Video } from 'node-datachannel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HubHarness } from '../support/hub-harness.js';
import type { LinkEngine } from '../support/link-engine.js';
import { waitFor } from '../support/wait.js';

const SENDER_REPORT = 200;

let harness: HubHarness;
let engine: LinkEngine;
const peers: PeerConnection[] = [];

beforeEach(async () => {
  harness = await HubHarness.start({ maxReaders: 2 });
  // Large pictures, so that they are cut into fragments; key frames only when they are asked for.
  engine = harness.publish('caster/w', { size: 3_000, keyFrames: 'on demand', opus: true });
  await harness.live('caster/w');
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await harness.close();
});

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
  /** Where the session is, as the viewer sees it. */
  session = '';
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
    const url = harness.url('/whep/caster/w');
    const response = await fetch(url, {
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
      this.session = new URL(this.location, url).toString();
      this.peer.setRemoteDescription(this.answer, 'answer');
    }
    return response.status;
  }
}

test('pictures and sound arrive, from a key frame on', { timeout: 30_000 }, async () => {
  const viewer = new Viewer();
  expect(await viewer.join()).toBe(201);
  expect(new URL(viewer.session).pathname).toMatch(/^\/whep\/session\/[0-9a-f]{32}$/);
  const proxied = new URL(viewer.location, 'https://cast.example/studio/whep/caster/w?key=k').toString();
  expect(proxied).toMatch(/^https:\/\/cast\.example\/studio\/whep\/session\/[0-9a-f]{32}$/);
  expect(viewer.answer).toContain(`127.0.0.1 ${harness.hub.webrtcPort} typ host`);
  await waitFor('pictures', 10_000, () => viewer.videoPackets.length > 300 && viewer.audioPackets.length > 20);
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
  expect(engine.controls('demand')).toContainEqual({ type: 'demand', readers: 1, opus: 1 });
  expect(engine.controls('keyframe')).toContainEqual({ type: 'keyframe' });
});

test('a viewer that lost a picture gets a key frame', { timeout: 30_000 }, async () => {
  const viewer = new Viewer();
  await viewer.join();
  await waitFor('pictures', 10_000, () => viewer.videoPackets.length > 30);
  const asked = () => engine.controls('keyframe').length;
  const before = asked();
  await waitFor('the request', 10_000, () => {
    viewer.video.requestKeyframe();
    return asked() > before;
  });
});

test('DELETE ends a session, and the limit holds', { timeout: 30_000 }, async () => {
  const viewers = [new Viewer(), new Viewer(), new Viewer()];
  const statuses = [];
  for (const viewer of viewers) statuses.push(await viewer.join());
  expect(statuses).toEqual([201, 201, 503]);
  await waitFor('two readers', 10_000, () => harness.stream('caster/w')?.readers === 2);
  const url = viewers[0]?.session ?? '';
  expect((await fetch(url, { method: 'PATCH' })).status).toBe(405);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(200);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(404);
  await waitFor('one reader', 10_000, () => harness.stream('caster/w')?.readers === 1);
  await waitFor('the demand', 10_000, () =>
    engine.controls('demand').some((one) => one.type === 'demand' && one.readers === 2),
  );
  expect(engine.controls('demand').at(-1)).toEqual({ type: 'demand', readers: 1, opus: 1 });
});

test('bad offers are answered, not fatal', { timeout: 30_000 }, async () => {
  const post = async (body: string, type = 'application/sdp', path = '/whep/caster/w') =>
    (
      await fetch(harness.url(path), {
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
  expect((await fetch(harness.url('/caster/w.flv'), { method: 'HEAD' })).status).toBe(200);
});
