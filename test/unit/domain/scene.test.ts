import { describe, expect, test } from 'vitest';
import { type Caster, type Scene, startCaster, stopCaster } from '../../../src/domain/caster.js';
import { desiredState, sameForEngine } from '../../../src/domain/compose.js';
import { replaceLayout } from '../../../src/domain/layout.js';
import { CUT } from '../../../src/domain/mix.js';
import { removeResource } from '../../../src/domain/resource.js';
import {
  clearScene,
  type MixEdit,
  sceneOf,
  setAudio,
  setScene,
  startScene,
  stopScene,
  updateScene,
} from '../../../src/domain/scene.js';
import { take as takeBy } from '../../../src/domain/take.js';
import type { Transcode } from '../../../src/domain/template.js';
import { airCaster, FULL, idleCaster, PAIR, picture, sound } from '../../support/casters.js';

const UPRIGHT: Transcode = { template: 'lp_ld_v', renditions: [], custom: null };
const LIMITS = { layouts: 9, pictures: 9, sounds: 9 };
const take = (caster: Caster, from: string, to: string): Caster => takeBy(caster, from, to, CUT);
const code = (expected: string) => expect.objectContaining({ code: expected });
const pvw = (caster: Caster): Scene => sceneOf(caster, 'pvw');
const pgm = (caster: Caster): Scene => sceneOf(caster, 'pgm');
const set = (caster: Caster, sceneId: string, layoutId?: string): Caster =>
  setScene(caster, { sceneId, layoutId, componentIds: [], style: CUT });
const mix = (caster: Caster, sceneId: string, follow: boolean | null, ...sources: string[]): Caster =>
  setAudio(caster, {
    sceneId,
    follow,
    edit: sources.length > 0 ? { mode: 'replace', layers: sources.map((source) => sound(source)) } : null,
    mostSounds: 2,
  });

test('a take copies picture and sound, and the preview keeps its own', () => {
  const ready = set(set(airCaster(), 'pgm', 'full'), 'pvw', 'pair');
  const taken = take(ready, 'pvw', 'pgm');
  expect(pgm(taken)).toMatchObject({ layoutId: 'pair', video: PAIR.video, audio: PAIR.audio });
  expect(pvw(taken)).toEqual(pvw(ready));
  expect(pgm(ready).video).toEqual(FULL.video);
});

test('sound that does not follow stays through takes and changes of the picture', () => {
  const free = mix(set(set(airCaster(), 'pgm', 'full'), 'pvw', 'pair'), 'pgm', false, 'RV01', 'RV02');
  const taken = take(free, 'pvw', 'pgm');
  expect(pgm(taken).video).toEqual(PAIR.video);
  expect(pgm(taken).audio.map((layer) => layer.source)).toEqual(['RV01', 'RV02']);
  expect(pgm(set(taken, 'pgm')).audio).toHaveLength(2);
  expect(pgm(take(mix(taken, 'pgm', true), 'pvw', 'pgm')).audio).toEqual(PAIR.audio);
});

test('a scene shows the layout as it was when it was applied', () => {
  const shown = set(airCaster(), 'pgm', 'full');
  const changed = replaceLayout(shown, { ...FULL, video: [picture('RV02')] }, LIMITS);
  expect(pgm(changed).video).toEqual(FULL.video);
  const again = updateScene(changed, { sceneId: 'pgm', layoutId: 'full', componentIds: [], style: CUT });
  expect(pgm(again).video).toEqual([picture('RV02')]);
});

test('without a layout a scene is empty; clearing takes what it says', () => {
  const shown = set(airCaster(), 'pgm', 'full');
  expect(pgm(set(shown, 'pgm'))).toMatchObject({ layoutId: null, video: [], audio: [] });
  expect(pgm(clearScene(shown, 'pgm', 'Component')).video).toEqual(FULL.video);
  expect(pgm(clearScene(shown, 'pgm', 'Layout'))).toMatchObject({ layoutId: null, video: [], audio: [] });
});

test('with the preview off, changes of it go to air and takes are refused', () => {
  const off = stopScene(set(airCaster(), 'pvw', 'full'), 'pvw');
  expect(desiredState(off)?.pvw).toBeNull();
  const changed = set(off, 'pvw', 'pair');
  expect(pgm(changed).video).toEqual(PAIR.video);
  expect(pvw(changed).video).toEqual(FULL.video);
  expect(() => take(off, 'pvw', 'pgm')).toThrow(code('IncorrectSceneStatus'));
  expect(() => stopScene(off, 'pvw')).toThrow(code('IncorrectSceneStatus.Idle'));
  expect(pvw(startScene(off, 'pvw'))).toMatchObject({ on: true, video: FULL.video });
});

test('what scenes refuse', () => {
  const air = airCaster();
  expect(() => set(air, 'none', 'full')).toThrow(code('InvalidScene.NotFound'));
  expect(() => set(air, 'pvw', 'none')).toThrow(code('InvalidLayout.NotFound'));
  expect(() => setScene(air, { sceneId: 'pvw', layoutId: 'full', componentIds: ['c'], style: CUT })).toThrow(
    code('InvalidComponent.NotFound'),
  );
  expect(() => take(air, 'pvw', 'pgm')).toThrow(code('InvalidLayout.NotFound'));
  expect(() => take(air, 'pgm', 'pvw')).toThrow(code('InvalidScene.NotFound'));
  expect(() => startScene(air, 'pvw')).toThrow(code('IncorrectSceneStatus.Inuse'));
  expect(() => stopScene(air, 'pgm')).toThrow(code('IncorrectSceneStatus'));
  expect(() => mix(air, 'pgm', null, 'RV09')).toThrow(code('InvalidResource.NotFound'));
  expect(() => mix(air, 'pgm', null, 'RV01', 'RV02', 'RV01')).toThrow(code('UserQuotaExceed'));
  const idle = stopCaster(air);
  expect(() => set(idle, 'pgm', 'full')).toThrow(code('IncorrectSceneStatus'));
  expect(() => startScene(idle, 'pvw')).toThrow(code('IncorrectCasterStatus.Idle'));
});

describe('a mix is edited', () => {
  const FILTER = { noise: 'speech', autoGain: false, voice: 'off' } as const;
  const withMix = (caster: Caster, edit: MixEdit, mostSounds = 2): Caster =>
    setAudio(caster, { sceneId: 'pgm', edit, follow: null, mostSounds });
  const shown = (): Caster => set(airCaster(), 'pgm', 'full');

  test('change touches what the mix has, and of it only what is said', () => {
    const treated = { ...sound('RV01', 0.7), delayMs: 40, filter: FILTER };
    const start = withMix(shown(), { mode: 'replace', layers: [treated, sound('RV02')] });
    const changed = withMix(start, { mode: 'change', changes: [{ source: 'RV01', gain: 0.1 }, sound('RV09', 2)] });
    expect(pgm(changed).audio).toEqual([{ ...treated, gain: 0.1 }, sound('RV02')]);
    const plain = withMix(changed, { mode: 'change', changes: [{ source: 'RV01', filter: null, channels: 'left' }] });
    expect(pgm(plain).audio[0]).toEqual({ ...sound('RV01', 0.1), delayMs: 40, channels: 'left' });
    const again = withMix(plain, { mode: 'change', changes: [{ source: 'RV01', filter: FILTER }] });
    expect(pgm(again).audio[0]?.filter).toEqual(FILTER);
  });

  test('add puts in or replaces, whole; remove takes out, down to nothing', () => {
    const added = withMix(shown(), { mode: 'add', layers: [sound('RV02', 0.5)] });
    expect(pgm(added).audio).toEqual([sound('RV01'), sound('RV02', 0.5)]);
    const replaced = withMix(added, { mode: 'add', layers: [{ ...sound('RV01', 0.2), filter: FILTER }] });
    expect(pgm(replaced).audio).toEqual([{ ...sound('RV01', 0.2), filter: FILTER }, sound('RV02', 0.5)]);
    const removed = withMix(replaced, { mode: 'remove', sources: ['RV01', 'RV77'] });
    expect(pgm(removed).audio).toEqual([sound('RV02', 0.5)]);
    expect(pgm(withMix(removed, { mode: 'remove', sources: ['RV02'] })).audio).toEqual([]);
  });

  test('only what is new to it needs a source and counts against the limit', () => {
    const both = { ...FULL, audio: [sound('RV01'), sound('RV02')] };
    const without = removeResource(replaceLayout(airCaster(), both, LIMITS), 'source-RV02');
    const orphaned = set(without, 'pgm', 'full');
    for (const edit of [
      { mode: 'change', changes: [sound('RV01', 0.3), sound('RV02', 0.4)] },
      { mode: 'add', layers: [sound('RV02', 0.4), sound('RV01', 0.3)] },
      { mode: 'replace', layers: [sound('RV01', 0.3), sound('RV02', 0.4)] },
    ] satisfies MixEdit[]) {
      expect(pgm(withMix(orphaned, edit, 1)).audio.map(({ gain }) => gain)).toEqual([0.3, 0.4]);
    }
    const gone = withMix(orphaned, { mode: 'remove', sources: ['RV02'] });
    expect(pgm(gone).audio).toEqual([sound('RV01')]);
    expect(() => withMix(gone, { mode: 'add', layers: [sound('RV02')] })).toThrow(code('InvalidResource.NotFound'));
    const few = removeResource(shown(), 'source-RV02');
    expect(() => withMix(few, { mode: 'add', layers: [sound('RV02')] }, 1)).toThrow(code('UserQuotaExceed'));
  });
});

test('a stop and a start keep scenes, their streams and what they show', () => {
  const shown = set(airCaster(), 'pgm', 'pair');
  const ids = { id: 'new', stream: 'c'.repeat(32) };
  const again = startCaster(stopCaster(shown), 5000, { pvw: ids, pgm: ids });
  expect(again.scenes).toEqual(shown.scenes);
  expect(again.air?.since).toBe(5000);
});

test('the desired state: sizes, streams, only renditions that fit, no layers without a source', () => {
  const shown = set(airCaster(), 'pgm', 'pair');
  const desired = desiredState(removeResource(shown, 'source-RV02'));
  expect(desired).toMatchObject({
    output: { width: 1280, height: 720, fps: 30, gopSeconds: 2, videoBitrate: 2_500_000 },
    sources: [{ position: 'RV01' }],
    pgm: { video: [{ source: 'RV01' }], audio: [] },
    streams: { pvw: `caster/${'a'.repeat(32)}`, pgm: `caster/${'b'.repeat(32)}` },
    renditions: [
      {
        template: 'lld',
        stream: `caster/${'b'.repeat(32)}_lld`,
        encoding: { width: 640, height: 360, bitrate: 460_000 },
      },
    ],
  });
  expect(desiredState(idleCaster())).toBeNull();
});

test('settings that change on air wait for the next start; an unused layout is nothing to the engine', () => {
  const air = airCaster();
  const changed = { ...air, revision: 9, settings: { ...air.settings, transcode: UPRIGHT, domainName: '' } };
  expect(sameForEngine(desiredState(air), desiredState(changed))).toBe(true);
  expect(sameForEngine(desiredState(air), desiredState({ ...air, layouts: [] }))).toBe(true);
  expect(sameForEngine(desiredState(air), desiredState(set(air, 'pgm', 'full')))).toBe(false);
  expect(() => startCaster(changed, 0, { pvw: { id: '', stream: '' }, pgm: { id: '', stream: '' } })).toThrow(
    code('InvalidDomainName.NotFound'),
  );
});
