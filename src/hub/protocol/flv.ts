/**
 * FLV tags and the bodies that RTMP shares with them (Adobe Flash Video File Format 10.1, annex E).
 *
 * Only H.264 and AAC; anything else, enhanced RTMP's four-character codes included, is a {@link ProtocolError} that
 * names the codec. Times of tags are unsigned 32-bit milliseconds; composition times here are microseconds.
 */
import { encodeAmf } from './amf0.js';
import { Cursor } from './cursor.js';
import { ProtocolError } from './error.js';

export const TAG_AUDIO = 8;
export const TAG_VIDEO = 9;
export const TAG_SCRIPT = 18;

export type VideoBody =
  | { kind: 'config'; extradata: Buffer }
  /** `cts` in µs. */
  | { kind: 'frame'; key: boolean; cts: number; payload: Buffer }
  | { kind: 'ignored' };

export type AudioBody =
  | { kind: 'config'; extradata: Buffer }
  | { kind: 'frame'; payload: Buffer }
  | { kind: 'ignored' };

const VIDEO_CODECS: Record<number, string> = {
  2: 'H.263',
  3: 'Screen Video',
  4: 'VP6',
  5: 'VP6',
  12: 'HEVC',
  13: 'AV1',
};
const AUDIO_CODECS: Record<number, string> = { 0: 'PCM', 2: 'MP3', 3: 'PCM', 7: 'G.711', 8: 'G.711', 11: 'Speex' };
const FRAME_KEY = 1;
const FRAME_COMMAND = 5;

/** @throws ProtocolError for another codec than H.264 or a body that is too short. */
export function parseVideoBody(body: Uint8Array): VideoBody {
  // Some encoders send empty video messages as keep-alive.
  if (body.length === 0) return { kind: 'ignored' };
  const cursor = new Cursor(body);
  const first = cursor.u8();
  if (first & 0x80) {
    const code = cursor
      .take(4)
      .toString('latin1')
      .replace(/[^\x20-\x7e]/g, '?');
    throw new ProtocolError(`video codec ${code} is not supported, send H.264`);
  }
  const frame = first >> 4;
  if (frame === FRAME_COMMAND) return { kind: 'ignored' };
  const codec = first & 0x0f;
  if (codec !== 7) {
    throw new ProtocolError(`video codec ${VIDEO_CODECS[codec] ?? codec} is not supported, send H.264`);
  }
  const type = cursor.u8();
  const cts = cursor.i24() * 1000;
  const rest = cursor.take(cursor.left);
  if (type === 0) return { kind: 'config', extradata: rest };
  if (type !== 1 || rest.length === 0) return { kind: 'ignored' };
  return { kind: 'frame', key: frame === FRAME_KEY, cts, payload: rest };
}

/** @throws ProtocolError for another codec than AAC or a body that is too short. */
export function parseAudioBody(body: Uint8Array): AudioBody {
  if (body.length === 0) return { kind: 'ignored' };
  const cursor = new Cursor(body);
  const format = cursor.u8() >> 4;
  if (format !== 10) {
    throw new ProtocolError(`audio codec ${AUDIO_CODECS[format] ?? format} is not supported, send AAC`);
  }
  const type = cursor.u8();
  const rest = cursor.take(cursor.left);
  if (type === 0) return { kind: 'config', extradata: rest };
  if (rest.length === 0) return { kind: 'ignored' };
  return { kind: 'frame', payload: rest };
}

/** The 5 bytes before H.264 data. `cts` in µs, cut to what 24 bits of milliseconds hold. */
export function videoBodyHead(type: 'config' | 'frame', key: boolean, cts: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(key || type === 'config' ? 0x17 : 0x27, 0);
  head.writeUInt8(type === 'config' ? 0 : 1, 1);
  head.writeIntBE(Math.max(-0x800000, Math.min(0x7fffff, Math.round(cts / 1000))), 2, 3);
  return head;
}

/** The 2 bytes before AAC data: the flags say 44 kHz stereo, as they must, whatever the config says. */
export function audioBodyHead(type: 'config' | 'frame'): Buffer {
  return Buffer.from([0xaf, type === 'config' ? 0 : 1]);
}

/** File header and the zero size of the tag before the first. */
export function flvHeader(hasVideo: boolean, hasAudio: boolean): Buffer {
  return Buffer.from([0x46, 0x4c, 0x56, 1, (hasAudio ? 4 : 0) | (hasVideo ? 1 : 0), 0, 0, 0, 9, 0, 0, 0, 0]);
}

/** The pieces of a tag, to be written one after the other; the body's parts are not copied. */
export function flvTag(type: number, timestamp: number, body: readonly Uint8Array[]): Uint8Array[] {
  const size = body.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(11);
  head.writeUInt8(type, 0);
  head.writeUIntBE(size, 1, 3);
  const time = timestamp >>> 0;
  head.writeUIntBE(time & 0xffffff, 4, 3);
  head.writeUInt8(time >>> 24, 7);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(11 + size);
  return [head, ...body, tail];
}

/** What `onMetaData` says of a stream; absent tracks are left out. */
export interface StreamDescription {
  video?: { width: number; height: number };
  audio?: { sampleRate: number; channels: number };
}

/** Body of an `onMetaData` script tag or data message. */
export function metadataBody(description: StreamDescription): Buffer {
  const { video, audio } = description;
  return encodeAmf('onMetaData', {
    ...(video && { width: video.width, height: video.height, videocodecid: 7 }),
    ...(audio && { audiosamplerate: audio.sampleRate, stereo: audio.channels === 2, audiocodecid: 10 }),
    server: 'Castdeck',
  });
}
