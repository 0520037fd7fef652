import { expect, test } from 'vitest';
import { tokenOf } from '../src/api.js';
import { duration, keyMeaning } from '../src/keys.js';
import { readComponents, readMix, readMultiview } from '../src/mix-wire.js';
import { factsOf } from '../src/source-facts.js';
import {
  readAspect,
  readChannels,
  readLayouts,
  readOutputs,
  readScenes,
  readSources,
  readStudios,
} from '../src/wire.js';

test('studios, running or not', () => {
  const answer = {
    CasterList: {
      Caster: [
        { CasterId: 'a', CasterName: 'Show', Status: 1, StartTime: '2026-01-02T03:04:05Z' },
        { CasterId: 'b', CasterName: '', Status: 0, StartTime: '' },
      ],
    },
  };
  expect(readStudios(answer)).toEqual([
    { id: 'a', name: 'Show', running: true, startedAt: Date.UTC(2026, 0, 2, 3, 4, 5) },
    { id: 'b', name: 'b', running: false, startedAt: null },
  ]);
});

test('scenes: preview is 0, programme is 1', () => {
  const scene = { SceneId: 's', Status: 1, LayoutId: 'l', RtsUrl: 'http://localhost:8081/whep/caster/x' };
  const scenes = readScenes({
    SceneList: {
      Scene: [
        { ...scene, OutputType: '0', ComponentIds: { componentId: ['c2', 'c1'] } },
        { SceneId: 't', OutputType: '1', Pictures: { LocationId: ['RV02'] }, Sounds: { LocationId: [] } },
      ],
    },
  });
  expect(scenes).toEqual([
    {
      id: 's',
      kind: 'pvw',
      on: true,
      layoutId: 'l',
      pictures: null,
      sounds: null,
      components: ['c2', 'c1'],
      whepUrl: 'http://localhost:8081/whep/caster/x',
    },
    { id: 't', kind: 'pgm', on: false, layoutId: null, pictures: ['RV02'], sounds: [], components: [], whepUrl: null },
  ]);
});

test('layouts pair pictures with positions', () => {
  const layer = { FillMode: 'fit', WidthNormalized: 0.5, HeightNormalized: 0.5, PositionRefer: 'topRight' };
  const answer = {
    Layouts: {
      Layout: [
        {
          LayoutId: 'l',
          BlendList: { LocationId: ['RV02'] },
          MixList: { LocationId: ['RV03'] },
          VideoLayers: { VideoLayer: [{ ...layer, PositionNormalizeds: { Position: [0.1, 0.2] } }] },
        },
      ],
    },
  };
  expect(readLayouts(answer)[0]?.mix).toEqual(['RV03']);
  expect(readLayouts(answer)[0]?.layers).toEqual([
    { position: 'RV02', fill: 'fit', width: 0.5, height: 0.5, x: 0.1, y: 0.2, refer: 'topRight' },
  ]);
});

test('sources are in the order of their positions and say what they are', () => {
  const list = [
    { ResourceId: '2', LocationId: 'RV02', ResourceName: 'Clip', VodUrl: 'http://x/a.mp4' },
    {
      ResourceId: '1',
      LocationId: 'RV01',
      ResourceName: 'Cam',
      LiveStreamUrl: 'rtmp://x/live/a',
      SourceStatus: 'lost',
      SourceReason: 'nobody pushes this stream',
    },
  ];
  const sources = readSources({ VideoResources: { VideoResource: list } }, null);
  expect(sources.map(({ position, kind, status }) => `${position} ${kind} ${status}`)).toEqual([
    'RV01 stream lost',
    'RV02 file idle',
  ]);
  expect(sources[0]?.reason).toBe('nobody pushes this stream');
  expect(sources.map(({ place }) => place)).toEqual(['RV01', 'RV02']);
  const channels = readChannels({
    Channels: { Channel: [{ ChannelId: 'RV01' }, { ChannelId: 'RV07', ResourceId: '2' }] },
  });
  expect(readSources({ VideoResources: { VideoResource: list } }, channels).map(({ place }) => place)).toEqual([
    '',
    'RV07',
  ]);
});

test('a source that is there says what arrives, one that is lost why and since when', () => {
  const [cam, clip] = readSources(
    {
      VideoResources: {
        VideoResource: [
          {
            ...{ LocationId: 'RV01', LiveStreamUrl: 'rtmp://x/live/a', SourceStatus: 'live', VideoCodec: 'h264' },
            ...{ AudioCodec: 'aac', Width: 1280, Height: 720, Fps: 29.97, Bitrate: 2_440_000 },
          },
          { LocationId: 'RV02', VodUrl: 'http://x/a.mp4', SourceStatus: 'live', Paused: true, PlaceMs: 1234 },
        ],
      },
    },
    null,
  );
  if (!cam || !clip) throw new Error('two sources');
  expect(factsOf(cam)).toBe('h264 + aac · 1280×720 · 29.97 fps · 2.4 Mbit/s');
  expect(clip.file).toEqual({ paused: true, placeMs: 1234 });
  expect([factsOf(clip), cam.file]).toEqual(['', null]);
  const since = new Date(2026, 0, 2, 3, 4, 5).getTime();
  expect(factsOf({ ...cam, status: 'lost', since, reason: 'refused' })).toBe('since 03:04:05 · refused');
});

test('output addresses, each once', () => {
  const info = { TranscodeConfig: 'lsd', VideoFormat: 'flv', OutputStreamUrl: 'http://x/b.flv' };
  const stream = {
    OutputType: 1,
    StreamUrl: 'http://x/a.flv',
    RtmpUrl: 'rtmp://x/a',
    StreamInfos: { StreamInfo: [info, info] },
  };
  expect(readOutputs({ CasterStreams: { CasterStream: [stream] } })).toEqual([
    { label: 'PGM', format: 'flv', url: 'http://x/a.flv' },
    { label: 'PGM', format: 'rtmp', url: 'rtmp://x/a' },
    { label: 'lsd', format: 'flv', url: 'http://x/b.flv' },
  ]);
});

test('odd answers are empty, never an exception', () => {
  for (const odd of [null, 7, 'x', [], {}, { CasterList: 3, SceneList: { Scene: {} }, Layouts: { Layout: [null] } }]) {
    expect(() =>
      [
        ...[readStudios, readScenes, readLayouts, readOutputs, readChannels],
        ...[readComponents, readMix, readMultiview, (answer: unknown) => readSources(answer, [])],
      ].map((read) => read(odd)),
    ).not.toThrow();
    expect(readAspect(odd)).toBeCloseTo(16 / 9);
  }
  expect(readAspect({ TranscodeConfig: { CasterTemplate: 'lp_hd_v' } })).toBeCloseTo(9 / 16);
});

test('keys of the desk', () => {
  const key = { repeat: false, ctrlKey: false, altKey: false, metaKey: false };
  expect(keyMeaning({ ...key, key: '3' })).toEqual({ kind: 'layout', index: 2 });
  expect(keyMeaning({ ...key, key: ' ' })).toEqual({ kind: 'cut' });
  expect(keyMeaning({ ...key, key: 'Enter' })).toEqual({ kind: 'auto' });
  expect(keyMeaning({ ...key, key: 'Escape' })).toEqual({ kind: 'back' });
  expect(keyMeaning({ ...key, key: 'Enter', repeat: true })).toBeNull();
  expect(keyMeaning({ ...key, key: '3', ctrlKey: true })).toBeNull();
  expect(keyMeaning({ ...key, key: '0' })).toBeNull();
});

test('durations and the token of the link', () => {
  expect([duration(309_999), duration(-5), duration(36_000_000)]).toEqual(['0:05:09', '0:00:00', '10:00:00']);
  expect([tokenOf('#token=a-b_c'), tokenOf('#other=1'), tokenOf('')]).toEqual(['a-b_c', null, null]);
});
