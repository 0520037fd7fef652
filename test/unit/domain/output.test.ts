import { expect, test } from 'vitest';
import { streamUrls } from '../../../src/domain/streamurl.js';
import {
  CASTER_TEMPLATES,
  customRenditionOf,
  LIVE_TEMPLATES,
  outputOf,
  renditionOf,
} from '../../../src/domain/template.js';

const of = (template: (typeof CASTER_TEMPLATES)[number]) => outputOf({ template, renditions: [], custom: null });

test('renditions follow the aspect ratio, are even, and never larger than the programme', () => {
  expect(renditionOf('lsd', of('lp_hd'))).toEqual({ width: 768, height: 432, bitrate: 640_000 });
  expect(renditionOf('lhd', of('lp_ud'))).toEqual({ width: 1152, height: 648, bitrate: 1_200_000 });
  expect(renditionOf('lud', of('lp_ud'))).toEqual({ width: 1920, height: 1080, bitrate: 2_100_000 });
  expect(renditionOf('lud', of('lp_hd'))).toBeNull();
  expect(renditionOf('ld', of('lp_ld'))).toEqual({ width: 640, height: 360, bitrate: 420_000 });
  expect(renditionOf('lld', of('lp_hd_v'))).toEqual({ width: 202, height: 360, bitrate: 460_000 });
  expect(renditionOf('daobo-lld', of('lp_hd_v'))).toEqual({ width: 360, height: 640, bitrate: 460_000 });
  expect(renditionOf('daobo-lud', of('lp_hd_v'))).toBeNull();
  for (const template of CASTER_TEMPLATES) {
    const output = of(template);
    expect([output.width % 2, output.height % 2]).toEqual([0, 0]);
    for (const live of LIVE_TEMPLATES) {
      const made = renditionOf(live, output);
      if (made) expect([made.width % 2, made.height % 2, made.height <= output.height]).toEqual([0, 0, true]);
    }
  }
});

test('renditions of their own: the side that is not given follows, never larger or faster than the programme', () => {
  const wide = of('lp_hd');
  const make = (size: { width?: number; height?: number; fps?: number }, output = wide) =>
    customRenditionOf({ name: 'mini', bitrate: 250, ...size }, output);
  expect(make({ height: 240 })).toEqual({ width: 426, height: 240, bitrate: 250_000 });
  expect(make({ width: 320 })).toEqual({ width: 320, height: 180, bitrate: 250_000 });
  expect(make({ width: 400, height: 400, fps: 15 })).toEqual({ width: 400, height: 400, bitrate: 250_000, fps: 15 });
  expect(make({ height: 240, fps: 60 })).toEqual({ width: 426, height: 240, bitrate: 250_000 });
  expect(make({ width: 360 }, of('lp_hd_v'))).toEqual({ width: 360, height: 640, bitrate: 250_000 });
  expect(make({ height: 722 })).toBeNull();
  expect(make({ width: 1282, height: 100 })).toBeNull();
});

test('CustomParams override the template', () => {
  const custom = { width: 1000, height: 1000, fps: 25, bitrate: 1800 };
  expect(outputOf({ template: 'lp_hd', renditions: [], custom })).toMatchObject({
    width: 1000,
    height: 1000,
    fps: 25,
    videoBitrate: 1_800_000,
    audioBitrate: 128_000,
    audioChannels: 2,
  });
  const mono = { audioBitrate: 64, audioChannels: 1 } as const;
  expect(outputOf({ template: 'lp_hd', renditions: [], custom: mono })).toMatchObject({
    width: 1280,
    videoBitrate: 2_500_000,
    audioBitrate: 64_000,
    audioChannels: 1,
  });
});

test('addresses: ports only where they are not usual, other public addresses by domain', () => {
  const domains = { 'live.example.com': { rtmp: 'rtmp://cdn.example.com', http: 'https://cdn.example.com' } };
  expect(streamUrls('caster/abc', 'localhost', { domains, mediaPort: 8081, rtmpPort: 1935 })).toEqual({
    rtmp: 'rtmp://localhost/caster/abc',
    flv: 'http://localhost:8081/caster/abc.flv',
    m3u8: 'http://localhost:8081/caster/abc.m3u8',
    master: 'http://localhost:8081/caster/abc/master.m3u8',
    whep: 'http://localhost:8081/whep/caster/abc',
  });
  expect(streamUrls('caster/abc', 'localhost', { domains, mediaPort: 80, rtmpPort: 1936 })).toMatchObject({
    rtmp: 'rtmp://localhost:1936/caster/abc',
    flv: 'http://localhost/caster/abc.flv',
  });
  expect(streamUrls('caster/abc', 'LIVE.Example.com', { domains, mediaPort: 8081, rtmpPort: 1 }).flv).toBe(
    'https://cdn.example.com/caster/abc.flv',
  );
  expect(streamUrls('caster/abc', 'live.example.com', { domains, mediaPort: 8081, rtmpPort: 1 })).toEqual({
    rtmp: 'rtmp://cdn.example.com/caster/abc',
    flv: 'https://cdn.example.com/caster/abc.flv',
    m3u8: 'https://cdn.example.com/caster/abc.m3u8',
    master: 'https://cdn.example.com/caster/abc/master.m3u8',
    whep: 'https://cdn.example.com/whep/caster/abc',
  });
});
