/** Nonsense in every parameter of every operation: always an answer that can be read, never an internal error. */
import { XMLValidator } from 'fast-xml-parser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDemo } from '../../src/api/demo.js';
import { NOT_YET, OPERATIONS } from '../../src/api/registry.js';
import { type StudioApi, startStudioApi } from '../support/studio-api.js';

let api: StudioApi;
let cookie: string;
let casterId: string;
beforeAll(async () => {
  api = await startStudioApi();
  casterId = String(await createDemo(api.services));
  const body = JSON.stringify({ token: 'token-of-this-start' });
  const opened = await fetch(`${api.apiUrl}/console/session`, { method: 'POST', body });
  cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? '';
});
afterAll(() => api.close());

/** mulberry32: the same numbers every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const NAMES = [
  ...['SceneId', 'LayoutId', 'ResourceId', 'LocationId', 'ResourceName', 'LiveStreamUrl', 'VodUrl', 'ImageUrl'],
  ...[
    'TranscodeConfig',
    'RecordConfig',
    'SyncGroupsConfig',
    'Delay',
    'DomainName',
    'ClientToken',
    'NormType',
    'ChargeType',
  ],
  ...[
    'VideoLayer.1.FillMode',
    'VideoLayer.1.PositionNormalized.1',
    'VideoLayer',
    'BlendList.1',
    'MixList.2',
    'MixList.1',
  ],
  ...['AudioLayer.1.VolumeRate', 'AudioLayer.1.Filter', 'FollowEnable', 'Type', 'PageNum', 'StartTime', 'Tag.1.Key'],
  ...['FromSceneId', 'ToSceneId', 'ComponentId.1', '__proto__.x', 'constructor', 'toString.1', 'BeginOffset', 'Status'],
  ...['ComponentId', 'ComponentType', 'ComponentLayer', 'TextLayerContent', 'ImageLayerContent', 'CaptionLayerContent'],
  ...['Transition', 'TransitionPosition', 'TransitionDuration', 'OnAir', 'Enable', 'Order', 'Text', 'ChannelId'],
  ...[
    'DuckingEnable',
    'DuckingList.1',
    'DuckingThreshold',
    'ToneEnable',
    'ToneFrequency',
    'SilenceDuration',
    'SilenceEnable',
  ],
  ...['CallbackUrl', 'SeekOffset', 'PlayStatus', 'ChannelEnable', 'Effect', 'CrawlSpeed'],
];
const VALUES = [
  ...[
    '',
    '0',
    '1',
    '-1',
    '1e309',
    '99999999999999999999',
    'true',
    'null',
    '{}',
    '[]',
    '[[[[',
    '"',
    '{"__proto__":{"a":1}}',
  ],
  ...[
    '{"CasterTemplate":{"a":1}}',
    '{"LiveTemplate":[null]}',
    'RV01',
    'RV99',
    'test://clock',
    'rtmp://localhost/live/a',
  ],
  ...['http://', 'http://[::1', 'http://1.1.1.1:99999/', '\u0000', '\ud800', '%', '../../etc/passwd', 'a'.repeat(9000)],
  ...['RC01', 'text', 'caption', '0.5', 'fade', 'dip', 'srt://a:1?mode=listener', 'http://[::ffff:7f00:1]/'],
  ...['{"Text":"a","Color":null}', '{"LocationId":"RV01"}', '{"ImageUrl":"http://a.example/%00"}', '[{"mode":1}]'],
  ...['{"PositionNormalized":[1e999,{}]}', '{"PositionNormalized":"[["}', '0x12345g', 'zażółć\n\u2028早安'],
  ...[
    '-60',
    '{"enableAns":"1","ansMode":1}',
    '{"enableAgc":[]}',
    '{"CasterTemplate":"lp_ld","CustomParams":{"audio":[]}}',
  ],
  ...['2026-13-01T00:00:00Z', 'PostPaid', 'fit', 'All', "'; drop table casters; --", '<!ENTITY x "y">]]>'],
];

async function post(form: URLSearchParams): Promise<{ status: number; contentType: string; text: string }> {
  const headers = { cookie, 'x-castdeck-console': '1', 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await fetch(api.apiUrl, { method: 'POST', headers, body: form.toString() });
  return { status: answer.status, contentType: answer.headers.get('content-type') ?? '', text: await answer.text() };
}

test.each([
  ['SetCasterConfig', ['TranscodeConfig', 'RecordConfig', 'SyncGroupsConfig', 'SideOutputUrlList']],
  ['AddCasterComponent', ['ComponentLayer', 'TextLayerContent', 'ImageLayerContent', 'CaptionLayerContent']],
])('JSON in %s that is nested without end is refused like other nonsense', async (Action, names) => {
  const deep = (open: string, close: string): string => open.repeat(5000) + close.repeat(5000);
  const nests = [deep('[', ']'), deep('{"a":', '}').replace(':}', ':1}'), `{"a":${deep('[', ']')}}`];
  for (const name of names) {
    for (const nest of nests) {
      const form = new URLSearchParams({ Action, Format: 'JSON', CasterId: casterId, [name]: nest });
      if (Action === 'AddCasterComponent') {
        for (const [key, value] of [
          ['ComponentType', 'text'],
          ['LocationId', 'RC77'],
          ['ComponentLayer', '{}'],
        ] as const) {
          if (!form.has(key)) form.set(key, value);
        }
      }
      const { status, text } = await post(form);
      expect([status, text.length < 2000], `${name}: ${text.slice(0, 200)}`).toEqual([400, true]);
    }
  }
  expect(api.errors).toEqual([]);
});

test('random calls', async () => {
  const random = numbers(20161101);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const actions = [...OPERATIONS.keys(), ...[...NOT_YET].slice(0, 2), 'constructor', '__proto__', '\u0000<a>'];
  for (let round = 0; round < 1500; round++) {
    const action = pick(actions);
    // The studio is to live through it.
    if (action === 'DeleteCaster') continue;
    const form = new URLSearchParams({ Action: action, Format: random() < 0.5 ? 'JSON' : 'XML' });
    if (random() < 0.9) form.set('CasterId', random() < 0.9 ? casterId : pick(VALUES));
    for (let count = Math.floor(random() * 6); count > 0; count--) form.set(pick(NAMES), pick(VALUES));
    const { status, contentType, text } = await post(form);
    expect(status, `${form} gave ${text}`).toBeLessThan(500);
    expect(text).toContain('RequestId');
    // Both throw on what they cannot read.
    if (contentType.startsWith('text/xml')) expect(XMLValidator.validate(text)).toBe(true);
    else JSON.parse(text);
  }
  expect(api.errors).toEqual([]);
  expect(await api.services.store.get(casterId)).not.toBeNull();
});
