/**
 * A number that can be read back from a decoded picture, after scaling and lossy coding.
 *
 * Two rows of 16 cells near the top left corner; a cell is 1/40 of the picture's width and 1/20 of its height, the
 * first one begins one cell from the left and from the top. White is 1, black 0, most significant bit first:
 * source (4 bits), frame number (20 bits), CRC-8 of both (polynomial 0x07, first value 0xa5, so that neither black nor
 * white is a code). A picture whose CRC does not match carries
 * no code (the chance of a false reading is 1 in 256 per random picture).
 */

export interface FrameCode {
  /** 0 to 15. */
  source: number;
  /** 0 to 1,048,575; larger numbers wrap. */
  frame: number;
}

/** A plane of luma samples, 0 to 255. */
export interface LumaPlane {
  data: Uint8Array;
  /** Bytes from one row to the next. */
  stride: number;
}

/** Part of a plane, in samples. */
export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

const COLUMNS = 16;
const ROWS = 2;
const WHITE = 235;
const BLACK = 16;
const THRESHOLD = 126;

function crc8(value: number): number {
  let crc = 0xa5;
  for (const byte of [(value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : (crc << 1) & 0xff;
  }
  return crc;
}

/** The 32 bits of a code as an unsigned number. */
export function frameCodeBits(code: FrameCode): number {
  const value = ((code.source & 0xf) << 20) | (code.frame & 0xfffff);
  return ((value << 8) | crc8(value)) >>> 0;
}

function cell(area: Area, index: number): { x0: number; y0: number; x1: number; y1: number } {
  const width = area.width / 40;
  const height = area.height / 20;
  const x = area.x + width * (1 + (index % COLUMNS));
  const y = area.y + height * (1 + Math.floor(index / COLUMNS));
  return { x0: x, y0: y, x1: x + width, y1: y + height };
}

/** Paints the code into a luma plane that the caller owns. */
export function paintFrameCode(plane: LumaPlane, area: Area, code: FrameCode): void {
  const bits = frameCodeBits(code);
  for (let index = 0; index < COLUMNS * ROWS; index++) {
    const { x0, y0, x1, y1 } = cell(area, index);
    const luma = (bits >>> (31 - index)) & 1 ? WHITE : BLACK;
    for (let y = Math.round(y0); y < Math.round(y1); y++) {
      plane.data.fill(luma, y * plane.stride + Math.round(x0), y * plane.stride + Math.round(x1));
    }
  }
}

/** Reads the code from a picture that lies in `area` of the plane; `null` when there is none. */
export function readFrameCode(plane: LumaPlane, area: Area): FrameCode | null {
  let bits = 0;
  for (let index = 0; index < COLUMNS * ROWS; index++) {
    const { x0, y0, x1, y1 } = cell(area, index);
    const marginX = (x1 - x0) * 0.3;
    const marginY = (y1 - y0) * 0.3;
    let sum = 0;
    let count = 0;
    for (let y = Math.floor(y0 + marginY); y <= Math.floor(y1 - marginY); y++) {
      for (let x = Math.floor(x0 + marginX); x <= Math.floor(x1 - marginX); x++) {
        sum += plane.data[y * plane.stride + x] ?? 0;
        count++;
      }
    }
    bits = ((bits << 1) | (count > 0 && sum / count > THRESHOLD ? 1 : 0)) >>> 0;
  }
  const value = bits >>> 8;
  if (crc8(value) !== (bits & 0xff)) return null;
  return { source: value >>> 20, frame: value & 0xfffff };
}
