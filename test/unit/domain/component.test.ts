import { expect, test } from 'vitest';
import { type Caster, startCaster, stopCaster } from '../../../src/domain/caster.js';
import {
  addComponent,
  type Component,
  type GivenCaption,
  overlayOf,
  removeComponent,
  replaceComponent,
} from '../../../src/domain/component.js';
import { desiredState } from '../../../src/domain/compose.js';
import { CUT, setOverlay } from '../../../src/domain/mix.js';
import { removeResource } from '../../../src/domain/resource.js';
import { clearScene, sceneOf, setScene, updateScene } from '../../../src/domain/scene.js';
import { take } from '../../../src/domain/take.js';
import { airCaster, captionComponent, textComponent } from '../../support/casters.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const captionWith = (parts: Partial<GivenCaption>): Component => {
  const component = captionComponent('c', 'RC08');
  if (component.content.kind !== 'caption') throw new Error('a caption');
  return { ...component, content: { ...component.content, ...parts } };
};

/** On air with the text components a, b and d. */
function caster(): Caster {
  return ['a', 'b', 'd'].reduce(
    (studio, id, index) => addComponent(studio, textComponent(id, `RC0${index + 1}`), 9),
    airCaster(),
  );
}
const set = (studio: Caster, sceneId: string, ...componentIds: string[]): Caster =>
  setScene(studio, { sceneId, layoutId: 'full', componentIds, style: CUT });
const shown = (studio: Caster, sceneId: string): string[] => sceneOf(studio, sceneId).overlays.map(({ id }) => id);

test('what is to be drawn: unset sizes have a default, alpha is a share', () => {
  const component = textComponent('a', 'RC01');
  expect(overlayOf(component)).toEqual({
    id: 'a',
    name: 'a',
    order: 'cover',
    content: {
      kind: 'text',
      text: 'Text of a',
      style: { font: 'KaiTi', size: 0.05, color: 0xff0000, outline: { color: null, width: 0 }, align: 'left' },
    },
    width: 0,
    height: 0,
    x: 0.1,
    y: 0.2,
    refer: 'topLeft',
    opacity: 1,
    effect: 'none',
    crawlSpeed: 0.1,
  });
  const faint = { ...component, layer: { ...component.layer, transparency: 51 } };
  expect(overlayOf(faint).opacity).toBeCloseTo(0.2);
});

test.each<[Partial<GivenCaption>, { perLine: number; lines: number }]>([
  [{}, { perLine: 20, lines: 2 }],
  [
    { wordsCount: 50, sourceLines: { perLine: 10, pages: 1 } },
    { perLine: 10, lines: 5 },
  ],
  [
    { truncation: true, sourceLines: { perLine: 10, pages: 1 } },
    { perLine: 10, lines: 1 },
  ],
  [
    { truncation: true, targetLanguage: 'en', targetLines: { perLine: 40, pages: 3 } },
    { perLine: 40, lines: 3 },
  ],
])('captions with %j', (parts, expected) => {
  expect(overlayOf(captionWith(parts)).content).toMatchObject(expected);
});

test('one component a position, up to a limit; captions may share that of their source, which must exist', () => {
  const studio = caster();
  expect(() => addComponent(studio, textComponent('x', 'RC01'), 9)).toThrow(code('DuplicateLocationID'));
  expect(() => addComponent(studio, textComponent('x', 'RC09'), 3)).toThrow(code('UserQuotaExceed'));
  const two = addComponent(addComponent(studio, captionComponent('x', 'RV01'), 9), captionComponent('y', 'RV01'), 9);
  expect(two.components).toHaveLength(5);
  expect(() => addComponent(studio, captionWith({ source: 'RV09' }), 9)).toThrow(code('InvalidResource.NotFound'));
});

test('a caption whose source has gone can be changed, though not to another one that is not there', () => {
  const made = addComponent(caster(), captionWith({ source: 'RV02' }), 9);
  const gone = removeResource(made, 'source-RV02');
  const shorter = replaceComponent(gone, captionWith({ source: 'RV02', wordsCount: 12 }));
  expect(shorter.components.at(-1)?.content).toMatchObject({ source: 'RV02', wordsCount: 12 });
  expect(() => replaceComponent(gone, captionWith({ source: 'RV09' }))).toThrow(code('InvalidResource.NotFound'));
  expect(() => replaceComponent(gone, { ...captionWith({ source: 'RV02' }), id: 'a' })).toThrow(
    code('InvalidResource.NotFound'),
  );
});

test('a scene shows components as they were when they were applied, in the order given', () => {
  const on = set(caster(), 'pgm', 'b', 'a');
  expect(shown(on, 'pgm')).toEqual(['b', 'a']);
  const changed = replaceComponent(on, { ...textComponent('b', 'RC02'), name: 'new' });
  expect(desiredState(changed)?.pgm.overlays[0]?.name).toBe('b');
  const kept = updateScene(changed, { sceneId: 'pgm', layoutId: 'pair', componentIds: [], style: CUT });
  expect(desiredState(kept)?.pgm.overlays.map(({ name }) => name)).toEqual(['b', 'a']);
  const again = updateScene(changed, { sceneId: 'pgm', layoutId: 'pair', componentIds: ['b'], style: CUT });
  expect(desiredState(again)?.pgm.overlays.map(({ name }) => name)).toEqual(['new']);
});

test('a take brings the components along; they are cleared apart from the picture', () => {
  const taken = take(set(set(caster(), 'pgm', 'a'), 'pvw', 'b', 'd'), 'pvw', 'pgm', CUT);
  expect(shown(taken, 'pgm')).toEqual(['b', 'd']);
  const cleared = clearScene(taken, 'pgm', 'Component');
  expect(shown(cleared, 'pgm')).toEqual([]);
  expect(sceneOf(cleared, 'pgm').layoutId).toBe('full');
  expect(shown(clearScene(taken, 'pgm', 'Layout'), 'pgm')).toEqual(['b', 'd']);
  expect(shown(set(taken, 'pgm'), 'pgm')).toEqual([]);
});

test('a deleted component is gone from scenes and keys', () => {
  const studio = set(set(caster(), 'pgm', 'a', 'b'), 'pvw', 'b');
  const keyed = setOverlay(studio, { componentId: 'b', on: true, fadeMs: 0, order: null });
  const gone = removeComponent(keyed, 'b');
  expect([shown(gone, 'pgm'), shown(gone, 'pvw'), gone.mix.keys]).toEqual([['a'], [], []]);
  expect(() => removeComponent(gone, 'b')).toThrow(code('InvalidComponent.NotFound'));
  expect(() => set(gone, 'pgm', 'b')).toThrow(code('InvalidComponent.NotFound'));
  expect(() => set(gone, 'pgm', 'a', 'a')).toThrow(code('InvalidParameter.Malformed'));
  expect(() => replaceComponent(gone, textComponent('b', 'RC02'))).toThrow(code('InvalidComponent.NotFound'));
});

const key = (studio: Caster, componentId: string, on: boolean, order: number | null = null): Caster =>
  setOverlay(studio, { componentId, on, fadeMs: 250, order });
const keys = (studio: Caster): string[] =>
  (desiredState(studio)?.keys ?? []).map(({ overlay, on }) => `${overlay.id} ${on ? 'on' : 'off'}`);

test('keys lie in the order they were put on, unless they are told where', () => {
  const both = key(key(caster(), 'b', true), 'a', true);
  expect(keys(both)).toEqual(['b on', 'a on']);
  expect(desiredState(both)?.keys[0]).toMatchObject({ on: true, fadeMs: 250, overlay: { id: 'b' } });
  expect(keys(key(both, 'd', true, 0))).toEqual(['b on', 'a on', 'd on']);
  expect(keys(key(key(both, 'b', true, 5), 'd', true, 3))).toEqual(['a on', 'd on', 'b on']);
  // Again on, in its place; put on anew, above the others of its order.
  expect(keys(key(both, 'b', true))).toEqual(['b on', 'a on']);
  expect(keys(key(key(both, 'b', false), 'b', true))).toEqual(['a on', 'b on']);
});

test('a key that goes off stays for its fade, with the content it has, until the next start', () => {
  const on = key(caster(), 'a', true);
  const changed = replaceComponent(on, { ...textComponent('a', 'RC01'), name: 'new' });
  const off = key(changed, 'a', false);
  expect(desiredState(off)?.keys).toMatchObject([{ on: false, overlay: { name: 'a' } }]);
  expect(desiredState(key(changed, 'a', true))?.keys).toMatchObject([{ on: true, overlay: { name: 'new' } }]);
  expect(key(caster(), 'a', false).mix.keys).toEqual([]);
  const ids = { id: '', stream: '' };
  const restart = (studio: Caster): Caster => startCaster(stopCaster(studio), 0, { pvw: ids, pgm: ids });
  expect(keys(restart(off))).toEqual([]);
  expect(keys(restart(on))).toEqual(['a on']);
  expect(() => key(on, 'none', true)).toThrow(code('InvalidComponent.NotFound'));
});
