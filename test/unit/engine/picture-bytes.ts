/** Small picture files, byte by byte, of the kinds that the ffmpeg program does not write. */

/** A gif of 1 x 1 samples; all its pictures are alike. @param loop of the Netscape extension, null to leave it out */
export function gifOf(pictures: number, loop: number | null, size = 1): Buffer {
  const head = Buffer.from('GIF89a\0\0\0\0\x80\0\0\xff\0\0\0\0\xff', 'latin1');
  head.writeUInt16LE(size, 6);
  head.writeUInt16LE(size, 8);
  const extension = Buffer.from('\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0', 'latin1');
  if (loop !== null) extension.writeUInt16LE(loop, 16);
  // 50 ms; one sample of colour 0.
  const picture = Buffer.from('\x21\xf9\x04\0\x05\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0', 'latin1');
  const parts = [head, ...(loop === null ? [] : [extension]), ...Array.from({ length: pictures }, () => picture)];
  return Buffer.concat([...parts, Buffer.from(';')]);
}

function segment(marker: number, body: readonly number[]): number[] {
  return [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body];
}

/** A jpg of 8 x 8 samples of one colour in four inks, written as Adobe does: 255 is no ink (ITU-T T.81, annex B). */
export function cmykJpg(inks: readonly [number, number, number, number]): Buffer {
  let bits = '';
  for (const ink of inks) {
    // With a quantizer of 8 the only coefficient is the distance from the middle.
    const value = ink - 128;
    const length = value === 0 ? 0 : Math.abs(value).toString(2).length;
    bits += length.toString(2).padStart(4, '0');
    if (length > 0) bits += (value > 0 ? value : value + 2 ** length - 1).toString(2).padStart(length, '0');
    bits += '0';
  }
  const scan: number[] = [];
  for (let at = 0; at < bits.length; at += 8) {
    const byte = Number.parseInt(bits.slice(at, at + 8).padEnd(8, '1'), 2);
    scan.push(byte, ...(byte === 0xff ? [0] : []));
  }
  const components = [1, 2, 3, 4];
  const counts = (length: number, count: number): number[] =>
    Array.from({ length: 16 }, (_, index) => (index + 1 === length ? count : 0));
  return Buffer.from([
    ...[0xff, 0xd8],
    ...segment(0xee, [...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, 0]),
    ...segment(0xdb, [0, ...Array.from({ length: 64 }, () => 8)]),
    ...segment(0xc0, [8, 0, 8, 0, 8, 4, ...components.flatMap((id) => [id, 0x11, 0])]),
    ...segment(0xc4, [0x00, ...counts(4, 12), ...Array.from({ length: 12 }, (_, index) => index)]),
    ...segment(0xc4, [0x10, ...counts(1, 1), 0]),
    ...segment(0xda, [4, ...components.flatMap((id) => [id, 0]), 0, 63, 0]),
    ...scan,
    ...[0xff, 0xd9],
  ]);
}

/** The same jpg with an EXIF orientation, 1 to 8 (EXIF 2.3, tag 0x0112). */
export function withOrientation(jpg: Buffer, orientation: number): Buffer {
  const tiff = [...Buffer.from('MM'), 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  const exif = segment(0xe1, [...Buffer.from('Exif\0\0'), ...tiff, 0, 0, 0, 0]);
  return Buffer.concat([jpg.subarray(0, 2), Buffer.from(exif), jpg.subarray(2)]);
}
