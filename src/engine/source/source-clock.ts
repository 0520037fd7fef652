/**
 * Where the times of a live source lie on the engine's clock.
 *
 * A packet of a live stream arrives some time after it was made; the packet that was least delayed shows best where
 * the stream's clock stands. The play-out point is that minimum plus a reserve against jitter. Both pictures and sound
 * of a source use one clock, so they keep their distance to each other whatever happens here.
 *
 * All times are µs. `toEngine(pts) = pts + offset`.
 */

/** The minimum is taken over this long, so that a slow clock of the encoder is followed. */
const WINDOW = 8_000_000;
const BUCKETS = 8;
/** A play-out point that is this much too late is moved forward; a smaller excess is left alone. */
const HYSTERESIS = 40_000;

export class SourceClock {
  readonly #reserve: number;
  readonly #delay: number;
  /** Least `arrival - dts` of each second of the window; the first is the current one. */
  #minima: { since: number; minimum: number }[] = [];
  #offset: number | null = null;
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

  /** Engine time of a source time. Before the first packet: never. */
  toEngine(pts: number): number {
    return this.#offset === null ? Number.POSITIVE_INFINITY : pts + this.#offset;
  }

  /** Source time that is due at an engine time. Before the first packet: long ago. */
  toSource(engineTime: number): number {
    return this.#offset === null ? Number.NEGATIVE_INFINITY : engineTime - this.#offset;
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
    const least = Math.min(...this.#minima.map((bucket) => bucket.minimum));
    const wanted = least + this.#reserve + this.#delay;
    if (this.#offset === null) {
      this.#offset = wanted;
    } else if (passage + this.#delay > this.#offset) {
      // Too late for its own play-out point: nothing of the reserve is left, so the point moves back.
      this.#offset = passage + this.#delay + this.#reserve / 2;
      this.#minima = [{ since: arrival, minimum: passage - this.#reserve / 2 }];
      this.lateMoves++;
    } else if (wanted < this.#offset - HYSTERESIS || wanted > this.#offset) {
      this.#offset = wanted;
    }
  }

  /** Forgets everything: the stream begins anew. */
  reset(): void {
    this.#minima = [];
    this.#offset = null;
  }
}
