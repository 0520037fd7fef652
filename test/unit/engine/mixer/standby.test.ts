/** What the programme shows instead of itself: by hand, by itself, and back; never without a picture. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DesiredState, Playback, SceneSpec, StandbySpec } from '../../../../src/domain/desired.js';
import type { SourceStatus } from '../../../../src/domain/engine.js';
import { desiredOf, sceneOf, sourceSpecOf } from '../../../support/desired.js';
import { FakeSource, sourceSpec } from '../fake-source.js';
import { MixerRig } from '../mixer-rig.js';
import { PictureWatch } from '../picture-watch.js';

const ONE = sourceSpec('RV01');
const TWO = sourceSpec('RV02');
const SPARE = sourceSpecOf({ id: 'standby', position: null, input: { kind: 'test', pattern: 'bars', toneHz: 440 } });
const LUMAS: Record<string, number> = { 'id-RV01': 100, 'id-RV02': 150, standby: 200 };
const FPS = 30;

let watch: PictureWatch;
let opened: Map<string, FakeSource>;
let labels: Set<string>;
/** Ids of sources that have no picture (yet), and their state. */
let blank: Set<string>;
let status: Record<string, SourceStatus>;
let played: Playback[];
/** Whether the standby is decoded: pictures, sound. */
let wants: [boolean, boolean];
let rig: MixerRig;
let revision: number;
/** Ticks that the decoder of the standby takes after it is wanted. */
let cold: number;

function build(): MixerRig {
  return new MixerRig(
    (spec) => {
      const source = new FakeSource(spec);
      const image = watch.make(LUMAS[spec.id] ?? 50, 64, 36);
      source.level = () => (spec.id === 'standby' ? [0.4, 0.4] : [0.1, 0.1]);
      const health = source.health.bind(source);
      source.health = () => ({ ...health(), status: status[spec.id] ?? 'live' });
      source.coldTicks = spec.id === 'standby' ? cold : 0;
      source.image = image;
      const [picture, isReady] = [source.picture.bind(source), source.isReady.bind(source)];
      source.picture = (delay) => (blank.has(spec.id) ? null : picture(delay));
      source.isReady = () => !blank.has(spec.id) && isReady();
      if (spec.id === 'standby') {
        Object.assign(source, { setPlayback: (playback: Playback) => played.push(playback) });
      }
      const told = source.setWanted.bind(source);
      source.setWanted = (seen, heard = seen) => {
        if (spec.id === 'standby') wants = [seen, heard];
        told(seen, heard);
      };
      opened.set(spec.id, source);
      return source;
    },
    (text) => {
      labels.add(text);
      return null;
    },
  );
}

beforeEach(() => {
  watch = new PictureWatch();
  opened = new Map();
  labels = new Set();
  blank = new Set();
  status = {};
  played = [];
  wants = [false, false];
  LUMAS.standby = 200;
  revision = 0;
  cold = 0;
  rig = build();
});

afterEach(() => rig.close());

function shows(...positions: string[]): SceneSpec {
  const place = { width: 1, height: 1, x: 0, y: 0, refer: 'topLeft' as const, delayMs: 0, fill: 'fit' as const };
  return sceneOf({
    video: positions.map((source) => ({ ...place, source })),
    audio: positions.map((source) => ({ source, gain: 1, channels: 'all', delayMs: 0 })),
  });
}

function spare(parts: Partial<StandbySpec> = {}): StandbySpec {
  return { source: SPARE, on: false, serial: 0, auto: null, ...parts };
}

function apply(parts: Partial<DesiredState>): void {
  rig.apply({ ...rig.state, sources: [ONE, TWO], ...parts, revision: ++revision });
}

/** Lumas of so many ticks. */
function lumas(ticks: number): number[] {
  return Array.from({ length: ticks }, () => rig.tick());
}

const AUTO = { afterMs: 2000, backMs: 1000 };

describe('by hand', () => {
  test('is on air with the next tick, with its sound, and off again with the next', () => {
    apply({ pgm: shows('RV01'), standby: spare() });
    expect(lumas(5).at(-1)).toBe(100);
    apply({ standby: spare({ on: true }) });
    expect(lumas(3)).toEqual([200, 200, 200]);
    expect(rig.mixer.standby).toBe('manual');
    expect(rig.pgm.left.at(-1)).toBeCloseTo(0.4, 3);
    apply({ standby: spare() });
    expect(lumas(3)).toEqual([100, 100, 100]);
    expect(rig.pgm.left.at(-1)).toBeCloseTo(0.1, 3);
    expect(rig.reports.map(({ code }) => code)).toEqual(['StandbyOn', 'StandbyOff']);
  });

  test('called, it is on air while another change waits for its pictures, and stays through that', () => {
    apply({ pgm: shows('RV01'), standby: spare() });
    lumas(5);
    blank.add('id-RV02');
    apply({ pgm: shows('RV02'), standby: spare({ serial: 1 }) });
    expect(lumas(2)).toEqual([100, 100]);
    rig.mixer.callStandby();
    expect(new Set(lumas(20))).toEqual(new Set([200]));
    apply({ standby: spare({ on: true, serial: 1 }) });
    expect(new Set(lumas(6 * FPS))).toEqual(new Set([200]));
    blank.clear();
    apply({ standby: spare({ serial: 2 }) });
    expect(lumas(3)).toEqual([150, 150, 150]);
  });

  test('called and asked for between the same two ticks, it goes when it is told to', () => {
    apply({ pgm: shows('RV01'), standby: spare() });
    lumas(5);
    rig.mixer.callStandby();
    apply({ standby: spare({ on: true }) });
    expect(lumas(2)).toEqual([200, 200]);
    apply({ standby: spare({ serial: 1 }) });
    expect(lumas(3)).toEqual([100, 100, 100]);
  });

  test('called, and never asked for by a state, it goes again', () => {
    apply({ pgm: shows('RV01'), standby: spare() });
    lumas(5);
    rig.mixer.callStandby();
    expect(new Set(lumas(4 * FPS))).toEqual(new Set([200]));
    expect(lumas(2 * FPS).at(-1)).toBe(100);
  });

  test('a state that asks for it does not wait for the pictures of the programme', () => {
    apply({ pgm: shows('RV01'), standby: spare() });
    lumas(5);
    blank.add('id-RV02');
    apply({ pgm: shows('RV02'), standby: spare({ on: true }) });
    expect(lumas(2)).toEqual([200, 200]);
  });

  test('waits, on the programme, until the standby has a picture', () => {
    blank.add('standby');
    apply({ pgm: shows('RV01') });
    lumas(3);
    apply({ standby: spare({ on: true }) });
    expect(lumas(40)).not.toContain(200);
    expect(rig.mixer.standby).toBe('notReady');
    blank.clear();
    expect(lumas(2)).toEqual([200, 200]);
  });

  test('is decoded before it is asked for, and stays', () => {
    apply({ pgm: shows('RV01'), standby: spare() });
    lumas(3);
    expect(wants).toEqual([true, true]);
    expect(rig.mixer.standby).toBe('ready');
  });

  test('what is prepared meanwhile is there when it ends', () => {
    apply({ pgm: shows('RV01'), standby: spare({ on: true }) });
    lumas(5);
    apply({ pgm: shows('RV02'), take: { serial: 9, kind: 'fade', color: 0, durationMs: 500 } });
    expect(new Set(lumas(20))).toEqual(new Set([200]));
    apply({ standby: spare() });
    expect(lumas(2)).toEqual([150, 150]);
  });

  test('fading to black is above it', () => {
    apply({ pgm: shows('RV01'), standby: spare({ on: true }) });
    lumas(3);
    apply({ fadeToBlack: { on: true, fadeMs: 0 } });
    expect(lumas(3).at(-1)).toBe(16);
    expect(Math.abs(rig.pgm.left.at(-1) ?? 1)).toBeLessThan(1e-6);
  });

  test('a file begins when it is shown, and is put back to its begin', () => {
    apply({ pgm: shows('RV01'), standby: spare() });
    lumas(3);
    expect(played).toEqual([]);
    apply({ standby: spare({ on: true }) });
    lumas(2);
    apply({ standby: spare() });
    lumas(2);
    expect(played).toEqual([
      { paused: false, seek: null },
      { paused: true, seek: { serial: 1, toMs: 0 } },
    ]);
  });

  test('one that is exchanged while it is on air keeps its picture until the new one has one', () => {
    apply({ pgm: shows('RV01'), standby: spare({ on: true }) });
    lumas(5);
    const before = opened.get('standby');
    const other = { ...SPARE, input: { kind: 'test', pattern: 'clock', toneHz: 440 } } as const;
    const old = before?.picture(0) ?? null;
    // The one that is to follow has no picture yet.
    blank.add('standby');
    if (before) before.picture = () => old;
    LUMAS.standby = 220;
    apply({ standby: spare({ on: true, source: other }) });
    expect(lumas(10)).toEqual(Array(10).fill(200));
    blank.clear();
    expect(lumas(2)).toEqual([220, 220]);
  });

  test('an engine that begins with it shows nothing else first, however long its decoder takes', () => {
    cold = 4;
    apply({ pgm: shows('RV01'), standby: spare({ on: true }) });
    const seen = lumas(20);
    expect(seen.slice(0, 3)).toEqual([-1, -1, -1]);
    expect(new Set(seen.filter((luma) => luma >= 0))).toEqual(new Set([200]));
  });

  test('an engine whose standby cannot be had shows the programme after five seconds', () => {
    blank.add('standby');
    apply({ pgm: shows('RV01'), standby: spare({ on: true }) });
    const seen = lumas(6 * FPS);
    expect(seen.indexOf(100)).toBeGreaterThanOrEqual(5 * FPS - 1);
    expect(seen.at(-1)).toBe(100);
  });
});

describe('by itself', () => {
  beforeEach(() => {
    apply({ pgm: shows('RV01', 'RV02'), standby: spare({ auto: AUTO }) });
    lumas(10);
  });

  test('after so long without any input, and back after a grace time', () => {
    status = { 'id-RV01': 'lost', 'id-RV02': 'ended' };
    expect(lumas(2 * FPS)).not.toContain(200);
    expect(new Set(lumas(3).slice(1))).toEqual(new Set([200]));
    expect(rig.mixer.standby).toBe('auto');
    status = { 'id-RV02': 'lost' };
    expect(new Set(lumas(FPS - 1))).toEqual(new Set([200]));
    expect(lumas(4).at(-1)).toBe(150);
    expect(rig.reports.map(({ code }) => code)).toEqual(['StandbyOn', 'StandbyOff']);
  });

  test('also when the connection stands but brings nothing: it counts from the last picture', () => {
    let still = 0;
    for (const id of ['id-RV01', 'id-RV02']) Object.assign(opened.get(id) ?? {}, { stillFor: () => still });
    const seen: number[] = [];
    for (let tick = 0; tick < 2 * FPS + 5; tick++) {
      still += 1_000_000 / FPS;
      seen.push(...lumas(1));
    }
    expect(seen.indexOf(200)).toBeGreaterThanOrEqual(2 * FPS - 2);
    expect(seen.indexOf(200)).toBeLessThanOrEqual(2 * FPS + 1);
    still = 0;
    expect(lumas(FPS + 3).at(-1)).toBe(150);
  });

  test('not while one of the pictures is live, nor when it comes back in time', () => {
    status = { 'id-RV01': 'lost' };
    expect(lumas(4 * FPS)).not.toContain(200);
    status = { 'id-RV01': 'lost', 'id-RV02': 'connecting' };
    expect(lumas(FPS)).not.toContain(200);
    status = { 'id-RV01': 'lost' };
    lumas(2);
    status = { 'id-RV01': 'lost', 'id-RV02': 'lost' };
    expect(lumas(2 * FPS - 2)).not.toContain(200);
  });

  test('does not come back to a source that is live but has no picture yet', () => {
    status = { 'id-RV01': 'lost', 'id-RV02': 'lost' };
    lumas(3 * FPS);
    status = {};
    blank = new Set(['id-RV01', 'id-RV02']);
    expect(new Set(lumas(3 * FPS))).toEqual(new Set([200]));
    blank.clear();
    expect(lumas(FPS + 3).at(-1)).toBe(150);
  });

  test('let go by hand while there is nothing to go back to, it stays', () => {
    apply({ standby: spare({ on: true, auto: AUTO }) });
    lumas(3);
    status = { 'id-RV01': 'lost', 'id-RV02': 'lost' };
    lumas(3);
    apply({ standby: spare({ auto: AUTO }) });
    expect(new Set(lumas(FPS))).toEqual(new Set([200]));
    expect(rig.mixer.standby).toBe('auto');
  });

  test('asked for by hand, the programme is back at once, and may be lost as long again', () => {
    status = { 'id-RV01': 'lost', 'id-RV02': 'lost' };
    expect(lumas(3 * FPS).at(-1)).toBe(200);
    apply({ standby: spare({ auto: AUTO, serial: 1 }) });
    expect(new Set(lumas(2 * FPS - 1))).toEqual(new Set([150]));
    expect(lumas(4).at(-1)).toBe(200);
  });

  test('asked for by hand while it is black, the programme is not shown', () => {
    status = { 'id-RV01': 'lost', 'id-RV02': 'lost' };
    blank = new Set(['id-RV01', 'id-RV02']);
    lumas(3 * FPS);
    apply({ standby: spare({ auto: AUTO, serial: 1 }) });
    expect(new Set(lumas(3 * FPS))).toEqual(new Set([200]));
  });

  test('a scene without pictures is black on purpose', () => {
    apply({ pgm: shows() });
    expect(lumas(4 * FPS)).not.toContain(200);
  });

  test('not for a source that is changed on the air, as long as its last picture is held', () => {
    apply({ pgm: shows('RV01') });
    lumas(10);
    const other = { ...ONE, input: { kind: 'test', pattern: 'clock', toneHz: 440 } } as const;
    const old = opened.get('id-RV01');
    const held = old?.picture(0) ?? null;
    blank.add('id-RV01');
    if (old) old.picture = () => held;
    status = { 'id-RV01': 'connecting' };
    rig.apply({ ...rig.state, sources: [other, TWO], revision: ++revision });
    // Half a second for the new one, then its stand-in; three quarters of the two seconds without a standby.
    expect(new Set(lumas(45))).toEqual(new Set([100]));
    expect(rig.reports).toEqual([]);
  });

  test('an engine that would begin with black begins with it', () => {
    rig.close();
    cold = 4;
    status = { 'id-RV01': 'lost' };
    blank.add('id-RV01');
    rig = build();
    rig.apply(desiredOf({ ...rig.state, sources: [ONE], pgm: shows('RV01'), standby: spare({ auto: AUTO }) }));
    // One that is lost is not waited for.
    Object.assign(opened.get('id-RV01') ?? {}, { isReady: () => true });
    const seen = lumas(20).filter((luma) => luma >= 0);
    expect(new Set(seen)).toEqual(new Set([200]));
  });

  test('at once when there is not even a last picture to hold', () => {
    rig.close();
    rig = build();
    status = { 'id-RV01': 'lost' };
    blank.add('id-RV01');
    rig.apply(desiredOf({ ...rig.state, sources: [ONE], pgm: shows('RV01'), standby: spare({ auto: AUTO }) }));
    const seen = lumas(6 * FPS).filter((luma) => luma >= 0);
    expect(seen.slice(0, 2)).toEqual([200, 200]);
  });
});

test('the multiview says so, and nothing of the programme is red', () => {
  rig.multiview.needed = true;
  apply({ pgm: shows('RV01'), standby: spare() });
  lumas(5);
  expect(labels.has('STANDBY')).toBe(false);
  apply({ standby: spare({ on: true }) });
  lumas(3);
  expect(labels.has('STANDBY')).toBe(true);
});

test('without a standby nothing happens', () => {
  apply({ pgm: shows('RV01') });
  status = { 'id-RV01': 'lost' };
  expect(new Set(lumas(6 * FPS))).toEqual(new Set([100]));
  expect(rig.mixer.standby).toBe('none');
  expect(rig.errors).toEqual([]);
});
