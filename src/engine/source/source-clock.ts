/**
 * Where the times of a live source lie on the engine's clock.
 *
 * A packet of a live stream arrives some time after it was made; the packet that was least delayed shows best where
 * the stream's clock stands. The play-out point is that minimum plus a reserve against jitter. Both pictures and sound
 * of a source use one clock, so they keep their distance to each other whatever happens here.
 *
 * An encoder's clock that is a little fast or slow is followed by gliding, so slowly that pictures are repeated or left
 * out one at a time and sound can be stretched. Only what is far off, or too late to be shown, moves the point at once.
 *
 * All times are µs. `toEngine(pts) = pts + offset`.
 */

/** The minimum is taken over this long, so that a slow clock of the encoder is followed. */
const WINDOW = 8_000_000;
const BUCKETS = 8;
/** A difference of this much sets off a glide to where the point should be; a smaller one is noise. */
const IDLE = 10_000;
/** Share of the passing time by which the point moves while it glides: 1 ms a second, more than any encoder is off. */
const GLIDE = 0.001;
/** A play-out point that is this much too late is moved forward at once: latency that is of no use to anybody. */
const EXCESS = 100_000;
/** A target that moves by more than this at once is another one; one that got so far away in small steps is, too. */
const ANEW = 20_000;
/** What comes first may be a cached group in one piece; for so long after the first packet any excess goes at once. */
const SETTLING = 2_000_000;
/** Being late twice within this time is no accident: the reserve is too small. */
const AGAIN = 30_000_000;
/**
 * One that is to be in step with others and was moved back by a late packet returns to them at once when no other was
 * late for so long: gliding would leave it behind them for a minute.
 */
const RETURN = 1_000_000;
/** The longest reserve that a stream can get, µs. */
const MOST_RESERVE = 2_000_000;

export class SourceClock {
  readonly #reserve: number;
  readonly #delay: number;
  /** Least `arrival - dts` of each second of the window; the first is the current one. */
  #minima: { since: number; minimum: number }[] = [];
  #offset: number | null = null;
  #gliding = false;
  /** Arrival of the first and the last packet. */
  #begun = 0;
  #last = 0;
  /** Offset without the delay that the data ask for, and that somebody else asked for; see sync.ts. */
  #own: number | null = null;
  /** Offset up to which packets have turned out to come late, with a margin; falls as time passes. */
  #learned = Number.NEGATIVE_INFINITY;
  #lateAt = Number.NEGATIVE_INFINITY;
  #target: number | null = null;
  /** A late packet moved the point back, and it is still there. */
  #isBehind = false;
  /** Times that the play-out point was moved because packets came too late. */
  lateMoves = 0;

  /**
   * @param options.reserveUs how much jitter is absorbed
   * @param options.delayUs constant delay that the operator asked for
   */
  constructor(options: { reserveUs: number; delayUs: number }) {
    this.#reserve = options.reserveUs;
    this.#delay = options.delayUs;
  }

  get alignable(): this {
    return this;
  }

  /** Engine time of a source time. Before the first packet: never. */
  toEngine(pts: number): number {
    return this.#offset === null ? Number.POSITIVE_INFINITY : pts + this.#offset;
  }

  /** Source time that is due at an engine time. Before the first packet: long ago. */
  toSource(engineTime: number): number {
    return this.#offset === null ? Number.NEGATIVE_INFINITY : engineTime - this.#offset;
  }

  /** Engine time less source time, without the constant delay, that this source needs by itself; null before any packet. */
  get own(): number | null {
    return this.#own;
  }

  /** The same as it is; it may be on its way to what it should be. */
  get offset(): number | null {
    return this.#offset === null ? null : this.#offset - this.#delay;
  }

  /** Time that packets wait longer than they would by themselves, µs. */
  get extra(): number {
    return this.#own === null || this.#target === null ? 0 : Math.max(0, this.#target - this.#own);
  }

  /**
   * Asks for a later play-out, as an {@link offset}; null ends that. Call it often. What is asked for anew is followed at
   * once, and small changes by gliding, as long as that keeps up with them.
   */
  alignTo(target: number | null): void {
    const before = this.#target;
    this.#target = target;
    if (this.#own === null || this.#offset === null || (target === null && before === null)) return;
    const isNew = before === null || target === null || Math.abs(target - before) > ANEW;
    if (!isNew && this.#isBehind && this.#last - this.#lateAt < RETURN) return;
    const wanted = this.#wanted(this.#own);
    if (Math.abs(wanted - this.#offset) > (isNew ? IDLE : ANEW)) this.#offset = wanted;
  }

  #wanted(own: number): number {
    return Math.max(own, this.#target ?? Number.NEGATIVE_INFINITY) + this.#delay;
  }

  /** Looks at one packet. Call it for every packet, in the order of arrival. */
  observe(arrival: number, dts: number): void {
    const passage = arrival - dts;
    const current = this.#minima[0];
    if (!current || arrival - current.since >= WINDOW / BUCKETS) {
      this.#minima.unshift({ since: arrival, minimum: passage });
      this.#minima.length = Math.min(this.#minima.length, BUCKETS);
    } else if (passage < current.minimum) {
      current.minimum = passage;
    }
    let least = passage;
    for (const bucket of this.#minima) if (bucket.minimum < least) least = bucket.minimum;
    const elapsed = Math.min(1_000_000, Math.max(0, arrival - this.#last));
    this.#last = arrival;
    this.#own = this.#needed(least, passage, elapsed);
    const wanted = this.#wanted(this.#own);
    if (this.#offset === null) {
      this.#offset = wanted;
      this.#begun = arrival;
    } else if (passage + this.#delay > this.#offset) {
      this.#moveBack(arrival, passage, least);
    } else if (wanted < this.#offset - this.#mostExcess(arrival)) {
      this.#offset = wanted;
      this.#gliding = false;
      this.#isBehind = false;
    } else {
      const off = wanted - this.#offset;
      if (Math.abs(off) > IDLE) this.#gliding = true;
      else this.#isBehind = false;
      if (this.#gliding) {
        const step = elapsed * GLIDE;
        this.#offset += Math.min(step, Math.max(-step, off));
        this.#gliding = Math.abs(off) > step;
      }
    }
  }

  /** How far the point may lie behind where it should be without being moved there at once. */
  #mostExcess(arrival: number): number {
    if (arrival - this.#begun < SETTLING) return IDLE;
    const returns = this.#isBehind && this.#target !== null && arrival - this.#lateAt >= RETURN;
    return returns ? IDLE : EXCESS;
  }

  /** The offset that the data ask for. */
  #needed(least: number, passage: number, elapsed: number): number {
    const usual = least + this.#reserve;
    this.#learned -= elapsed * GLIDE;
    if (this.#learned <= usual) return usual;
    // What comes nearly too late shows that the longer reserve is still needed.
    this.#learned = Math.min(Math.max(this.#learned, passage + this.#reserve / 4), least + MOST_RESERVE);
    return this.#learned;
  }

  /** A packet is too late for its own play-out point: nothing of the reserve is left, so the point moves back. */
  #moveBack(arrival: number, passage: number, least: number): void {
    const own = passage + this.#reserve / 2;
    if (arrival - this.#lateAt < AGAIN) this.#learned = Math.min(own, least + MOST_RESERVE);
    else this.#minima = [{ since: arrival, minimum: passage - this.#reserve / 2 }];
    this.#offset = own + this.#delay;
    this.#own = own;
    this.#lateAt = arrival;
    this.#isBehind = true;
    this.lateMoves++;
  }

  /** Forgets everything: the stream begins anew. */
  reset(): void {
    this.#minima = [];
    this.#offset = null;
    this.#gliding = false;
    this.#own = null;
    this.#learned = Number.NEGATIVE_INFINITY;
    this.#lateAt = Number.NEGATIVE_INFINITY;
    this.#target = null;
    this.#isBehind = false;
  }
}
