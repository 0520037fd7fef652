/** What is heard beyond the mix itself: who is decoded for it, levels, silence, listening, talk-over and the test tone. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type DesiredState, PLAIN_SOUND, type SceneSpec, type SoundSpec } from '../../../../src/domain/desired.js';
import { SILENCE_DB } from '../../../../src/domain/engine.js';
import { sceneOf } from '../../../support/desired.js';
import { FakeSource, sourceSpec } from '../fake-source.js';
import { MixerRig } from '../mixer-rig.js';
import { PictureWatch } from '../picture-watch.js';

const SPECS = ['RV01', 'RV02', 'RV03'].map((position) => sourceSpec(position));

let opened: Map<string, FakeSource>;
let wants: Map<string, [boolean, boolean]>;
let rig: MixerRig;
let revision: number;

beforeEach(() => {
  const watch = new PictureWatch();
  opened = new Map();
  wants = new Map();
  revision = 0;
  rig = new MixerRig((spec) => {
    const source = new FakeSource(spec);
    source.image = watch.make(100, 64, 36);
    const position = spec.position ?? '';
    const told = source.setWanted.bind(source);
    source.setWanted = (seen, heard = seen) => {
      wants.set(position, [seen, heard]);
      told(seen, heard);
    };
    opened.set(position, source);
    return source;
  });
});

afterEach(() => rig.close());

function run(ticks: number): void {
  for (let count = 0; count < ticks; count++) rig.tick();
}

/** A sine of full scale has a peak of 0 dBFS. */
function sine(hz: number, amplitude: number): (time: number) => [number, number] {
  return (time) => {
    const value = amplitude * Math.sin((2 * Math.PI * hz * time) / 1_000_000);
    return [value, value];
  };
}

function shows(video: string[], audio: string[]): SceneSpec {
  const place = { width: 1, height: 1, x: 0, y: 0, refer: 'topLeft' as const, delayMs: 0, fill: 'fit' as const };
  return sceneOf({
    video: video.map((source) => ({ ...place, source })),
    audio: audio.map((source) => ({ source, gain: 1, channels: 'all', delayMs: 0 })),
  });
}

function apply(parts: Partial<DesiredState>): void {
  rig.apply({ ...rig.state, sources: SPECS, ...parts, revision: ++revision });
}

function levelOf(position: string, level: FakeSource['level']): void {
  const source = opened.get(position);
  if (!source) throw new Error(`nothing at ${position}`);
  source.level = level;
}

/** RMS of what went out on the left over the last 100 ms. */
function rms(): number {
  const last = rig.pgm.left.slice(-4800);
  return Math.sqrt(last.reduce((sum, value) => sum + value * value, 0) / last.length);
}

test('pictures are decoded for who is seen, sound for who is heard', () => {
  apply({ pgm: shows(['RV01'], ['RV02']) });
  run(6);
  expect(Object.fromEntries(wants)).toEqual({ RV01: [true, false], RV02: [false, true], RV03: [false, false] });
  apply({ pgm: shows(['RV01'], ['RV01']) });
  run(10);
  expect(Object.fromEntries(wants)).toEqual({ RV01: [true, true], RV02: [false, false], RV03: [false, false] });
});

test('a source keeps as much of its past as its delayed layers ask for, of pictures and of sound', () => {
  const scene = shows(['RV01'], ['RV01', 'RV02']);
  const late = (delayMs: number) => ({ source: 'RV02', gain: 1, channels: 'left' as const, delayMs });
  apply({ pgm: { ...scene, audio: [late(5000)] }, pvw: { ...scene, audio: [late(200)] } });
  run(3);
  expect([opened.get('RV01')?.history, opened.get('RV01')?.heardHistory]).toEqual([0, 0]);
  expect([opened.get('RV02')?.history, opened.get('RV02')?.heardHistory]).toEqual([0, 5_000_000]);
});

test('what leaves the mix is decoded until it has faded', () => {
  apply({ pgm: shows(['RV01'], ['RV02']) });
  levelOf('RV02', () => [0.5, 0.5]);
  run(10);
  apply({ pgm: shows(['RV01'], []) });
  const before = rig.pgm.left.length;
  run(10);
  const heard = rig.pgm.left.slice(before);
  const steps = heard.slice(1).map((value, index) => Math.abs(value - (heard[index] ?? 0)));
  expect(Math.max(...steps)).toBeLessThan(0.01);
  expect(Math.abs(heard.at(-1) ?? 1)).toBeLessThan(1e-6);
});

describe('levels', () => {
  beforeEach(() => {
    apply({ pgm: shows(['RV01'], ['RV01']) });
    for (const position of ['RV01', 'RV02', 'RV03']) levelOf(position, sine(1000, 0.5));
  });

  test('come twice a second, of what is heard', () => {
    run(90);
    expect(rig.levels.length).toBeGreaterThanOrEqual(5);
    expect(rig.levels.length).toBeLessThanOrEqual(7);
    const last = rig.levels.at(-1);
    expect(last?.sources.map(({ id }) => id)).toEqual(['id-RV01']);
    expect(last?.sources[0]?.peakDb[0]).toBeCloseTo(-6.02, 1);
    expect(last?.sources[0]?.rmsDb[1]).toBeCloseTo(-9.03, 1);
    expect(last?.pgm.peakDb[1]).toBeCloseTo(-6.02, 1);
    expect(last?.pgm.rmsDb[0]).toBeCloseTo(-9.03, 1);
    expect(last?.pgm.correlation).toBeCloseTo(1, 2);
  });

  test('come ten times a second while somebody watches, and then of all sources', () => {
    run(30);
    const before = rig.levels.length;
    rig.mixer.watchLevels(true);
    run(60);
    const watched = rig.levels.slice(before);
    expect(watched.length).toBeGreaterThanOrEqual(19);
    expect(watched.length).toBeLessThanOrEqual(21);
    expect(
      watched
        .at(-1)
        ?.sources.map(({ id }) => id)
        .sort(),
    ).toEqual(['id-RV01', 'id-RV02', 'id-RV03']);
    expect(watched.at(-1)?.sources.every(({ rmsDb }) => Math.abs(rmsDb[0] + 9.03) < 0.1)).toBe(true);
    // Heard, but still not seen.
    expect(wants.get('RV03')).toEqual([false, true]);
    rig.mixer.watchLevels(false);
    run(3);
    expect(wants.get('RV03')).toEqual([false, false]);
  });

  test('of silence are numbers too', () => {
    levelOf('RV01', () => [0, 0]);
    run(60);
    expect(rig.levels.at(-1)?.pgm.peakDb).toEqual([SILENCE_DB, SILENCE_DB]);
    expect(rig.levels.at(-1)?.sources[0]?.rmsDb).toEqual([SILENCE_DB, SILENCE_DB]);
  });

  test('of loudness begin anew when they are told to', () => {
    run(30 * 12);
    const whole = rig.levels.at(-1)?.pgm;
    expect(whole?.integratedSeconds).toBeGreaterThan(10);
    expect(whole?.integrated).toBeCloseTo(-6.02 - 3.01 + 3.01, 0);
    apply({ sound: { ...PLAIN_SOUND, loudnessSerial: 1 } });
    run(30);
    expect(rig.levels.at(-1)?.pgm.integratedSeconds).toBeLessThan(2);
  });
});

describe('silence', () => {
  const sound: SoundSpec = { ...PLAIN_SOUND, silence: { belowDb: -60, afterMs: 2000 } };
  const codes = () => rig.reports.map(({ code, resourceId }) => [code, resourceId ?? 'programme']);

  test('of the programme and of a source in its mix is reported once, and the end of it', () => {
    apply({ sound, pgm: shows([], ['RV01', 'RV02']) });
    levelOf('RV01', sine(500, 0.1));
    levelOf('RV02', () => [0, 0]);
    run(45);
    expect(rig.reports).toEqual([]);
    run(45);
    expect(codes()).toEqual([['SoundSilent', 'id-RV02']]);
    expect(rig.levels.at(-1)?.sources.find(({ id }) => id === 'id-RV02')?.silent).toBe(true);
    levelOf('RV01', () => [0, 0]);
    run(90);
    expect(codes().slice(1).sort()).toEqual([
      ['SoundSilent', 'id-RV01'],
      ['SoundSilent', 'programme'],
    ]);
    levelOf('RV01', sine(500, 0.1));
    run(60);
    expect(codes().slice(3).sort()).toEqual([
      ['SoundBack', 'id-RV01'],
      ['SoundBack', 'programme'],
    ]);
    expect(rig.reports[0]?.message).toContain('RV02');
  });

  test('ends for who leaves the mix, and for all when nobody watches any more', () => {
    apply({ sound, pgm: shows([], ['RV01', 'RV02']) });
    levelOf('RV01', sine(500, 0.1));
    levelOf('RV02', () => [0, 0]);
    run(90);
    expect(codes()).toEqual([['SoundSilent', 'id-RV02']]);
    apply({ pgm: shows([], ['RV01']) });
    run(10);
    expect(codes().slice(1)).toEqual([['SoundBack', 'id-RV02']]);
    levelOf('RV01', () => [0, 0]);
    run(90);
    expect(
      codes()
        .slice(2)
        .map(([code]) => code),
    ).toEqual(['SoundSilent', 'SoundSilent']);
    apply({ sound: PLAIN_SOUND });
    run(90);
    expect(codes().slice(4).sort()).toEqual([
      ['SoundBack', 'id-RV01'],
      ['SoundBack', 'programme'],
    ]);
  });

  test('is nobody’s business when it is not asked for', () => {
    apply({ sound: PLAIN_SOUND, pgm: shows([], ['RV01']) });
    run(200);
    expect(rig.reports).toEqual([]);
  });
});

describe('listening', () => {
  const listens = [
    { position: 'RV01', stream: 'caster/p_listen_rv01' },
    { position: 'RV03', stream: 'caster/p_listen_rv03' },
  ];

  test('has the source as it comes in, and leaves the programme alone', () => {
    apply({ listens, pgm: shows(['RV01'], ['RV01']) });
    levelOf('RV01', () => [0.1, 0.1]);
    levelOf('RV03', () => [0.3, -0.3]);
    run(20);
    const [first, second] = rig.listens;
    if (!first || !second) throw new Error('both streams are open');
    expect([first.sounds.length, second.sounds.length]).toEqual([0, 0]);
    expect(wants.get('RV03')).toEqual([false, false]);
    second.needed = true;
    run(20);
    expect(wants.get('RV03')).toEqual([false, true]);
    expect(first.sounds).toEqual([]);
    expect(second.left.at(-1)).toBeCloseTo(0.3, 3);
    expect(second.sounds.at(-1)?.last).toBeCloseTo(-0.3, 3);
    // Same clock as the programme, so that both can be heard together.
    expect(second.sounds.at(-1)?.sample).toBe(rig.pgm.sounds.at(-1)?.sample);
    expect(rig.pgm.left.slice(-20_000).every((value) => Math.abs(value - 0.1) < 1e-3)).toBe(true);
    second.needed = false;
    run(5);
    expect(wants.get('RV03')).toEqual([false, false]);
  });

  test('ends with its source', () => {
    apply({ listens });
    run(3);
    apply({ listens: listens.slice(0, 1), sources: SPECS.slice(0, 2) });
    run(10);
    expect(rig.listens.map(({ stream, closed }) => [stream, closed])).toEqual([
      ['caster/p_listen_rv01', false],
      ['caster/p_listen_rv03', true],
    ]);
    expect(rig.errors).toEqual([]);
  });
});

test('a source that fails to sound harms nothing but its own level', () => {
  apply({ pgm: shows(['RV01'], ['RV01']), listens: [{ position: 'RV01', stream: 'caster/p_listen_rv01' }] });
  Object.assign(opened.get('RV03') ?? {}, {
    sound: () => {
      throw new Error('broken');
    },
  });
  levelOf('RV01', sine(1000, 0.5));
  run(2);
  rig.mixer.watchLevels(true);
  rig.multiview.needed = true;
  const listen = rig.listens[0];
  if (listen) listen.needed = true;
  run(30);
  expect(rig.levels.at(-1)?.pgm.rmsDb[0]).toBeCloseTo(-9.03, 0);
  expect(rig.multiview.lumas.length).toBeGreaterThan(25);
  expect(listen?.sounds.length).toBeGreaterThan(20);
  expect(rig.errors).toContain('broken');
});

test('a source that is taken away during a long fade is closed when its sound has gone', () => {
  apply({ pgm: shows(['RV01'], ['RV01']) });
  levelOf('RV01', () => [0.5, 0.5]);
  run(10);
  apply({ fadeToBlack: { on: true, fadeMs: 3000 } });
  run(3);
  apply({ sources: SPECS.slice(1), pgm: shows(['RV02'], ['RV02']) });
  run(20);
  expect(opened.get('RV01')?.closed).toBe(true);
});

test('who talks turns the others down, for as long as they talk', () => {
  const ducking = { triggers: ['RV02'], depthDb: 20, thresholdDb: -40, attackMs: 50, releaseMs: 200 };
  apply({ sound: { ...PLAIN_SOUND, ducking }, pgm: shows([], ['RV01', 'RV02']) });
  levelOf('RV01', sine(1000, 0.5));
  levelOf('RV02', () => [0, 0]);
  run(40);
  expect(20 * Math.log10(rms() * Math.SQRT2)).toBeCloseTo(-6.02, 0);
  levelOf('RV02', sine(300, 0.05));
  run(40);
  const talked = rms();
  // 0.05 of its own beside 0.05 of the other.
  expect(talked).toBeGreaterThan(0.04);
  expect(talked).toBeLessThan(0.06);
  expect(rig.levels.at(-1)?.pgm.duckedDb).toBeGreaterThan(18);
  levelOf('RV02', () => [0, 0]);
  run(90);
  expect(20 * Math.log10(rms() * Math.SQRT2)).toBeCloseTo(-6.02, 0);
});

test('the tone takes the place of the mix; fading to black silences it like everything', () => {
  apply({ pgm: shows([], ['RV01']) });
  levelOf('RV01', sine(250, 0.7));
  run(20);
  apply({ sound: { ...PLAIN_SOUND, tone: { hz: 1000, levelDb: -18 } } });
  run(20);
  expect(20 * Math.log10(rms() * Math.SQRT2)).toBeCloseTo(-18, 1);
  apply({ fadeToBlack: { on: true, fadeMs: 200 } });
  run(30);
  expect(rms()).toBeLessThan(1e-6);
  apply({ fadeToBlack: { on: false, fadeMs: 0 }, sound: PLAIN_SOUND });
  run(20);
  expect(rms()).toBeCloseTo(0.7 * Math.SQRT1_2, 2);
});
