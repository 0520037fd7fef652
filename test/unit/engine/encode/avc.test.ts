/** H.264 bytes: Annex B to units, to length-prefixed units, and to a decoder configuration. */
import { expect, test } from 'vitest';
import { decoderConfig, splitAnnexB, toLengthPrefixed } from '../../../../src/engine/encode/avc.js';

const SPS = [0x67, 0x4d, 0x40, 0x1f, 0xaa, 0xbb];
const PPS = [0x68, 0xee, 0x3c, 0x80];
const IDR = [0x65, 0x88, 0x84, 0x00, 0x00, 0x03, 0x01];
const SLICE = [0x41, 0x9a];
const AUD = [0x09, 0xf0];
const SEI = [0x06, 0x05, 0x01];
const FILLER = [0x0c, 0xff, 0xff];
const SHORT = [0, 0, 1];
const LONG = [0, 0, 0, 1];

function bytes(...parts: number[][]): Buffer {
  return Buffer.from(parts.flat());
}

function split(...parts: number[][]): number[][] {
  return splitAnnexB(bytes(...parts)).map((unit) => [...unit]);
}

test.each([
  ['start codes of 3 and 4 bytes', [LONG, SPS, SHORT, PPS, LONG, IDR], [SPS, PPS, IDR]],
  ['zeros behind a unit', [LONG, SPS, [0, 0], LONG, PPS, [0, 0, 0]], [SPS, PPS]],
  ['bytes before the first start code', [[1, 2, 3], SHORT, SLICE], [SLICE]],
  ['a start code with nothing behind it', [SHORT, SLICE, SHORT], [SLICE]],
  ['two start codes in a row', [SHORT, SHORT, SLICE], [SLICE]],
  ['zeros inside a unit that are no start code', [SHORT, [0x41, 0, 0, 3, 0, 0, 2, 1]], [[0x41, 0, 0, 3, 0, 0, 2, 1]]],
  ['a unit of one byte', [SHORT, [0x41]], [[0x41]]],
  ['no start code', [[5, 6, 7, 8]], []],
  ['nothing', [], []],
  ['only zeros', [[0, 0, 0, 0]], []],
])('%s', (_name, parts, units) => {
  expect(split(...parts)).toEqual(units);
});

test('the units are views, not copies', () => {
  const source = bytes(LONG, SLICE);
  const [unit] = splitAnnexB(source);
  source[4] = 0x77;
  expect(unit?.[0]).toBe(0x77);
});

test('an access unit has four length bytes before each unit, and no parameter sets, delimiter or filler', () => {
  const unit = toLengthPrefixed(bytes(LONG, AUD, LONG, SPS, LONG, PPS, SHORT, SEI, SHORT, IDR, LONG, FILLER));
  expect(unit).toEqual(bytes([0, 0, 0, SEI.length], SEI, [0, 0, 0, IDR.length], IDR));
  expect(toLengthPrefixed(bytes(LONG, AUD))).toHaveLength(0);
});

test('lengths beyond 16 bits are written in full', () => {
  const large = Buffer.alloc(70_000, 0x41);
  const unit = toLengthPrefixed(Buffer.concat([Buffer.from(SHORT), large]));
  expect(unit.readUInt32BE(0)).toBe(70_000);
  expect(unit).toHaveLength(70_004);
});

test('the decoder configuration says profile and level and holds both kinds of parameter sets', () => {
  const config = decoderConfig(bytes(LONG, SPS, LONG, PPS, LONG, SEI));
  expect([...config]).toEqual([
    1,
    ...SPS.slice(1, 4),
    // Length fields of four bytes; one SPS.
    0xff,
    0xe1,
    ...[0, SPS.length],
    ...SPS,
    1,
    ...[0, PPS.length],
    ...PPS,
  ]);
  const second = [0x68, 0x11];
  expect([...decoderConfig(bytes(LONG, SPS, LONG, PPS, LONG, second))].slice(-9)).toEqual(
    [2, ...[0, PPS.length], ...PPS, ...[0, 2]].concat(second).slice(-9),
  );
});

test.each([
  ['SPS', [LONG, PPS]],
  ['PPS', [LONG, SPS]],
  ['anything', []],
])('without %s there is no configuration', (_name, parts) => {
  expect(() => decoderConfig(bytes(...parts))).toThrow('no parameter sets');
});
