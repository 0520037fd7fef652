/** What the formats of hub/protocol mean, by known bytes and round trips. */
import { expect, test } from 'vitest';
import { parseAacConfig } from '../../../src/hub/protocol/aac.js';
import { decodeAmf, encodeAmf } from '../../../src/hub/protocol/amf0.js';
import { joinNalUnits, parseAvcConfig, parseSpsSize, splitNalUnits, toAnnexB } from '../../../src/hub/protocol/avc.js';
import { ProtocolError } from '../../../src/hub/protocol/error.js';
import { flvTag, parseAudioBody, parseVideoBody, videoBodyHead } from '../../../src/hub/protocol/flv.js';
import { renderPlaylist } from '../../../src/hub/protocol/playlist.js';
import { ChunkReader, encodeMessage, type RtmpMessage } from '../../../src/hub/protocol/rtmp-chunk.js';
import { chooseH264, parseSdp, withCandidates, withPlainCandidates } from '../../../src/hub/protocol/sdp.js';
import { parseRtmpAddress } from '../../../src/hub/rtmp-address.js';
import { sameSecret } from '../../../src/hub/secret.js';

/** 1280x720 High, as x264 writes it. */
const SPS = Buffer.from('6764001facd9405005bb011000000300100000030320f1831960', 'hex');
const PPS = Buffer.from('68ebecb22c', 'hex');
const AVCC = Buffer.concat([
  Buffer.from([1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, SPS.length]),
  SPS,
  Buffer.from([1, 0, 5]),
  PPS,
]);

function readAll(reader: ChunkReader, bytes: Uint8Array, step: number): RtmpMessage[] {
  const messages: RtmpMessage[] = [];
  for (let at = 0; at < bytes.length; at += step)
    messages.push(...reader.push(Buffer.from(bytes.subarray(at, at + step))));
  return messages;
}

test('AMF0 values survive a round trip', () => {
  const values = ['connect', 1, { app: 'live', ok: true, none: null, list: [1, 'two'] }, 'x'.repeat(70_000)];
  const back = decodeAmf(encodeAmf(...values));
  expect(JSON.parse(JSON.stringify(back))).toEqual(values);
});

test('AMF0 objects cannot reach a prototype, and depth is limited', () => {
  const [object] = decodeAmf(Buffer.from('0300095f5f70726f746f5f5f0101000009', 'hex'));
  expect(Object.getPrototypeOf(object)).toBeNull();
  const deep = Buffer.concat([...Array.from({ length: 20 }, () => Buffer.from('03000161', 'hex')), Buffer.from([5])]);
  expect(() => decodeAmf(deep)).toThrow(/deep/);
});

test.each([1, 7, 128, 100_000])('messages survive the chunk stream in steps of %i bytes', (step) => {
  const sent = [
    { chunkStream: 3, type: 20, stream: 0, timestamp: 0, payload: Buffer.from('command') },
    { chunkStream: 6, type: 9, stream: 1, timestamp: 0xfffffe, payload: Buffer.alloc(1000, 1) },
    { chunkStream: 6, type: 9, stream: 1, timestamp: 0xffffff, payload: Buffer.alloc(1000, 2) },
    { chunkStream: 4, type: 8, stream: 1, timestamp: 0xffffffff, payload: Buffer.alloc(128, 3) },
    { chunkStream: 4, type: 8, stream: 1, timestamp: 2 ** 32 + 5, payload: Buffer.alloc(0) },
  ];
  const bytes = Buffer.concat(sent.flatMap((one) => encodeMessage({ ...one, payload: [one.payload] }, 128)));
  const got = readAll(new ChunkReader(1_000_000), bytes, step);
  expect(got).toEqual(
    sent.map(({ type, stream, timestamp, payload }) => ({ type, stream, timestamp: timestamp % 2 ** 32, payload })),
  );
});

test('timestamp deltas add up and unfinished messages are limited', () => {
  const head = Buffer.from('04000064000001080100000011', 'hex');
  const delta = Buffer.from('440000140000010822', 'hex');
  const same = Buffer.from('c433', 'hex');
  const times = readAll(new ChunkReader(100), Buffer.concat([head, delta, same]), 3).map((one) => one.timestamp);
  expect(times).toEqual([100, 120, 140]);
  expect(() => readAll(new ChunkReader(100), Buffer.from('04000064000101080100000011', 'hex'), 50)).toThrow(
    ProtocolError,
  );
  expect(() => new ChunkReader(100).setChunkSize(1)).toThrow(ProtocolError);
});

test('AVC configuration and size', () => {
  const config = parseAvcConfig(AVCC);
  expect(config).toMatchObject({ profile: 100, level: 31, lengthSize: 4, sps: [SPS], pps: [PPS] });
  expect(parseSpsSize(SPS)).toEqual({ width: 1280, height: 720 });
});

test('Annex B puts parameter sets before a key frame, once', () => {
  const config = parseAvcConfig(AVCC);
  const code = Buffer.from([0, 0, 0, 1]);
  const picture = Buffer.from([0x65, 1, 2]);
  const payload = joinNalUnits([Buffer.from([9, 0xf0]), picture]);
  expect(splitNalUnits(payload)).toHaveLength(2);
  expect(toAnnexB(payload, config)).toEqual(Buffer.concat([code, SPS, code, PPS, code, picture]));
  expect(toAnnexB(payload, null)).toEqual(Buffer.concat([code, picture]));
  const own = joinNalUnits([SPS, PPS, picture]);
  expect(toAnnexB(own, config)).toEqual(Buffer.concat([code, SPS, code, PPS, code, picture]));
  expect(() => toAnnexB(Buffer.from([0, 0, 1, 0, 5]), null)).toThrow(ProtocolError);
});

test('AAC configurations', () => {
  expect(parseAacConfig(Buffer.from('1190', 'hex'))).toMatchObject({ objectType: 2, sampleRate: 48000, channels: 2 });
  expect(parseAacConfig(Buffer.from('1210', 'hex'))).toMatchObject({ sampleRate: 44100, frameLength: 1024 });
  expect(parseAacConfig(Buffer.from('2b920800', 'hex'))).toMatchObject({ objectType: 2, sampleRate: 22050 });
  expect(() => parseAacConfig(Buffer.from('1780', 'hex'))).toThrow(ProtocolError);
});

test('FLV bodies: composition times, and refusals that name the codec', () => {
  const head = videoBodyHead('frame', false, -40_000);
  expect(parseVideoBody(Buffer.concat([head, Buffer.from([1])]))).toMatchObject({
    kind: 'frame',
    key: false,
    cts: -40_000,
  });
  expect(() => parseVideoBody(Buffer.from('\x91hvc1', 'latin1'))).toThrow(/hvc1/);
  expect(() => parseVideoBody(Buffer.from([0x1c, 0]))).toThrow(/HEVC/);
  expect(() => parseAudioBody(Buffer.from([0x2f, 0]))).toThrow(/MP3/);
  expect(parseVideoBody(Buffer.alloc(0))).toEqual({ kind: 'ignored' });
});

test('FLV tags carry 32 bits of time and their own size', () => {
  const tag = Buffer.concat(flvTag(9, 0x12345678, [Buffer.from([1, 2]), Buffer.from([3])]));
  expect(tag.toString('hex')).toBe('0900000334567812000000' + '010203' + '0000000e');
});

test('a playlist says where things do not join', () => {
  const segment = { uri: '7.m4s', initUri: 'init0.mp4', duration: 2, discontinuity: false };
  const other = { uri: '8.m4s', initUri: 'init1.mp4', duration: 1.96, discontinuity: true };
  const playlist = {
    sequence: 7,
    discontinuitySequence: 1,
    targetDuration: 2,
    segments: [segment, other],
    ended: false,
  };
  expect(renderPlaylist(playlist).split('\n').slice(3)).toEqual([
    '#EXT-X-MEDIA-SEQUENCE:7',
    '#EXT-X-DISCONTINUITY-SEQUENCE:1',
    '#EXT-X-MAP:URI="init0.mp4"',
    '#EXTINF:2.000000,',
    '7.m4s',
    '#EXT-X-DISCONTINUITY',
    '#EXT-X-MAP:URI="init1.mp4"',
    '#EXTINF:1.960000,',
    '8.m4s',
    '',
  ]);
});

test('the H.264 payload type fits the stream', () => {
  const line = (type: number, mode: number, profile: string) =>
    `a=rtpmap:${type} H264/90000\r\na=fmtp:${type} packetization-mode=${mode};profile-level-id=${profile}\r\n`;
  const [media] = parseSdp(
    `v=0\r\nm=video 9 X 1\r\na=mid:0\r\n${line(1, 0, '4d001f')}${line(2, 1, '64001f')}${line(3, 1, '42e01f')}${line(4, 1, '4d001f')}`,
  );
  if (!media) return expect.unreachable();
  expect(chooseH264(media, 0x4d)?.payloadType).toBe(4);
  expect(chooseH264(media, 0x42)?.payloadType).toBe(3);
  expect(chooseH264(media, 0x6e)?.payloadType).toBe(3);
  expect(chooseH264(media, null)?.payloadType).toBe(3);
  expect(withCandidates('a=end-of-candidates\r\n', ['203.0.113.5'], 9000)).toMatch(
    /^a=candidate.* 203\.0\.113\.5 9000 typ host\r\na=end/,
  );
});

test('an offer keeps the candidates that are addresses, 32 at most', () => {
  const candidate = (protocol: string, address: string) => `a=candidate:1 1 ${protocol} 99 ${address} 9 typ host`;
  const kept = ['v=0', candidate('udp', '192.0.2.1'), candidate('UDP', 'fd00::2'), 'a=mid:0', ''];
  const dropped = [
    candidate('udp', 'a1b2.local'),
    candidate('tcp', '192.0.2.1'),
    'a=candidate:',
    candidate('udp', 'x.y'),
  ];
  expect(withPlainCandidates([...kept.slice(0, 2), ...dropped, ...kept.slice(2)].join('\r\n'))).toBe(kept.join('\r\n'));
  const many = withPlainCandidates(Array.from({ length: 500 }, () => kept[1]).join('\r\n'));
  expect(many.split('\r\n')).toHaveLength(32);
});

test('RTMP addresses as encoders write them', () => {
  const cam = { stream: 'live/cam', app: 'live', key: 'K' };
  expect(parseRtmpAddress('live', 'cam?key=K', 'rtmp://h/live')).toEqual(cam);
  expect(parseRtmpAddress('live/', 'cam?a=1&key=K', '')).toEqual(cam);
  expect(parseRtmpAddress('live?key=K', 'cam', '')).toEqual(cam);
  expect(parseRtmpAddress('live', 'cam', 'rtmp://h/live?key=K')).toEqual(cam);
  expect(parseRtmpAddress('', 'live/cam?key=K', '')).toEqual(cam);
  for (const name of ['', '..%2f', 'a/b', 'a b', 'x'.repeat(129)]) {
    expect(parseRtmpAddress('live', name, '').stream).toBeNull();
  }
  expect(parseRtmpAddress('other', 'cam', '').stream).toBeNull();
});

test('an empty key opens nothing', () => {
  expect(sameSecret('a', 'a')).toBe(true);
  expect(sameSecret('a', 'b')).toBe(false);
  expect(sameSecret('', '')).toBe(false);
});
