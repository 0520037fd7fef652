/**
 * Whatever bytes come, what parses them in the hub throws nothing but ProtocolError, ends soon, and takes no memory for
 * lengths that were only announced. Random bytes and mutated good ones, from a fixed seed.
 */
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { RtmpPublisher } from '../../../src/hub/ingest/rtmp-publisher.js';
import { Segmenter } from '../../../src/hub/playback/segmenter.js';
import { asksForPicture } from '../../../src/hub/playback/webrtc-peer.js';
import { parseAacConfig } from '../../../src/hub/protocol/aac.js';
import { decodeAmf, encodeAmf } from '../../../src/hub/protocol/amf0.js';
import {
  joinNalUnits,
  parseAvcConfig,
  parseSpsSize,
  splitNalUnits,
  toAnnexB,
  withFourByteLengths,
} from '../../../src/hub/protocol/avc.js';
import { ProtocolError } from '../../../src/hub/protocol/error.js';
import { parseAudioBody, parseVideoBody } from '../../../src/hub/protocol/flv.js';
import { ChunkReader, encodeMessage } from '../../../src/hub/protocol/rtmp-chunk.js';
import { chooseH264, chooseOpus, parseSdp, withPlainCandidates } from '../../../src/hub/protocol/sdp.js';
import { parseRtmpAddress } from '../../../src/hub/rtmp-address.js';
import { TRACK_AAC, TRACK_VIDEO } from '../../../src/link/frame.js';
import { generator, mutated, randomBytes } from '../../support/random.js';

const AVCC = Buffer.from(
  '0164001fffe1001a6764001facd9405005bb011000000300100000030320f1831960' + '01000568ebecb22c',
  'hex',
);
const SDP = [
  'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n',
  'm=video 9 UDP/TLS/RTP/SAVPF 102 103\r\na=mid:0\r\na=recvonly\r\na=rtpmap:102 H264/90000\r\n',
  'a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:1\r\na=rtpmap:111 opus/48000/2\r\n',
].join('');
const CHUNKS = Buffer.concat([
  ...encodeMessage({ chunkStream: 3, type: 20, stream: 0, timestamp: 5, payload: [Buffer.alloc(300, 1)] }, 128),
  ...encodeMessage({ chunkStream: 6, type: 9, stream: 1, timestamp: 0x1000005, payload: [Buffer.alloc(500, 2)] }, 128),
]);

interface Parser {
  name: string;
  good: Buffer;
  parse: (bytes: Buffer) => unknown;
}

const parsers: Parser[] = [
  {
    name: 'AMF0',
    good: encodeAmf('connect', 1, { app: 'live', list: [1, null, true], deep: { a: {} } }),
    parse: decodeAmf,
  },
  {
    name: 'chunk stream',
    good: CHUNKS,
    parse: (bytes) => {
      const reader = new ChunkReader(4096);
      let total = 0;
      for (let at = 0; at < bytes.length; at += 50) {
        for (const message of reader.push(bytes.subarray(at, at + 50))) total += message.payload.length;
      }
      expect(total).toBeLessThanOrEqual(bytes.length);
    },
  },
  { name: 'video body', good: Buffer.from('1701000000000000026588', 'hex'), parse: parseVideoBody },
  { name: 'audio body', good: Buffer.from('af011210', 'hex'), parse: parseAudioBody },
  {
    name: 'AVC config and SPS',
    good: AVCC,
    parse: (bytes) => {
      for (const sps of parseAvcConfig(bytes).sps) parseSpsSize(sps);
    },
  },
  { name: 'SPS', good: AVCC.subarray(8, 34), parse: parseSpsSize },
  {
    name: 'NAL units',
    good: joinNalUnits([Buffer.from([9, 1]), Buffer.from([0x65, 1, 2, 3])]),
    parse: (bytes) => [splitNalUnits(bytes), splitNalUnits(bytes, 1), splitNalUnits(bytes, 2), toAnnexB(bytes, null)],
  },
  { name: 'AAC config', good: Buffer.from('1190', 'hex'), parse: parseAacConfig },
  {
    name: 'SDP',
    good: Buffer.from(SDP),
    parse: (bytes) => {
      withPlainCandidates(bytes.toString('latin1'));
      for (const media of parseSdp(bytes.toString('latin1'))) {
        chooseH264(media, 0x64);
        chooseOpus(media);
      }
    },
  },
  {
    name: 'record of an encoder, then pictures',
    good: Buffer.concat([Buffer.from('1700000000', 'hex'), AVCC]),
    parse: (bytes) => {
      const publisher = new RtmpPublisher({ config: () => {}, packet: () => {}, ladder: () => {}, close: () => {} });
      publisher.video(Buffer.concat([Buffer.from('1700000000', 'hex'), AVCC]), 0);
      publisher.video(bytes, bytes.length > 4 ? bytes.readUInt32BE(0) : 0);
      // Past the codec: its other half is for `audio body` above.
      const body = Buffer.concat([Buffer.from([0xaf, (bytes[0] ?? 0) & 1]), bytes]);
      publisher.audio(body, bytes.length > 8 ? bytes.readUInt32BE(4) : 0);
    },
  },
  {
    name: 'segments of a stream with this configuration',
    good: AVCC,
    parse: (bytes) => {
      const segmenter = new Segmenter({ init: () => {}, segment: () => {} });
      segmenter.config({ track: TRACK_VIDEO, codec: 'h264', extradata: bytes });
      segmenter.config({ track: TRACK_AAC, codec: 'aac', extradata: bytes });
      for (let dts = 0; dts < 5_000_000; dts += 500_000) {
        segmenter.packet({ track: TRACK_VIDEO, key: dts % 2_000_000 === 0, dts, cts: -dts, payload: bytes });
        segmenter.packet({ track: TRACK_AAC, key: true, dts, cts: 0, payload: bytes });
      }
    },
  },
  {
    name: 'record with lengths of four bytes',
    good: AVCC,
    parse: (bytes) => expect(withFourByteLengths(bytes)).toHaveLength(bytes.length),
  },
  {
    name: 'RTMP address',
    good: Buffer.from('live/cam?key=%41&x=1'),
    parse: (bytes) => {
      const text = bytes.toString('latin1');
      const { stream } = parseRtmpAddress(text, text, text);
      parseRtmpAddress('live', text, text);
      if (stream !== null) expect(stream).toMatch(/^(live|caster)\/[A-Za-z0-9_.-]{1,128}$/);
    },
  },
  { name: 'RTCP feedback', good: Buffer.from('81ce000200000001000000028f', 'hex'), parse: asksForPicture },
];

/** Far more than any of these takes on a busy machine, far less than anything quadratic takes. */
const SOON_MS = 2_000;

function attempt(parser: Parser, bytes: Buffer): void {
  try {
    parser.parse(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError))
      throw new Error(`${parser.name}: ${bytes.subarray(0, 300).toString('hex')}`, { cause: error });
  }
}

test.each(parsers)('$name takes good bytes', (parser) => {
  expect(() => parser.parse(parser.good)).not.toThrow();
});

test.each(parsers)('$name throws nothing but ProtocolError', (parser) => {
  const random = generator(7);
  for (let round = 0; round < 3000; round++) {
    attempt(parser, randomBytes(random, random() % 200));
    attempt(parser, mutated(random, parser.good));
  }
});

test.each(parsers)('$name is soon done with long inputs', (parser) => {
  const random = generator(8);
  const length = 64 * 1024;
  const inputs: Buffer[] = [0x00, 0x01, 0x03, 0x08, 0x0a, 0x20, 0x3b, 0x80, 0xff].map((byte) =>
    Buffer.alloc(length, byte),
  );
  inputs.push(randomBytes(random, length), Buffer.alloc(length, parser.good));
  inputs.push(Buffer.concat([parser.good, randomBytes(random, length - parser.good.length)]));
  for (const input of inputs) {
    const began = performance.now();
    attempt(parser, input);
    expect(performance.now() - began).toBeLessThan(SOON_MS);
  }
});

test('announced lengths take no memory', () => {
  const before = process.memoryUsage().arrayBuffers;
  const readers: ChunkReader[] = [];
  for (let index = 0; index < 200; index++) {
    const reader = new ChunkReader(16 * 1024 * 1024);
    for (const _ of reader.push(Buffer.from('03000000ffffff0900000000aa', 'hex'))) expect.unreachable();
    readers.push(reader);
  }
  expect(readers).toHaveLength(200);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  expect(() => decodeAmf(Buffer.from('0affffffff', 'hex'))).toThrow(ProtocolError);
});

test('a message that comes byte by byte takes its own size only, and is whole in the end', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const size = 300_000;
  const payload = randomBytes(generator(9), size);
  const bytes = Buffer.concat(
    encodeMessage({ chunkStream: 6, type: 9, stream: 1, timestamp: 0, payload: [payload] }, 4096),
  );
  const reader = new ChunkReader(1_000_000);
  reader.setChunkSize(4096);
  const before = used();
  const got: Buffer[] = [];
  for (let at = 0; at < bytes.length; at++) {
    // Each in memory of its own, as from a socket.
    for (const message of reader.push(Buffer.from(Uint8Array.of(bytes[at] ?? 0)))) got.push(message.payload);
    if (at === bytes.length - 2) expect(used() - before).toBeLessThan(3 * size);
  }
  expect(got).toHaveLength(1);
  expect(got[0]?.equals(payload)).toBe(true);
});
