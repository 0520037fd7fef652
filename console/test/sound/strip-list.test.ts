import { expect, test } from 'vitest';
import { readDeskChoice } from '../../src/sound/desk-choice.js';
import { NO_LAYER } from '../../src/sound/sound-wire.js';
import { stripsOf, treatmentOf, troubleOf } from '../../src/sound/strip-list.js';
import { readSources } from '../../src/wire.js';

const sources = readSources(
  {
    VideoResources: {
      VideoResource: [
        { ResourceId: 'a', LocationId: 'RV01', ResourceName: 'Camera', LiveStreamUrl: 'rtmp://h/live/a' },
        { ResourceId: 'b', LocationId: 'RV02', ResourceName: 'Still', ImageUrl: 'http://h/b.png' },
      ],
    },
  },
  null,
);
const mixOf = (...places: string[]) => ({ follow: true, layers: places.map((place) => ({ ...NO_LAYER, place })) });

test('a strip for every source that can be heard, and for what a mix has without a source', () => {
  const places = (...mixes: ReturnType<typeof mixOf>[]): string[] => stripsOf(sources, mixes).map(({ place }) => place);
  expect(places()).toEqual(['RV01']);
  expect(places(mixOf('RV02', 'RV07'), mixOf('RV07', 'RV01'))).toEqual(['RV01', 'RV02', 'RV07']);
  expect(stripsOf(sources, [null])[0]?.name).toBe('Camera');
});

test('what is wrong with a source', () => {
  const [camera] = sources;
  if (!camera) throw new Error('no source');
  expect(troubleOf(null)).toBe('no source');
  expect(troubleOf({ ...camera, place: '' })).toBe('no channel');
  expect(troubleOf({ ...camera, status: 'lost' })).toBe('lost');
  expect(troubleOf({ ...camera, status: 'live', videoCodec: 'h264' })).toBe('no sound');
  expect(troubleOf({ ...camera, status: 'live', videoCodec: 'h264', audioCodec: 'aac' })).toBe('');
  expect(troubleOf({ ...camera, status: 'live' })).toBe('');
});

test('what is done to a sound, in a few letters', () => {
  const layer = { ...NO_LAYER, place: 'RV01' };
  expect(treatmentOf(layer)).toBe('');
  const filter = { noise: 'speech', autoGain: true, voice: 'deep' } as const;
  expect(treatmentOf({ ...layer, channels: 'left', delayMs: 120, filter })).toBe('L 120ms AGC NR deep');
});

test('the desk is as it was left, but its hands are on the programme', () => {
  expect(readDeskChoice(null)).toEqual({ isOpen: true, scene: 'pgm', hasSettings: false, volume: 1 });
  expect(readDeskChoice('{"isOpen":false,"scene":"pvw","hasSettings":true,"volume":0.5}')).toEqual({
    isOpen: false,
    scene: 'pgm',
    hasSettings: true,
    volume: 0.5,
  });
  expect(readDeskChoice('{"volume":7,"isOpen":1}')).toEqual({
    isOpen: true,
    scene: 'pgm',
    hasSettings: false,
    volume: 1,
  });
});
