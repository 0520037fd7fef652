/**
 * Reads big-endian numbers from a buffer that somebody else owns. Reading past the end throws {@link ProtocolError};
 * what `take` returns is a view, not a copy.
 */
import { ProtocolError } from './error.js';

export class Cursor {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes that have not been read yet. */
  get left(): number {
    return this.#buffer.length - this.#at;
  }

  #move(count: number): number {
    if (count > this.left) throw new ProtocolError(`${count} bytes wanted, ${this.left} left`);
    const at = this.#at;
    this.#at += count;
    return at;
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#move(1));
  }

  u16(): number {
    return this.#buffer.readUInt16BE(this.#move(2));
  }

  u24(): number {
    return this.#buffer.readUIntBE(this.#move(3), 3);
  }

  i24(): number {
    return this.#buffer.readIntBE(this.#move(3), 3);
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#move(4));
  }

  f64(): number {
    return this.#buffer.readDoubleBE(this.#move(8));
  }

  /** A view of the next `count` bytes. */
  take(count: number): Buffer {
    const at = this.#move(count);
    return this.#buffer.subarray(at, at + count);
  }
}
