import { expect, test } from 'vitest';
import { type Caster, type Resource, stopCaster } from '../../../src/domain/caster.js';
import { desiredState, sameForEngine } from '../../../src/domain/compose.js';
import { effectResource } from '../../../src/domain/effect.js';
import { CUT } from '../../../src/domain/mix.js';
import { addResource, type GivenSource, modifyResource, resourceOf } from '../../../src/domain/resource.js';
import { setAudio, setScene, stopScene } from '../../../src/domain/scene.js';
import { airCaster, fileSource, sound } from '../../support/casters.js';

const around = { ownRtmp: '', isOwnRtmp: () => false, refuseHost: () => null };
const code = (expected: string) => expect.objectContaining({ code: expected });
const modify = (caster: Caster, id: string, change: GivenSource, name?: string): Caster =>
  modifyResource(caster, { id, name, change }, around);
const effect = (caster: Caster, sceneId: string, resourceId: string): Caster =>
  effectResource(caster, { sceneId, resourceId });
const shown = (caster: Caster, sceneId: string, layoutId: string): Caster =>
  setScene(caster, { sceneId, layoutId, componentIds: [], style: CUT });
const input = (caster: Caster, id: string) => desiredState(caster)?.sources.find((source) => source.id === id)?.input;

test('a change waits until it is effected, and holds wherever the source is shown', () => {
  const before = shown(shown(airCaster(), 'pgm', 'full'), 'pvw', 'full');
  const changed = modify(before, 'source-RV01', { liveStreamUrl: 'test://clock' });
  expect(resourceOf(changed, 'source-RV01').input).toMatchObject({ pattern: 'clock' });
  expect(sameForEngine(desiredState(before), desiredState(changed))).toBe(true);
  const done = effect(changed, 'pvw', 'source-RV01');
  expect(input(done, 'source-RV01')).toMatchObject({ pattern: 'clock' });
  expect(effect(done, 'pgm', 'source-RV01')).toBe(done);
});

test('a change that is taken back waits for nothing; the name holds at once', () => {
  const changed = modify(airCaster(), 'source-RV01', { liveStreamUrl: 'test://clock' }, 'Camera');
  expect(desiredState(changed)?.sources[0]).toMatchObject({ name: 'Camera', input: { pattern: 'bars' } });
  const back = modify(changed, 'source-RV01', { liveStreamUrl: 'test://bars' });
  expect(resourceOf(back, 'source-RV01').inEffect).toBeNull();
});

test('an idle studio takes the change with its next start, and so does one that stops first', () => {
  const idle = modify(stopCaster(airCaster()), 'source-RV01', { liveStreamUrl: 'test://clock' });
  expect(resourceOf(idle, 'source-RV01').inEffect).toBeNull();
  const stopped = stopCaster(modify(airCaster(), 'source-RV01', { liveStreamUrl: 'test://clock' }));
  expect(resourceOf(stopped, 'source-RV01').inEffect).toBeNull();
});

test('what is not given stays; another kind of source leaves the options of a file behind', () => {
  const url = 'http://media.example.com/RV07.mp4';
  const studio = modify(addResource(airCaster(), fileSource('RV07'), 9), 'file-RV07', { beginOffset: 7, repeatNum: 2 });
  expect(resourceOf(studio, 'file-RV07').input).toMatchObject({ url, beginMs: 7, repeat: 2 });
  const moved = modify(studio, 'file-RV07', { vodUrl: 'http://b.example/x.mp4', progressMs: 500 });
  expect(resourceOf(moved, 'file-RV07').input).toMatchObject({
    url: 'http://b.example/x.mp4',
    beginMs: 7,
    progressMs: 500,
  });
  const image = modify(moved, 'file-RV07', { imageUrl: 'http://b.example/x.png' });
  expect(resourceOf(image, 'file-RV07')).toMatchObject({
    input: { kind: 'image' },
    given: { imageUrl: 'http://b.example/x.png' },
  });
  const file = modify(image, 'file-RV07', { vodUrl: url });
  expect(resourceOf(file, 'file-RV07').input).toMatchObject({ beginMs: 0, repeat: 0, progressMs: 0 });
});

test('what is refused', () => {
  const studio = shown(airCaster(), 'pgm', 'full');
  expect(() => modify(studio, 'none', {})).toThrow(code('InvalidResource.NotFound'));
  expect(() => modify(studio, 'source-RV01', { vodUrl: 'http://a.example/x', imageUrl: 'http://a.example/y' })).toThrow(
    code('InvalidParameter.Malformed'),
  );
  expect(() => modify(studio, 'source-RV01', { materialId: 'x' })).toThrow(code('InvalidMaterialId.Malformed'));
  expect(() => effect(studio, 'none', 'source-RV01')).toThrow(code('InvalidScene.NotFound'));
  expect(() => effect(studio, 'pgm', 'none')).toThrow(code('InvalidResource.NotFound'));
  expect(() => effect(studio, 'pgm', 'source-RV02')).toThrow(code('InvalidResource.NotFound'));
  expect(() => effect(studio, 'pvw', 'source-RV01')).toThrow(code('InvalidLayout.NotFound'));
  expect(() => effect(stopScene(studio, 'pvw'), 'pvw', 'source-RV01')).toThrow(code('IncorrectSceneStatus.Idle'));
  expect(() => effect(stopCaster(studio), 'pgm', 'source-RV01')).toThrow(code('IncorrectSceneStatus'));
  const edit = { mode: 'replace' as const, layers: [sound('RV02')] };
  const sounding = setAudio(studio, { sceneId: 'pgm', edit, follow: null, mostSounds: 9 });
  expect(effect(sounding, 'pgm', 'source-RV02')).toBe(sounding);
});

test('a URL that is not sent again means what it meant, whatever the server is called by now', () => {
  const ours = { ...around, isOwnRtmp: (host: string) => host === 'old.example.com' };
  const liveStreamUrl = 'rtmp://old.example.com/live/cam1';
  const add = { id: 'source-RV01', name: undefined, change: { liveStreamUrl } };
  const studio = modifyResource(stopCaster(airCaster()), add, ours);
  const stored = resourceOf(studio, 'source-RV01').input;
  expect(stored).toEqual({ kind: 'hub', stream: 'live/cam1' });
  const elsewhere = { ...around, refuseHost: () => 'not any more' };
  const rename = { id: 'source-RV01', name: 'Camera', change: {} };
  expect(resourceOf(modifyResource(studio, rename, elsewhere), 'source-RV01')).toMatchObject({
    name: 'Camera',
    input: stored,
  });
  const file = addResource(studio, fileSource('RV07'), 9);
  const options = { id: 'file-RV07', name: undefined, change: { beginOffset: 7, repeatNum: 1 } };
  expect(resourceOf(modifyResource(file, options, elsewhere), 'file-RV07').input).toEqual({
    ...fileSource('RV07').input,
    beginMs: 7,
    repeat: 1,
  });
  expect(() => modifyResource(file, { ...options, change: { endOffset: 0, progressMs: 5 } }, elsewhere)).toThrow(
    code('InvalidParameter.Malformed'),
  );
});

test('what means the same is not opened again, whatever the order of its keys', () => {
  const source = fileSource('RV07');
  const { progressMs, ...rest } = { progressMs: 0, ...source.input };
  const stored = { ...source, input: { progressMs, ...rest } as Resource['input'] };
  const studio = shown(addResource(airCaster(), stored, 9), 'pgm', 'full');
  const again = modify(studio, 'file-RV07', { ...source.given, endOffset: 0 });
  expect(resourceOf(again, 'file-RV07').inEffect).toBeNull();
  expect(JSON.stringify(input(again, 'file-RV07'))).toBe(JSON.stringify(stored.input));
  const reordered = { ...studio, resources: studio.resources.map((each) => (each === stored ? source : each)) };
  expect(sameForEngine(desiredState(studio), desiredState(reordered))).toBe(true);
});
