/** Relays as clients see them: how they are set, returned and watched. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRelay } from '../../src/domain/relay.js';
import { RelayRecord } from '../../src/domain/relay-state.js';
import { type StudioApi, startStudioApi } from '../support/studio-api.js';
import { openWireStudio, type WireStudio } from '../support/wire-studio.js';

const KEY = 'live_0123456789';
const FIRST = `rtmps://a.example.com/app/${KEY}?token=t`;
const SECOND = 'srt://b.example.com:9000?passphrase=correct-horse';
const USUAL = { DomainName: 'live.example.com', TranscodeConfig: '{"CasterTemplate":"lp_ld"}' };

let api: StudioApi;
let studio: WireStudio;
beforeAll(async () => {
  api = await startStudioApi();
  studio = await openWireStudio(api);
});
afterAll(() => api.close());

const configure = (params: Record<string, string>) => studio.call('SetCasterConfig', { ...USUAL, ...params });
const urls = (): string[] => studio.desired().relays.map(({ url }) => url);

test('a list set on the air is in force at once, is returned as it was sent, and is replaced as a whole', async () => {
  expect(urls()).toEqual([]);
  await configure({ SideOutputUrl: FIRST, SideOutputUrlList: JSON.stringify([SECOND]) });
  expect(urls()).toEqual([FIRST, SECOND]);
  const config = await studio.call('DescribeCasterConfig');
  expect(config).toMatchObject({ SideOutputUrl: FIRST, SideOutputUrlList: JSON.stringify([SECOND]) });
  await configure({ SideOutputUrlList: JSON.stringify([SECOND]) });
  expect(urls()).toEqual([SECOND]);
  await configure({});
  expect(urls()).toEqual([]);
  expect(await studio.call('DescribeCasterConfig')).toMatchObject({ SideOutputUrl: '', SideOutputUrlList: '' });
});

test('20 in the list and one beside them are the most; a refusal changes nothing', async () => {
  const many = (count: number): string =>
    JSON.stringify(Array.from({ length: count }, (_, index) => `rtmp://a.example.com/live/n${index}`));
  await configure({ SideOutputUrl: FIRST, SideOutputUrlList: many(20) });
  expect(urls()).toHaveLength(21);
  expect(await studio.refusal('SetCasterConfig', { ...USUAL, SideOutputUrlList: many(21) })).toBe(
    'InvalidSideOutputUrlList',
  );
  expect(urls()).toHaveLength(21);
  const complaint = await studio.complaint('SetCasterConfig', {
    ...USUAL,
    SideOutputUrl: `rtmp://127.0.0.1:99/a/${KEY}`,
  });
  expect(complaint).toContain('SideOutputUrl is refused: 127.0.0.1 is not among the addresses');
  expect(complaint).not.toContain(KEY);
  // The loopback address is open for our own hub, which is reached by its own door.
  await configure({ SideOutputUrl: 'rtmp://127.0.0.1:1935/live/back?key=k' });
  expect(studio.desired().relays).toMatchObject([{ own: true }]);
});

test('their state is told without keys', async () => {
  expect(await studio.call('DescribeCasterRelays')).toMatchObject({ Relays: { Relay: [] } });
  const around = { isOwnRtmp: () => false, ownRtmp: '', refuseHost: () => null };
  const target = parseRelay(FIRST, 'SideOutputUrl', around);
  const state = { ...new RelayRecord(1_700_000_000_000).state(), status: 'live' as const, bitrate: 5, bytes: 7 };
  api.runtime.relayStates.set(studio.casterId, [{ target, state }]);
  const answer = await studio.call('DescribeCasterRelays');
  expect(answer).toMatchObject({
    Relays: {
      Relay: [
        {
          ...{ Url: 'rtmps://a.example.com/app/liv***', Status: 'live', Reason: '', Since: '2023-11-14T22:13:20Z' },
          ...{ Bytes: 7, Bitrate: 5, DroppedFrames: 0, Reconnects: 0 },
        },
      ],
    },
  });
  expect(JSON.stringify(answer)).not.toContain(KEY);
});
