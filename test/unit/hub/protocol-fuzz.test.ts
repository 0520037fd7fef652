/**
 * Whatever bytes come, the parsers of hub/protocol throw nothing but ProtocolError, and take no memory for lengths
 * that were only announced. Random bytes and mutated good ones, from a fixed seed.
 */
import { expect, test } from 'vitest';
import { parseAacConfig } from '../../../src/hub/protocol/aac.js';
import { decodeAmf, encodeAmf } from '../../../src/hub/protocol/amf0.js';
import { joinNalUnits, parseAvcConfig, parseSpsSize, splitNalUnits, toAnnexB } from '../../../src/hub/protocol/avc.js';
import { ProtocolError } from '../../../src/hub/protocol/error.js';
import { parseAudioBody, parseVideoBody } from '../../../src/hub/protocol/flv.js';
import { ChunkReader, encodeMessage } from '../../../src/hub/protocol/rtmp-chunk.js';
import { chooseH264, chooseOpus, parseSdp } from '../../../src/hub/protocol/sdp.js';

/** Mulberry32: the same bytes in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return (value ^ (value >>> 14)) >>> 0;
  };
}

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
      for (const media of parseSdp(bytes.toString('latin1'))) {
        chooseH264(media, 0x64);
        chooseOpus(media);
      }
    },
  },
];

function attempt(parser: Parser, bytes: Buffer): void {
  try {
    parser.parse(bytes);
  } catch (error) {
    if (!(error instanceof ProtocolError))
      throw new Error(`${parser.name}: ${bytes.toString('hex')}`, { cause: error });
  }
}

test.each(parsers)('$name takes good bytes', (parser) => {
  expect(() => parser.parse(parser.good)).not.toThrow();
});

test.each(parsers)('$name throws nothing but ProtocolError', (parser) => {
  const random = generator(7);
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.alloc(random() % 200);
    for (let index = 0; index < bytes.length; index++) bytes[index] = random();
    attempt(parser, bytes);
    const mutated = Buffer.from(parser.good.subarray(0, round % 3 === 0 ? random() % parser.good.length : undefined));
    for (let count = 1 + (random() % 4); count > 0 && mutated.length > 0; count--) {
      mutated[random() % mutated.length] = random() % 3 === 0 ? 0xff : random();
    }
    attempt(parser, mutated);
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
