import { expect, test } from 'vitest';
import { type Caster, configure, startCaster, stopCaster } from '../../../src/domain/caster.js';
import { setChannel } from '../../../src/domain/channel.js';
import { desiredState } from '../../../src/domain/compose.js';
import { effectResource } from '../../../src/domain/effect.js';
import { addLayout } from '../../../src/domain/layout.js';
import { CUT } from '../../../src/domain/mix.js';
import { multiviewOf } from '../../../src/domain/multiview.js';
import { addResource, type GivenSource, modifyResource, removeResource } from '../../../src/domain/resource.js';
import { sceneOf, setScene } from '../../../src/domain/scene.js';
import { airCaster, FULL, fileSource, idleCaster, picture, sound, testSource } from '../../support/casters.js';

const LIMITS = { layouts: 9, pictures: 9, sounds: 9 };
const IDS = { pvw: { id: 'pvw', stream: 'a'.repeat(32) }, pgm: { id: 'pgm', stream: 'b'.repeat(32) } };
const code = (expected: string) => expect.objectContaining({ code: expected });
const around = { ownRtmp: '', isOwnRtmp: () => false, refuseHost: () => null };
const next = (caster: Caster): Caster => ({ ...caster, revision: caster.revision + 1 });
const withChannels = (caster: Caster): Caster => configure(caster, { ...caster.settings, channels: true });

/** On air with channels: file-RV07 and source-RV01 exist, and layout `two` names RV01 and RV05. */
function caster(): Caster {
  const idle = withChannels(idleCaster());
  const two = { id: 'two', video: [picture('RV01'), picture('RV05')], audio: [sound('RV05')] };
  const made = addLayout(addResource(idle, fileSource('RV07'), 9), two, LIMITS);
  return setScene(startCaster(made, 0, IDS), { sceneId: 'pgm', layoutId: 'two', componentIds: [], style: CUT });
}
const bind = (studio: Caster, id: string, resourceId?: string, more: { paused?: boolean; seekMs?: number } = {}) =>
  next(setChannel(studio, { id, resourceId, paused: more.paused, seekMs: more.seekMs }));
const source = (studio: Caster, id: string) => desiredState(studio)?.sources.find((candidate) => candidate.id === id);

test('turning channels on drops layouts and what scenes show of them, while idle only, and for good', () => {
  const shown = setScene(airCaster(), { sceneId: 'pgm', layoutId: 'full', componentIds: [], style: CUT });
  expect(() => withChannels(shown)).toThrow(code('IncorrectCasterStatus.Inuse'));
  const on = withChannels(stopCaster(shown));
  expect(on.layouts).toEqual([]);
  expect(sceneOf(on, 'pgm')).toMatchObject({ layoutId: null, video: [], audio: [] });
  expect(() => configure(on, { ...on.settings, channels: false })).toThrow(
    code('InvalidCaster.ChannelDisableUnsupported'),
  );
  const again = addLayout(on, FULL, LIMITS);
  expect(withChannels(again).layouts).toEqual([FULL]);
  expect(withChannels(startCaster(again, 0, IDS)).layouts).toEqual([FULL]);
});

test('layouts name channels, bound or not; one that is not bound shows nothing', () => {
  expect(desiredState(caster())).toMatchObject({ pgm: { video: [], audio: [] }, monitors: [] });
  expect(desiredState(caster())?.sources.map(({ position }) => position)).toEqual([null, null, null]);
  const bound = bind(caster(), 'RV05', 'source-RV01');
  expect(desiredState(bound)).toMatchObject({
    pgm: { video: [{ source: 'RV05' }], audio: [{ source: 'RV05' }] },
    monitors: [{ position: 'RV05', stream: `caster/${'a'.repeat(32)}_rv05` }],
  });
  expect(source(bound, 'source-RV01')?.position).toBe('RV05');
  expect(() => addLayout(caster(), { ...FULL, video: [picture('RV13')] }, LIMITS)).toThrow(
    code('InvalidResource.NotFound'),
  );
  const tiles = multiviewOf(desiredState(bound) ?? { sources: [], pvw: null }).tiles;
  expect(tiles.find(({ sourceId }) => sourceId === 'source-RV01')?.position).toBe('RV05');
});

test('one source a channel, one channel a source', () => {
  const bound = bind(caster(), 'RV05', 'source-RV01');
  expect(() => bind(bound, 'RV01', 'source-RV01')).toThrow(code('ResourceOfChannelExist'));
  expect(bind(bound, 'RV05', 'source-RV01').channels).toEqual(bound.channels);
  expect(() => bind(bound, 'RV01', 'none')).toThrow(code('InvalidResource.NotFound'));
  expect(() => bind(bound, 'RV01')).toThrow(code('InvalidResource.NotFound'));
  expect(() => bind(airCaster(), 'RV01', 'source-RV01')).toThrow(code('IncorrectChannel.Disable'));
  const other = bind(bound, 'RV05', 'source-RV02');
  expect(other.channels).toMatchObject([{ id: 'RV05', resourceId: 'source-RV02' }]);
  const freed = removeResource(other, 'source-RV02');
  expect(freed.channels).toEqual([]);
  // The layers name the channel, not the source: they wait for the next one that is bound to it.
  expect(desiredState(freed)?.pgm.video).toEqual([]);
  expect(desiredState(bind(freed, 'RV05', 'source-RV01'))?.pgm.video).toMatchObject([{ source: 'RV05' }]);
});

test('channels are exchanged through a third source, which the refusal says', () => {
  const two = bind(bind(caster(), 'RV01', 'source-RV01'), 'RV02', 'source-RV02');
  expect(() => bind(two, 'RV01', 'source-RV02')).toThrow('bind another source to RV02 first');
  const moved = bind(bind(bind(two, 'RV02', 'file-RV07'), 'RV01', 'source-RV02'), 'RV02', 'source-RV01');
  expect(moved.channels.map(({ resourceId }) => resourceId)).toEqual(['source-RV02', 'source-RV01']);
});

test('a pause stays until it is taken back, whatever else is sent', () => {
  const paused = bind(caster(), 'RV01', 'file-RV07', { paused: true });
  expect(source(bind(paused, 'RV01', 'file-RV07', { seekMs: 40 }), 'file-RV07')?.playback).toMatchObject({
    paused: true,
    seek: { toMs: 40 },
  });
});

test('files are paused and sought; each jump has a higher serial, and another source begins anew', () => {
  const bound = bind(caster(), 'RV01', 'file-RV07', { seekMs: 4000 });
  const first = source(bound, 'file-RV07')?.playback;
  expect(first).toMatchObject({ paused: false, seek: { toMs: 4000 } });
  const paused = bind(bound, 'RV01', undefined, { paused: true });
  expect(source(paused, 'file-RV07')?.playback).toEqual({ ...first, paused: true });
  const jumped = bind(paused, 'RV01', undefined, { seekMs: 0 });
  expect(source(jumped, 'file-RV07')?.playback.seek?.serial).toBeGreaterThan(first?.seek?.serial ?? 0);
  const exchanged = bind(jumped, 'RV01', 'source-RV01');
  expect(source(exchanged, 'source-RV01')?.playback).toEqual({ paused: false, seek: null });
  expect(source(bind(exchanged, 'RV02', 'file-RV07'), 'file-RV07')?.playback).toEqual({ paused: false, seek: null });
  expect(stopCaster(jumped).channels).toMatchObject([{ playback: { paused: false, seek: null } }]);
});

test('what is no file is neither paused nor sought', () => {
  const bound = bind(caster(), 'RV01', 'source-RV01', { paused: false });
  expect(() => bind(bound, 'RV01', undefined, { paused: true })).toThrow(code('InvalidParameter.Malformed'));
  expect(() => bind(bound, 'RV01', undefined, { seekMs: 1 })).toThrow(code('InvalidParameter.Malformed'));
});

test('a jump within the old file is forgotten when the new one takes effect', () => {
  const bound = bind(caster(), 'RV01', 'file-RV07', { paused: true, seekMs: 4000 });
  const change = { vodUrl: 'http://media.example.com/other.mp4' };
  const modified = modifyResource(bound, { id: 'file-RV07', name: undefined, change }, around);
  expect(source(modified, 'file-RV07')?.playback.seek?.toMs).toBe(4000);
  const done = effectResource(modified, { sceneId: 'pgm', resourceId: 'file-RV07' });
  expect(source(done, 'file-RV07')).toMatchObject({
    input: { url: change.vodUrl },
    playback: { paused: true, seek: null },
  });
});

test('so it is at once while the studio is idle; a name alone forgets nothing', () => {
  const bound = bind(stopCaster(caster()), 'RV01', 'file-RV07', { paused: true, seekMs: 4000 });
  const modify = (change: GivenSource) => modifyResource(bound, { id: 'file-RV07', name: 'File', change }, around);
  expect(modify({}).channels).toEqual(bound.channels);
  expect(modify({ vodUrl: 'http://media.example.com/other.mp4' }).channels).toMatchObject([
    { playback: { paused: true, seek: null } },
  ]);
  expect(modify({ liveStreamUrl: 'test://clock' }).channels).toMatchObject([
    { playback: { paused: false, seek: null } },
  ]);
});

test('groups to align: those of the start, without what does not exist', () => {
  const syncGroups = [
    { mode: 'host' as const, sources: ['source-RV01', 'source-RV02', 'later'], host: 'source-RV01' },
    { mode: 'each' as const, sources: ['file-RV07', 'never'], host: null },
  ];
  const idle = { ...idleCaster(), settings: { ...idleCaster().settings, syncGroups } };
  const air = startCaster(idle, 0, IDS);
  const group = { ...syncGroups[0], sources: ['source-RV01', 'source-RV02'] };
  expect(desiredState(air)?.syncGroups).toEqual([group]);
  const later = addResource(air, { ...testSource('RV09'), id: 'later' }, 9);
  expect(desiredState(later)?.syncGroups).toEqual([syncGroups[0]]);
  expect(desiredState(removeResource(air, 'source-RV01'))?.syncGroups).toEqual([]);
  expect(desiredState(removeResource(later, 'source-RV01'))?.syncGroups).toEqual([]);
  const cleared = configure(air, { ...air.settings, syncGroups: [] });
  expect(desiredState(cleared)?.syncGroups).toEqual([group]);
});
