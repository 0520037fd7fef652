import { expect, test } from 'vitest';
import { readLevels, SILENCE_DB } from '../../src/sound/levels-wire.js';
import { NO_FILTER, readSceneMix, readSettings, writeFilter, writeLayer } from '../../src/sound/sound-wire.js';

test('the mix of a scene; whatever is missing is as it comes in', () => {
  const answer = {
    FollowEnable: 1,
    MixList: { LocationId: ['RV01', 'RV03'] },
    AudioLayers: {
      AudioLayer: [
        {
          VolumeRate: 0,
          ValidChannel: 'rightChannel',
          FixedDelayDuration: 250,
          Filter: '{"EnableAns":1,"ansMode":"1","enableAgc":1,"enableBeautify":1,"voiceBeautifyMode":0}',
        },
      ],
    },
  };
  expect(readSceneMix(answer)).toEqual({
    follow: true,
    layers: [
      {
        place: 'RV01',
        gain: 0,
        channels: 'right',
        delayMs: 250,
        filter: { noise: 'music', autoGain: true, voice: 'deep' },
      },
      { place: 'RV03', gain: 1, channels: 'all', delayMs: 0, filter: NO_FILTER },
    ],
  });
  expect(readSceneMix(null)).toEqual({ follow: false, layers: [] });
});

test('of a layer what is given is sent', () => {
  const filter = { noise: 'speech', autoGain: false, voice: 'bright' } as const;
  const { 'AudioLayer.2.Filter': written, ...params } = writeLayer(2, {
    ...{ gain: 0.5012, channels: 'left', delayMs: 40, filter },
  });
  expect(params).toEqual({
    'AudioLayer.2.VolumeRate': '0.5012',
    'AudioLayer.2.ValidChannel': 'leftChannel',
    'AudioLayer.2.FixedDelayDuration': '40',
  });
  expect(JSON.parse(written ?? '')).toEqual({
    enableAgc: 0,
    enableAns: 1,
    ansMode: 0,
    enableBeautify: 1,
    voiceBeautifyMode: 1,
  });
  expect(writeLayer(1, { gain: 0 })).toEqual({ 'AudioLayer.1.VolumeRate': '0' });
  // Without it a filter would stay.
  expect(Object.keys(writeLayer(1, { filter: NO_FILTER }))).toEqual(['AudioLayer.1.Filter']);
});

test('every filter is read as it was written', () => {
  for (const noise of ['off', 'speech', 'music'] as const)
    for (const voice of ['off', 'deep', 'bright'] as const)
      for (const autoGain of [true, false]) {
        const Filter = writeFilter({ noise, autoGain, voice });
        const answer = { MixList: { LocationId: ['RV01'] }, AudioLayers: { AudioLayer: [{ Filter }] } };
        expect(readSceneMix(answer).layers[0]?.filter).toEqual({ noise, autoGain, voice });
      }
});

test('settings, and where sources are listened to', () => {
  const settings = readSettings({
    Ducking: {
      Enable: true,
      LocationIds: { LocationId: ['RV01'] },
      Depth: 9,
      Threshold: -35,
      Attack: 20,
      Release: 900,
    },
    Tone: { Enable: false, Frequency: 440, Level: -20 },
    Silence: { Enable: true, Threshold: -55, Duration: 5 },
    Listens: {
      Listen: [
        { LocationId: 'RV01', RtsUrl: 'http://h/whep/a' },
        { LocationId: 'RV02', RtsUrl: '' },
      ],
    },
  });
  expect(settings).toEqual({
    ducking: { on: true, triggers: ['RV01'], depth: 9, threshold: -35, attack: 20, release: 900 },
    tone: { on: false, hz: 440, level: -20 },
    silence: { on: true, threshold: -55, seconds: 5 },
    listens: new Map([['RV01', 'http://h/whep/a']]),
  });
});

test('readings of levels: what is missing is silence, what is not for this studio is nothing', () => {
  const levels = {
    tick: 3,
    pgm: {
      peakDb: [-3, -4],
      rmsDb: [-12, -13],
      momentary: -20,
      integratedSeconds: 12,
      correlation: -0.5,
      limitedDb: 1,
    },
    sources: [{ id: 's1', peakDb: [-6, -7], rmsDb: [-16, -17], silent: true }],
  };
  const message = (casterId: string): string => JSON.stringify({ type: 'levels', casterId, levels });
  const read = readLevels(message('c1'), 'c1');
  expect(read?.pgm).toMatchObject({ peak: [-3, -4], rms: [-12, -13], momentary: -20, correlation: -0.5, limited: 1 });
  expect(read?.pgm).toMatchObject({ integrated: SILENCE_DB, maxTruePeak: SILENCE_DB, silent: false, ducked: 0 });
  expect(read?.sources.get('s1')).toEqual({ peak: [-6, -7], rms: [-16, -17], silent: true });
  expect(readLevels(message('c2'), 'c1')).toBeNull();
  expect(readLevels('not json', 'c1')).toBeNull();
  expect(readLevels(new ArrayBuffer(2), 'c1')).toBeNull();
  expect(readLevels('{"type":"other","casterId":"c1"}', 'c1')).toBeNull();
  expect(readLevels('{"type":"levels","casterId":"c1","levels":{"pgm":{"peakDb":"x"}}}', 'c1')?.pgm.peak).toEqual([
    SILENCE_DB,
    SILENCE_DB,
  ]);
});
