/** Takes by transition and by hand, keys, fade to black and the multiview, with the official client. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TRANSITION_KINDS } from '../../src/domain/desired.js';
import { type StudioApi, startStudioApi } from '../support/studio-api.js';
import { listOf, openWireStudio, type WireStudio } from '../support/wire-studio.js';

let api: StudioApi;
beforeAll(async () => {
  api = await startStudioApi();
});
afterAll(() => api.close());

/** Opens one, and deletes it in the end: the server of this test has room for a few only. */
async function withStudio(work: (studio: WireStudio) => Promise<void>, config = {}): Promise<void> {
  const studio = await openWireStudio(api, { config });
  try {
    await work(studio);
  } finally {
    await studio.call('StopCaster');
    await studio.call('DeleteCaster');
  }
}

async function addText(studio: WireStudio, LocationId: string): Promise<string> {
  const params = { LocationId, ComponentType: 'text', TextLayerContent: '{"Text":"x"}', ComponentLayer: '{}' };
  return String((await studio.call('AddCasterComponent', params)).ComponentId);
}

test('a take is a cut; named transitions come with duration and colour', () =>
  withStudio(async (studio) => {
    const before = studio.desired().take.serial;
    await studio.take();
    const cut = studio.desired();
    expect(cut.take).toMatchObject({ kind: 'cut', durationMs: 0 });
    expect(cut.take.serial).toBeGreaterThan(before);
    expect(cut.pgm.video).toMatchObject([{ source: 'RV02' }]);
    let serial = cut.take.serial;
    for (const Transition of TRANSITION_KINDS) {
      await studio.take({ Transition });
      const { take } = studio.desired();
      expect(take).toEqual({
        serial: expect.any(Number),
        kind: Transition,
        color: 0,
        durationMs: Transition === 'cut' ? 0 : 500,
      });
      expect(take.serial).toBeGreaterThan(serial);
      serial = take.serial;
    }
    await studio.take({ Transition: 'dip', TransitionDuration: 1500, TransitionColor: '0xFFAA00' });
    expect(studio.desired().take).toMatchObject({ kind: 'dip', durationMs: 1500, color: 0xffaa00 });
    expect(await studio.call('DescribeCasterMix')).toMatchObject({
      Transition: 'dip',
      TransitionDuration: 1500,
      TransitionColor: '0xffaa00',
      TransitionPosition: 0,
    });
    expect(await studio.call('DescribeCasterMix')).not.toHaveProperty('Engine');
    const engine = {
      tick: 900,
      missedTicks: 2,
      droppedFrames: 1,
      tickMsP50: 1.5,
      tickMsP99: 4.25,
      sources: [],
      standby: 'none' as const,
      videoEncoders: ['vaapi', 'x264'] as const,
    };
    api.runtime.engineStats.set(studio.casterId, engine);
    expect(await studio.call('DescribeCasterMix')).toMatchObject({
      Engine: {
        Tick: 900,
        MissedTicks: 2,
        DroppedFrames: 1,
        TickMsP50: 1.5,
        TickMsP99: 4.25,
        VideoEncoder: 'vaapi,x264',
      },
    });
    await studio.show(studio.pgm, studio.layouts.one, { Transition: 'fade', TransitionDuration: 200 });
    expect(studio.desired()).toMatchObject({
      take: { kind: 'fade', durationMs: 200 },
      pgm: { video: [{ source: 'RV01' }] },
    });
    const update = { SceneId: studio.pgm, LayoutId: studio.layouts.two, Transition: 'pushUp' };
    await studio.call('UpdateCasterSceneConfig', update);
    expect(studio.desired().take).toMatchObject({ kind: 'pushUp', durationMs: 500 });
  }));

test.each([
  [{ Transition: 'spin' }, 'InvalidTransition'],
  [{ Transition: 'fade', TransitionDuration: 10_001 }, 'InvalidTransitionDuration'],
  [{ Transition: 'dip', TransitionColor: 'red' }, 'InvalidTransitionColor'],
  [{ Transition: 'dip', TransitionColor: '0x1234567' }, 'InvalidTransitionColor'],
  [{ TransitionDuration: 300 }, 'InvalidParameter.Malformed'],
  [{ TransitionPosition: 1.1 }, 'InvalidTransitionPosition'],
  [{ Transition: 'cut', TransitionPosition: 0.5 }, 'InvalidParameter.Malformed'],
])('a take with %j is %s, and nothing changes', (more, code) =>
  withStudio(async (studio) => {
    const before = studio.desired();
    const scenes = { FromSceneId: studio.pvw, ToSceneId: studio.pgm };
    expect(await studio.refusal('CopyCasterSceneConfig', { ...scenes, ...more })).toBe(code);
    expect(studio.desired()).toEqual(before);
  }),
);

test('the T-bar by hand: between the ends, back, and to the end', () =>
  withStudio(async (studio) => {
    const { take } = studio.desired();
    await studio.take({ Transition: 'wipeLeft', TransitionPosition: 0.25, TransitionDuration: 40 });
    expect(studio.desired()).toMatchObject({
      tbar: { kind: 'wipeLeft', position: 0.25, glideMs: 40 },
      take,
      pgm: { video: [{ source: 'RV01' }] },
    });
    expect(await studio.call('DescribeCasterMix')).toMatchObject({ Transition: 'wipeLeft', TransitionPosition: 0.25 });
    await studio.take({ TransitionPosition: 0 });
    expect(studio.desired()).toMatchObject({ tbar: null, take });
    await studio.take({ TransitionPosition: 0.8 });
    expect(studio.desired().tbar).toEqual({ kind: 'fade', color: 0, position: 0.8, glideMs: 100 });
    await studio.take({ TransitionPosition: 1 });
    expect(studio.desired()).toMatchObject({
      tbar: null,
      take: { kind: 'fade', durationMs: 100 },
      pgm: { video: [{ source: 'RV02' }] },
    });
    expect(studio.desired().take.serial).toBeGreaterThan(take.serial);
  }));

test('an undone take gives its serial to nobody', () =>
  withStudio(async (studio) => {
    api.runtime.failures.push('apply-timeout');
    const scenes = { FromSceneId: studio.pvw, ToSceneId: studio.pgm };
    const lost = studio.desired().revision + 1;
    expect(await studio.refusal('CopyCasterSceneConfig', scenes)).toBe('ServiceUnavailable');
    expect(studio.desired().pgm.video).toMatchObject([{ source: 'RV01' }]);
    await studio.take();
    expect(studio.desired().take.serial).toBeGreaterThan(lost);
  }));

test('keys lie over the programme through takes, stops and starts', () =>
  withStudio(async (studio) => {
    const logo = await addText(studio, 'RC01');
    const clock = await addText(studio, 'RC02');
    await studio.call('SetCasterOverlay', { ComponentId: logo, OnAir: true, Order: 5 });
    await studio.call('SetCasterOverlay', { ComponentId: clock, OnAir: true, FadeDuration: 0 });
    await studio.take();
    const summary = () => studio.desired().keys.map(({ overlay, on, fadeMs }) => [overlay.id, on, fadeMs]);
    expect(summary()).toEqual([
      [clock, true, 0],
      [logo, true, 300],
    ]);
    await studio.call('SetCasterOverlay', { ComponentId: clock, OnAir: false, FadeDuration: 800 });
    expect(summary()[0]).toEqual([clock, false, 800]);
    expect(listOf(await studio.call('DescribeCasterMix'), 'Overlays.Overlay')).toEqual([
      { ComponentId: clock, OnAir: false, FadeDuration: 800, Order: 0 },
      { ComponentId: logo, OnAir: true, FadeDuration: 300, Order: 5 },
    ]);
    await studio.call('StopCaster');
    await studio.call('StartCaster');
    expect(summary()).toEqual([[logo, true, 300]]);
    await studio.call('DeleteCasterComponent', { ComponentId: logo });
    expect(summary()).toEqual([]);
    expect(await studio.refusal('SetCasterOverlay', { ComponentId: logo, OnAir: true })).toBe(
      'InvalidComponent.NotFound',
    );
    expect(await studio.refusal('SetCasterOverlay', { ComponentId: clock })).toBe('MissingOnAir');
    expect(await studio.refusal('SetCasterOverlay', { ComponentId: clock, OnAir: 'on' })).toBe('InvalidOnAir');
    expect(await studio.refusal('SetCasterOverlay', { ComponentId: clock, OnAir: true, FadeDuration: -1 })).toBe(
      'InvalidFadeDuration',
    );
    expect(await studio.refusal('SetCasterOverlay', { ComponentId: clock, OnAir: true, Order: 100 })).toBe(
      'InvalidOrder',
    );
  }));

test('fade to black, and back; it stays over a stop', () =>
  withStudio(async (studio) => {
    await studio.call('SetCasterFadeToBlack', { Enable: true });
    expect(studio.desired().fadeToBlack).toEqual({ on: true, fadeMs: 1000 });
    await studio.call('StopCaster');
    await studio.call('StartCaster');
    expect(studio.desired().fadeToBlack.on).toBe(true);
    await studio.call('SetCasterFadeToBlack', { Enable: false, FadeDuration: 10 });
    expect(await studio.call('DescribeCasterMix')).toMatchObject({ FadeToBlack: { Enable: false, FadeDuration: 10 } });
    expect(await studio.refusal('SetCasterFadeToBlack')).toBe('MissingEnable');
    expect(await studio.refusal('SetCasterFadeToBlack', { Enable: true, FadeDuration: 10_001 })).toBe(
      'InvalidFadeDuration',
    );
  }));

test('the multiview: addresses, and where each tile lies', () =>
  withStudio(async (studio) => {
    const multiview = await studio.call('DescribeCasterMultiview');
    const { multiview: stream } = studio.desired().streams;
    expect(multiview).toMatchObject({
      Width: 1280,
      Height: 720,
      StreamUrl: `http://live.example.com:18081/${stream}.flv`,
      RtmpUrl: `rtmp://live.example.com/${stream}`,
      RtsUrl: `http://live.example.com:18081/whep/${stream}`,
      HlsUrl: `http://live.example.com:18081/${stream}.m3u8`,
    });
    const tiles = listOf(multiview, 'Tiles.Tile');
    expect(tiles.map(({ Kind, LocationId }) => [Kind, LocationId])).toEqual([
      ['pvw', undefined],
      ['pgm', undefined],
      ['source', 'RV01'],
      ['source', 'RV02'],
    ]);
    expect(tiles[3]).toMatchObject({ Name: 'RV02 two', X: 320, Y: 360, Width: 320, Height: 180 });
    expect(tiles[3]?.ResourceId).toBe(studio.desired().sources[1]?.id);
    await studio.call('StopCaster');
    expect(listOf(await studio.call('DescribeCasterMultiview'), 'Tiles.Tile')[0]?.Name).toContain('off');
  }));

test('a studio that was never started has no multiview', async () => {
  const studio = await openWireStudio(api, { start: false });
  expect(await studio.refusal('DescribeCasterMultiview')).toBe('InvalidScene.NotFound');
  expect(await studio.call('DescribeCasterMix')).toMatchObject({ Transition: 'cut', Overlays: { Overlay: [] } });
  await studio.call('DeleteCaster');
});
