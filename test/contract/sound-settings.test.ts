/** Talk-over, test tone, silence, loudness, listening and the coding of the sound, with the official client. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SoundSpec } from '../../src/domain/desired.js';
import { type ChannelLevels, SILENCE_DB } from '../../src/domain/engine.js';
import type { WireAnswer, WireParams } from '../support/clients.js';
import { levelsOf, sourceLevelsOf } from '../support/sound-levels.js';
import { SETTINGS, type StudioApi, startStudioApi } from '../support/studio-api.js';
import { listOf, openWireStudio, type WireStudio } from '../support/wire-studio.js';

let api: StudioApi;
beforeAll(async () => {
  api = await startStudioApi({ config: { ...SETTINGS, limits: { ...SETTINGS.limits, studios: 50 } } });
});
afterAll(() => api.close());

const soundOf = (studio: WireStudio): SoundSpec => studio.desired().sound;
const described = (studio: WireStudio): Promise<WireAnswer> => studio.call('DescribeCasterSound');
const DEFAULTS = {
  Ducking: { Enable: false, LocationIds: { LocationId: [] }, Depth: 12, Threshold: -40, Attack: 50, Release: 600 },
  Tone: { Enable: false, Frequency: 1000, Level: -18 },
  Silence: { Enable: true, Threshold: -60, Duration: 10 },
};
const SILENCE = { belowDb: -60, afterMs: 10_000 };
const DUCKING = { triggers: ['RV01'], depthDb: 12, thresholdDb: -40, attackMs: 50, releaseMs: 600 };

test('what a new studio has, and what an idle one is told for its next start', async () => {
  const studio = await openWireStudio(api, { start: false });
  expect(await described(studio)).toMatchObject(DEFAULTS);
  const [one, two] = listOf(await described(studio), 'Listens.Listen');
  expect(Object.keys(one ?? {})).toEqual(['LocationId', 'ResourceId']);
  expect([one?.LocationId, two?.LocationId]).toEqual(['RV01', 'RV02']);
  await studio.call('SetCasterSound', { ToneEnable: true, DuckingEnable: true, 'DuckingList.1': 'RV02' });
  await studio.call('StartCaster');
  expect(soundOf(studio)).toEqual({
    ducking: { ...DUCKING, triggers: ['RV02'] },
    tone: { hz: 1000, levelDb: -18 },
    silence: SILENCE,
    loudnessSerial: 0,
  });
  // The tone does not outlive the stop; the rest does.
  await studio.call('StopCaster');
  expect(await described(studio)).toMatchObject({ Ducking: { Enable: true }, Tone: { Enable: false } });
  await studio.call('StartCaster');
  expect(soundOf(studio)).toMatchObject({ ducking: { triggers: ['RV02'] }, tone: null });
});

describe('one parameter', () => {
  let studio: WireStudio;
  beforeAll(async () => {
    studio = await openWireStudio(api);
    await studio.call('SetCasterSound', { DuckingEnable: true, 'DuckingList.1': 'RV01', ToneEnable: true });
  });

  test.each<[string, number, number, (sound: SoundSpec) => unknown, number?]>([
    ['DuckingDepth', 0, 60, ({ ducking }) => ducking?.depthDb],
    ['DuckingThreshold', -60, 0, ({ ducking }) => ducking?.thresholdDb],
    ['DuckingAttack', 5, 1000, ({ ducking }) => ducking?.attackMs],
    ['DuckingRelease', 50, 5000, ({ ducking }) => ducking?.releaseMs],
    ['ToneFrequency', 20, 20_000, ({ tone }) => tone?.hz],
    ['ToneLevel', -60, -3, ({ tone }) => tone?.levelDb],
    ['SilenceThreshold', -90, -20, ({ silence }) => silence?.belowDb],
    ['SilenceDuration', 1, 600, ({ silence }) => (silence?.afterMs ?? 0) / 1000],
  ])('%s from %d to %d', async (name, min, max, effect) => {
    for (const value of [min, max]) {
      await studio.call('SetCasterSound', { [name]: value });
      expect(effect(soundOf(studio))).toBe(value);
      const group = /^(Ducking|Tone|Silence)(.*)$/.exec(name) ?? [];
      expect(((await described(studio))[String(group[1])] as WireAnswer)[String(group[2])]).toBe(value);
    }
    const before = studio.desired();
    for (const value of [min - 1, max + 1, 'much', '1e2', '--1']) {
      const message = await studio.complaint('SetCasterSound', { [name]: value });
      expect(message).toMatch(new RegExp(`^Invalid${name}: The parameter ${name} must be a .*from ${min} to ${max}`));
    }
    expect(studio.desired()).toEqual(before);
  });

  test('levels have decimals, times have none', async () => {
    await studio.call('SetCasterSound', { DuckingThreshold: -33.5, ToneLevel: '-3.25', SilenceThreshold: -59.9 });
    expect(soundOf(studio)).toMatchObject({
      ducking: { thresholdDb: -33.5 },
      tone: { levelDb: -3.25 },
      silence: { belowDb: -59.9 },
    });
    expect(await studio.refusal('SetCasterSound', { DuckingAttack: 5.5 })).toBe('InvalidDuckingAttack');
    expect(await studio.refusal('SetCasterSound', { SilenceDuration: 1.5 })).toBe('InvalidSilenceDuration');
  });

  test.each(['DuckingEnable', 'ToneEnable', 'SilenceEnable', 'LoudnessReset'])('%s is true or false', async (name) => {
    expect(await studio.complaint('SetCasterSound', { [name]: 'on' })).toBe(
      `Invalid${name}: The parameter ${name} must be true or false.`,
    );
  });

  test('what is not sent stays', async () => {
    const before = studio.desired();
    await studio.call('SetCasterSound', {});
    expect(soundOf(studio)).toEqual(before.sound);
    await studio.call('SetCasterSound', { SilenceEnable: false, ToneEnable: false });
    expect(soundOf(studio)).toEqual({ ...before.sound, tone: null, silence: null });
    await studio.call('SetCasterSound', { SilenceEnable: true, ToneEnable: true });
    expect(soundOf(studio)).toEqual(before.sound);
  });

  test('LoudnessReset grows, also after a change that the engine did not take', async () => {
    const serial = (): number => soundOf(studio).loudnessSerial;
    expect(serial()).toBe(0);
    await studio.call('SetCasterSound', { LoudnessReset: false });
    expect(serial()).toBe(0);
    await studio.call('SetCasterSound', { LoudnessReset: true });
    const first = serial();
    expect(first).toBeGreaterThan(0);
    api.runtime.failures.push('apply-timeout');
    const lost = studio.desired().revision + 1;
    expect(await studio.refusal('SetCasterSound', { LoudnessReset: true })).toBe('ServiceUnavailable');
    expect(serial()).toBe(first);
    await studio.call('SetCasterSound', { LoudnessReset: true });
    expect(serial()).toBeGreaterThan(lost);
  });
});

describe('who turns the others down', () => {
  const trigger = (...positions: string[]): WireParams =>
    Object.fromEntries(positions.map((position, index) => [`DuckingList.${index + 1}`, position]));

  test('must be there, once; the list replaces the old one', async () => {
    const studio = await openWireStudio(api);
    const set = (params: WireParams): Promise<WireAnswer> => studio.call('SetCasterSound', params);
    expect(await studio.complaint('SetCasterSound', { DuckingEnable: true })).toContain(
      'InvalidParameter.Malformed: DuckingEnable needs at least one position in DuckingList',
    );
    expect(await studio.complaint('SetCasterSound', trigger('RV01', 'RV01'))).toContain('DuckingList names RV01 twice');
    expect(await studio.refusal('SetCasterSound', trigger('RV03'))).toBe('InvalidResource.NotFound');
    expect(await studio.complaint('SetCasterSound', trigger('RV01', 'RV1'))).toContain('parameter DuckingList.2 must');
    expect(soundOf(studio).ducking).toBeNull();
    await set(trigger('RV01'));
    expect(soundOf(studio).ducking).toBeNull();
    await set({ DuckingEnable: true });
    expect(soundOf(studio).ducking).toEqual(DUCKING);
    await set(trigger('RV02', 'RV01'));
    expect(soundOf(studio).ducking?.triggers).toEqual(['RV02', 'RV01']);
    await set({ DuckingEnable: false });
    expect(soundOf(studio).ducking).toBeNull();
    expect((await described(studio)).Ducking).toMatchObject({ LocationIds: { LocationId: ['RV02', 'RV01'] } });
  });

  test('goes with its source; with the last one, talk-over is off', async () => {
    const studio = await openWireStudio(api);
    await studio.call('SetCasterSound', { DuckingEnable: true, ...trigger('RV01', 'RV02') });
    const [one, two] = studio.desired().sources;
    await studio.call('DeleteCasterVideoResource', { ResourceId: String(one?.id) });
    expect(soundOf(studio).ducking?.triggers).toEqual(['RV02']);
    await studio.call('DeleteCasterVideoResource', { ResourceId: String(two?.id) });
    expect(soundOf(studio).ducking).toBeNull();
    expect((await described(studio)).Ducking).toMatchObject({ Enable: false, LocationIds: { LocationId: [] } });
    // Whoever takes the position later is nobody's trigger.
    const again = { LocationId: 'RV01', ResourceName: 'new', LiveStreamUrl: 'test://bars' };
    await studio.call('AddCasterVideoResource', again);
    expect(soundOf(studio).ducking).toBeNull();
    expect(await studio.refusal('SetCasterSound', { DuckingEnable: true })).toBe('InvalidParameter.Malformed');
  });

  test('is a channel where there are channels, and waits for its source', async () => {
    const studio = await openWireStudio(api, { start: false });
    await studio.call('SetCasterSound', { DuckingEnable: true, ...trigger('RV01') });
    const config = { DomainName: 'live.example.com', TranscodeConfig: '{"CasterTemplate":"lp_ld"}' };
    await studio.call('SetCasterConfig', { ...config, ChannelEnable: 1 });
    expect((await described(studio)).Ducking).toMatchObject({ Enable: false, LocationIds: { LocationId: [] } });
    expect(await studio.refusal('SetCasterSound', trigger('RV13'))).toBe('InvalidResource.NotFound');
    await studio.call('SetCasterSound', { DuckingEnable: true, ...trigger('RV05') });
    await studio.call('StartCaster');
    expect(soundOf(studio).ducking).toBeNull();
    expect(studio.desired().listens).toEqual([]);
    const [one] = studio.desired().sources;
    await studio.call('SetCasterChannel', { ChannelId: 'RV05', ResourceId: String(one?.id) });
    expect(soundOf(studio).ducking?.triggers).toEqual(['RV05']);
    expect(studio.desired().listens).toMatchObject([{ position: 'RV05' }]);
    expect(listOf(await described(studio), 'Listens.Listen')).toMatchObject([{ LocationId: 'RV05' }]);
    await studio.call('DeleteCasterVideoResource', { ResourceId: String(one?.id) });
    expect(soundOf(studio).ducking).toBeNull();
    expect((await described(studio)).Ducking).toMatchObject({ Enable: true, LocationIds: { LocationId: ['RV05'] } });
  });
});

test('each source can be listened to by itself', async () => {
  const studio = await openWireStudio(api);
  const { listens, streams, sources } = studio.desired();
  expect(listens).toEqual([
    { position: 'RV01', stream: `${streams.pvw}_listen_rv01` },
    { position: 'RV02', stream: `${streams.pvw}_listen_rv02` },
  ]);
  const stream = listens[1]?.stream;
  expect(listOf(await described(studio), 'Listens.Listen')[1]).toEqual({
    LocationId: 'RV02',
    ResourceId: sources[1]?.id,
    StreamUrl: `http://live.example.com:18081/${stream}.flv`,
    RtmpUrl: `rtmp://live.example.com/${stream}`,
    RtsUrl: `http://live.example.com:18081/whep/${stream}`,
    HlsUrl: `http://live.example.com:18081/${stream}.m3u8`,
  });
});

test('levels are there while the engine runs, with two decimals', async () => {
  const studio = await openWireStudio(api);
  expect(await described(studio)).not.toHaveProperty('Levels');
  const [one] = studio.desired().sources;
  const heard: ChannelLevels = { peakDb: [-6.0206, -7], rmsDb: [-9.0309, -9.998] };
  const loudness = {
    momentary: -22.996,
    shortTerm: -23.1,
    integrated: -23.004,
    integratedSeconds: 12.3,
    range: 7.126,
  };
  const peaks = { truePeakDb: -1.234, maxTruePeakDb: -1.1, correlation: 0.98765, limitedDb: 0.5, duckedDb: 12 };
  api.runtime.soundLevels.set(
    studio.casterId,
    levelsOf({
      tick: 900,
      pgm: { ...heard, ...loudness, ...peaks, silent: true },
      sources: [sourceLevelsOf(String(one?.id), heard), sourceLevelsOf('deleted meanwhile')],
    }),
  );
  const channels = { PeakLeft: -6.02, PeakRight: -7, RmsLeft: -9.03, RmsRight: -10 };
  expect((await described(studio)).Levels).toEqual({
    Tick: 900,
    Program: {
      ...channels,
      Momentary: -23,
      ShortTerm: -23.1,
      Integrated: -23,
      IntegratedSeconds: 12.3,
      Range: 7.13,
      TruePeak: -1.23,
      MaxTruePeak: -1.1,
      Correlation: 0.99,
      Limited: 0.5,
      Ducked: 12,
      Silent: true,
    },
    Sources: { Source: [{ ResourceId: one?.id, LocationId: 'RV01', ...channels, Silent: false }] },
  });
  api.runtime.soundLevels.set(studio.casterId, levelsOf());
  expect((await described(studio)).Levels).toMatchObject({ Program: { PeakLeft: SILENCE_DB, Integrated: SILENCE_DB } });
});

describe('CustomParams.audio', () => {
  const config = (custom: unknown): WireParams => ({
    DomainName: 'live.example.com',
    TranscodeConfig: JSON.stringify({ CasterTemplate: 'lp_ld', CustomParams: custom }),
  });
  const customOf = async (studio: WireStudio): Promise<unknown> =>
    ((await studio.call('DescribeCasterConfig')).TranscodeConfig as WireAnswer).CustomParams;

  test('holds from the next start on, beside the picture', async () => {
    const studio = await openWireStudio(api);
    expect(studio.desired().output).toMatchObject({ audioBitrate: 128_000, audioChannels: 2 });
    await studio.call('SetCasterConfig', config({ Audio: { Bitrate: '192', Channels: '1' }, video: { fps: 25 } }));
    expect(await customOf(studio)).toEqual({ video: { fps: 25 }, audio: { bitrate: 192, channels: 1 } });
    expect(studio.desired().output).toMatchObject({ audioBitrate: 128_000, audioChannels: 2, fps: 30 });
    await studio.call('StopCaster');
    await studio.call('StartCaster');
    expect(studio.desired().output).toMatchObject({ audioBitrate: 192_000, audioChannels: 1, fps: 25 });
    await studio.call('SetCasterConfig', config({ audio: { bitrate: 320 } }));
    expect(await customOf(studio)).toEqual({ audio: { bitrate: 320 } });
    await studio.call('SetCasterConfig', config({ audio: {} }));
    expect(await customOf(studio)).toBeUndefined();
  });

  test.each([
    [{ audio: { bitrate: 31 } }, 'Audio.Bitrate'],
    [{ audio: { bitrate: 321 } }, 'Audio.Bitrate'],
    [{ audio: { bitrate: 96.5 } }, 'Audio.Bitrate'],
    [{ audio: { channels: 0 } }, 'Audio.Channels: must be 1 or 2'],
    [{ audio: { channels: 6 } }, 'Audio.Channels: must be 1 or 2'],
    [{ audio: { codec: 'opus' } }, 'Codec'],
  ])('%j is refused by name', async (custom, name) => {
    const studio = await openWireStudio(api, { start: false });
    const message = await studio.complaint('SetCasterConfig', config(custom));
    expect(message).toContain('InvalidTranscodeConfig: The parameter TranscodeConfig must be');
    expect(message).toContain(name);
    expect(await customOf(studio)).toBeUndefined();
  });
});

test('operations of a studio that is none', async () => {
  const studio = await openWireStudio(api, { start: false });
  const CasterId = 'nothing';
  expect(await studio.refusal('SetCasterSound', { CasterId })).toBe('InvalidCaster.NotFound');
  expect(await studio.refusal('DescribeCasterSound', { CasterId })).toBe('InvalidCaster.NotFound');
  expect(await studio.refusal('DescribeCasterSound', { CasterId: '' })).toBe('MissingCasterId');
});
