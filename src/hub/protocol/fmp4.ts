/**
 * Fragmented MP4 as HLS wants it (ISO/IEC 14496-12, CMAF ISO/IEC 23000-19): one initialisation segment, then media
 * segments of one fragment each. Pure functions; decode times are absolute, so that segments join exactly.
 *
 * Why not a library: mediabunny derives decode times from presentation times, stalls when a track falls silent and
 * keeps a record of every sample for as long as the output lives, which a stream without end cannot afford.
 */
import type { AacConfig } from './aac.js';

/** Ticks per second of video; audio uses its sample rate. */
export const VIDEO_TIMESCALE = 90_000;

export type Fmp4Track =
  | { id: number; kind: 'video'; width: number; height: number; extradata: Uint8Array }
  | { id: number; kind: 'audio'; config: AacConfig; extradata: Uint8Array };

export interface Fmp4Sample {
  key: boolean;
  /** Ticks of the track's timescale until the next sample. */
  duration: number;
  /** Presentation minus decode time, ticks, may be negative. */
  offset: number;
  payload: Uint8Array;
}

export interface Fmp4Run {
  track: number;
  kind: 'video' | 'audio';
  /** Decode time of the first sample, ticks since the start of the presentation, 0 or more. */
  decodeTime: number;
  samples: readonly Fmp4Sample[];
}

function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value >>> 0, 4 * index);
  });
  return bytes;
}

function u16(...values: number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, index) => {
    bytes.writeUInt16BE(value & 0xffff, 2 * index);
  });
  return bytes;
}

function box(type: string, ...parts: Uint8Array[]): Buffer {
  const size = 8 + parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([u32(size), Buffer.from(type, 'latin1'), ...parts], size);
}

function fullBox(type: string, version: number, flags: number, ...parts: Uint8Array[]): Buffer {
  return box(type, u32(((version << 24) | flags) >>> 0), ...parts);
}

/** Unity matrix of `mvhd` and `tkhd`. */
const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

/** An MPEG-4 descriptor (ISO/IEC 14496-1 8.3.3) with its length in four bytes. */
function descriptor(tag: number, ...parts: Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const length = [0x80 | ((size >> 21) & 0x7f), 0x80 | ((size >> 14) & 0x7f), 0x80 | ((size >> 7) & 0x7f), size & 0x7f];
  return Buffer.concat([Buffer.from([tag, ...length]), ...parts]);
}

function videoEntry(track: Extract<Fmp4Track, { kind: 'video' }>): Buffer {
  return box(
    'avc1',
    Buffer.alloc(6),
    u16(1),
    Buffer.alloc(16),
    u16(track.width, track.height),
    u32(0x480000, 0x480000, 0),
    u16(1),
    Buffer.alloc(32),
    u16(0x18, 0xffff),
    box('avcC', track.extradata),
  );
}

function audioEntry(track: Extract<Fmp4Track, { kind: 'audio' }>): Buffer {
  const decoderConfig = descriptor(
    4,
    // Object type 0x40 is MPEG-4 audio; stream type audio; buffer size and bit rates are not known.
    Buffer.from([0x40, 0x15, 0, 0, 0]),
    u32(0, 0),
    descriptor(5, track.extradata),
  );
  const esds = fullBox(
    'esds',
    0,
    0,
    descriptor(3, u16(track.id), Buffer.from([0]), decoderConfig, descriptor(6, Buffer.from([2]))),
  );
  return box(
    'mp4a',
    Buffer.alloc(6),
    u16(1),
    Buffer.alloc(8),
    u16(track.config.channels || 2, 16, 0, 0),
    // 16.16 fixed point: rates above 65535 do not fit and players take them from the descriptor.
    u32((track.config.sampleRate & 0xffff) * 0x10000),
    esds,
  );
}

function timescaleOf(track: Fmp4Track): number {
  return track.kind === 'video' ? VIDEO_TIMESCALE : track.config.sampleRate;
}

function trak(track: Fmp4Track): Buffer {
  const video = track.kind === 'video';
  const size = video ? [track.width * 0x10000, track.height * 0x10000] : [0, 0];
  const tkhd = fullBox(
    'tkhd',
    0,
    3,
    u32(0, 0, track.id, 0, 0, 0, 0),
    u16(0, 0, video ? 0 : 0x100, 0),
    MATRIX,
    u32(...size),
  );
  const handler = Buffer.from(`${video ? 'vide' : 'soun'}${'\0'.repeat(12)}${video ? 'video' : 'audio'}\0`, 'latin1');
  const mediaHeader = video ? fullBox('vmhd', 0, 1, Buffer.alloc(8)) : fullBox('smhd', 0, 0, Buffer.alloc(4));
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
  const stbl = box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), video ? videoEntry(track) : audioEntry(track)),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)),
  );
  const mdia = box(
    'mdia',
    // Language `und`, packed in 5-bit letters.
    fullBox('mdhd', 0, 0, u32(0, 0, timescaleOf(track), 0), u16(0x55c4, 0)),
    fullBox('hdlr', 0, 0, u32(0), handler),
    box('minf', mediaHeader, dinf, stbl),
  );
  return box('trak', tkhd, mdia);
}

/** The initialisation segment for the tracks, which must have different ids from 1 on. */
export function initSegment(tracks: readonly Fmp4Track[]): Buffer {
  const mvhd = fullBox(
    'mvhd',
    0,
    0,
    u32(0, 0, 1000, 0, 0x10000),
    u16(0x100, 0),
    u32(0, 0),
    MATRIX,
    Buffer.alloc(24),
    u32(tracks.length + 1),
  );
  const mvex = box('mvex', ...tracks.map((track) => fullBox('trex', 0, 0, u32(track.id, 1, 0, 0, 0))));
  return Buffer.concat([
    box('ftyp', Buffer.from('iso6\0\0\0\0iso6mp41cmfc', 'latin1')),
    box('moov', mvhd, ...tracks.map(trak), mvex),
  ]);
}

/** Depends on nothing; depends on others and is no sync sample (ISO/IEC 14496-12 8.8.3.1). */
const FLAGS_KEY = 0x02000000;
const FLAGS_OTHER = 0x01010000;

function traf(run: Fmp4Run, dataOffset: number): Buffer {
  const entries = Buffer.alloc(16 * run.samples.length);
  run.samples.forEach((sample, index) => {
    const at = 16 * index;
    entries.writeUInt32BE(sample.duration >>> 0, at);
    entries.writeUInt32BE(sample.payload.length, at + 4);
    entries.writeUInt32BE(run.kind === 'audio' || sample.key ? FLAGS_KEY : FLAGS_OTHER, at + 8);
    entries.writeInt32BE(sample.offset, at + 12);
  });
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(run.decodeTime));
  return box(
    'traf',
    // Offsets count from the start of the movie fragment.
    fullBox('tfhd', 0, 0x020000, u32(run.track)),
    fullBox('tfdt', 1, 0, time),
    // Data offset; duration, size, flags and signed composition offset of each sample.
    fullBox('trun', 1, 0x000f01, u32(run.samples.length, dataOffset), entries),
  );
}

/** One media segment. Runs without samples are left out. `sequence` grows by one with every segment. */
export function mediaSegment(sequence: number, runs: readonly Fmp4Run[]): Buffer {
  const filled = runs.filter((run) => run.samples.length > 0);
  const moof = (offsets: number[]): Buffer =>
    box('moof', fullBox('mfhd', 0, 0, u32(sequence)), ...filled.map((run, index) => traf(run, offsets[index] ?? 0)));
  const moofSize = moof([]).length;
  const payloads = filled.flatMap((run) => run.samples.map((sample) => sample.payload));
  const offsets: number[] = [];
  let at = moofSize + 8;
  for (const run of filled) {
    offsets.push(at);
    for (const sample of run.samples) at += sample.payload.length;
  }
  return Buffer.concat([
    box('styp', Buffer.from('msdh\0\0\0\0msdhmsixcmfs', 'latin1')),
    moof(offsets),
    u32(at - moofSize),
    Buffer.from('mdat', 'latin1'),
    ...payloads,
  ]);
}
