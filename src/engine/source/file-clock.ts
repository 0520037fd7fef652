/**
 * The clock of an input that is read as fast as it is needed: a file, or a list of segments. Its times run with the
 * engine's from the first packet on. When packets come later than they are due (a slow network), time stands still at
 * the place that is missing, and the last picture stays meanwhile; each time the lead grows by half, up to
 * {@link MOST_LEAD}, so that an input that is late again and again soon is no more.
 *
 * A list of segments is made by an encoder with a clock of its own. What packets come before they are due, at the least, is
 * kept what it was at first by gliding: by a thousandth of the time, as the clock of live streams does.
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
/** What is left at the least is looked at for so long at a time (some segments), and over so many such times. */
const WINDOW = 30_000_000;
const WINDOWS = 4;
/** A change of it by this much sets off a glide, and by this little ends it. */
const NOTICED = 200_000;
const SETTLED = 50_000;
const GLIDE = 0.001;

/** From engine time `from` on the source's time is `place`: it runs on from there at this rate, or stands still (0). */
interface Stretch {
  from: number;
  place: number;
  rate: number;
}

export class FileClock implements PlayoutClock {
  readonly #delay: number;
  readonly #firstLead: number;
  #lead: number;
  /** Oldest first; empty before the first packet. The last one may lie in the future. */
  #stretches: Stretch[] = [];
  #held = false;
  #now = Number.NEGATIVE_INFINITY;
  readonly #glides: boolean;
  /** Least time from arrival to play-out in each window, the newest first; and what it was at first. */
  #least: { since: number; ahead: number }[] = [];
  #usual: number | null = null;

  /**
   * @param options.delayUs constant delay that the operator asked for
   * @param options.leadUs time between the arrival of a packet and its play-out, at the start and after a wait
   * @param options.glides follows the clock of whoever makes the input
   */
  constructor(options: { delayUs: number; leadUs: number; glides?: boolean }) {
    this.#glides = options.glides ?? false;
    this.#delay = options.delayUs;
    this.#firstLead = options.leadUs;
    this.#lead = options.leadUs;
  }

  observe(arrival: number, dts: number): void {
    const newest = this.#stretches.at(-1);
    if (!newest) {
      // Held: the place is known at once, and time runs when it is let go.
      const from = this.#held ? arrival : arrival + this.#lead + this.#delay;
      this.#stretches.push({ from, place: dts, rate: this.#held ? 0 : 1 });
      return;
    }
    if (newest.rate === 0) return;
    if (this.toEngine(dts) >= arrival - LATE) {
      if (this.#glides) this.#watch(arrival, this.toEngine(dts) - arrival, newest);
      return;
    }
    this.#forgetUsual();
    this.#lead = Math.min(this.#lead * 1.5, Math.max(MOST_LEAD, this.#firstLead));
    this.#push({ from: arrival, place: dts, rate: 0 });
    this.#push({ from: arrival + this.#lead + this.#delay, place: dts, rate: 1 });
  }

  /** Looks at how long before its time a packet came, and glides when that is not what it was. */
  #watch(arrival: number, ahead: number, { rate, from }: Stretch): void {
    const current = this.#least[0];
    if (current && arrival - current.since < WINDOW) {
      current.ahead = Math.min(current.ahead, ahead);
      return;
    }
    this.#least.unshift({ since: arrival, ahead });
    if (this.#least.length <= WINDOWS) return;
    this.#least.length = WINDOWS + 1;
    const least = this.#least.slice(1).reduce((low, window) => Math.min(low, window.ahead), Number.POSITIVE_INFINITY);
    this.#usual ??= least;
    const off = least - this.#usual;
    const glides = rate !== 1;
    const next = Math.abs(off) < (glides ? SETTLED : NOTICED) ? 1 : 1 + Math.sign(off) * GLIDE;
    // A stretch that is still to come is not there yet.
    if (next !== rate && from <= arrival) this.#push({ from: arrival, place: this.toSource(arrival), rate: next });
  }

  #forgetUsual(): void {
    this.#least = [];
    this.#usual = null;
  }

  /** Time stands still from engine time `now` on; also when there is no packet yet. */
  hold(now: number): void {
    if (this.#held) return;
    this.#held = true;
    this.#now = Math.max(this.#now, now);
    if (this.#stretches.length > 0) this.#push({ from: now, place: this.toSource(now), rate: 0 });
  }

  /** Time goes on from where it stands. */
  run(now: number): void {
    if (!this.#held) return;
    this.#held = false;
    this.#now = Math.max(this.#now, now);
    if (this.#stretches.length > 0) this.#push({ from: now, place: this.toSource(now), rate: 1 });
  }

  get isHeld(): boolean {
    return this.#held;
  }

  /** True from the first packet on. */
  get isSet(): boolean {
    return this.#stretches.length > 0;
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
    if (newest.rate === 0) return Math.max(newest.from, this.#now) + pts - newest.place;
    return newest.from + (pts - newest.place) / newest.rate;
  }

  toSource(engineTime: number): number {
    const stretch = this.#at(engineTime);
    if (!stretch) return Number.NEGATIVE_INFINITY;
    // Before the first one time runs towards it.
    return stretch.place + (engineTime - stretch.from) * stretch.rate;
  }

  /** Forgets the times; it stays held if it is. */
  reset(): void {
    this.#stretches = [];
    this.#lead = this.#firstLead;
    this.#forgetUsual();
  }
}
