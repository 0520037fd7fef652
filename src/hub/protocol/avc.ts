/**
 * H.264 as far as a server must know it: the AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1), the size in a
 * sequence parameter set (ITU-T H.264 7.3.2.1.1), and NAL units in length-prefixed and Annex B form.
 */
import { Cursor } from './cursor.js';
import { ProtocolError } from './error.js';

export interface AvcConfig {
  profile: number;
  compatibility: number;
  level: number;
  /** Bytes of a NAL unit's length prefix: 1, 2 or 4. */
  lengthSize: number;
  sps: Buffer[];
  pps: Buffer[];
}

/** @throws ProtocolError when it is not a usable record (at least one SPS and one PPS). */
export function parseAvcConfig(extradata: Uint8Array): AvcConfig {
  const cursor = new Cursor(extradata);
  if (cursor.u8() !== 1) throw new ProtocolError('not an AVC decoder configuration record');
  const profile = cursor.u8();
  const compatibility = cursor.u8();
  const level = cursor.u8();
  const lengthSize = (cursor.u8() & 3) + 1;
  if (lengthSize === 3) throw new ProtocolError('NAL unit lengths of 3 bytes');
  const sps: Buffer[] = [];
  for (let count = cursor.u8() & 0x1f; count > 0; count--) sps.push(cursor.take(cursor.u16()));
  const pps: Buffer[] = [];
  for (let count = cursor.u8(); count > 0; count--) pps.push(cursor.take(cursor.u16()));
  if (!sps[0] || sps[0].length < 4 || !pps[0] || pps[0].length < 1) throw new ProtocolError('no SPS or PPS');
  return { profile, compatibility, level, lengthSize, sps, pps };
}

/** The record with lengths of 4 bytes, as streams inside the hub have it; the same bytes when it is so already. */
export function withFourByteLengths(extradata: Uint8Array): Uint8Array {
  if (((extradata[4] ?? 0) & 3) === 3) return extradata;
  const copy = Uint8Array.from(extradata);
  copy[4] = (copy[4] ?? 0) | 3;
  return copy;
}

/** The NAL units of an access unit, as views. @throws ProtocolError when lengths and payload do not agree. */
export function splitNalUnits(payload: Uint8Array, lengthSize = 4): Buffer[] {
  const cursor = new Cursor(payload);
  const units: Buffer[] = [];
  while (cursor.left > 0) {
    const length = lengthSize === 4 ? cursor.u32() : lengthSize === 2 ? cursor.u16() : cursor.u8();
    if (length === 0) continue;
    units.push(cursor.take(length));
    if (units.length > 4096) throw new ProtocolError('too many NAL units');
  }
  return units;
}

/** Length-prefixed with 4 bytes. */
export function joinNalUnits(units: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const unit of units) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(unit.length);
    parts.push(length, unit);
  }
  return Buffer.concat(parts);
}

const START_CODE = Buffer.from([0, 0, 0, 1]);
const NAL_SPS = 7;
const NAL_AUD = 9;

/**
 * An access unit in Annex B form. With `config` (for key frames) the parameter sets go first unless the access unit
 * brings its own. Access unit delimiters are left out: receivers do not need them.
 * @throws ProtocolError when the payload is malformed.
 */
export function toAnnexB(payload: Uint8Array, config: AvcConfig | null): Buffer {
  const units = splitNalUnits(payload).filter((unit) => ((unit[0] ?? 0) & 0x1f) !== NAL_AUD);
  const bringsSets = units.some((unit) => ((unit[0] ?? 0) & 0x1f) === NAL_SPS);
  const sets = config && !bringsSets ? [...config.sps, ...config.pps] : [];
  return Buffer.concat([...sets, ...units].flatMap((unit) => [START_CODE, unit]));
}

/** Bits of a raw byte sequence payload, without emulation prevention bytes. */
class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(unit: Uint8Array) {
    const bytes: number[] = [];
    let zeros = 0;
    for (const byte of unit.subarray(0, 512)) {
      if (zeros >= 2 && byte === 3) {
        zeros = 0;
        continue;
      }
      zeros = byte === 0 ? zeros + 1 : 0;
      bytes.push(byte);
    }
    this.#bytes = Uint8Array.from(bytes);
  }

  bits(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw new ProtocolError('SPS too short');
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
      this.#at++;
    }
    return value;
  }

  /** Exp-Golomb, unsigned. */
  ue(): number {
    let zeros = 0;
    while (this.bits(1) === 0) if (++zeros > 31) throw new ProtocolError('bad Exp-Golomb code');
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  se(): number {
    const value = this.ue();
    return value % 2 === 0 ? -value / 2 : (value + 1) / 2;
  }
}

const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

function skipScalingLists(bits: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (bits.bits(1) === 0) continue;
    let next = 8;
    for (let index = 0; index < (list < 6 ? 16 : 64) && next !== 0; index++) next = (next + bits.se() + 256) % 256;
  }
}

/** Size of the picture after cropping, in samples. @throws ProtocolError */
export function parseSpsSize(sps: Uint8Array): { width: number; height: number } {
  const bits = new BitReader(sps.subarray(1));
  const profile = bits.bits(8);
  bits.bits(16);
  bits.ue();
  let chroma = 1;
  if (HIGH_PROFILES.has(profile)) {
    chroma = bits.ue();
    if (chroma === 3) bits.bits(1);
    bits.ue();
    bits.ue();
    bits.bits(1);
    if (bits.bits(1)) skipScalingLists(bits, chroma === 3 ? 12 : 8);
  }
  bits.ue();
  const orderType = bits.ue();
  if (orderType === 0) bits.ue();
  else if (orderType === 1) {
    bits.bits(1);
    bits.se();
    bits.se();
    const cycle = bits.ue();
    if (cycle > 255) throw new ProtocolError('bad SPS');
    for (let index = 0; index < cycle; index++) bits.se();
  }
  bits.ue();
  bits.bits(1);
  const columns = bits.ue() + 1;
  const rows = bits.ue() + 1;
  const framesOnly = bits.bits(1);
  if (!framesOnly) bits.bits(1);
  bits.bits(1);
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * (2 - framesOnly);
  let width = columns * 16;
  let height = rows * 16 * (2 - framesOnly);
  if (bits.bits(1)) {
    width -= (bits.ue() + bits.ue()) * unitX;
    height -= (bits.ue() + bits.ue()) * unitY;
  }
  if (width < 1 || height < 1 || width > 16384 || height > 16384) throw new ProtocolError('bad picture size');
  return { width, height };
}
