/** Captions: breaking of lines, what is kept, and when it is drawn. */
import { expect, test } from 'vitest';
import type { OverlaySpec } from '../../../../src/domain/desired.js';
import type { EngineReport } from '../../../../src/domain/engine.js';
import { breakLines } from '../../../../src/engine/overlay/caption-lines.js';
import { CaptionTexts } from '../../../../src/engine/overlay/caption-texts.js';
import { OverlaySet } from '../../../../src/engine/overlay/overlay-set.js';
import { FakePainter } from './fake-painter.js';
import { captionSpec } from './specs.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test.each([
  ['words stay whole', 'the quick brown fox jumps', 10, ['the quick', 'brown fox', 'jumps']],
  ['a line may be filled to the last character', 'abc def gh', 7, ['abc def', 'gh']],
  ['a word longer than a line is cut', 'incomprehensibilities ok', 8, ['incompre', 'hensibil', 'ities ok']],
  ['Chinese breaks anywhere', '今天天气很好我们出去玩', 5, ['今天天气很', '好我们出去', '玩']],
  ['no closing mark begins a line', '今天天气好，我们走。', 5, ['今天天气', '好，我们', '走。']],
  ['no opening mark ends a line', '他说过《红楼梦》好', 4, ['他说过', '《红楼', '梦》好']],
  ['Latin inside Chinese', '我用OBS直播', 4, ['我用', 'OBS直', '播']],
  ['paragraphs', 'one\n\n two  three', 20, ['one', 'two three']],
  ['an accent is one character', 'e\u0301e\u0301e\u0301 a', 3, ['e\u0301e\u0301e\u0301', 'a']],
  ['nothing', ' \n ', 5, []],
  ['Spanish and Russian', '¿Cómo está? Хорошо, спасибо.', 12, ['¿Cómo está?', 'Хорошо,', 'спасибо.']],
])('%s', (_name, text, perLine, lines) => {
  expect(breakLines(text, perLine)).toEqual(lines);
});

test('what is said is added below; an empty text clears; memory is bounded', () => {
  const texts = new CaptionTexts();
  texts.add('a', 'one');
  texts.add('a', 'two');
  expect(texts.of('a').text).toBe('one\ntwo');
  const { version } = texts.of('a');
  texts.add('a', '');
  expect(texts.of('a').text).toBe('');
  expect(texts.of('a').version).not.toBe(version);
  for (let index = 0; index < 300; index++) texts.add('b', 'x'.repeat(100));
  expect(texts.of('b').text.length).toBe(8192);
  for (let index = 0; index < 300; index++) texts.add(`id${index}`, 'x');
  expect(texts.of('b').version).toBe(0);
  expect(texts.of('id299').text).toBe('x');
});

interface Studio {
  painter: FakePainter;
  set: OverlaySet;
  reports: EngineReport[];
}

function studio(): Studio {
  const painter = new FakePainter();
  const reports: EngineReport[] = [];
  const set = new OverlaySet({
    frame: { width: 640, height: 360 },
    proxy: 'http://127.0.0.1:9',
    report: (report) => reports.push(report),
    painter,
  });
  return { painter, set, reports };
}

function only(
  set: OverlaySet,
  spec: OverlaySpec,
): ReturnType<OverlaySet['sync']> extends Map<string, infer O> ? O : never {
  const [overlay] = set.sync([spec]).values();
  if (!overlay) throw new Error('no overlay');
  return overlay;
}

test('shows the newest lines, and is ready with nothing to say', async () => {
  const { painter, set } = studio();
  const overlay = only(set, captionSpec({ perLine: 5, lines: 2 }));
  overlay.advance(0);
  expect(overlay.isReady()).toBe(true);
  expect(overlay.placed()).toBeNull();
  set.caption('cap', 'one two');
  set.caption('cap', 'three');
  overlay.advance(1);
  expect(painter.settings).toHaveLength(1);
  expect(painter.settings[0]?.text).toBe('two\nthree');
  await turn();
  expect(overlay.placed()).toMatchObject({ x: 220, y: 302 });
  set.caption('cap', '');
  overlay.advance(2);
  await turn();
  expect(overlay.placed()).toBeNull();
});

test('a hundred pushes while it is being drawn make one more drawing, of the last state', async () => {
  const { painter, set } = studio();
  const overlay = only(set, captionSpec({ perLine: 20, lines: 1 }));
  painter.held = true;
  set.caption('cap', 'first');
  overlay.advance(0);
  for (let index = 0; index < 100; index++) {
    set.caption('cap', `word ${index}`);
    overlay.advance(index);
  }
  painter.held = false;
  painter.release();
  await turn();
  overlay.advance(200);
  await turn();
  overlay.advance(201);
  expect(painter.settings.map(({ text }) => text)).toEqual(['first', 'word 99']);
  // Nothing new: nothing is drawn.
  for (let now = 202; now < 220; now++) overlay.advance(now);
  expect(painter.settings).toHaveLength(2);
});

test('what was said before is there in a copy of another shape that is opened later', async () => {
  const { painter, set } = studio();
  set.caption('cap', 'hello world');
  const first = only(set, captionSpec({ perLine: 5, lines: 2 }));
  const second = only(set, captionSpec({ perLine: 20, lines: 2 }));
  expect(second).not.toBe(first);
  expect(second.isReady()).toBe(false);
  await turn();
  expect(painter.settings.map(({ text }) => text)).toEqual(['hello\nworld', 'hello world']);
  expect(second.isReady()).toBe(true);
  expect(second.placed()).not.toBeNull();
});

test('of more lines than can be drawn the newest are', async () => {
  const { painter, set } = studio();
  for (let index = 0; index < 60; index++) set.caption('cap', `${index} ${'x'.repeat(90)}`);
  only(set, captionSpec({ perLine: 100, lines: 50 }));
  await turn();
  const text = painter.settings[0]?.text ?? '';
  expect(text.length).toBeLessThanOrEqual(1024);
  expect(text.split('\n').map((line) => Number.parseInt(line, 10))).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59]);
});

test('a drawing that fails is told once and tried again', async () => {
  const { painter, set, reports } = studio();
  const overlay = only(set, captionSpec({ perLine: 5, lines: 2 }));
  painter.error = new Error('no memory');
  set.caption('cap', 'hello');
  for (let now = 0; now <= 5_000_000; now += 1_000_000) {
    overlay.advance(now);
    await turn();
  }
  expect(overlay.isReady()).toBe(true);
  expect(painter.settings).toHaveLength(3);
  expect(reports).toEqual([
    { code: 'TextInvalid', message: 'the caption cannot be drawn: no memory', componentId: 'cap' },
  ]);
  painter.error = null;
  overlay.advance(9_000_000);
  await turn();
  expect(overlay.placed()).not.toBeNull();
});
