/** What TranscodeConfig asks for, and the addresses under which it is found. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WireAnswer, WireParams } from '../support/clients.js';
import { SETTINGS, type StudioApi, startStudioApi } from '../support/studio-api.js';
import { openWireStudio, type WireStudio } from '../support/wire-studio.js';

let api: StudioApi;
beforeAll(async () => {
  api = await startStudioApi({ config: { ...SETTINGS, limits: { ...SETTINGS.limits, studios: 50 } } });
});
afterAll(() => api.close());

const config = (transcode: unknown): WireParams => ({
  DomainName: 'live.example.com',
  TranscodeConfig: JSON.stringify(transcode),
});
const transcodeOf = async (studio: WireStudio): Promise<WireAnswer> =>
  (await studio.call('DescribeCasterConfig')).TranscodeConfig as WireAnswer;

test('renditions by name and by description, and the list of them all, are made and found', async () => {
  const studio = await openWireStudio(api, { start: false });
  const own = [
    { name: 'phone', height: 240, bitrate: 250, fps: 15 },
    { name: 'square', width: 480, height: 480, bitrate: 700 },
    { name: 'too-tall', height: 1080, bitrate: 3000 },
  ];
  const custom = { video: { width: 1280, height: 640, fps: 25, bitrate: 1800 }, renditions: own };
  const wanted = { CasterTemplate: 'lp_hd', LiveTemplate: ['lsd', 'ud', 'daobo-lld'], CustomParams: custom };
  await studio.call('SetCasterConfig', config(wanted));
  expect(await transcodeOf(studio)).toEqual({
    CasterTemplate: 'lp_hd',
    LiveTemplateIds: { LocationId: ['lsd', 'ud', 'daobo-lld'] },
    CustomParams: custom,
  });
  const answer = await studio.call('StartCaster');
  const { output, renditions, streams } = studio.desired();
  expect(output).toMatchObject({ width: 1280, height: 640, fps: 25, videoBitrate: 1_800_000 });
  expect(renditions).toEqual([
    { template: 'lsd', stream: `${streams.pgm}_lsd`, encoding: { width: 864, height: 432, bitrate: 640_000 } },
    {
      template: 'daobo-lld',
      stream: `${streams.pgm}_daobo-lld`,
      encoding: { width: 720, height: 360, bitrate: 460_000 },
    },
    {
      template: 'phone',
      stream: `${streams.pgm}_phone`,
      encoding: { width: 480, height: 240, bitrate: 250_000, fps: 15 },
    },
    { template: 'square', stream: `${streams.pgm}_square`, encoding: { width: 480, height: 480, bitrate: 700_000 } },
  ]);
  const [scene] = (answer.PgmSceneInfos as { SceneInfo: { StreamInfos: WireAnswer }[] }).SceneInfo;
  const infos = (scene?.StreamInfos.StreamInfo ?? []) as Record<string, string>[];
  const names = ['original', 'lsd', 'daobo-lld', 'phone', 'square'];
  expect(infos.map(({ TranscodeConfig, VideoFormat }) => `${TranscodeConfig} ${VideoFormat}`)).toEqual([
    ...names.flatMap((name) => [`${name} flv`, `${name} rtmp`, `${name} m3u8`]),
    'adaptive m3u8',
  ]);
  const addressOf = (name: string): string | undefined =>
    infos.find(({ TranscodeConfig, VideoFormat }) => TranscodeConfig === name && VideoFormat === 'm3u8')
      ?.OutputStreamUrl;
  expect(addressOf('original')).toMatch(new RegExp(`/${streams.pgm}\\.m3u8$`));
  expect(addressOf('phone')).toMatch(new RegExp(`/${streams.pgm}_phone\\.m3u8$`));
  expect(addressOf('adaptive')).toMatch(new RegExp(`/${streams.pgm}/master\\.m3u8$`));
});

test.each([
  [[{ name: 'lld', height: 240, bitrate: 250 }], 'a name that has a meaning already'],
  [[{ name: 'master', height: 240, bitrate: 250 }], 'a name that has a meaning already'],
  [[{ name: 'Ph/one', height: 240, bitrate: 250 }], 'small letters'],
  [[{ name: 'phone', bitrate: 250 }], 'a width or a height'],
  [[{ name: 'phone', height: 241, bitrate: 250 }], 'must be even'],
  [[{ name: 'phone', height: 240 }], 'Renditions.0.Bitrate'],
  [[{ name: 'phone', height: 240, bitrate: 250, codec: 'vp9' }], 'Codec'],
  [
    [
      { name: 'phone', height: 240, bitrate: 250 },
      { name: 'phone', height: 360, bitrate: 500 },
    ],
    'a name twice',
  ],
  [Array.from({ length: 9 }, (_, index) => ({ name: `r${index}`, height: 240, bitrate: 250 })), 'Renditions'],
])('renditions %j are refused by name', async (renditions, words) => {
  const studio = await openWireStudio(api, { start: false });
  const message = await studio.complaint(
    'SetCasterConfig',
    config({ CasterTemplate: 'lp_hd', CustomParams: { renditions } }),
  );
  expect(message).toContain('InvalidTranscodeConfig: The parameter TranscodeConfig must be');
  expect(message).toContain(words);
});
