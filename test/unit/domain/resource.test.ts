import { expect, test } from 'vitest';
import type { Caster } from '../../../src/domain/caster.js';
import { desiredState } from '../../../src/domain/compose.js';
import type { SourceInput } from '../../../src/domain/desired.js';
import { CUT } from '../../../src/domain/mix.js';
import { addResource, type GivenSource, parseInput, removeResource } from '../../../src/domain/resource.js';
import { setScene } from '../../../src/domain/scene.js';
import { airCaster, idleCaster, testSource } from '../../support/casters.js';

const around = {
  ownRtmp: 'rtmp://localhost:1935',
  isOwnRtmp: (host: string, port: number) => host === 'studio.example.com' && port === 1935,
  refuseHost: (host: string) => (host === 'fe80::1' ? 'link-local' : host === '10.0.0.1' ? 'ten' : null),
};
const parse = (given: Partial<GivenSource>): SourceInput => parseInput(given, airCaster(), around);
const code = (expected: string) => expect.objectContaining({ code: expected });

test.each<[Partial<GivenSource>, SourceInput]>([
  [{ liveStreamUrl: 'rtmp://studio.example.com/live/cam1?key=abc' }, { kind: 'hub', stream: 'live/cam1' }],
  [{ liveStreamUrl: 'rtmp://STUDIO.example.com:1935/live/Cam-1.a_b' }, { kind: 'hub', stream: 'live/Cam-1.a_b' }],
  [
    { liveStreamUrl: `rtmp://studio.example.com/caster/${'c'.repeat(32)}_lld` },
    { kind: 'hub', stream: `caster/${'c'.repeat(32)}_lld` },
  ],
  [{ liveStreamUrl: 'https://a.example/x.m3u8?t=1' }, { kind: 'live', url: 'https://a.example/x.m3u8?t=1' }],
  [
    { liveStreamUrl: `rtmp://studio.example.com/caster/${'c'.repeat(32)}_multiview` },
    { kind: 'hub', stream: `caster/${'c'.repeat(32)}_multiview` },
  ],
  [
    { liveStreamUrl: `rtmp://studio.example.com/caster/${'c'.repeat(32)}_rv01` },
    { kind: 'hub', stream: `caster/${'c'.repeat(32)}_rv01` },
  ],
  [
    { liveStreamUrl: 'rtmp://elsewhere.example.com/live/a?t=1' },
    { kind: 'live', url: 'rtmp://elsewhere.example.com/live/a?t=1' },
  ],
  [
    { liveStreamUrl: 'rtmp://studio.example.com:1936/live/a' },
    { kind: 'live', url: 'rtmp://studio.example.com:1936/live/a' },
  ],
  [{ liveStreamUrl: 'rtmps://a.example/app/b' }, { kind: 'live', url: 'rtmps://a.example/app/b' }],
  [{ liveStreamUrl: 'srt://a.example:9000' }, { kind: 'live', url: 'srt://a.example:9000' }],
  [
    { liveStreamUrl: 'srt://a.example:9000?mode=caller&streamid=#!::r=live/a' },
    { kind: 'live', url: 'srt://a.example:9000?mode=caller&streamid=%23!::r=live/a' },
  ],
  [{ liveStreamUrl: 'rtsp://user:pass@a.example/x' }, { kind: 'live', url: 'rtsp://user:pass@a.example/x' }],
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
  [
    { vodUrl: 'http://a.example/x.mp4', beginOffset: 5, endOffset: 0 },
    { kind: 'file', url: 'http://a.example/x.mp4', beginMs: 5, endMs: null, repeat: 0, progressMs: 0 },
  ],
])('%j', (given, input) => {
  expect(parse(given)).toEqual(input);
});

test.each<[Partial<GivenSource>, string, string]>([
  [{ liveStreamUrl: 'rtmp://elsewhere.example.com/live' }, 'InvalidLiveStreamUrl.Malformed', '<application>/<stream>'],
  [{ liveStreamUrl: 'rtmp:///live/a' }, 'InvalidLiveStreamUrl.Malformed', 'names no host'],
  [{ liveStreamUrl: 'rtmp://[fe80::1]/live/a' }, 'InvalidLiveStreamUrl.Malformed', 'rtmp://localhost:1935/live/'],
  [{ liveStreamUrl: 'rtsp://0x0a.1/live/a' }, 'InvalidLiveStreamUrl.Malformed', 'ten'],
  [{ liveStreamUrl: 'rtsp://%31%30.1/live/a' }, 'InvalidLiveStreamUrl.Malformed', 'ten'],
  [
    { liveStreamUrl: `rtmp://studio.example.com/caster/${'b'.repeat(32)}_rv01` },
    'InvalidLiveStreamUrl.Malformed',
    'own',
  ],
  [{ liveStreamUrl: 'rtmp://studio.example.com/live/a/b' }, 'InvalidLiveStreamUrl.Malformed', '/live/<name>'],
  [{ liveStreamUrl: 'rtmp://studio.example.com/live/%2e%2e%2fa' }, 'InvalidLiveStreamUrl.Malformed', '/live/<name>'],
  [
    { liveStreamUrl: `rtmp://studio.example.com/caster/${'b'.repeat(32)}` },
    'InvalidLiveStreamUrl.Malformed',
    'own source',
  ],
  [{ liveStreamUrl: 'srt://a.example' }, 'InvalidLiveStreamUrl.Malformed', 'port'],
  [{ liveStreamUrl: 'srt://a.example:9000?mode=listener' }, 'InvalidLiveStreamUrl.Malformed', 'caller'],
  [{ liveStreamUrl: 'srt://a.example:9000?streamid=#a&mode=rendezvous' }, 'InvalidLiveStreamUrl.Malformed', 'caller'],
  [{ liveStreamUrl: 'srt://a.example:9000?mode=caller&mode=listener' }, 'InvalidLiveStreamUrl.Malformed', 'listener'],
  [{ vodUrl: 'http://a.example/x', progressMs: 99 }, 'InvalidParameter.Malformed', 'at least 100'],
  [{ liveStreamUrl: 'file:///etc/passwd' }, 'InvalidLiveStreamUrl.Malformed', 'file://'],
  [{ liveStreamUrl: 'not a url' }, 'InvalidLiveStreamUrl.Malformed', 'usable'],
  [{ liveStreamUrl: 'test://clock?tone=5' }, 'InvalidLiveStreamUrl.Malformed', '20 to 20000'],
  [{ liveStreamUrl: 'test://clock?tone=440.5' }, 'InvalidLiveStreamUrl.Malformed', 'whole number'],
  [{ liveStreamUrl: 'test://other' }, 'InvalidLiveStreamUrl.Malformed', 'test://bars'],
  [{ liveStreamUrl: 'http://[fe80::1]/a.flv' }, 'InvalidLiveStreamUrl.Malformed', 'link-local'],
  [{ vodUrl: 'concat:a|b' }, 'InvalidParameter.Malformed', 'http'],
  [{ vodUrl: 'http://a.example/x', imageUrl: 'http://a.example/y' }, 'InvalidParameter.Malformed', 'exactly one'],
  [{}, 'InvalidParameter.Malformed', 'exactly one'],
  [{ imageId: 'x' }, 'InvalidParameter.Malformed', 'media library'],
  [{ materialId: 'x' }, 'InvalidMaterialId.Malformed', 'media library'],
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

test('a source that is added where a deleted one was on air is not on air by that', () => {
  const show = (caster: Caster, sceneId: string): Caster =>
    setScene(caster, { sceneId, layoutId: 'pair', componentIds: [], style: CUT });
  const studio = show(show(airCaster(), 'pgm'), 'pvw');
  const again = addResource(removeResource(studio, 'source-RV02'), testSource('RV02'), 9);
  for (const scene of again.scenes) expect(scene).toMatchObject({ video: [{ source: 'RV01' }], audio: [] });
  expect(desiredState(again)).toMatchObject({ pgm: { video: [{ source: 'RV01' }], audio: [] } });
  expect(desiredState(show(again, 'pgm'))?.pgm.video).toHaveLength(2);
});
