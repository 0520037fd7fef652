/**
 * AMF0 (Action Message Format, version 0): the values in RTMP commands and FLV script tags.
 *
 * Decoding is bounded: at most 16 levels deep and 1,000 values in a message, so that a small message cannot become a
 * large object. Dates become numbers (ms since 1970); references, XML and typed objects are refused.
 */
import { Cursor } from './cursor.js';
import { ProtocolError } from './error.js';

export type AmfValue = number | boolean | string | null | undefined | AmfValue[] | AmfObject;
/** Has no prototype when it was decoded, so that no key of a peer can reach one. */
export interface AmfObject {
  [key: string]: AmfValue;
}

const MAX_DEPTH = 16;
const MAX_VALUES = 1000;

const NUMBER = 0x00;
const BOOLEAN = 0x01;
const STRING = 0x02;
const OBJECT = 0x03;
const NULL = 0x05;
const UNDEFINED = 0x06;
const ECMA_ARRAY = 0x08;
const OBJECT_END = 0x09;
const STRICT_ARRAY = 0x0a;
const DATE = 0x0b;
const LONG_STRING = 0x0c;

interface Budget {
  values: number;
}

function decodeObject(cursor: Cursor, depth: number, budget: Budget): AmfObject {
  const object: AmfObject = Object.create(null) as AmfObject;
  for (;;) {
    const key = cursor.take(cursor.u16()).toString('utf8');
    const type = cursor.u8();
    if (key === '' && type === OBJECT_END) return object;
    object[key] = decodeValue(cursor, type, depth + 1, budget);
  }
}

function decodeArray(cursor: Cursor, depth: number, budget: Budget): AmfValue[] {
  const count = cursor.u32();
  if (count > cursor.left) throw new ProtocolError(`array of ${count} values in ${cursor.left} bytes`);
  const array: AmfValue[] = [];
  for (let index = 0; index < count; index++) array.push(decodeValue(cursor, cursor.u8(), depth + 1, budget));
  return array;
}

function decodeValue(cursor: Cursor, type: number, depth: number, budget: Budget): AmfValue {
  if (depth > MAX_DEPTH) throw new ProtocolError('AMF nested too deep');
  if (++budget.values > MAX_VALUES) throw new ProtocolError('AMF message with too many values');
  switch (type) {
    case NUMBER:
      return cursor.f64();
    case BOOLEAN:
      return cursor.u8() !== 0;
    case STRING:
      return cursor.take(cursor.u16()).toString('utf8');
    case LONG_STRING:
      return cursor.take(cursor.u32()).toString('utf8');
    case OBJECT:
      return decodeObject(cursor, depth, budget);
    case ECMA_ARRAY:
      // The count is a hint that encoders often leave at 0; the end marker counts.
      cursor.u32();
      return decodeObject(cursor, depth, budget);
    case STRICT_ARRAY:
      return decodeArray(cursor, depth, budget);
    case DATE: {
      const time = cursor.f64();
      cursor.u16();
      return time;
    }
    case NULL:
      return null;
    case UNDEFINED:
      return undefined;
    default:
      throw new ProtocolError(`AMF type ${type}`);
  }
}

/** All values of a message body, in order. @throws ProtocolError */
export function decodeAmf(bytes: Uint8Array): AmfValue[] {
  const cursor = new Cursor(bytes);
  const budget: Budget = { values: 0 };
  const values: AmfValue[] = [];
  while (cursor.left > 0) values.push(decodeValue(cursor, cursor.u8(), 0, budget));
  return values;
}

function encodeKey(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8').subarray(0, 0xffff);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

function encodeNumber(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function encodeString(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  if (bytes.length <= 0xffff) return Buffer.concat([Buffer.from([STRING]), encodeKey(value)]);
  const head = Buffer.alloc(5);
  head.writeUInt8(LONG_STRING);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function encodeValue(value: AmfValue): Buffer {
  if (value === null) return Buffer.from([NULL]);
  if (value === undefined) return Buffer.from([UNDEFINED]);
  if (typeof value === 'number') return encodeNumber(value);
  if (typeof value === 'boolean') return Buffer.from([BOOLEAN, value ? 1 : 0]);
  if (typeof value === 'string') return encodeString(value);
  if (Array.isArray(value)) {
    const head = Buffer.alloc(5);
    head.writeUInt8(STRICT_ARRAY);
    head.writeUInt32BE(value.length, 1);
    return Buffer.concat([head, ...value.map(encodeValue)]);
  }
  const members = Object.entries(value).flatMap(([key, member]) => [encodeKey(key), encodeValue(member)]);
  return Buffer.concat([Buffer.from([OBJECT]), ...members, Buffer.from([0, 0, OBJECT_END])]);
}

/** The values one after the other. Plain objects become AMF objects, arrays strict arrays. */
export function encodeAmf(...values: AmfValue[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}
