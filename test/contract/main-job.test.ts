/** The whole job of a studio, from CreateCaster to DeleteCaster, with the official clients and as XML. */
import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS, misfits } from '../support/answer-shapes.js';
import { callXml, openApiClient, popClient, type WireAnswer, type WireParams } from '../support/clients.js';
import { type StudioApi, startStudioApi } from '../support/studio-api.js';

let api: StudioApi;
beforeAll(async () => {
  api = await startStudioApi();
});
afterAll(() => api.close());

const REQUEST_ID = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;

const CLIENTS = {
  'V3 header signature': () => openApiClient(api),
  'V1 query signature, GET': () => popClient(api, 'GET'),
  'V1 query signature, POST form': () => popClient(api, 'POST'),
};

describe.each(Object.entries(CLIENTS))('%s', (_name, connect) => {
  async function call(action: string, params: WireParams = {}): Promise<WireAnswer> {
    const answer = await connect().call(action, params);
    expect(answer.RequestId).toMatch(REQUEST_ID);
    expect(misfits(answer, ANSWERS[action] ?? 's', action)).toEqual([]);
    return answer;
  }

  test('a studio is made, goes on air, takes, and goes', async () => {
    const token = `token ${_name}`.slice(0, 64);
    const base = { CasterName: 'Abend & <Show>', NormType: 1, ChargeType: 'PostPaid', ClientToken: token };
    const CasterId = String((await call('CreateCaster', base)).CasterId);
    expect((await call('CreateCaster', base)).CasterId).toBe(CasterId);

    await call('SetCasterConfig', {
      CasterId,
      CasterName: 'Abend & <Show>',
      DomainName: 'live.example.com',
      TranscodeConfig: '{"casterTemplate":"lp_hd","LiveTemplateIds":{"LocationId":["lld","lud"]}}',
    });
    const config = await call('DescribeCasterConfig', { CasterId });
    expect(config).toMatchObject({
      CasterName: 'Abend & <Show>',
      DomainName: 'live.example.com',
      TranscodeConfig: { CasterTemplate: 'lp_hd', LiveTemplateIds: { LocationId: ['lld', 'lud'] } },
      Delay: 0,
    });

    const add = (LocationId: string, more: WireParams): Promise<WireAnswer> =>
      call('AddCasterVideoResource', { CasterId, LocationId, ResourceName: `source ${LocationId}`, ...more });
    await add('RV01', { LiveStreamUrl: 'test://clock' });
    await add('RV02', { LiveStreamUrl: 'rtmp://live.example.com/live/cam1' });
    const file = { VodUrl: 'https://media.example.com/a.mp4', BeginOffset: 500, EndOffset: -1000, RepeatNum: -1 };
    const vod = await add('RV03', file);
    const sources = await call('DescribeCasterVideoResources', { CasterId });
    expect(sources).toMatchObject({
      Total: 3,
      VideoResources: {
        VideoResource: [{ LocationId: 'RV01' }, { LocationId: 'RV02' }, { LocationId: 'RV03', ...file }],
      },
    });

    const full = await call('AddCasterLayout', {
      CasterId,
      'VideoLayer.1.FillMode': 'fit',
      'VideoLayer.1.WidthNormalized': 1,
      'VideoLayer.1.HeightNormalized': 1,
      'BlendList.1': 'RV01',
      'AudioLayer.1.VolumeRate': 1,
      'MixList.1': 'RV01',
    });
    const pip = await call('AddCasterLayout', {
      CasterId,
      'VideoLayer.1.HeightNormalized': 1,
      'VideoLayer.1.PositionNormalized.1': 0.1,
      'VideoLayer.1.PositionNormalized.2': 0.25,
      'VideoLayer.2.HeightNormalized': 0.3,
      'VideoLayer.2.PositionRefer': 'bottomRight',
      'BlendList.1': 'RV02',
      'BlendList.2': 'RV01',
      'AudioLayer.1.VolumeRate': 0.5,
      'AudioLayer.1.ValidChannel': 'leftChannel',
      'AudioLayer.1.FixedDelayDuration': 40,
      'MixList.1': 'RV02',
    });
    const layouts = await call('DescribeCasterLayouts', { CasterId, LayoutId: String(pip.LayoutId) });
    expect(layouts).toMatchObject({
      Total: 1,
      Layouts: {
        Layout: [
          {
            BlendList: { LocationId: ['RV02', 'RV01'] },
            VideoLayers: { VideoLayer: [{ PositionNormalizeds: { Position: [0.1, 0.25] } }, { FillMode: 'none' }] },
            AudioLayers: {
              AudioLayer: [{ VolumeRate: 0.5, ValidChannel: 'leftChannel', FixedDelayDuration: 40 }],
            },
          },
        ],
      },
    });

    const started = await call('StartCaster', { CasterId });
    expect({ ...(await call('StartCaster', { CasterId })), RequestId: started.RequestId }).toEqual(started);
    const [pvw] = (started.PvwSceneInfos as { SceneInfo: { SceneId: string; StreamUrl: string; RtsUrl: string }[] })
      .SceneInfo;
    const [pgm] = (started.PgmSceneInfos as { SceneInfo: { SceneId: string; StreamInfos: WireAnswer }[] }).SceneInfo;
    expect(pvw?.StreamUrl).toMatch(/^http:\/\/live\.example\.com:18081\/caster\/[0-9a-f]{32}\.flv$/);
    expect(pvw?.RtsUrl).toMatch(/^http:\/\/live\.example\.com:18081\/whep\/caster\/[0-9a-f]{32}$/);
    const infos = pgm?.StreamInfos.StreamInfo as {
      TranscodeConfig: string;
      VideoFormat: string;
      OutputStreamUrl: string;
    }[];
    // lud (1080 lines) is above the 720 lines of the programme and so is not made.
    expect(infos.map((info) => `${info.TranscodeConfig} ${info.VideoFormat}`)).toEqual([
      'original flv',
      'original rtmp',
      'original m3u8',
      'lld flv',
      'lld rtmp',
      'lld m3u8',
      'adaptive m3u8',
    ]);
    expect(infos[4]?.OutputStreamUrl).toMatch(/^rtmp:\/\/live\.example\.com\/caster\/[0-9a-f]{32}_lld$/);

    const pvwId = String(pvw?.SceneId);
    const pgmId = String(pgm?.SceneId);
    await call('SetCasterSceneConfig', { CasterId, SceneId: pgmId, LayoutId: String(full.LayoutId) });
    await call('UpdateCasterSceneConfig', { CasterId, SceneId: pvwId, LayoutId: String(pip.LayoutId) });
    expect(api.runtime.running.get(CasterId)?.pgm.video.map((layer) => layer.source)).toEqual(['RV01']);
    await call('CopyCasterSceneConfig', { CasterId, FromSceneId: pvwId, ToSceneId: pgmId });
    const onAir = api.runtime.running.get(CasterId);
    expect(onAir?.pgm.video.map((layer) => layer.source)).toEqual(['RV02', 'RV01']);
    expect(onAir?.pgm.audio).toEqual([{ source: 'RV02', gain: 0.5, channels: 'left', delayMs: 40 }]);

    await call('UpdateCasterSceneAudio', {
      CasterId,
      SceneId: pgmId,
      FollowEnable: 0,
      'MixList.1': 'RV03',
      'AudioLayer.1.VolumeRate': 2,
    });
    expect(await call('DescribeCasterSceneAudio', { CasterId, SceneId: pgmId })).toMatchObject({
      FollowEnable: 0,
      MixList: { LocationId: ['RV03'] },
      AudioLayers: { AudioLayer: [{ VolumeRate: 2 }] },
    });
    await call('CopyCasterSceneConfig', { CasterId, FromSceneId: pvwId, ToSceneId: pgmId });
    expect(api.runtime.running.get(CasterId)?.pgm.audio.map((layer) => layer.source)).toEqual(['RV03']);

    const inProgramme = async (): Promise<unknown> => {
      const { SceneList } = await call('DescribeCasterScenes', { CasterId, SceneId: pgmId });
      const [scene] = (SceneList as { Scene: Record<string, { LocationId: string[] }>[] }).Scene;
      return { pictures: scene?.Pictures?.LocationId, sounds: scene?.Sounds?.LocationId };
    };
    const before = await inProgramme();
    await call('ModifyCasterLayout', {
      CasterId,
      LayoutId: String(full.LayoutId),
      'VideoLayer.1.HeightNormalized': 1,
      'BlendList.1': 'RV03',
    });
    // What is on air is what was applied, whatever becomes of the layout.
    expect(await inProgramme()).toEqual(before);
    expect(before).toEqual({ pictures: ['RV02', 'RV01'], sounds: ['RV03'] });
    await call('StopCasterScene', { CasterId, SceneId: pvwId });
    expect(api.runtime.running.get(CasterId)?.pvw).toBeNull();
    // With the preview off a change that names it goes to air.
    await call('UpdateCasterSceneConfig', { CasterId, SceneId: pvwId, LayoutId: String(full.LayoutId) });
    expect(api.runtime.running.get(CasterId)?.pgm.video.map((layer) => layer.source)).toEqual(['RV03']);
    await call('StartCasterScene', { CasterId, SceneId: pvwId });
    await call('DeleteCasterSceneConfig', { CasterId, SceneId: pvwId, Type: 'All' });
    expect(api.runtime.running.get(CasterId)?.pvw?.video).toEqual([]);

    const scenes = await call('DescribeCasterScenes', { CasterId });
    expect(scenes).toMatchObject({
      Total: 2,
      SceneList: {
        Scene: [
          { SceneName: 'scene1', OutputType: '0', Status: 1, ComponentIds: { componentId: [] } },
          { SceneName: 'scene2', OutputType: '1', Status: 1, LayoutId: String(full.LayoutId) },
        ],
      },
    });
    expect(await call('DescribeCasterStreamUrl', { CasterId })).toMatchObject({
      Total: 2,
      CasterStreams: { CasterStream: [{ OutputType: 0 }, { OutputType: 1 }] },
    });
    expect(await call('DescribeCasters', { CasterId, Status: 1 })).toMatchObject({
      Total: 1,
      CasterList: { Caster: [{ CasterName: 'Abend & <Show>', ChargeType: 'PostPaid', NormType: 1 }] },
    });

    await call('DeleteCasterVideoResource', { CasterId, ResourceId: String(vod.ResourceId) });
    expect(api.runtime.running.get(CasterId)?.pgm.video).toEqual([]);
    await call('DeleteCasterLayout', { CasterId, LayoutId: String(pip.LayoutId) });
    await call('StopCaster', { CasterId });
    expect(api.runtime.isRunning(CasterId)).toBe(false);
    await call('DeleteCaster', { CasterId });
    expect(await call('DescribeCasters', { CasterId })).toMatchObject({ Total: 0, CasterList: { Caster: [] } });
  });
});

test('XML is the answer of the RPC form unless JSON is asked for', async () => {
  const params = { CasterName: 'Über <alles> & "mehr"', NormType: 1, ChargeType: 'PostPaid', ClientToken: 'xml' };
  const created = await callXml(api, 'CreateCaster', params);
  expect(created.contentType).toBe('text/xml;charset=utf-8');
  const parser = new XMLParser({ parseTagValue: false });
  const { CasterId } = parser.parse(created.text).CreateCasterResponse;
  const listed = parser.parse((await callXml(api, 'DescribeCasters', { CasterId })).text).DescribeCastersResponse;
  expect(listed.RequestId).toMatch(REQUEST_ID);
  expect(listed.CasterList.Caster).toMatchObject({ CasterId, CasterName: 'Über <alles> & "mehr"', Status: '0' });
  const failed = await callXml(api, 'StartCaster', { CasterId });
  expect(failed.status).toBe(404);
  expect(failed.contentType).toBe('text/xml;charset=utf-8');
  expect(parser.parse(failed.text).Error).toMatchObject({ Code: 'InvalidDomainName.NotFound' });
  await callXml(api, 'DeleteCaster', { CasterId });
});
