/**
 * What arrives of a source, as it is told to people: pictures a second and bits a second over the last seconds.
 *
 * Measured along the times of the packets, so that a stream that comes in pieces (a list of segments, a cached group)
 * shows its own rate and not that of its pieces. Bounded: {@link SLOTS} sums. All times are µs.
 */

const SPAN = 3_000_000;
const SLOT = 250_000;
const SLOTS = SPAN / SLOT;
/** Shorter spans say nothing yet. */
const LEAST = 500_000;

interface Sum {
  slot: number;
  pictures: number;
  bytes: number;
}

export class Intake {
  readonly #patience: number;
  #sums: Sum[] = [];
  #arrival = Number.NEGATIVE_INFINITY;

  /** @param patience time after which nothing that arrived counts any more, µs */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** A packet came. @param dts time of the packet */
  add(arrival: number, dts: number, bytes: number, isPicture: boolean): void {
    this.#arrival = arrival;
    const slot = Math.floor(dts / SLOT);
    let sum = this.#sums.at(-1);
    if (!sum || slot > sum.slot) {
      // A jump of the times: what lies before it is no measure any more.
      if (sum && slot > sum.slot + SLOTS) this.#sums = [];
      sum = { slot, pictures: 0, bytes: 0 };
      this.#sums.push(sum);
      while ((this.#sums[0]?.slot ?? slot) < slot - SLOTS) this.#sums.shift();
    } else if (slot < sum.slot - SLOTS) {
      this.#sums = [];
      return;
    }
    if (isPicture) sum.pictures++;
    sum.bytes += bytes;
  }

  reset(): void {
    this.#sums = [];
  }

  /** @param now the clock of `arrival` */
  rates(now: number): { fps: number; bitrate: number } {
    // The newest sum is not full yet.
    const full = this.#sums.slice(0, -1);
    const first = full[0];
    const last = full.at(-1);
    if (!first || !last || now - this.#arrival > this.#patience) return { fps: 0, bitrate: 0 };
    const span = (last.slot - first.slot + 1) * SLOT;
    // The first one may have begun in the middle.
    const counted = full.slice(1);
    const seconds = (span - SLOT) / 1_000_000;
    if (span - SLOT < LEAST) return { fps: 0, bitrate: 0 };
    const pictures = counted.reduce((sum, { pictures }) => sum + pictures, 0);
    const bytes = counted.reduce((sum, { bytes }) => sum + bytes, 0);
    return { fps: Math.round((pictures / seconds) * 10) / 10, bitrate: Math.round((bytes * 8) / seconds) };
  }
}
