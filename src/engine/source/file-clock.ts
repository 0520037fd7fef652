/**
 * The clock of an input that is read as fast as it is needed: a file, or a list of segments. Its times run with the
 * engine's from the first packet on. When packets come later than they are due (a slow network), time stands still at
 * the place that is missing, and the last picture stays meanwhile; each time the lead grows by half, up to
 * {@link MOST_LEAD}, so that an input that is late again and again soon is no more.
 *
 * It can be held by hand, and remembers for a while how it ran, because delayed layers look back. All times are µs.
 */
import type { PlayoutClock } from './coded-source.js';

/** Packets that are this late move the play-out point. */
const LATE = 50_000;
const MOST_LEAD = 8_000_000;
/** How far back the past is asked for: the longest delay of a layer, and a little. */
const REMEMBERED = 6_000_000;
/** Changes in that time that are remembered; of more, the oldest are forgotten. */
const MOST_CHANGES = 100;

/** From engine time `from` on the source's time is `place`: it runs on from there, or stands still. */
interface Stretch {
  from: number;
  place: number;
  runs: boolean;
}

export class FileClock implements PlayoutClock {
  readonly #delay: number;
  readonly #firstLead: number;
  #lead: number;
  /** Oldest first; empty before the first packet. The last one may lie in the future. */
  #stretches: Stretch[] = [];
  #held = false;
  #now = Number.NEGATIVE_INFINITY;

  /**
   * @param options.delayUs constant delay that the operator asked for
   * @param options.leadUs time between the arrival of a packet and its play-out, at the start and after a wait
   */
  constructor(options: { delayUs: number; leadUs: number }) {
    this.#delay = options.delayUs;
    this.#firstLead = options.leadUs;
    this.#lead = options.leadUs;
  }

  observe(arrival: number, dts: number): void {
    const newest = this.#stretches.at(-1);
    if (!newest) {
      // Held: the place is known at once, and time runs when it is let go.
      const from = this.#held ? arrival : arrival + this.#lead + this.#delay;
      this.#stretches.push({ from, place: dts, runs: !this.#held });
      return;
    }
    if (!newest.runs || this.toEngine(dts) >= arrival - LATE) return;
    this.#lead = Math.min(this.#lead * 1.5, Math.max(MOST_LEAD, this.#firstLead));
    this.#push({ from: arrival, place: dts, runs: false });
    this.#push({ from: arrival + this.#lead + this.#delay, place: dts, runs: true });
  }

  /** Time stands still from engine time `now` on; also when there is no packet yet. */
  hold(now: number): void {
    if (this.#held) return;
    this.#held = true;
    this.#now = Math.max(this.#now, now);
    if (this.#stretches.length > 0) this.#push({ from: now, place: this.toSource(now), runs: false });
  }

  /** Time goes on from where it stands. */
  run(now: number): void {
    if (!this.#held) return;
    this.#held = false;
    this.#now = Math.max(this.#now, now);
    if (this.#stretches.length > 0) this.#push({ from: now, place: this.toSource(now), runs: true });
  }

  get isHeld(): boolean {
    return this.#held;
  }

  /** True from the first packet on. */
  get isSet(): boolean {
    return this.#stretches.length > 0;
  }

  /** Whether it stands still at an engine time. */
  standsAt(engineTime: number): boolean {
    return this.#at(engineTime)?.runs === false;
  }

  /** Moves on to a tick: while it is held everything to come is due later. */
  advance(now: number): void {
    this.#now = now;
    const old = this.#stretches.findIndex((_, index, all) => (all[index + 1]?.from ?? Infinity) > now - REMEMBERED);
    this.#stretches.splice(0, Math.max(0, old));
  }

  #push(stretch: Stretch): void {
    // What was to come does not.
    while ((this.#stretches.at(-1)?.from ?? -Infinity) >= stretch.from) this.#stretches.pop();
    this.#stretches.push(stretch);
    if (this.#stretches.length > MOST_CHANGES) this.#stretches.shift();
  }

  #at(engineTime: number): Stretch | null {
    return this.#stretches.findLast(({ from }) => from <= engineTime) ?? this.#stretches[0] ?? null;
  }

  toEngine(pts: number): number {
    const newest = this.#stretches.at(-1);
    if (!newest) return Number.POSITIVE_INFINITY;
    return (newest.runs ? newest.from : Math.max(newest.from, this.#now)) + pts - newest.place;
  }

  toSource(engineTime: number): number {
    const stretch = this.#at(engineTime);
    if (!stretch) return Number.NEGATIVE_INFINITY;
    // Before the first one time runs towards it.
    return stretch.runs ? stretch.place + engineTime - stretch.from : stretch.place;
  }

  /** Forgets the times; it stays held if it is. */
  reset(): void {
    this.#stretches = [];
    this.#lead = this.#firstLead;
  }
}
