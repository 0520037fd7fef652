import { expect, test } from 'vitest';
import { z } from 'zod';
import { buildTree, decodePairs } from '../../../src/api/decode.js';
import {
  boolean,
  decimal,
  integer,
  json,
  jsonNumber,
  jsonTexts,
  list,
  object,
  optional,
  type Param,
  required,
  text,
} from '../../../src/api/params.js';

function read<T>(param: Param<T>, query: string): T {
  return param.read(buildTree(decodePairs(query)), '');
}

const code = (expected: string) => expect.objectContaining({ code: expected });

test('lists are sorted by number, gaps are closed, order is kept', () => {
  const names = object({ ComponentId: list(text({ max: 9 }), 20) });
  const query = 'ComponentId.10=ten&ComponentId.2=two&ComponentId.3=&ComponentId.1=one';
  expect(read(names, query)).toEqual({ ComponentId: ['one', 'two', 'ten'] });
  expect(read(names, 'Other=1')).toEqual({ ComponentId: [] });
});

test('objects in lists, and lists in them', () => {
  const layers = object({
    VideoLayer: list(
      object({ FillMode: optional(text({ max: 9 })), Position: list(decimal({ min: 0, max: 1 }), 2) }),
      9,
    ),
  });
  expect(read(layers, 'VideoLayer.2.Position.2=0.25&VideoLayer.2.Position.1=1&VideoLayer.1.FillMode=fit')).toEqual({
    VideoLayer: [
      { FillMode: 'fit', Position: [] },
      { FillMode: undefined, Position: [1, 0.25] },
    ],
  });
});

test('the name of the parameter is in the code and its whole path in the message', () => {
  const layers = object({ VideoLayer: list(object({ Height: required(decimal({ min: 0, max: 1 })) }), 9) });
  expect(() => read(layers, 'VideoLayer.3.Height=2')).toThrow(code('InvalidHeight'));
  expect(() => read(layers, 'VideoLayer.3.Height=2')).toThrow('VideoLayer.3.Height must be a number from 0 to 1');
  expect(() => read(layers, 'VideoLayer.3.Other=2')).toThrow(code('MissingHeight'));
  expect(() => read(layers, 'VideoLayer=2')).toThrow(code('InvalidVideoLayer'));
  expect(() => read(layers, 'VideoLayer.x.Height=1')).toThrow(code('InvalidVideoLayer'));
});

test.each(['1e3', '0x10', ' 1', '1 ', 'NaN', 'Infinity', '--1', '1.5'])('%j is no whole number', (value) => {
  expect(() => read(object({ N: required(integer({ min: -9, max: 9 })) }), `N=${encodeURIComponent(value)}`)).toThrow(
    code('InvalidN'),
  );
});

test('empty is absent; control characters are refused', () => {
  expect(read(object({ A: optional(boolean()) }), 'A=')).toEqual({ A: undefined });
  expect(() => read(object({ A: required(text({ max: 5 })) }), 'A=')).toThrow(code('MissingA'));
  expect(() => read(object({ A: required(text({ max: 5 })) }), 'A=%00')).toThrow(code('InvalidA'));
});

test('JSON in a parameter: either case of the first letter, numbers and lists as text', () => {
  const param = object({ C: required(json(z.strictObject({ Fps: jsonNumber, Names: jsonTexts }), 'an object')) });
  const expected = { C: { Fps: 30, Names: ['a', 'b'] } };
  for (const names of ['["a","b"]', '"[\\"a\\",\\"b\\"]"', '"a, b"']) {
    expect(read(param, `C=${encodeURIComponent(`{"fps":"30","Names":${names}}`)}`)).toEqual(expected);
  }
  for (const bad of ['{', '[]', '{"Fps":"x","Names":[]}', '{"Fps":1,"Names":[],"More":1}']) {
    expect(() => read(param, `C=${encodeURIComponent(bad)}`)).toThrow(code('InvalidC'));
  }
});

test('what could be read in two ways or without end is refused', () => {
  expect(() => decodePairs('A=1&A=2')).toThrow(code('InvalidParameter'));
  expect(() => decodePairs(Array.from({ length: 2001 }, (_, index) => `A.${index}=1`).join('&'))).toThrow('2000');
  expect(() => buildTree([['A.1.1.1.1.1.1.1', 'x']])).toThrow('too deep');
  expect(read(object({}), '__proto__.polluted=1')).toEqual({});
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});
