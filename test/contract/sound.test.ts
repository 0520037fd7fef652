/** The mix of a scene: section 12 of the reference with the official client, parameter by parameter. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AudioLayer } from '../../src/domain/desired.js';
import type { WireAnswer, WireParams } from '../support/clients.js';
import { SETTINGS, type StudioApi, startStudioApi } from '../support/studio-api.js';
import { listOf, openWireStudio, type WireStudio } from '../support/wire-studio.js';

let api: StudioApi;
let studio: WireStudio;
beforeAll(async () => {
  api = await startStudioApi({ config: { ...SETTINGS, limits: { ...SETTINGS.limits, studios: 50, sounds: 3 } } });
  studio = await openWireStudio(api);
});
afterAll(() => api.close());

const mixOf = (): AudioLayer[] => studio.desired().pgm.audio;
const setMix = (params: WireParams, SceneId = studio.pgm): Promise<WireAnswer> =>
  studio.call('UpdateCasterSceneAudio', { SceneId, ...params });
const ONE = { 'AudioLayer.1.VolumeRate': 1, 'MixList.1': 'RV01' };
const PLAIN: AudioLayer = { source: 'RV01', gain: 1, channels: 'all', delayMs: 0 };

describe('one layer', () => {
  test.each<[WireParams, Partial<AudioLayer>]>([
    [{ 'AudioLayer.1.VolumeRate': '' }, { gain: 1 }],
    [{ 'AudioLayer.1.VolumeRate': 0 }, { gain: 0 }],
    [{ 'AudioLayer.1.VolumeRate': 0.25 }, { gain: 0.25 }],
    [{ 'AudioLayer.1.VolumeRate': 10 }, { gain: 10 }],
    [{ 'AudioLayer.1.ValidChannel': 'all' }, { channels: 'all' }],
    [{ 'AudioLayer.1.ValidChannel': 'leftChannel' }, { channels: 'left' }],
    [{ 'AudioLayer.1.ValidChannel': 'rightChannel' }, { channels: 'right' }],
    [{ 'AudioLayer.1.FixedDelayDuration': 0 }, { delayMs: 0 }],
    [{ 'AudioLayer.1.FixedDelayDuration': 5000 }, { delayMs: 5000 }],
  ])('%j', async (params, expected) => {
    await setMix({ 'MixList.1': 'RV01', ...params });
    expect(mixOf()).toEqual([{ ...PLAIN, ...expected }]);
    const described = await studio.call('DescribeCasterSceneAudio', { SceneId: studio.pgm });
    const [name = '', value] = Object.entries(params)[0] ?? [];
    expect(listOf(described, 'AudioLayers.AudioLayer')[0]).toMatchObject({
      [name.replace('AudioLayer.1.', '')]: value === '' ? 1 : value,
    });
  });

  test.each<[WireParams, string]>([
    [{ 'AudioLayer.1.VolumeRate': -0.1 }, 'InvalidVolumeRate: The parameter AudioLayer.1.VolumeRate must be a number'],
    [{ 'AudioLayer.1.VolumeRate': 10.01 }, 'from 0 to 10'],
    [{ 'AudioLayer.1.VolumeRate': 'loud' }, 'InvalidVolumeRate'],
    [{ 'AudioLayer.1.ValidChannel': 'left' }, 'InvalidValidChannel: The parameter AudioLayer.1.ValidChannel'],
    [{ 'AudioLayer.1.FixedDelayDuration': -1 }, 'InvalidFixedDelayDuration'],
    [
      { 'AudioLayer.1.FixedDelayDuration': 5001 },
      'AudioLayer.1.FixedDelayDuration must be a whole number from 0 to 5000',
    ],
    [{ 'AudioLayer.1.FixedDelayDuration': 1.5 }, 'InvalidFixedDelayDuration'],
    [{ 'MixList.1': 'RV00' }, 'InvalidMixList: The parameter MixList.1'],
    [{ 'MixList.1': 'cam1' }, 'a position from RV01 to RV99'],
    [{ 'MixList.1': 'RV77' }, 'InvalidResource.NotFound: Position RV77'],
    [{ FollowEnable: 2 }, 'InvalidFollowEnable: The parameter FollowEnable'],
  ])('%j is refused, and nothing changes', async (params, message) => {
    const before = studio.desired();
    expect(await studio.complaint('UpdateCasterSceneAudio', { SceneId: studio.pgm, ...ONE, ...params })).toContain(
      message,
    );
    expect(studio.desired()).toEqual(before);
  });
});

describe('the lists', () => {
  test('of different lengths, or one alone, are a mismatch; twice the same source is refused; so is one too many', async () => {
    const before = studio.desired();
    const mismatch = 'InvalidAudioLayersAndMixListSize.Mismatch';
    const SceneId = studio.pgm;
    for (const params of [
      { ...ONE, 'MixList.2': 'RV02' },
      { ...ONE, 'AudioLayer.2.VolumeRate': 1 },
      { 'MixList.1': 'RV01' },
      { 'AudioLayer.1.VolumeRate': 1 },
    ]) {
      expect(await studio.refusal('UpdateCasterSceneAudio', { SceneId, ...params })).toBe(mismatch);
    }
    const twice = { ...ONE, 'MixList.2': 'RV01', 'AudioLayer.2.VolumeRate': 1 };
    expect(await studio.complaint('UpdateCasterSceneAudio', { SceneId, ...twice })).toContain(
      'InvalidParameter.Malformed: MixList names RV01 twice',
    );
    expect(studio.desired()).toEqual(before);
  });

  test('come in the order of their numbers, whatever gaps are between', async () => {
    await setMix({
      'AudioLayer.10.VolumeRate': 0.5,
      'AudioLayer.2.VolumeRate': 2,
      'MixList.3': 'RV02',
      'MixList.20': 'RV01',
    });
    expect(mixOf().map(({ source, gain }) => [source, gain])).toEqual([
      ['RV02', 2],
      ['RV01', 0.5],
    ]);
    const described = await studio.call('DescribeCasterSceneAudio', { SceneId: studio.pgm });
    expect(described.MixList).toEqual({ LocationId: ['RV02', 'RV01'] });
  });

  test('are limited by the settings of the server', async () => {
    const more: WireParams = {};
    for (const [index, source] of ['RV01', 'RV02', 'RV03', 'RV04'].entries()) {
      if (index > 1) {
        const source = { LocationId: `RV0${index + 1}`, ResourceName: 'x', LiveStreamUrl: 'test://clock' };
        await studio.call('AddCasterVideoResource', source);
      }
      more[`MixList.${index + 1}`] = source;
      more[`AudioLayer.${index + 1}.VolumeRate`] = 1;
    }
    expect(await studio.refusal('UpdateCasterSceneAudio', { SceneId: studio.pgm, ...more })).toBe('UserQuotaExceed');
    const { 'MixList.4': _position, 'AudioLayer.4.VolumeRate': _gain, ...three } = more;
    await setMix(three);
    expect(mixOf()).toHaveLength(3);
    // Neither of these is in the picture.
    expect(studio.desired().pgm.video.map(({ source }) => source)).toEqual(['RV01']);
  });
});

describe('FollowEnable', () => {
  const describeMode = async (): Promise<unknown> =>
    (await studio.call('DescribeCasterSceneAudio', { SceneId: studio.pgm })).FollowEnable;

  test('alone changes the mode only; absent it stays', async () => {
    await setMix(ONE);
    const before = studio.desired();
    await setMix({ FollowEnable: 0 });
    expect(studio.desired().pgm).toEqual(before.pgm);
    expect(await describeMode()).toBe(0);
    await setMix({ ...ONE, 'AudioLayer.1.VolumeRate': 0.7 });
    expect(await describeMode()).toBe(0);
    await setMix({ FollowEnable: 1 });
    expect(await describeMode()).toBe(1);
    expect(mixOf()).toEqual([{ ...PLAIN, gain: 0.7 }]);
    await setMix({});
    expect(mixOf()).toEqual([{ ...PLAIN, gain: 0.7 }]);
  });

  test('0: takes leave the sound alone; 1: the take brings the mix of the preview, which can be changed before and after', async () => {
    await studio.show(studio.pvw, studio.layouts.two);
    await setMix({ ...ONE, FollowEnable: 0 });
    await studio.take();
    expect(studio.desired().pgm.video.map(({ source }) => source)).toEqual(['RV02']);
    expect(mixOf()).toEqual([PLAIN]);
    await setMix({ FollowEnable: 1 });
    await setMix({ 'MixList.1': 'RV02', 'AudioLayer.1.VolumeRate': 0.3 }, studio.pvw);
    expect(mixOf()).toEqual([PLAIN]);
    await studio.take();
    expect(mixOf()).toEqual([{ ...PLAIN, source: 'RV02', gain: 0.3 }]);
    await setMix({ 'MixList.1': 'RV02', 'AudioLayer.1.VolumeRate': 0.9 });
    expect(mixOf()).toMatchObject([{ gain: 0.9 }]);
    await studio.take();
    expect(mixOf()).toMatchObject([{ gain: 0.3 }]);
  });

  test('a scene that is off, or of a studio that is idle, has no mix to change', async () => {
    const SceneId = studio.pvw;
    await studio.call('StopCasterScene', { SceneId });
    expect(await studio.refusal('UpdateCasterSceneAudio', { SceneId, FollowEnable: 0 })).toBe('IncorrectSceneStatus');
    await studio.call('StartCasterScene', { SceneId });
    await studio.call('StopCaster');
    expect(await studio.refusal('UpdateCasterSceneAudio', { SceneId, FollowEnable: 0 })).toBe('IncorrectSceneStatus');
    await studio.call('StartCaster');
    expect(await studio.refusal('UpdateCasterSceneAudio', { SceneId: 'none' })).toBe('InvalidScene.NotFound');
    expect(await studio.refusal('UpdateCasterSceneAudio', { SceneId: '../x' })).toBe('InvalidSceneId.Malformed');
    expect(await studio.refusal('UpdateCasterSceneAudio', {})).toBe('MissingSceneId');
  });
});

describe('MixMode', () => {
  const gainsOf = (): [string, number][] => mixOf().map(({ source, gain }) => [source, gain]);
  const layer = (source: string, gain: number): WireParams => ({
    'MixList.1': source,
    'AudioLayer.1.VolumeRate': gain,
  });

  test('replace is what a call without it does', async () => {
    await setMix({ ...ONE, MixMode: 'replace' });
    await setMix({ ...layer('RV02', 0.5), MixMode: 'replace' });
    expect(gainsOf()).toEqual([['RV02', 0.5]]);
    await setMix({ ...layer('RV01', 0.4), MixMode: '' });
    expect(gainsOf()).toEqual([['RV01', 0.4]]);
  });

  test('change: layers that the mix has, and of them what is sent; the rest stays', async () => {
    const Filter = JSON.stringify({ enableAgc: 1 });
    await setMix({ ...ONE, 'AudioLayer.1.Filter': Filter, 'MixList.2': 'RV02', 'AudioLayer.2.FixedDelayDuration': 30 });
    const [one, two] = mixOf();
    await setMix({ ...layer('RV02', 0.2), 'MixList.2': 'RV77', 'AudioLayer.2.VolumeRate': 1, MixMode: 'change' });
    expect(mixOf()).toEqual([one, { ...two, gain: 0.2 }]);
    await setMix({ 'MixList.1': 'RV01', 'AudioLayer.1.ValidChannel': 'leftChannel', MixMode: 'change' });
    expect(mixOf()).toEqual([
      { ...one, channels: 'left' },
      { ...two, gain: 0.2 },
    ]);
    await setMix({ 'MixList.1': 'RV01', 'AudioLayer.1.Filter': '{}', MixMode: 'change' });
    expect(mixOf()[0]).toEqual({ ...PLAIN, channels: 'left' });
  });

  test('add and remove: one layer in or out; the last one may go', async () => {
    await setMix(ONE);
    await setMix({ ...layer('RV02', 0.5), MixMode: 'add' });
    await setMix({ ...layer('RV01', 0.1), MixMode: 'add' });
    expect(gainsOf()).toEqual([
      ['RV01', 0.1],
      ['RV02', 0.5],
    ]);
    await setMix({ 'MixList.1': 'RV01', 'MixList.2': 'RV77', MixMode: 'remove' });
    expect(gainsOf()).toEqual([['RV02', 0.5]]);
    await setMix({ 'MixList.1': 'RV02', MixMode: 'remove' });
    expect(mixOf()).toEqual([]);
    const described = await studio.call('DescribeCasterSceneAudio', { SceneId: studio.pgm });
    expect(described).toMatchObject({ MixList: { LocationId: [] }, AudioLayers: { AudioLayer: [] } });
    await setMix({ 'MixList.1': 'RV02', MixMode: 'remove' });
    await setMix({ ...ONE, MixMode: 'change' });
    expect(mixOf()).toEqual([]);
  });

  test.each(['change', 'add', 'remove'])('%s after a take changes what the take brought', async (MixMode) => {
    await studio.show(studio.pgm, studio.layouts.one);
    await studio.show(studio.pvw, studio.layouts.two);
    await setMix({ 'MixList.1': 'RV02', 'AudioLayer.1.VolumeRate': 0.9, FollowEnable: 1 }, studio.pvw);
    await setMix({ FollowEnable: 1 });
    await studio.take();
    // The hand saw RV01 alone.
    const change = MixMode === 'remove' ? { 'MixList.1': 'RV01' } : layer('RV01', 0.3);
    await setMix({ ...change, MixMode });
    expect(gainsOf()).toEqual(
      MixMode === 'add'
        ? [
            ['RV02', 0.9],
            ['RV01', 0.3],
          ]
        : [['RV02', 0.9]],
    );
  });

  test('with FollowEnable both happen; with neither list only that', async () => {
    await setMix(ONE);
    for (const MixMode of ['change', 'add', 'remove']) {
      await setMix({ FollowEnable: 0, MixMode });
      expect(gainsOf()).toEqual([['RV01', 1]]);
    }
    await setMix({ ...layer('RV01', 0.6), FollowEnable: 1, MixMode: 'change' });
    const described = await studio.call('DescribeCasterSceneAudio', { SceneId: studio.pgm });
    expect([described.FollowEnable, ...gainsOf()]).toEqual([1, ['RV01', 0.6]]);
  });

  test('what is refused, and nothing changes', async () => {
    const before = studio.desired();
    const SceneId = studio.pgm;
    const say = (params: WireParams) => studio.complaint('UpdateCasterSceneAudio', { SceneId, ...params });
    expect(await say({ ...ONE, MixMode: 'merge' })).toBe(
      'InvalidMixMode: The parameter MixMode must be one of replace, change, add, remove.',
    );
    expect(await say({ ...ONE, MixMode: 'remove' })).toContain('InvalidParameter.Malformed: MixMode=remove');
    expect(await say({ ...layer('RV77', 1), MixMode: 'add' })).toContain('InvalidResource.NotFound: Position RV77');
    for (const MixMode of ['change', 'add']) {
      expect(await say({ 'MixList.1': 'RV01', MixMode })).toContain('InvalidAudioLayersAndMixListSize.Mismatch');
      const twice = { ...ONE, 'MixList.2': 'RV01', 'AudioLayer.2.VolumeRate': 1, MixMode };
      expect(await say(twice)).toContain('MixList names RV01 twice');
    }
    expect(studio.desired()).toEqual(before);
  });
});

test('a layout of which a source was deleted does not lock the other faders', async () => {
  const other = await openWireStudio(api);
  const SceneId = other.pgm;
  const gains = { 'MixList.1': 'RV01', 'AudioLayer.1.VolumeRate': 1, 'MixList.2': 'RV02' };
  await other.call('ModifyCasterLayout', { LayoutId: other.layouts.one, ...gains, 'AudioLayer.2.VolumeRate': 1 });
  const [, two] = listOf(await other.call('DescribeCasterVideoResources'), 'VideoResources.VideoResource');
  await other.call('DeleteCasterVideoResource', { ResourceId: String(two?.ResourceId) });
  await other.show(SceneId, other.layouts.one);
  await other.call('UpdateCasterSceneAudio', { SceneId, ...gains, 'AudioLayer.2.VolumeRate': 0.5 });
  const change = { 'MixList.1': 'RV01', 'AudioLayer.1.VolumeRate': 0.2, MixMode: 'change' };
  await other.call('UpdateCasterSceneAudio', { SceneId, ...change });
  expect(other.desired().pgm.audio).toEqual([{ ...PLAIN, gain: 0.2 }]);
});

describe('AudioLayer.N.Filter', () => {
  const OFF = { enableAgc: 0, enableAns: 0, ansMode: 0, enableBeautify: 0, voiceBeautifyMode: 0 };
  const NONE = { noise: 'off', autoGain: false, voice: 'off' };

  test.each<[unknown, object | null]>([
    [{}, null],
    [OFF, null],
    [{ ansMode: 1, voiceBeautifyMode: 1 }, null],
    [{ enableAgc: 1 }, { ...NONE, autoGain: true }],
    [{ EnableAgc: '1' }, { ...NONE, autoGain: true }],
    [{ enableAns: 1 }, { ...NONE, noise: 'speech' }],
    [
      { enableAns: 1, ansMode: 1 },
      { ...NONE, noise: 'music' },
    ],
    [
      { EnableAns: '1', AnsMode: '1' },
      { ...NONE, noise: 'music' },
    ],
    [{ enableBeautify: 1 }, { ...NONE, voice: 'deep' }],
    [
      { enableBeautify: 1, voiceBeautifyMode: '1' },
      { ...NONE, voice: 'bright' },
    ],
    [
      { enableAgc: 1, enableAns: 1, ansMode: 0, enableBeautify: 1, voiceBeautifyMode: 1 },
      { noise: 'speech', autoGain: true, voice: 'bright' },
    ],
  ])('%j', async (given, filter) => {
    await setMix({ ...ONE, 'AudioLayer.1.Filter': JSON.stringify(given) });
    expect(mixOf()).toEqual([filter === null ? PLAIN : { ...PLAIN, filter }]);
    const described = await studio.call('DescribeCasterSceneAudio', { SceneId: studio.pgm });
    const Filter = listOf(described, 'AudioLayers.AudioLayer')[0]?.Filter;
    expect(Filter === undefined).toBe(filter === null);
    // What is returned can be sent again.
    if (Filter === undefined) return;
    await setMix(ONE);
    await setMix({ ...ONE, 'AudioLayer.1.Filter': String(Filter) });
    expect(mixOf()).toEqual([{ ...PLAIN, filter }]);
  });

  test.each([
    ['{', 'JSON'],
    ['1', 'an object like'],
    ['[]', 'an object like'],
    ['{"enableAgc":2}', 'EnableAgc: must be 0 or 1'],
    ['{"enableAns":-1}', 'EnableAns'],
    ['{"ansMode":"speech"}', 'AnsMode'],
    ['{"enableBeautify":0.5}', 'EnableBeautify'],
    ['{"voiceBeautifyMode":null}', 'VoiceBeautifyMode'],
    ['{"enableReverb":1}', 'EnableReverb'],
  ])('%s is refused by name', async (Filter, message) => {
    const before = studio.desired();
    const answer = await studio.complaint('UpdateCasterSceneAudio', {
      SceneId: studio.pgm,
      ...ONE,
      'AudioLayer.2.Filter': Filter,
      'MixList.2': 'RV02',
    });
    expect(answer).toContain('InvalidParameter.Malformed: The parameter AudioLayer.2.Filter must be');
    expect(answer).toContain(message);
    expect(studio.desired()).toEqual(before);
  });

  test('belongs to layouts as well, and comes on air with them', async () => {
    const layout = {
      'VideoLayer.1.HeightNormalized': 1,
      'BlendList.1': 'RV01',
      ...ONE,
      'AudioLayer.1.Filter': '{"enableAns":1,"ansMode":1}',
    };
    const LayoutId = String((await studio.call('AddCasterLayout', layout)).LayoutId);
    const [described] = listOf(await studio.call('DescribeCasterLayouts', { LayoutId }), 'Layouts.Layout');
    expect(listOf(described ?? {}, 'AudioLayers.AudioLayer')).toEqual([
      {
        VolumeRate: 1,
        ValidChannel: 'all',
        FixedDelayDuration: 0,
        Filter: JSON.stringify({ ...OFF, enableAns: 1, ansMode: 1 }),
      },
    ]);
    await studio.show(studio.pvw, LayoutId);
    await studio.take();
    expect(mixOf()).toEqual([{ ...PLAIN, filter: { ...NONE, noise: 'music' } }]);
    await studio.call('ModifyCasterLayout', { LayoutId, ...ONE });
    await studio.show(studio.pgm, LayoutId);
    expect(mixOf()).toEqual([PLAIN]);
  });
});
