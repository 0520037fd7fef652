/** Sources that change, channels, groups to align, and callbacks, with the official client. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { SETTINGS, type StudioApi, startStudioApi } from '../support/studio-api.js';
import { waitFor } from '../support/wait.js';
import { listOf, openWireStudio, type WireStudio } from '../support/wire-studio.js';

/** Of this test's beginning, whole seconds: the server takes calls of its own time only. */
const NOW = Math.floor(Date.now() / 1000) * 1000;
let api: StudioApi;
beforeAll(async () => {
  api = await startStudioApi({
    config: { ...SETTINGS, sourceAddresses: 'all', limits: { ...SETTINGS.limits, studios: 50 } },
    clock: { now: () => NOW },
  });
});
afterAll(() => api.close());

const sources = async (studio: WireStudio) =>
  listOf(await studio.call('DescribeCasterVideoResources'), 'VideoResources.VideoResource');
const CONFIG = { DomainName: 'live.example.com', TranscodeConfig: '{"CasterTemplate":"lp_ld"}' };

test('a changed source takes effect when it is told to', async () => {
  const studio = await openWireStudio(api);
  const [one, two] = (await sources(studio)).map(({ ResourceId }) => String(ResourceId));
  const ResourceId = one ?? '';
  const file = { VodUrl: 'https://a.example/x.mp4', BeginOffset: 10, RepeatNum: 1, PtsCallbackInterval: 1000 };
  expect(await studio.call('ModifyCasterVideoResource', { ResourceId, ResourceName: 'File', ...file })).toMatchObject({
    CasterId: studio.casterId,
    ResourceId,
  });
  expect(studio.desired().sources[0]).toMatchObject({ name: 'File', input: { kind: 'test' } });
  const [described] = await sources(studio);
  expect(described).toMatchObject({ ...file, ResourceName: 'File', EffectPending: true });
  expect(described).not.toHaveProperty('LiveStreamUrl');
  await studio.call('EffectCasterVideoResource', { ResourceId, SceneId: studio.pgm });
  expect(studio.desired().sources[0]?.input).toEqual({
    kind: 'file',
    url: file.VodUrl,
    beginMs: 10,
    endMs: null,
    repeat: 1,
    progressMs: 1000,
  });
  expect((await sources(studio))[0]).toMatchObject({ EffectPending: false });
  const refusal = (params: Record<string, string>) => studio.refusal('EffectCasterVideoResource', params);
  expect(await refusal({ ResourceId: two ?? '', SceneId: studio.pgm })).toBe('InvalidResource.NotFound');
  expect(await refusal({ ResourceId: 'none', SceneId: studio.pgm })).toBe('InvalidResource.NotFound');
  expect(await refusal({ ResourceId: '../x', SceneId: studio.pgm })).toBe('InvalidResourceId.Malformed');
  expect(await refusal({ ResourceId, SceneId: 'none' })).toBe('InvalidScene.NotFound');
  await studio.call('DeleteCasterSceneConfig', { SceneId: studio.pvw, Type: 'All' });
  expect(await refusal({ ResourceId, SceneId: studio.pvw })).toBe('InvalidLayout.NotFound');
  await studio.call('StopCasterScene', { SceneId: studio.pvw });
  expect(await refusal({ ResourceId, SceneId: studio.pvw })).toBe('IncorrectSceneStatus.Idle');
  await studio.call('StopCaster');
  expect(await refusal({ ResourceId, SceneId: studio.pgm })).toBe('IncorrectSceneStatus');
  const modify = (params: Record<string, string>) => studio.refusal('ModifyCasterVideoResource', params);
  expect(await modify({ ResourceId: 'none' })).toBe('InvalidResource.NotFound');
  expect(await modify({ ResourceId, MaterialId: 'x' })).toBe('InvalidMaterialId.Malformed');
  expect(await modify({ ResourceId, LiveStreamUrl: 'srt://a.example:9000?mode=listener' })).toBe(
    'InvalidLiveStreamUrl.Malformed',
  );
});

test('how a source is', async () => {
  const studio = await openWireStudio(api);
  const [one, two] = studio.desired().sources;
  const usual = { status: 'live', forSeconds: 65.4, reason: '', videoCodec: 'h264', audioCodec: 'aac' } as const;
  const picture = { width: 1280, height: 720, fps: 29.970_03, bitrate: 2_500_000.4 };
  const counts = { lateFrames: 1, droppedFrames: 2, reconnects: 3 };
  api.runtime.health.set(studio.casterId, [
    { id: one?.id ?? '', position: 'RV01', ...usual, ...picture, ...counts, file: null },
    { id: two?.id ?? '', position: 'RV02', ...usual, ...picture, ...counts, file: { paused: true, placeMs: 1234.5 } },
  ]);
  const [first, second] = await sources(studio);
  expect(first).toMatchObject({
    SourceStatus: 'live',
    SourceReason: '',
    SourceSince: `${new Date(NOW - 65_400).toISOString().slice(0, 19)}Z`,
    VideoCodec: 'h264',
    AudioCodec: 'aac',
    Width: 1280,
    Height: 720,
    Fps: 29.97,
    Bitrate: 2_500_000,
    LateFrames: 1,
    DroppedFrames: 2,
    Reconnects: 3,
  });
  expect(first).not.toHaveProperty('Paused');
  expect(second).toMatchObject({ Paused: true, PlaceMs: 1235 });
  await studio.call('AddCasterVideoResource', {
    LocationId: 'RV03',
    ResourceName: 'new',
    LiveStreamUrl: 'test://bars',
  });
  expect((await sources(studio))[2]).toMatchObject({ SourceStatus: 'connecting', SourceReason: '' });
  api.runtime.health.delete(studio.casterId);
  await studio.call('StopCaster');
  expect((await sources(studio))[2]).toMatchObject({ SourceStatus: 'idle' });
});

test('a source that takes the place of a deleted one is on air with the next layout only', async () => {
  const studio = await openWireStudio(api);
  const [ResourceId = ''] = (await sources(studio)).map((source) => String(source.ResourceId));
  await studio.call('DeleteCasterVideoResource', { ResourceId });
  const inProgramme = async () =>
    listOf(await studio.call('DescribeCasterScenes', { SceneId: studio.pgm }), 'SceneList.Scene')[0];
  expect(await inProgramme()).toMatchObject({ Pictures: { LocationId: [] }, Sounds: { LocationId: [] } });
  await studio.call('AddCasterVideoResource', {
    LocationId: 'RV01',
    ResourceName: 'new',
    LiveStreamUrl: 'test://bars',
  });
  expect(studio.desired().pgm).toMatchObject({ video: [], audio: [] });
  await studio.show(studio.pgm, studio.layouts.one);
  expect(await inProgramme()).toMatchObject({ Pictures: { LocationId: ['RV01'] } });
});

test('channels: turned on while idle, bound, paused, sought, watched', async () => {
  const studio = await openWireStudio(api);
  expect(await studio.refusal('SetCasterChannel', { ChannelId: 'RV01' })).toBe('IncorrectChannel.Disable');
  expect(await studio.refusal('DescribeCasterChannels')).toBe('IncorrectChannel.Disable');
  expect(await studio.refusal('SetCasterConfig', { ...CONFIG, ChannelEnable: 1 })).toBe('IncorrectCasterStatus.Inuse');
  await studio.call('StopCaster');
  await studio.call('SetCasterConfig', { ...CONFIG, ChannelEnable: 1 });
  expect(await studio.call('DescribeCasterConfig')).toMatchObject({ ChannelEnable: 1 });
  expect(await studio.call('DescribeCasters', { CasterId: studio.casterId })).toMatchObject({
    CasterList: { Caster: [{ ChannelEnable: 1 }] },
  });
  expect(await studio.call('DescribeCasterLayouts')).toMatchObject({ Total: 0 });
  expect(await studio.refusal('SetCasterConfig', CONFIG)).toBe('InvalidCaster.ChannelDisableUnsupported');

  const vod = { LocationId: 'RV03', ResourceName: 'vod', VodUrl: 'http://a.example/x.mp4' };
  const file = String((await studio.call('AddCasterVideoResource', vod)).ResourceId);
  const layout = {
    'VideoLayer.1.HeightNormalized': 1,
    'BlendList.1': 'RV12',
    'AudioLayer.1.VolumeRate': 1,
    'MixList.1': 'RV12',
  };
  const LayoutId = String((await studio.call('AddCasterLayout', layout)).LayoutId);
  expect(await studio.refusal('AddCasterLayout', { ...layout, 'BlendList.1': 'RV13' })).toBe(
    'InvalidResource.NotFound',
  );
  await studio.call('SetCasterChannel', { ChannelId: 'RV12', ResourceId: file, PlayStatus: 0 });
  await studio.call('StartCaster');
  await studio.show(studio.pgm, LayoutId);
  const channel = () => studio.desired().sources.find(({ id }) => id === file);
  expect(channel()).toMatchObject({ position: 'RV12', playback: { paused: true, seek: null } });
  await studio.call('SetCasterChannel', { ChannelId: 'RV12', PlayStatus: 1, SeekOffset: 2500 });
  expect(channel()?.playback).toMatchObject({ paused: false, seek: { toMs: 2500 } });
  expect(studio.desired().monitors).toEqual([{ position: 'RV12', stream: `${studio.desired().streams.pvw}_rv12` }]);
  expect(studio.desired().pgm.video).toMatchObject([{ source: 'RV12' }]);

  const described = await studio.call('DescribeCasterChannels');
  const channels = listOf(described, 'Channels.Channel');
  expect([described.Total, channels.length, channels[0]]).toEqual([12, 12, { ChannelId: 'RV01' }]);
  expect(channels[11]).toEqual({
    ChannelId: 'RV12',
    ResourceId: file,
    StreamUrl: `http://live.example.com:18081/${studio.desired().streams.pvw}_rv12.flv`,
    RtmpUrl: `rtmp://live.example.com/${studio.desired().streams.pvw}_rv12`,
    PlayStatus: 1,
  });
  const refusal = (params: Record<string, string | number>) => studio.refusal('SetCasterChannel', params);
  expect(await refusal({ ChannelId: 'RV13', ResourceId: file })).toBe('InvalidChannelId');
  expect(await refusal({ ChannelId: 'RV01', ResourceId: file })).toBe('ResourceOfChannelExist');
  expect(await refusal({ ChannelId: 'RV01', ResourceId: 'none' })).toBe('InvalidResource.NotFound');
  expect(await refusal({ ChannelId: 'RV01', SeekOffset: 1 })).toBe('InvalidResource.NotFound');
  expect(await refusal({ ChannelId: 'RV12', FaceBeauty: '1' })).toBe('UnsupportedOperation');
  expect(await refusal({ ChannelId: 'RV12', PlayStatus: 2 })).toBe('InvalidPlayStatus');
  await studio.call('DeleteCasterVideoResource', { ResourceId: file });
  expect(studio.desired()).toMatchObject({ monitors: [], pgm: { video: [] } });
});

test('groups to align hold from the next start on', async () => {
  const studio = await openWireStudio(api);
  const [a, b] = studio.desired().sources.map(({ id }) => id);
  const groups = JSON.stringify([{ mode: '0', resourceIds: [a, b], hostResourceId: a }]);
  await studio.call('SetCasterConfig', { ...CONFIG, SyncGroupsConfig: groups });
  expect(studio.desired().syncGroups).toEqual([]);
  expect(await studio.call('DescribeCasterConfig')).toMatchObject({
    SyncGroupsConfig: { SyncGroup: [{ Mode: 0, ResourceIds: { ResourceId: [a, b] }, HostResourceId: a }] },
  });
  await studio.call('StopCaster');
  await studio.call('StartCaster');
  expect(studio.desired().syncGroups).toEqual([{ mode: 'host', sources: [a, b], host: a }]);
  for (const wrong of [
    '{}',
    '[{"mode":2,"resourceIds":["a"]}]',
    '[{"mode":1,"resourceIds":["a"]},{"mode":1,"resourceIds":["a"]}]',
  ]) {
    expect(await studio.refusal('SetCasterConfig', { ...CONFIG, SyncGroupsConfig: wrong })).toBe(
      'InvalidSyncGroupsConfig',
    );
  }
  await studio.call('SetCasterConfig', CONFIG);
  expect(await studio.call('DescribeCasterConfig')).toMatchObject({ SyncGroupsConfig: { SyncGroup: [] } });
});

test('what engines report reaches the CallbackUrl of their studio, at once after it is set', async () => {
  const received: unknown[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    received.push(JSON.parse(Buffer.concat(parts).toString()));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const studio = await openWireStudio(api);
    const CallbackUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
    await studio.call('SetCasterConfig', { ...CONFIG, CallbackUrl });
    expect(await studio.call('DescribeCasterConfig')).toMatchObject({ CallbackUrl });
    const wholeStudio = vi.spyOn(api.services.store, 'get');
    api.runtime.report(studio.casterId, { code: 'ImageOpenFailed', message: 'status 404', componentId: 'x' });
    await waitFor('the event', 5000, () => received.length > 0);
    // Reports may come often: the address alone is looked up.
    expect(wholeStudio).not.toHaveBeenCalled();
    wholeStudio.mockRestore();
    expect(received).toEqual([
      {
        CasterId: studio.casterId,
        EventType: 'RuntimeErrorCallback',
        EventMessage: { ComponentId: 'x', Code: 'ImageOpenFailed', Message: 'status 404' },
      },
    ]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('a picture may fill its box', async () => {
  const studio = await openWireStudio(api);
  const layout = {
    'VideoLayer.1.FillMode': 'cover',
    'VideoLayer.1.WidthNormalized': 0.5,
    'VideoLayer.1.HeightNormalized': 0.5,
    'VideoLayer.1.PositionRefer': 'bottomCenter',
    'BlendList.1': 'RV01',
    'AudioLayer.1.VolumeRate': 1,
    'MixList.1': 'RV01',
  };
  const LayoutId = String((await studio.call('AddCasterLayout', layout)).LayoutId);
  await studio.show(studio.pgm, LayoutId);
  expect(studio.desired().pgm.video).toMatchObject([{ fill: 'cover', width: 0.5, height: 0.5, refer: 'bottomCenter' }]);
  const { 'VideoLayer.1.WidthNormalized': _width, ...flat } = layout;
  expect(await studio.refusal('AddCasterLayout', flat)).toBe('InvalidWidthNormalized');
});
