/**
 * How often a moving picture asks to be played. FFmpeg's readers leave that out or keep it to themselves, so it is read
 * from the file. A file that says nothing moves for ever here: a logo on air should not stop after a second.
 */

/** @returns 1 or more; `Infinity` when the file says for ever, or nothing */
export function playsOf(bytes: Buffer, kind: 'gif' | 'apng' | 'webp_anim'): number {
  switch (kind) {
    case 'gif':
      return gifPlays(bytes);
    case 'apng':
      return pngPlays(bytes);
    case 'webp_anim':
      return webpPlays(bytes);
  }
}

function forEver(count: number): number {
  return count === 0 ? Number.POSITIVE_INFINITY : count;
}

/** The Netscape application extension: 0 for ever, otherwise plays after the first one. */
function gifPlays(bytes: Buffer): number {
  const at = bytes.indexOf('\x21\xff\x0bNETSCAPE2.0\x03\x01', 13, 'latin1');
  if (at < 0 || at + 18 > bytes.length) return Number.POSITIVE_INFINITY;
  const again = bytes.readUInt16LE(at + 16);
  return again === 0 ? Number.POSITIVE_INFINITY : again + 1;
}

/** acTL: number of pictures, number of plays. */
function pngPlays(bytes: Buffer): number {
  const at = bytes.indexOf('acTL', 8, 'latin1');
  return at < 0 || at + 12 > bytes.length ? Number.POSITIVE_INFINITY : forEver(bytes.readUInt32BE(at + 8));
}

/** ANIM: size, background colour, number of plays. */
function webpPlays(bytes: Buffer): number {
  const at = bytes.indexOf('ANIM', 12, 'latin1');
  return at < 0 || at + 14 > bytes.length ? Number.POSITIVE_INFINITY : forEver(bytes.readUInt16LE(at + 12));
}
