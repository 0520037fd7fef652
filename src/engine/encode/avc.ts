/** H.264 byte forms: Annex B (ITU-T H.264 annex B) to length-prefixed units and avcC (ISO/IEC 14496-15 5.3.3). */

const NAL_SPS = 7;
const NAL_PPS = 8;
const NAL_AUD = 9;
const NAL_FILLER = 12;

/** The NAL units of an Annex B byte string, as views without start codes or trailing zeros. */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const units: Uint8Array[] = [];
  let start = -1;
  const end = bytes.length;
  const push = (to: number): void => {
    if (start < 0) return;
    let last = to;
    while (last > start && bytes[last - 1] === 0) last--;
    if (last > start) units.push(bytes.subarray(start, last));
  };
  for (let i = 0; i + 2 < end; i++) {
    if (bytes[i] === 0 && bytes[i + 1] === 0 && bytes[i + 2] === 1) {
      push(i);
      start = i + 3;
      i += 2;
    }
  }
  push(end);
  return units;
}

function nalType(unit: Uint8Array): number {
  return (unit[0] ?? 0) & 0x1f;
}

/** One access unit with 4-byte lengths; parameter sets, delimiters and filler are left out (they are in the config). */
export function toLengthPrefixed(annexB: Uint8Array): Buffer {
  const units = splitAnnexB(annexB).filter((unit) => ![NAL_SPS, NAL_PPS, NAL_AUD, NAL_FILLER].includes(nalType(unit)));
  const size = units.reduce((sum, unit) => sum + 4 + unit.length, 0);
  const out = Buffer.allocUnsafe(size);
  let at = 0;
  for (const unit of units) {
    out.writeUInt32BE(unit.length, at);
    out.set(unit, at + 4);
    at += 4 + unit.length;
  }
  return out;
}

/** AVCDecoderConfigurationRecord from the parameter sets of an encoder. @throws Error when there is no SPS or PPS */
export function decoderConfig(annexB: Uint8Array): Buffer {
  const units = splitAnnexB(annexB);
  const sps = units.filter((unit) => nalType(unit) === NAL_SPS);
  const pps = units.filter((unit) => nalType(unit) === NAL_PPS);
  const first = sps[0];
  if (!first || pps.length === 0) throw new Error('the encoder gave no parameter sets');
  const parts: Buffer[] = [
    Buffer.from([1, first[1] ?? 0, first[2] ?? 0, first[3] ?? 0, 0xff, 0xe0 | sps.length]),
    ...sps.flatMap(sized),
    Buffer.from([pps.length]),
    ...pps.flatMap(sized),
  ];
  return Buffer.concat(parts);
}

function sized(unit: Uint8Array): Buffer[] {
  return [Buffer.from([unit.length >> 8, unit.length & 0xff]), Buffer.from(unit)];
}
