import { expect, test } from 'vitest';
import { type Caster, stopCaster } from '../../../src/domain/caster.js';
import { desiredState } from '../../../src/domain/compose.js';
import { CUT, setFadeToBlack } from '../../../src/domain/mix.js';
import { clearScene, sceneOf, setAudio, setScene, stopScene, updateScene } from '../../../src/domain/scene.js';
import { type GivenTransition, moveTBar, styleOf, take } from '../../../src/domain/take.js';
import { airCaster, PAIR, sound } from '../../support/casters.js';

const code = (expected: string) => expect.objectContaining({ code: expected });
const NOT_SAID: GivenTransition = { kind: undefined, durationMs: undefined, color: undefined };
const FADE = { kind: 'fade', color: 0, durationMs: 500 } as const;

/** The next revision, as the store makes it. */
const next = (caster: Caster): Caster => ({ ...caster, revision: caster.revision + 1 });
const set = (caster: Caster, sceneId: string, layoutId?: string, style: Parameters<typeof take>[3] = CUT): Caster =>
  next(setScene(caster, { sceneId, layoutId, componentIds: [], style }));
/** `full` on air, `pair` in preview. */
const ready = (): Caster => set(set(airCaster(), 'pgm', 'full'), 'pvw', 'pair');
const bar = (caster: Caster, position: number, given: Partial<GivenTransition> = {}): Caster =>
  next(moveTBar(caster, { fromId: 'pvw', toId: 'pgm', position, given: { ...NOT_SAID, ...given } }));

test('the way is a cut unless a transition is named', () => {
  expect(styleOf(NOT_SAID)).toEqual(CUT);
  expect(styleOf({ ...NOT_SAID, kind: 'cut', durationMs: 900 })).toEqual(CUT);
  expect(styleOf({ ...NOT_SAID, kind: 'fade' })).toEqual(FADE);
  expect(styleOf({ kind: 'dip', durationMs: 0, color: 0xffffff })).toEqual({
    kind: 'dip',
    durationMs: 0,
    color: 0xffffff,
  });
  expect(() => styleOf({ ...NOT_SAID, durationMs: 300 })).toThrow(code('InvalidParameter.Malformed'));
  expect(() => styleOf({ ...NOT_SAID, color: 1 })).toThrow(code('InvalidParameter.Malformed'));
});

test('every take has a serial that grows, also one of the same content', () => {
  const first = next(take(ready(), 'pvw', 'pgm', FADE));
  expect(first.mix.take).toMatchObject(FADE);
  const second = next(take(first, 'pvw', 'pgm', CUT));
  expect(second.mix.take.serial).toBeGreaterThan(first.mix.take.serial);
  expect(desiredState(second)?.take).toEqual({ ...CUT, serial: second.mix.take.serial });
});

test('changes of the programme are takes, changes of preview and sound are not', () => {
  const before = ready();
  const direct = set(before, 'pgm', 'pair', FADE);
  expect(direct.mix.take).toMatchObject(FADE);
  expect(direct.mix.take.serial).toBeGreaterThan(before.mix.take.serial);
  const updated = updateScene(before, { sceneId: 'pgm', layoutId: 'pair', componentIds: [], style: FADE });
  expect(updated.mix.take).toMatchObject(FADE);
  expect(clearScene(before, 'pgm', 'All').mix.take).toMatchObject(CUT);
  expect(clearScene(before, 'pgm', 'All').mix.take.serial).toBeGreaterThan(before.mix.take.serial);
  expect(set(before, 'pvw', 'full', FADE).mix).toEqual(before.mix);
  const edit = { mode: 'replace' as const, layers: [sound('RV01')] };
  expect(setAudio(before, { sceneId: 'pgm', edit, follow: null, mostSounds: 9 }).mix).toEqual(before.mix);
  // With the preview off, a call for it changes the programme.
  const off = next(stopScene(before, 'pvw'));
  expect(set(off, 'pvw', 'pair', FADE).mix.take).toMatchObject(FADE);
});

test('the T-bar holds between the ends, and the programme stays', () => {
  const before = ready();
  const held = bar(before, 0.4, { kind: 'wipeLeft', durationMs: 40 });
  expect(desiredState(held)?.tbar).toEqual({ kind: 'wipeLeft', color: 0, position: 0.4, glideMs: 40 });
  expect(held.scenes).toEqual(before.scenes);
  expect(held.mix.take).toEqual(before.mix.take);
  const further = bar(held, 0.7);
  expect(further.mix.tbar).toEqual({ kind: 'wipeLeft', color: 0, position: 0.7, glideMs: 100 });
  expect(bar(before, 0.1).mix.tbar?.kind).toBe('fade');
});

test('the T-bar at the end is a take, at the beginning it is let go', () => {
  const held = bar(ready(), 0.4, { kind: 'dip', color: 0x112233 });
  const taken = bar(held, 1);
  expect(taken.mix.tbar).toBeNull();
  expect(taken.mix.take).toMatchObject({ kind: 'dip', color: 0x112233, durationMs: 100 });
  expect(taken.mix.take.serial).toBeGreaterThan(held.mix.take.serial);
  expect(sceneOf(taken, 'pgm').video).toEqual(PAIR.video);
  const back = bar(held, 0);
  expect(back.mix).toEqual({ ...held.mix, tbar: null });
  expect(back.scenes).toEqual(held.scenes);
  const idle = ready();
  expect(moveTBar(idle, { fromId: 'pvw', toId: 'pgm', position: 0, given: NOT_SAID })).toBe(idle);
});

test('a take completes what the T-bar began, in its own kind; a cut ends it', () => {
  const held = bar(ready(), 0.4, { kind: 'circle' });
  expect(take(held, 'pvw', 'pgm', FADE).mix).toMatchObject({ tbar: null, take: { kind: 'circle', durationMs: 500 } });
  expect(take(held, 'pvw', 'pgm', CUT).mix).toMatchObject({ tbar: null, take: CUT });
});

test('the T-bar is let go when there is nothing that it leads to', () => {
  const held = bar(ready(), 0.4);
  expect(stopScene(held, 'pvw').mix.tbar).toBeNull();
  expect(clearScene(held, 'pvw', 'Layout').mix.tbar).toBeNull();
  expect(clearScene(held, 'pvw', 'Component').mix.tbar).not.toBeNull();
  expect(set(held, 'pvw').mix.tbar).toBeNull();
  expect(set(held, 'pvw', 'full').mix.tbar).not.toBeNull();
  expect(set(held, 'pgm', 'pair').mix.tbar).toBeNull();
  expect(stopCaster(held).mix.tbar).toBeNull();
});

test('what the T-bar refuses', () => {
  expect(() => bar(ready(), 0.5, { kind: 'cut' })).toThrow(code('InvalidParameter.Malformed'));
  expect(() => bar(airCaster(), 0.5)).toThrow(code('InvalidLayout.NotFound'));
  expect(() => bar(stopScene(ready(), 'pvw'), 0.5)).toThrow(code('IncorrectSceneStatus'));
  expect(() => bar(stopCaster(ready()), 0.5)).toThrow(code('IncorrectSceneStatus'));
  expect(() => moveTBar(ready(), { fromId: 'pgm', toId: 'pvw', position: 0.5, given: NOT_SAID })).toThrow(
    code('InvalidScene.NotFound'),
  );
});

test('a fade to black outlives takes and a stop', () => {
  const black = setFadeToBlack(ready(), true, 700);
  expect(desiredState(take(black, 'pvw', 'pgm', CUT))?.fadeToBlack).toEqual({ on: true, fadeMs: 700 });
  expect(stopCaster(black).mix.fadeToBlack.on).toBe(true);
});
