/** The link's framing: what goes in comes out however it is cut, and nothing but LinkProtocolError comes of nonsense. */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import {
  encodeConfig,
  encodeControl,
  encodeHello,
  encodePacketHead,
  FRAME_CONFIG,
  FRAME_CONTROL,
  FRAME_HELLO,
  FRAME_PACKET,
  FrameReader,
  type LinkControl,
  type LinkFrame,
  LinkProtocolError,
  MAX_FRAME,
  type MediaPacket,
} from '../../../src/link/frame.js';
import { generator } from '../../support/random.js';

function encodePacket(packet: MediaPacket): Buffer {
  return Buffer.concat([encodePacketHead(packet), packet.payload]);
}

/** A frame as it lies on the wire, of any kind and body. */
function raw(kind: number, body: Uint8Array | number[] | string): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(1 + bytes.length, 0);
  head.writeUInt8(kind, 4);
  return Buffer.concat([head, bytes]);
}

function readAll(...chunks: Buffer[]): LinkFrame[] {
  const reader = new FrameReader();
  return chunks.flatMap((chunk) => [...reader.push(chunk)]);
}

const RUNG = {
  ...{ stream: 'caster/a', width: 1280, height: 720, fps: 30, bitrate: 2_500_000, burst: 2_500_000 },
  ...{ soundBitrate: 128_000, codec: 'avc1.4D401F' },
};

const CONTROLS: LinkControl[] = [
  { type: 'accepted' },
  { type: 'refused', reason: 'wrong token' },
  { type: 'end', reason: 'the show is over – grüezi' },
  { type: 'keyframe' },
  { type: 'demand', readers: 12, opus: 3 },
  { type: 'source', live: true },
  { type: 'source', live: false },
  { type: 'ladder', variants: [] },
  { type: 'ladder', variants: [RUNG, { ...RUNG, stream: 'caster/a_lld', codec: 'avc1.42C01E' }] },
];

/** One frame of each kind and form: its value and its bytes. */
const FRAMES: { frame: LinkFrame; bytes: Buffer }[] = [
  ...(['publish', 'subscribe'] as const).map((role) => {
    const hello = { version: 1, role, stream: 'caster/0123', token: 'secret' } as const;
    return { frame: { kind: 'hello' as const, hello }, bytes: encodeHello(hello) };
  }),
  ...(['h264', 'aac', 'opus'] as const).map((codec, track) => {
    const config = { track: track as 0 | 1 | 2, codec, extradata: Buffer.from([1, 2, 3, 255]) };
    return { frame: { kind: 'config' as const, config }, bytes: encodeConfig(config) };
  }),
  ...[
    { track: 0 as const, key: true, dts: 1_000_000, cts: 33_333, payload: Buffer.from([9, 8, 7]) },
    { track: 1 as const, key: false, dts: -21_333, cts: -40_000, payload: Buffer.alloc(0) },
    { track: 2 as const, key: true, dts: 9_007_199_254_740_991, cts: -2_147_483_648, payload: Buffer.alloc(300, 5) },
  ].map((packet) => ({ frame: { kind: 'packet' as const, packet }, bytes: encodePacket(packet) })),
  ...CONTROLS.map((control) => ({ frame: { kind: 'control' as const, control }, bytes: encodeControl(control) })),
];
const WIRE = Buffer.concat(FRAMES.map(({ bytes }) => bytes));
const VALUES = FRAMES.map(({ frame }) => frame);

test('every kind of frame comes back as it went in', () => {
  for (const { frame, bytes } of FRAMES) expect(readAll(bytes)).toEqual([frame]);
  expect(readAll(WIRE)).toEqual(VALUES);
});

test('it does not matter where the bytes are cut', () => {
  for (let at = 0; at <= WIRE.length; at++) {
    expect(readAll(WIRE.subarray(0, at), WIRE.subarray(at))).toEqual(VALUES);
  }
  expect(readAll(...[...WIRE].map((byte) => Buffer.from([byte])))).toEqual(VALUES);
});

test('a payload stays as it is while later chunks are read', () => {
  const first: MediaPacket = { track: 0, key: true, dts: 0, cts: 0, payload: Buffer.alloc(1000, 1) };
  const second: MediaPacket = { ...first, key: false, payload: Buffer.alloc(1000, 2) };
  const wire = Buffer.concat([encodePacket(first), encodePacket(second)]);
  const reader = new FrameReader();
  const frames = [wire.subarray(0, 700), wire.subarray(700, 1500), wire.subarray(1500)].flatMap((chunk) => [
    ...reader.push(Buffer.from(chunk)),
  ]);
  expect(frames.map((frame) => frame.kind === 'packet' && new Set(frame.packet.payload))).toEqual([
    new Set([1]),
    new Set([2]),
  ]);
});

test('the longest frame is taken, a longer one is refused by its head alone', () => {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(MAX_FRAME, 0);
  head.writeUInt8(FRAME_CONFIG, 4);
  const [frame] = readAll(head, Buffer.alloc(MAX_FRAME - 1));
  expect(frame?.kind === 'config' && frame.config.extradata.length).toBe(MAX_FRAME - 3);

  head.writeUInt32BE(MAX_FRAME + 1, 0);
  expect(() => readAll(head)).toThrow(LinkProtocolError);
});

test.each([
  ['length 0', Buffer.alloc(5)],
  ['unknown kind', raw(5, 'x')],
  ['kind 0', raw(0, '')],
  ['short packet', raw(FRAME_PACKET, Buffer.alloc(13))],
  ['packet of an unknown track', raw(FRAME_PACKET, Buffer.alloc(14, 3))],
  ['short config', raw(FRAME_CONFIG, [0])],
  ['unknown codec', raw(FRAME_CONFIG, [0, 3])],
  ['config of an unknown track', raw(FRAME_CONFIG, [9, 0])],
  ['hello that is not JSON', raw(FRAME_HELLO, '{"version":1')],
  ['hello of another version', raw(FRAME_HELLO, '{"version":2,"role":"publish","stream":"a","token":"b"}')],
  ['hello with an unknown role', raw(FRAME_HELLO, '{"version":1,"role":"watch","stream":"a","token":"b"}')],
  ['hello without a token', raw(FRAME_HELLO, '{"version":1,"role":"publish","stream":"a"}')],
  ['hello that is a list', raw(FRAME_HELLO, '[]')],
  ['control that is null', raw(FRAME_CONTROL, 'null')],
  ['control of an unknown type', raw(FRAME_CONTROL, '{"type":"party"}')],
  ['control whose type is an object', raw(FRAME_CONTROL, '{"type":{"toString":1}}')],
  ['reason that is an object', raw(FRAME_CONTROL, '{"type":"end","reason":{"toString":1,"valueOf":1}}')],
  [
    'reason that is a deep list',
    raw(FRAME_CONTROL, `{"type":"refused","reason":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
  ],
  ['count that is an object', raw(FRAME_CONTROL, '{"type":"demand","readers":{"valueOf":1,"toString":1},"opus":0}')],
  ['count that is endless', raw(FRAME_CONTROL, '{"type":"demand","readers":1e999,"opus":0}')],
  ['ladder that is none', raw(FRAME_CONTROL, '{"type":"ladder","variants":{"length":1}}')],
  ['ladder of nothing', raw(FRAME_CONTROL, '{"type":"ladder","variants":[null]}')],
  [
    'ladder whose codec would break a list',
    raw(FRAME_CONTROL, JSON.stringify({ type: 'ladder', variants: [{ ...RUNG, codec: 'avc1.4D401F"\nx' }] })),
  ],
  [
    'ladder without a height',
    raw(FRAME_CONTROL, JSON.stringify({ type: 'ladder', variants: [{ ...RUNG, height: null }] })),
  ],
  ['endless ladder', raw(FRAME_CONTROL, JSON.stringify({ type: 'ladder', variants: Array(33).fill(RUNG) }))],
  ['count that is negative', raw(FRAME_CONTROL, '{"type":"demand","readers":1,"opus":-1}')],
])('%s is a LinkProtocolError', (_name, bytes) => {
  expect(() => readAll(bytes)).toThrow(LinkProtocolError);
});

test('bytes that were damaged on the way give frames or a LinkProtocolError, nothing else', () => {
  const random = generator(1);
  let errors = 0;
  for (let round = 0; round < 4000; round++) {
    const bytes = Buffer.from(WIRE);
    for (let hit = random() % 6; hit >= 0; hit--) bytes[random() % bytes.length] = random() % 256;
    const cut = random() % bytes.length;
    try {
      readAll(bytes.subarray(0, cut), bytes.subarray(cut));
    } catch (error) {
      expect(error).toBeInstanceOf(LinkProtocolError);
      errors++;
    }
  }
  // Some damage is in payloads, which nobody here looks into; most is noticed.
  expect(errors).toBeGreaterThan(1000);
  expect(errors).toBeLessThan(4000);
});

test('what has been read is not held by the reader', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const frame = encodePacket({ track: 0, key: false, dts: 0, cts: 0, payload: Buffer.alloc(100_000) });
  const reader = new FrameReader();
  const received: WeakRef<Buffer>[] = [];
  let frames = 0;
  for (let round = 0; round < 200; round++) {
    // Each frame in two pieces, cut at a place that wanders.
    const bytes = Buffer.from(frame);
    for (const piece of [bytes.subarray(0, round), Buffer.from(bytes.subarray(round))]) {
      received.push(new WeakRef(piece));
      for (const _frame of reader.push(piece)) frames++;
    }
  }
  expect(frames).toBe(200);
  await setImmediate();
  collect();
  expect(received.filter((piece) => piece.deref()).length).toBeLessThan(5);
  expect([...reader.push(frame)]).toHaveLength(1);
});
