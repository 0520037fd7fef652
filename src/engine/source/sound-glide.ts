/**
 * One listener's place in the sound of a source whose clock is not quite the engine's.
 *
 * As long as the clocks agree the place moves by whole samples. When it is off by {@link NOTICED} it is brought back by
 * reading a little faster or slower: by {@link MOST} at most (2 cents, which nobody hears even as a step), and the rate
 * itself changes no faster than that in half a second. Once the place is right and the clock no longer moves, it lands
 * on a whole sample again. Only a distance that would take longer than pictures allow is jumped over (see
 * sound-listener.ts). Units are samples of the source.
 */

/** Distance that sets off a glide: 1.5 ms. */
const NOTICED = 72;
/** A greater distance is jumped over: 12 ms, which gliding would take more than ten seconds for. */
const JUMP = 576;
/** Rate, less 1, at most; a source's clock glides by 0.001. */
const MOST = 0.00115;
/** A distance is made up for as if in so many samples (1 s): nearer, so slower. */
const CALM = 48_000;
/** Samples over which the distance is smoothed (0.25 s). */
const SMOOTH = 12_000;
/** Samples for the whole change of rate, from none to the most. */
const CHANGE = 24_000;
/** Off by less, at a rate below this, it is as good as there; the landing takes so many samples. */
const NEAR = 1;
const SLOW = 0.00004;
const LANDING = 24_000;

type Course =
  /** On whole samples. */
  | { kind: 'steady' }
  | { kind: 'glide' }
  /** On the way to a whole sample: from so far beside it (`off`), at the rate (less 1) of that moment. */
  | { kind: 'land'; off: number; rate: number; done: number };

/** Longest piece for which {@link Glide.move} may be called: 10 ms. */
export const PIECE = 480;

export class Glide {
  /** Place of the next sample to be heard: a whole one, and what is to be added, 0 up to 1. */
  whole: number;
  part = 0;
  #rate = 0;
  /** Distance from the clock, smoothed: clocks are told of packets and ticks, and so move in little steps. */
  #off = 0;
  #course: Course = { kind: 'steady' };

  /** @param exact where the clock says that the listener is */
  constructor(exact: number) {
    this.whole = Math.round(exact);
  }

  /** True while samples are heard as they are. */
  get isSteady(): boolean {
    return this.#course.kind === 'steady';
  }

  /** How much is read for a sample that is heard, less 1. */
  get rate(): number {
    return this.#rate;
  }

  /** True when the clock has left for somewhere else. */
  isLost(exact: number): boolean {
    return !(Math.abs(exact - this.whole) <= JUMP);
  }

  /** Looks at the clock. @param exact where it says that the next sample to be heard is */
  follow(exact: number): void {
    const off = exact - this.whole - this.part;
    if (this.#course.kind === 'glide' || Math.abs(off) <= NOTICED) return;
    this.#course = { kind: 'glide' };
    this.#off = off;
  }

  /** Goes on by so many samples untouched; only while steady. */
  skip(count: number): void {
    this.whole += count;
  }

  /**
   * Goes on by a piece that is not heard as it is.
   * @param exact where the clock says that it begins
   * @param count samples to be heard, up to {@link PIECE}
   * @param places gets the places of those samples, counted from `whole` as it was before
   */
  move(exact: number, count: number, places: Float64Array): void {
    const start = this.whole;
    const from = this.part;
    const course = this.#course;
    if (course.kind === 'glide') this.#glide(exact - start - from, count, places);
    else if (course.kind === 'land') this.#land(course, count, places);
    const next = places[count] ?? from + count;
    const whole = Math.floor(next);
    this.whole = start + whole;
    this.part = next - whole;
  }

  #glide(off: number, count: number, places: Float64Array): void {
    this.#off += (off - this.#off) * (count / SMOOTH);
    const wanted = Math.max(-MOST, Math.min(MOST, this.#off / CALM));
    const change = (MOST * count) / CHANGE;
    const rate = this.#rate;
    const next = rate + Math.max(-change, Math.min(change, wanted - rate));
    // The rate moves evenly over the piece.
    const bend = (next - rate) / (2 * count);
    for (let i = 0; i <= count; i++) places[i] = this.part + i + i * (rate + bend * i);
    this.#rate = next;
    if (Math.abs(this.#off) < NEAR && Math.abs(next) < SLOW) {
      const place = places[count] ?? 0;
      this.#course = { kind: 'land', off: place - Math.round(place), rate: next, done: 0 };
    }
  }

  /** Along the cubic curve that ends on the whole sample without any rate (Hermite). */
  #land(course: { off: number; rate: number; done: number }, count: number, places: Float64Array): void {
    const { off, rate, done } = course;
    const beside = (at: number): number => {
      const t = Math.min(1, at / LANDING);
      return off * (1 + 2 * t) * (1 - t) ** 2 + rate * LANDING * t * (1 - t) ** 2;
    };
    const before = beside(done);
    for (let i = 0; i <= count; i++) places[i] = this.part + i + beside(done + i) - before;
    course.done += count;
    const t = Math.min(1, course.done / LANDING);
    this.#rate = (6 * off * (t * t - t)) / LANDING + rate * (1 - t) * (1 - 3 * t);
    if (t < 1) return;
    places[count] = Math.round(places[count] ?? 0);
    this.#rate = 0;
    this.#course = { kind: 'steady' };
  }
}
