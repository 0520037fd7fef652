/**
 * Which characters a WOFF2 font file really has (W3C WOFF2 sections 4 and 5; OpenType `cmap`, formats 4 and 12).
 *
 * The style sheets that come with web fonts say which characters a file is asked for, not which ones it draws; a
 * character that it lacks would come out as an empty box.
 */
import { brotliDecompressSync } from 'node:zlib';

/** Numbers of the known tags that matter here (WOFF2 section 4.1). */
const CMAP = 0;
const GLYF = 10;
const LOCA = 11;
const HEADER = 48;
/** The largest file of the fonts that we ship unpacks to a tenth of this. */
const MAX_UNPACKED = 64 * 1024 * 1024;

/** A number of seven bits a byte, most significant first (WOFF2 section 4.1, UIntBase128). */
function readBase128(file: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let length = 0; length < 5; length++) {
    const byte = file.readUInt8(at + length);
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) === 0) return { value, next: at + length + 1 };
  }
  throw new Error('the table directory of the font is damaged');
}

/**
 * The code points that a font has a shape for.
 * @param file a whole WOFF2 file
 * @throws Error in words when it is none or is damaged
 */
export function lettersOf(file: Buffer): Set<number> {
  if (file.toString('latin1', 0, 4) !== 'wOF2') throw new Error('the font is no WOFF2 file');
  const tables = file.readUInt16BE(12);
  let at = HEADER;
  let offset = 0;
  let cmap: { offset: number; length: number } | null = null;
  for (let table = 0; table < tables; table++) {
    const flags = file.readUInt8(at);
    const tag = flags & 0x3f;
    at += tag === 0x3f ? 5 : 1;
    const original = readBase128(file, at);
    at = original.next;
    let length = original.value;
    // Outlines are stored anew in version 0, and as they are in version 3; for all others it is the other way round.
    const version = flags >> 6;
    const transformed = tag === GLYF || tag === LOCA ? version !== 3 : version !== 0;
    if (transformed) {
      const stored = readBase128(file, at);
      at = stored.next;
      length = stored.value;
    }
    if (tag === CMAP) cmap = { offset, length };
    offset += length;
  }
  if (!cmap) throw new Error('the font has no character map');
  const packed = file.subarray(at, at + file.readUInt32BE(20));
  const data = brotliDecompressSync(packed, { maxOutputLength: MAX_UNPACKED });
  return readCmap(data.subarray(cmap.offset, cmap.offset + cmap.length));
}

function readCmap(cmap: Buffer): Set<number> {
  const letters = new Set<number>();
  const tables = cmap.readUInt16BE(2);
  for (let table = 0; table < tables; table++) {
    const sub = cmap.subarray(cmap.readUInt32BE(4 + 8 * table + 4));
    const format = sub.readUInt16BE(0);
    if (format === 4) readFormat4(sub, letters);
    if (format === 12) readFormat12(sub, letters);
  }
  return letters;
}

/** Segments of the basic plane. */
function readFormat4(sub: Buffer, letters: Set<number>): void {
  const doubled = sub.readUInt16BE(6);
  const [ends, starts, deltas, offsets] = [14, 16 + doubled, 16 + 2 * doubled, 16 + 3 * doubled] as const;
  for (let segment = 0; segment < doubled; segment += 2) {
    const start = sub.readUInt16BE(starts + segment);
    const end = sub.readUInt16BE(ends + segment);
    const delta = sub.readUInt16BE(deltas + segment);
    const offset = sub.readUInt16BE(offsets + segment);
    for (let letter = start; letter <= end && letter < 0xffff; letter++) {
      let glyph = letter;
      if (offset !== 0) {
        glyph = sub.readUInt16BE(offsets + segment + offset + 2 * (letter - start));
        if (glyph === 0) continue;
      }
      if (((glyph + delta) & 0xffff) !== 0) letters.add(letter);
    }
  }
}

/** Groups of the whole range of Unicode. */
function readFormat12(sub: Buffer, letters: Set<number>): void {
  const groups = sub.readUInt32BE(12);
  for (let group = 0; group < groups; group++) {
    const at = 16 + 12 * group;
    const [start, end, glyph] = [sub.readUInt32BE(at), sub.readUInt32BE(at + 4), sub.readUInt32BE(at + 8)];
    for (let letter = start; letter <= end && letter <= 0x10ffff; letter++) {
      if (glyph + letter - start !== 0) letters.add(letter);
    }
  }
}
