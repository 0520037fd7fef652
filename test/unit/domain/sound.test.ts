import { expect, test } from 'vitest';
import { type Caster, configure, NEW_SOUND, stopCaster } from '../../../src/domain/caster.js';
import { desiredState, sameForEngine } from '../../../src/domain/compose.js';
import { removeResource } from '../../../src/domain/resource.js';
import { type GivenSound, setSound, soundSpecOf } from '../../../src/domain/sound.js';
import { airCaster, idleCaster } from '../../support/casters.js';

const NOTHING: GivenSound = {
  ducking: {
    enabled: undefined,
    triggers: undefined,
    depthDb: undefined,
    thresholdDb: undefined,
    attackMs: undefined,
    releaseMs: undefined,
  },
  tone: { enabled: undefined, hz: undefined, levelDb: undefined },
  silence: { enabled: undefined, belowDb: undefined, afterMs: undefined },
  loudnessReset: false,
};
const ducked = (caster: Caster, ...triggers: string[]): Caster =>
  setSound(caster, { ...NOTHING, ducking: { ...NOTHING.ducking, enabled: true, triggers } });
const code = (expected: string) => expect.objectContaining({ code: expected });

test('what is not given stays, and what is given is merged into it', () => {
  const caster = ducked(airCaster(), 'RV02', 'RV01');
  expect(setSound(caster, NOTHING).sound).toEqual(caster.sound);
  const tone = { enabled: true, hz: 440, levelDb: undefined };
  expect(setSound(caster, { ...NOTHING, tone }).sound).toEqual({
    ...caster.sound,
    tone: { enabled: true, hz: 440, levelDb: -18 },
  });
});

test('talk-over needs a source to listen to, which exists and is named once', () => {
  expect(() => ducked(airCaster())).toThrow(code('InvalidParameter.Malformed'));
  expect(() => ducked(airCaster(), 'RV01', 'RV01')).toThrow(code('InvalidParameter.Malformed'));
  expect(() => ducked(airCaster(), 'RV03')).toThrow(code('InvalidResource.NotFound'));
});

test('the engine is told what is switched on, and of triggers those that have a source', () => {
  expect(soundSpecOf(NEW_SOUND, [])).toEqual({
    ducking: null,
    tone: null,
    silence: { belowDb: -60, afterMs: 10_000 },
    loudnessSerial: 0,
  });
  const { sound } = ducked(airCaster(), 'RV01', 'RV02');
  expect(soundSpecOf(sound, ['RV02', 'RV09']).ducking).toEqual({
    triggers: ['RV02'],
    depthDb: 12,
    thresholdDb: -40,
    attackMs: 50,
    releaseMs: 600,
  });
  expect(soundSpecOf(sound, ['RV09']).ducking).toBeNull();
});

test('a reset of the loudness is a change that the engine sees, each time', () => {
  const first = setSound(airCaster(), { ...NOTHING, loudnessReset: true });
  const kept = { ...first, revision: first.revision + 1 };
  const second = setSound(kept, { ...NOTHING, loudnessReset: true });
  expect(second.sound.loudnessSerial).toBeGreaterThan(first.sound.loudnessSerial);
  expect(sameForEngine(desiredState(kept), desiredState(second))).toBe(false);
  expect(sameForEngine(desiredState(kept), desiredState(setSound(kept, NOTHING)))).toBe(true);
});

test('a stop ends the tone and nothing else; listening needs no change of the mix', () => {
  const tone = { enabled: true, hz: undefined, levelDb: -6 };
  const toned = setSound(ducked(airCaster(), 'RV01'), { ...NOTHING, tone });
  expect(stopCaster(toned).sound).toEqual({ ...toned.sound, tone: { enabled: false, hz: 1000, levelDb: -6 } });
  expect(desiredState(toned)?.listens).toEqual([
    { position: 'RV01', stream: `caster/${'a'.repeat(32)}_listen_rv01` },
    { position: 'RV02', stream: `caster/${'a'.repeat(32)}_listen_rv02` },
  ]);
  expect(desiredState(removeResource(toned, 'source-RV01'))?.listens).toHaveLength(1);
});

test('triggers go with their sources, and all of them when positions begin to mean channels', () => {
  const both = ducked(idleCaster(), 'RV01', 'RV02');
  const one = removeResource(both, 'source-RV01');
  expect(one.sound.ducking).toMatchObject({ enabled: true, triggers: ['RV02'] });
  expect(removeResource(one, 'source-RV02').sound.ducking).toMatchObject({ enabled: false, triggers: [] });
  const channelled = configure(both, { ...both.settings, channels: true });
  expect(channelled.sound.ducking).toMatchObject({ enabled: false, triggers: [] });
  const named = ducked(channelled, 'RV01');
  expect(removeResource(named, 'source-RV01').sound).toEqual(named.sound);
});
