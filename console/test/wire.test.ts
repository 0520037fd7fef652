import { expect, test } from 'vitest';
import { tokenOf } from '../src/api.js';
import { duration, keyMeaning } from '../src/keys.js';
import { readAspect, readLayouts, readOutputs, readScenes, readSources, readStudios } from '../src/wire.js';

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
        { ...scene, OutputType: '0' },
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
      whepUrl: 'http://localhost:8081/whep/caster/x',
    },
    { id: 't', kind: 'pgm', on: false, layoutId: null, pictures: ['RV02'], sounds: [], whepUrl: null },
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
  const sources = readSources({ VideoResources: { VideoResource: list } });
  expect(sources.map(({ position, kind, status }) => `${position} ${kind} ${status}`)).toEqual([
    'RV01 stream lost',
    'RV02 file idle',
  ]);
  expect(sources[0]?.reason).toBe('nobody pushes this stream');
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
      [readStudios, readScenes, readLayouts, readSources, readOutputs].map((read) => read(odd)),
    ).not.toThrow();
    expect(readAspect(odd)).toBeCloseTo(16 / 9);
  }
  expect(readAspect({ TranscodeConfig: { CasterTemplate: 'lp_hd_v' } })).toBeCloseTo(9 / 16);
});

test('keys of the desk', () => {
  const key = { repeat: false, ctrlKey: false, altKey: false, metaKey: false };
  expect(keyMeaning({ ...key, key: '3' })).toEqual({ kind: 'layout', index: 2 });
  expect(keyMeaning({ ...key, key: ' ' })).toEqual({ kind: 'take' });
  expect(keyMeaning({ ...key, key: 'Enter', repeat: true })).toBeNull();
  expect(keyMeaning({ ...key, key: '3', ctrlKey: true })).toBeNull();
  expect(keyMeaning({ ...key, key: '0' })).toBeNull();
});

test('durations and the token of the link', () => {
  expect([duration(309_999), duration(-5), duration(36_000_000)]).toEqual(['0:05:09', '0:00:00', '10:00:00']);
  expect([tokenOf('#token=a-b_c'), tokenOf('#other=1'), tokenOf('')]).toEqual(['a-b_c', null, null]);
});
