/** The standby: how it is set, called for and left, with the official client. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StandbyState } from '../../src/domain/engine.js';
import { type StudioApi, startStudioApi } from '../support/studio-api.js';
import { openWireStudio, type WireStudio } from '../support/wire-studio.js';

let api: StudioApi;
beforeAll(async () => {
  api = await startStudioApi();
});
afterAll(() => api.close());

const USUAL = { DomainName: 'live.example.com', TranscodeConfig: '{"CasterTemplate":"lp_ld"}' };
const LIVE = { UrgentLiveStreamUrl: 'test://bars' };

async function withStudio(work: (studio: WireStudio) => Promise<void>, config = {}): Promise<void> {
  const studio = await openWireStudio(api, { config });
  try {
    await work(studio);
  } finally {
    await studio.call('StopCaster');
    await studio.call('DeleteCaster');
  }
}

function engineSays(studio: WireStudio, standby: StandbyState): void {
  const rest = {
    tick: 1,
    missedTicks: 0,
    droppedFrames: 0,
    tickMsP50: 1,
    tickMsP99: 1,
    sources: [],
    videoEncoders: [],
  };
  api.runtime.engineStats.set(studio.casterId, { ...rest, standby });
}

test('a studio has none at first', () =>
  withStudio(async (studio) => {
    expect(studio.desired().standby).toBeNull();
    expect(await studio.refusal('EffectCasterUrgent', { SceneId: studio.pgm })).toBe('InvalidUrgentMaterial.NotFound');
    expect(await studio.call('DescribeCasterConfig')).toMatchObject({
      AutoSwitchUrgentConfig: '',
      AutoSwitchUrgentOn: 'false',
      UrgentLiveStreamUrl: '',
    });
  }));

test('is there at once when it is set, and gone when the settings are sent without it', () =>
  withStudio(async (studio) => {
    await studio.call('SetCasterConfig', { ...USUAL, ...LIVE });
    expect(studio.desired().standby).toEqual({
      source: {
        id: 'standby',
        position: null,
        name: 'Standby',
        input: { kind: 'test', pattern: 'bars', toneHz: 440 },
        delayMs: 0,
        playback: { paused: true, seek: null },
      },
      on: false,
      serial: expect.any(Number),
      auto: null,
    });
    expect(await studio.call('DescribeCasterConfig')).toMatchObject(LIVE);
    await studio.call('EffectCasterUrgent', { SceneId: studio.pgm });
    await studio.call('SetCasterConfig', USUAL);
    expect(studio.desired().standby).toBeNull();
    await studio.call('SetCasterConfig', { ...USUAL, ...LIVE });
    expect(studio.desired().standby?.on).toBe(false);
  }));

test.each([
  [{ UrgentImageUrl: 'https://example.com/a.png' }, { kind: 'image', url: 'https://example.com/a.png' }],
  [
    { UrgentVodUrl: 'https://example.com/a.mp4' },
    { kind: 'file', url: 'https://example.com/a.mp4', beginMs: 0, endMs: null, repeat: -1, progressMs: 0 },
  ],
  [{ UrgentLiveStreamUrl: 'srt://example.com:9000' }, { kind: 'live', url: 'srt://example.com:9000' }],
])('%j is what is shown', (config, input) =>
  withStudio(async (studio) => {
    expect(studio.desired().standby?.source.input).toEqual(input);
    expect(await studio.call('DescribeCasterConfig')).toMatchObject(config);
  }, config),
);

test.each([
  ['{"eofThres":5}', { afterMs: 5000, backMs: 2000 }, '{"eofThres":5,"backThres":2}'],
  ['{"EofThres":"7","backThres":0}', { afterMs: 7000, backMs: 0 }, '{"eofThres":7,"backThres":0}'],
  [undefined, { afterMs: 3000, backMs: 2000 }, '{"eofThres":3,"backThres":2}'],
])('by itself, with %s', (AutoSwitchUrgentConfig, auto, shown) =>
  withStudio(
    async (studio) => {
      expect(studio.desired().standby?.auto).toEqual(auto);
      expect(await studio.call('DescribeCasterConfig')).toMatchObject({
        AutoSwitchUrgentOn: 'true',
        AutoSwitchUrgentConfig: shown,
      });
    },
    { ...LIVE, AutoSwitchUrgentOn: true, ...(AutoSwitchUrgentConfig ? { AutoSwitchUrgentConfig } : {}) },
  ),
);

test.each([
  [{ AutoSwitchUrgentOn: true }, 'InvalidUrgentMaterial.NotFound', 'UrgentLiveStreamUrl'],
  [{ ...LIVE, UrgentImageUrl: 'https://example.com/a.png' }, 'InvalidParameter.Malformed', 'UrgentImageUrl'],
  [{ UrgentLiveStreamUrl: 'ftp://example.com/x' }, 'InvalidLiveStreamUrl.Malformed', 'UrgentLiveStreamUrl'],
  [{ UrgentLiveStreamUrl: 'http://127.0.0.1/x.flv' }, 'InvalidLiveStreamUrl.Malformed', 'UrgentLiveStreamUrl'],
  [{ UrgentImageUrl: 'a.png' }, 'InvalidParameter.Malformed', 'UrgentImageUrl'],
  [{ UrgentVodUrl: 'file:///etc/passwd' }, 'InvalidParameter.Malformed', 'UrgentVodUrl'],
  [{ ...LIVE, AutoSwitchUrgentConfig: '{"eofThres":0}' }, 'InvalidAutoSwitchUrgentConfig', 'eofThres'],
  [{ ...LIVE, AutoSwitchUrgentConfig: '{"backThres":-1}' }, 'InvalidAutoSwitchUrgentConfig', 'backThres'],
  [{ UrgentMaterialId: 'abc' }, 'UnsupportedOperation', 'UrgentMaterialId'],
])('%j is %s, and nothing changes', (config, code, name) =>
  withStudio(async (studio) => {
    const before = studio.desired();
    const complaint = await studio.complaint('SetCasterConfig', { ...USUAL, ...config });
    expect(complaint.split(':')[0]).toBe(code);
    expect(complaint).toContain(name);
    expect(studio.desired()).toEqual(before);
  }),
);

test('EffectCasterUrgent cuts the programme to it; a layout or a take ends it', () =>
  withStudio(async (studio) => {
    const urgent = () => studio.call('EffectCasterUrgent', { SceneId: studio.pgm });
    const before = studio.desired();
    await urgent();
    // Told to the engine ahead of the state, which may have to wait in line.
    expect(api.runtime.standbys).toContain(studio.casterId);
    expect(studio.desired()).toMatchObject({ standby: { on: true }, pgm: before.pgm, take: before.take });
    expect(await studio.call('DescribeCasterMix')).toMatchObject({ Standby: { Asked: true } });
    await urgent();
    await studio.show(studio.pvw, studio.layouts.one);
    await studio.call('UpdateCasterSceneConfig', { SceneId: studio.pgm, LayoutId: studio.layouts.two });
    expect(studio.desired().standby?.on).toBe(true);
    await studio.show(studio.pgm, studio.layouts.two);
    expect(studio.desired()).toMatchObject({ standby: { on: false }, pgm: { video: [{ source: 'RV02' }] } });
    await urgent();
    await studio.take();
    expect(studio.desired()).toMatchObject({ standby: { on: false }, pgm: { video: [{ source: 'RV01' }] } });
  }, LIVE));

test('SetCasterSceneConfig with nothing leaves it, and the programme is what it was', () =>
  withStudio(async (studio) => {
    const { pgm } = studio.desired();
    await studio.call('EffectCasterUrgent', { SceneId: studio.pgm });
    const { serial } = studio.desired().standby ?? { serial: -1 };
    await studio.call('SetCasterSceneConfig', { SceneId: studio.pgm });
    expect(studio.desired()).toMatchObject({ standby: { on: false }, pgm });
    expect(studio.desired().standby?.serial).toBeGreaterThan(serial);
    // The same when it came by itself.
    engineSays(studio, 'auto');
    const again = studio.desired().standby?.serial ?? 0;
    await studio.call('SetCasterSceneConfig', { SceneId: studio.pgm });
    expect(studio.desired().pgm).toEqual(pgm);
    expect(studio.desired().standby?.serial).toBeGreaterThan(again);
    // And without a standby on air it empties the programme, as ever.
    engineSays(studio, 'ready');
    await studio.call('SetCasterSceneConfig', { SceneId: studio.pgm });
    expect(studio.desired().pgm.video).toEqual([]);
  }, LIVE));

test('EffectCasterUrgent with OnAir=false only ends it, and harms nothing where none is on air', () =>
  withStudio(async (studio) => {
    const off = () => studio.call('EffectCasterUrgent', { SceneId: studio.pgm, OnAir: false });
    const before = studio.desired();
    await off();
    const { pgm, pvw, take, standby } = studio.desired();
    expect({ pgm, pvw, take }).toEqual({ pgm: before.pgm, pvw: before.pvw, take: before.take });
    expect(standby?.serial).toBeGreaterThan(before.standby?.serial ?? 0);
    await studio.call('EffectCasterUrgent', { SceneId: studio.pgm });
    await off();
    expect(studio.desired()).toMatchObject({ standby: { on: false }, pgm: before.pgm });
  }, LIVE));

test('needs the programme of a studio on air; a stop ends it', async () => {
  const studio = await openWireStudio(api, { config: LIVE });
  expect(await studio.refusal('EffectCasterUrgent', { SceneId: studio.pvw })).toBe('InvalidScene.NotFound');
  await studio.call('EffectCasterUrgent', { SceneId: studio.pgm });
  await studio.call('StopCaster');
  expect(await studio.refusal('EffectCasterUrgent', { SceneId: studio.pgm })).toBe('IncorrectSceneStatus');
  await studio.call('StartCaster');
  expect(studio.desired().standby?.on).toBe(false);
  engineSays(studio, 'ready');
  expect(await studio.call('DescribeCasterMix')).toMatchObject({ Standby: { Asked: false, Status: 'ready' } });
  await studio.call('StopCaster');
  await studio.call('DeleteCaster');
});
