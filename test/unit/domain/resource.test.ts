import { expect, test } from 'vitest';
import type { SourceInput } from '../../../src/domain/desired.js';
import { addResource, type GivenSource, parseInput, removeResource } from '../../../src/domain/resource.js';
import { airCaster, idleCaster, testSource } from '../../support/casters.js';

const nothing: GivenSource = {
  liveStreamUrl: undefined,
  vodUrl: undefined,
  imageUrl: undefined,
  materialId: undefined,
  imageId: undefined,
  beginOffset: undefined,
  endOffset: undefined,
  repeatNum: undefined,
};
const around = {
  ownRtmp: 'rtmp://localhost:1935',
  isOwnRtmp: (host: string, port: number) => host === 'studio.example.com' && port === 1935,
  refuseHost: (host: string) => (host === 'fe80::1' ? 'link-local' : null),
};
const parse = (given: Partial<GivenSource>): SourceInput => parseInput({ ...nothing, ...given }, airCaster(), around);
const code = (expected: string) => expect.objectContaining({ code: expected });

test.each<[Partial<GivenSource>, SourceInput]>([
  [{ liveStreamUrl: 'rtmp://studio.example.com/live/cam1?key=abc' }, { kind: 'hub', stream: 'live/cam1' }],
  [{ liveStreamUrl: 'rtmp://STUDIO.example.com:1935/live/Cam-1.a_b' }, { kind: 'hub', stream: 'live/Cam-1.a_b' }],
  [
    { liveStreamUrl: `rtmp://studio.example.com/caster/${'c'.repeat(32)}_lld` },
    { kind: 'hub', stream: `caster/${'c'.repeat(32)}_lld` },
  ],
  [{ liveStreamUrl: 'https://a.example/x.m3u8?t=1' }, { kind: 'live', url: 'https://a.example/x.m3u8?t=1' }],
  [{ liveStreamUrl: 'test://clock' }, { kind: 'test', pattern: 'clock', toneHz: 1000 }],
  [{ liveStreamUrl: 'test://bars?tone=880' }, { kind: 'test', pattern: 'bars', toneHz: 880 }],
  [{ imageUrl: 'http://a.example/x.png' }, { kind: 'image', url: 'http://a.example/x.png' }],
  [
    { vodUrl: 'http://a.example/x.mp4' },
    { kind: 'file', url: 'http://a.example/x.mp4', beginMs: 0, endMs: null, repeat: 0, progressMs: 0 },
  ],
  [
    { vodUrl: 'http://a.example/x.mp4', beginOffset: 5, endOffset: -7, repeatNum: -1 },
    { kind: 'file', url: 'http://a.example/x.mp4', beginMs: 5, endMs: -7, repeat: -1, progressMs: 0 },
  ],
])('%j', (given, input) => {
  expect(parse(given)).toEqual(input);
});

test.each<[Partial<GivenSource>, string, string]>([
  [{ liveStreamUrl: 'rtmp://elsewhere.example.com/live/a' }, 'InvalidLiveStreamUrl.Malformed', 'not supported yet'],
  [{ liveStreamUrl: 'rtmp://studio.example.com:1936/live/a' }, 'InvalidLiveStreamUrl.Malformed', 'not supported yet'],
  [{ liveStreamUrl: 'rtmp://studio.example.com/live/a/b' }, 'InvalidLiveStreamUrl.Malformed', '/live/<name>'],
  [{ liveStreamUrl: 'rtmp://studio.example.com/live/%2e%2e%2fa' }, 'InvalidLiveStreamUrl.Malformed', '/live/<name>'],
  [
    { liveStreamUrl: `rtmp://studio.example.com/caster/${'b'.repeat(32)}` },
    'InvalidLiveStreamUrl.Malformed',
    'own source',
  ],
  [{ liveStreamUrl: 'srt://a.example:9000' }, 'InvalidLiveStreamUrl.Malformed', 'srt://'],
  [{ liveStreamUrl: 'file:///etc/passwd' }, 'InvalidLiveStreamUrl.Malformed', 'file://'],
  [{ liveStreamUrl: 'not a url' }, 'InvalidLiveStreamUrl.Malformed', 'usable'],
  [{ liveStreamUrl: 'test://clock?tone=5' }, 'InvalidLiveStreamUrl.Malformed', '20 to 20000'],
  [{ liveStreamUrl: 'test://clock?tone=440.5' }, 'InvalidLiveStreamUrl.Malformed', 'whole number'],
  [{ liveStreamUrl: 'rtmp://elsewhere/live/a' }, 'InvalidLiveStreamUrl.Malformed', 'rtmp://localhost:1935/live/'],
  [{ liveStreamUrl: 'test://other' }, 'InvalidLiveStreamUrl.Malformed', 'test://bars'],
  [{ liveStreamUrl: 'http://[fe80::1]/a.flv' }, 'InvalidLiveStreamUrl.Malformed', 'link-local'],
  [{ vodUrl: 'concat:a|b' }, 'InvalidParameter.Malformed', 'http'],
  [{ vodUrl: 'http://a.example/x', imageUrl: 'http://a.example/y' }, 'InvalidParameter.Malformed', 'exactly one'],
  [{}, 'InvalidParameter.Malformed', 'exactly one'],
  [{ imageId: 'x' }, 'InvalidParameter.Malformed', 'media library'],
  [{ vodUrl: 'http://a.example/x', beginOffset: 9, endOffset: 9 }, 'InvalidParameter.Malformed', 'EndOffset'],
])('%j is refused', (given, expected, part) => {
  expect(() => parse(given)).toThrow(code(expected));
  expect(() => parse(given)).toThrow(part);
});

test('one source a position, kept in order', () => {
  const caster = removeResource(idleCaster(), 'source-RV01');
  expect(addResource(caster, testSource('RV01'), 2).resources.map(({ position }) => position)).toEqual([
    'RV01',
    'RV02',
  ]);
  expect(() => addResource(caster, testSource('RV02'), 9)).toThrow(code('DuplicateLocationID'));
  expect(() => addResource(caster, testSource('RV03'), 1)).toThrow(code('ResourceNumberExceed'));
  expect(() => removeResource(caster, 'source-RV01')).toThrow(code('InvalidResource.NotFound'));
});
