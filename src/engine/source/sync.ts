/**
 * Sources whose encoders share a clock are shown so that equal times of theirs are on at the same moment.
 *
 * Each source has an offset: engine time less encoder time, before any constant delay. Its own data say which one it needs
 * at least; a greater one only makes it wait (coded, see coded-media.ts), a smaller one cannot be had. Offsets that lie
 * more than {@link MOST_APART} apart are no delay of networks: those encoders do not share a clock, and the source is left
 * alone. What cannot be done is said in the source's health. All times are µs.
 */
import type { SyncGroup } from '../../domain/desired.js';

const MOST_APART = 10_000_000;
/** A source that misses its host by less is taken to be in step. */
const UNNOTICED = 20_000;

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
}

export class SyncGroups {
  /** Members that were aligned the last time, to be let go when no group names them any more. */
  #aligned = new Set<SyncMember>();

  /**
   * Aligns what can be aligned now; call it at every tick. A source that two groups name follows the first.
   * @param members by source id
   */
  apply(groups: readonly SyncGroup[], members: ReadonlyMap<string, SyncMember>): void {
    const named = new Set<SyncMember>();
    for (const group of groups) {
      const mine = [...new Set(group.sources)].flatMap((id) => {
        const member = members.get(id);
        if (!member || named.has(member)) return [];
        named.add(member);
        return [{ id, member }];
      });
      this.#align(group, mine);
    }
    for (const member of this.#aligned) if (!named.has(member)) leaveAlone(member, '');
    this.#aligned = named;
  }

  #align(group: SyncGroup, mine: readonly { id: string; member: SyncMember }[]): void {
    const ready = mine.flatMap(({ id, member }): Ready[] => {
      if (member.own !== null) return [{ id, member, own: member.own }];
      leaveAlone(member, member.unable);
      return [];
    });
    if (group.mode === 'host') followHost(ready, group.host);
    else meet(ready);
  }
}

function followHost(ready: readonly Ready[], hostId: string | null): void {
  const host = ready.find(({ id }) => id === hostId);
  if (host) leaveAlone(host.member, '');
  for (const { id, member, own } of ready) {
    if (id === hostId) continue;
    const target = host?.member.offset ?? null;
    if (target === null) leaveAlone(member, 'not in step: the source that it follows is not there');
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

function meet(ready: readonly Ready[]): void {
  const together = largestCluster(ready);
  const target = Math.max(...together.map(({ own }) => own));
  for (const one of ready) {
    if (!together.includes(one)) leaveAlone(one.member, 'not in step: its clock is not that of the others');
    else if (together.length < 2) leaveAlone(one.member, '');
    else {
      one.member.alignTo(target);
      one.member.setNote('');
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
