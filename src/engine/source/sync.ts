/**
 * Sources whose encoders share a clock are shown so that equal times of theirs are on at the same moment.
 *
 * Each source has an offset: engine time less encoder time, before any constant delay. Its own data say which one it needs
 * at least; a greater one only makes it wait (coded, see coded-media.ts), a smaller one cannot be had. Offsets that lie
 * more than {@link MOST_APART} apart are no delay of networks: those encoders do not share a clock, and the source is left
 * alone. What cannot be done is said in the source's health.
 *
 * One source's trouble is not the others': a member that is lost keeps its place for {@link KEPT}, and the others follow to
 * another offset only once it has held for {@link HOLDS}. All times are µs.
 */
import type { SyncGroup } from '../../domain/desired.js';

const MOST_APART = 10_000_000;
/** A source that misses its host by less is taken to be in step. */
const UNNOTICED = 20_000;
const KEPT = 30_000_000;
const HOLDS = 1_000_000;

/** The part of a source that can be aligned. */
export interface SyncMember {
  /** The offset that its own data ask for; null while there are none, or when its times cannot be compared. */
  readonly own: number | null;
  /** The offset that it has. */
  readonly offset: number | null;
  /** Why it can never be aligned, for an operator; empty when it can. */
  readonly unable: string;
  /** Asks for an offset; null lets it choose its own again. */
  alignTo(offset: number | null): void;
  /** What is odd about its alignment, for an operator; empty when nothing is. */
  setNote(note: string): void;
}

interface Ready {
  id: string;
  member: SyncMember;
  own: number;
  offset: number;
  /** False when it is lost, and this is what it had. */
  isThere: boolean;
}

/** What a member had when it was there the last time. */
interface Seen {
  own: number;
  offset: number;
  at: number;
}

/** The offset that a group has, and another one that it may be going to have. */
interface Course {
  target: number;
  next: number;
  since: number;
}

export class SyncGroups {
  /** Members that were aligned the last time, to be let go when no group names them any more. */
  #aligned = new Set<SyncMember>();
  readonly #seen = new WeakMap<SyncMember, Seen>();
  /** By group; what is no more is forgotten at the next call. */
  #courses = new Map<string, Course>();

  /**
   * Aligns what can be aligned now; call it at every tick. A source that two groups name follows the first.
   * @param members by source id
   * @param now engine time
   */
  apply(groups: readonly SyncGroup[], members: ReadonlyMap<string, SyncMember>, now: number): void {
    const named = new Set<SyncMember>();
    const courses = new Map<string, Course>();
    for (const group of groups) {
      const mine = [...new Set(group.sources)].flatMap((id) => {
        const member = members.get(id);
        if (!member || named.has(member)) return [];
        named.add(member);
        return [{ id, member }];
      });
      const key = `${group.mode}/${group.host}/${group.sources.join()}`;
      const course = this.#align(group, this.#ready(mine, now), now, this.#courses.get(key));
      if (course) courses.set(key, course);
    }
    this.#courses = courses;
    for (const member of this.#aligned) if (!named.has(member)) leaveAlone(member, '');
    this.#aligned = named;
  }

  /** Those that have an offset, or had one a short time ago. */
  #ready(mine: readonly { id: string; member: SyncMember }[], now: number): Ready[] {
    return mine.flatMap(({ id, member }): Ready[] => {
      const { own } = member;
      if (own !== null) {
        const offset = member.offset ?? own;
        this.#seen.set(member, { own, offset, at: now });
        return [{ id, member, own, offset, isThere: true }];
      }
      leaveAlone(member, member.unable);
      const seen = member.unable === '' ? this.#seen.get(member) : undefined;
      return seen && now - seen.at <= KEPT ? [{ id, member, ...seen, isThere: false }] : [];
    });
  }

  #align(group: SyncGroup, ready: readonly Ready[], now: number, before: Course | undefined): Course | null {
    const host = ready.find(({ id }) => id === group.host);
    const together = group.mode === 'host' ? [] : largestCluster(ready);
    const wanted = group.mode === 'host' ? host?.offset : Math.max(...together.map(({ own }) => own));
    const course = wanted === undefined || !Number.isFinite(wanted) ? null : steady(before, wanted, now);
    const there = ready.filter(({ isThere }) => isThere);
    if (group.mode === 'host') followHost(there, group.host, course?.target ?? null);
    else meet(there, together, course?.target ?? null);
    return course;
  }
}

/** Small changes are followed as they come, larger ones when they last. */
function steady(before: Course | undefined, wanted: number, now: number): Course {
  if (!before || Math.abs(wanted - before.target) <= UNNOTICED) return { target: wanted, next: wanted, since: now };
  const since = Math.abs(wanted - before.next) <= UNNOTICED ? before.since : now;
  const target = now - since >= HOLDS ? wanted : before.target;
  return { target, next: wanted, since };
}

function followHost(ready: readonly Ready[], hostId: string | null, target: number | null): void {
  for (const { id, member, own } of ready) {
    if (id === hostId) leaveAlone(member, '');
    else if (target === null) leaveAlone(member, 'not in step: the source that it follows is not there');
    else if (Math.abs(own - target) > MOST_APART) leaveAlone(member, 'not in step: its clock is not that of its host');
    else {
      member.alignTo(target);
      const late = own - target;
      member.setNote(
        late > UNNOTICED ? `not in step: it arrives ${Math.round(late / 1000)} ms later than its host` : '',
      );
    }
  }
}

function meet(ready: readonly Ready[], together: readonly Ready[], target: number | null): void {
  for (const one of ready) {
    if (!together.includes(one)) leaveAlone(one.member, 'not in step: its clock is not that of the others');
    else if (together.length < 2 || target === null) leaveAlone(one.member, '');
    else {
      one.member.alignTo(target);
      const late = one.own - target;
      one.member.setNote(
        late > UNNOTICED ? `not in step: it arrives ${Math.round(late / 1000)} ms later than the others` : '',
      );
    }
  }
}

/** The most sources whose offsets lie within {@link MOST_APART}; of equally many, those that the group names first. */
function largestCluster(ready: readonly Ready[]): Ready[] {
  let best: Ready[] = [];
  for (const { own: least } of ready) {
    const within = ready.filter(({ own }) => own >= least && own - least <= MOST_APART);
    if (within.length > best.length || (within.length === best.length && isNamedFirst(within, best, ready)))
      best = within;
  }
  return best;
}

function isNamedFirst(a: readonly Ready[], b: readonly Ready[], order: readonly Ready[]): boolean {
  const first = (set: readonly Ready[]): number => order.findIndex((one) => set.includes(one));
  return first(a) < first(b);
}

function leaveAlone(member: SyncMember, note: string): void {
  member.alignTo(null);
  member.setNote(note);
}
