/** Which sources are brought into step, to which offset, and what is said of those that cannot be. */
import { describe, expect, test } from 'vitest';
import { SourceClock } from '../../../../src/engine/source/source-clock.js';
import { SyncGroups, type SyncMember } from '../../../../src/engine/source/sync.js';

const MS = 1000;
const SECOND = 1_000_000;

class Member implements SyncMember {
  own: number | null;
  target: number | null = null;
  note = '';
  unable = '';

  constructor(own: number | null) {
    this.own = own;
  }

  get offset(): number | null {
    return this.own === null ? null : Math.max(this.own, this.target ?? Number.NEGATIVE_INFINITY);
  }

  alignTo(offset: number | null): void {
    this.target = offset;
  }

  setNote(note: string): void {
    this.note = note;
  }
}

function apply(mode: 'host' | 'each', owns: Record<string, number | null>, host: string | null = null) {
  const members = new Map(Object.entries(owns).map(([id, own]) => [id, new Member(own)]));
  const groups = new SyncGroups();
  const sources = [...members.keys()];
  groups.apply([{ mode, sources, host }], members, 0);
  const told = [...members].map(([id, { offset, note }]) => [id, offset, note]);
  return { groups, members, told };
}

test('each: all take the latest offset', () => {
  expect(apply('each', { a: 100 * MS, b: 900 * MS, c: 300 * MS }).told).toEqual([
    ['a', 900 * MS, ''],
    ['b', 900 * MS, ''],
    ['c', 900 * MS, ''],
  ]);
});

test('host: the others wait for it; one that is later than it cannot, which is said', () => {
  expect(apply('host', { a: 100 * MS, b: 500 * MS, c: 800 * MS }, 'b').told).toEqual([
    ['a', 500 * MS, ''],
    ['b', 500 * MS, ''],
    ['c', 800 * MS, 'not in step: it arrives 300 ms later than its host'],
  ]);
});

test('offsets that are more than 10 s apart are those of other clocks, and left alone', () => {
  expect(apply('each', { a: 0, b: 200 * MS, c: 3600 * SECOND }).told).toEqual([
    ['a', 200 * MS, ''],
    ['b', 200 * MS, ''],
    ['c', 3600 * SECOND, 'not in step: its clock is not that of the others'],
  ]);
  expect(apply('host', { a: 0, b: 11 * SECOND }, 'a').told[1]).toEqual([
    'b',
    11 * SECOND,
    'not in step: its clock is not that of its host',
  ]);
});

test('what is not there is not waited for', () => {
  expect(apply('each', { a: 0, b: null }).told).toEqual([
    ['a', 0, ''],
    ['b', null, ''],
  ]);
  expect(apply('host', { a: 0, b: null }, 'b').told[0]).toEqual([
    'a',
    0,
    'not in step: the source that it follows is not there',
  ]);
});

test('one that can never be aligned says so', () => {
  const member = new Member(null);
  member.unable = 'not in step: it has no clock';
  new SyncGroups().apply([{ mode: 'each', sources: ['a'], host: null }], new Map([['a', member]]), 0);
  expect(member.note).toBe('not in step: it has no clock');
});

test('a source that no group names any more is let go', () => {
  const { groups, members } = apply('each', { a: 0, b: 200 * MS });
  groups.apply([], members, 1);
  expect([...members.values()].map(({ target }) => target)).toEqual([null, null]);
});

test('two real clocks: equal times are shown at the same moment, also while one drifts in its network', () => {
  const clocks = {
    near: new SourceClock({ reserveUs: 70 * MS, delayUs: 0 }),
    far: new SourceClock({ reserveUs: 70 * MS, delayUs: 0 }),
  };
  const members = new Map<string, SyncMember>(
    Object.entries(clocks).map(([id, clock]) => [
      id,
      {
        get own() {
          return clock.own;
        },
        get offset() {
          return clock.offset;
        },
        unable: '',
        alignTo: (offset) => clock.alignTo(offset),
        setNote: () => {},
      },
    ]),
  );
  const groups = new SyncGroups();
  let worst = 0;
  for (let frame = 0; frame < 30 * 120; frame++) {
    const made = (frame * SECOND) / 30;
    clocks.near.observe(made + 20 * MS, made);
    // Its way grows by 60 ms in the second minute.
    clocks.far.observe(made + 420 * MS + Math.max(0, frame - 1800) * 33, made);
    groups.apply([{ mode: 'each', sources: ['near', 'far'], host: null }], members, made);
    if (frame > 10) worst = Math.max(worst, Math.abs(clocks.near.toEngine(0) - clocks.far.toEngine(0)));
  }
  expect(worst).toBeLessThan(12 * MS);
  expect(clocks.near.toEngine(0)).toBeGreaterThan(530 * MS);
  groups.apply([], members, 121 * SECOND);
  expect(clocks.near.toEngine(0)).toBeCloseTo(90 * MS, -4);
});

describe('the trouble of one', () => {
  const TICK = SECOND / 30;

  function group(mode: 'host' | 'each', owns: Record<string, number>, host: string | null = null) {
    const members = new Map(Object.entries(owns).map(([id, own]) => [id, new Member(own)]));
    const groups = new SyncGroups();
    let now = 0;
    const run = (seconds: number): void => {
      for (const until = now + seconds * SECOND; now < until; now += TICK) {
        groups.apply([{ mode, sources: [...members.keys()], host }], members, now);
      }
    };
    const member = (id: string): Member => members.get(id) ?? new Member(null);
    run(5);
    return { run, member };
  }

  test.each(['each', 'host'] as const)('%s: a member that is lost keeps its place for 30 s', (mode) => {
    const { run, member } = group(mode, { a: 100 * MS, late: 900 * MS }, mode === 'host' ? 'late' : null);
    expect(member('a').offset).toBe(900 * MS);
    member('late').own = null;
    run(29.5);
    expect(member('a').offset).toBe(900 * MS);
    expect(member('late').target).toBeNull();
    run(2);
    expect(member('a').offset).toBe(100 * MS);
  });

  test('others follow to another offset only when it has held for a second', () => {
    const { run, member } = group('each', { a: 100 * MS, b: 300 * MS });
    member('b').own = 800 * MS;
    run(0.9);
    expect(member('a').offset).toBe(300 * MS);
    expect(member('b').note).toBe('not in step: it arrives 500 ms later than the others');
    member('b').own = 300 * MS;
    run(1);
    member('b').own = 800 * MS;
    run(0.9);
    expect(member('a').offset).toBe(300 * MS);
    run(0.2);
    expect(member('a').offset).toBe(800 * MS);
    expect(member('b').note).toBe('');
    // What changes a little is followed as it does.
    member('b').own = 810 * MS;
    run(0.1);
    expect(member('a').offset).toBe(810 * MS);
  });
});
