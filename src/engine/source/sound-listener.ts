/**
 * What one listener hears of a source: never a click, whatever happens to its sound.
 *
 * Each listener has a gain of its own that takes {@link RAMP} samples (10 ms) from nothing to all and back. It rises where
 * sound begins. Before the end of what there is it falls in time, since the listener looks ahead; should more come
 * meanwhile, it rises again. Where the sound is cut off without notice (a jump, a pause, a connection that begins anew)
 * the listener still has what would have come next, and fades that out under what comes instead. The two gains add up to 1
 * at every moment, so where nothing has changed in truth, nothing is heard.
 *
 * Sound that goes on is passed on as it is; a clock that is off is followed (sound-glide.ts).
 */
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import type { SoundStretch } from '../media/sound-ring.js';
import { Glide, PIECE } from './sound-glide.js';
import { HALF, interpolate } from './sound-interpolator.js';
import type { SoundCursor } from './source.js';

/** Samples of a ramp: 10 ms. */
export const RAMP = SAMPLE_RATE / 100;

/** Where sound is read; by sample number. */
export interface SoundStore {
  /** Fills `out` with sample pairs from a place on; silence where there are none. */
  read(out: Float32Array, sample: number): unknown;
  /** Samples without a break that hold `sample`, or else the next ones after it; null when there are none. */
  stretch(sample: number): Readonly<SoundStretch> | null;
  /** Changes when samples are taken back. */
  readonly epoch: number;
}

/** Gain after so many samples of a ramp. */
const RISE = Float32Array.from({ length: RAMP + 1 }, (_, at) => 0.5 - 0.5 * Math.cos((Math.PI * at) / RAMP));
/** Pairs that are read around so many others to find what lies between them. */
const AROUND = 2 * HALF + 4;

// Of whoever is at work; calls do not overlap.
const INPUT = new Float32Array((PIECE + AROUND) * CHANNELS);
const PLACES = new Float64Array(PIECE + 1);
const PAIR = new Float32Array(CHANNELS);

export class SoundListener {
  /** Where it is; null while nothing is to be heard. */
  #glide: Glide | null = null;
  /** Step of its gain: 0 to RAMP. */
  #level = 0;
  #epoch = 0;
  /** What comes next, from `HALF - 1` pairs before it on, and how much of that is without a break. */
  readonly #next = new Float32Array((RAMP + AROUND) * CHANNELS);
  #nextCount = 0;
  /** What fades out, and how much of it is over. */
  #fading = new Float32Array(RAMP * CHANNELS);
  #faded = RAMP;

  /** Sample that is heard next; null while nothing is to be heard. */
  get place(): number | null {
    return this.#glide?.whole ?? null;
  }

  /**
   * Fills `out` (interleaved pairs) and moves on.
   * @param exact sample at which the clock says that the block begins, not always whole; null or not finite: nothing is to be heard
   */
  hear(out: Float32Array, store: SoundStore, exact: number | null): void {
    // A clock without a time yet says never, or no number at all.
    if (exact === null || !Number.isFinite(exact)) {
      this.leave();
      out.fill(0);
    } else {
      const glide = this.#arrive(store, exact);
      this.#play(glide, out, store, exact);
      this.#lookAhead(glide, store);
    }
    this.#addFading(out);
  }

  /** Nothing of what is heard now is to be heard any more: it fades out. */
  leave(): void {
    this.#fadeOut();
    this.#glide = null;
    this.#level = 0;
    this.#nextCount = 0;
  }

  #arrive(store: SoundStore, exact: number): Glide {
    if (this.#glide?.isLost(exact)) this.leave();
    // While nothing is heard it can be moved at will.
    if (!this.#glide || this.#level === 0) this.#glide = new Glide(exact);
    else if (store.epoch !== this.#epoch) {
      this.#fadeOut();
      this.#level = 0;
    }
    this.#epoch = store.epoch;
    return this.#glide;
  }

  #play(glide: Glide, out: Float32Array, store: SoundStore, exact: number): void {
    const count = out.length / CHANNELS;
    for (let done = 0; done < count; ) {
      glide.follow(exact + done);
      const first = glide.whole;
      const piece = glide.isSteady ? count - done : Math.min(PIECE, count - done);
      const into = out.subarray(done * CHANNELS, (done + piece) * CHANNELS);
      if (glide.isSteady) {
        store.read(into, first);
        glide.skip(piece);
      } else {
        store.read(INPUT, first - HALF + 1);
        glide.move(exact + done, piece, PLACES);
        for (let i = 0; i < piece; i++) interpolate(into, i, INPUT, HALF - 1 + (PLACES[i] as number));
      }
      this.#shape(into, store, first);
      done += piece;
    }
  }

  /** Lets the gain rise where sound begins and fall where it ends. */
  #shape(out: Float32Array, store: SoundStore, first: number): void {
    const count = out.length / CHANNELS;
    for (let at = 0; at < count; ) {
      const place = first + at;
      const stretch = store.stretch(place);
      if (!stretch || stretch.from > place) {
        const until = stretch ? Math.min(count, stretch.from - first) : count;
        out.fill(0, at * CHANNELS, until * CHANNELS);
        this.#level = 0;
        at = until;
        continue;
      }
      const left = stretch.to - place;
      if (this.#level === RAMP && left > RAMP) at = Math.min(count, at + left - RAMP);
      else at = this.#ramp(out, at, Math.min(count - at, left), left);
    }
  }

  /** Ramps up to `most` pairs, of which `left` are without a break, until the gain is full; returns where it is then. */
  #ramp(out: Float32Array, at: number, most: number, left: number): number {
    let level = this.#level;
    let done = 0;
    while (done < most && !(level === RAMP && left - done > RAMP)) {
      level = Math.min(level + 1, left - done, RAMP);
      scale(out, at + done, RISE[level] as number);
      done++;
    }
    this.#level = level;
    return at + done;
  }

  #lookAhead(glide: Glide, store: SoundStore): void {
    const stretch = this.#level > 0 ? store.stretch(glide.whole) : null;
    this.#nextCount = stretch && stretch.from <= glide.whole ? stretch.to - glide.whole : 0;
    if (this.#nextCount > 0) store.read(this.#next, glide.whole - HALF + 1);
  }

  /** What would have come next is added to what fades out. */
  #fadeOut(): void {
    const glide = this.#glide;
    if (!glide || this.#nextCount === 0 || this.#level === 0) return;
    const fading = this.#fading;
    // What has not faded yet goes on doing so.
    fading.copyWithin(0, this.#faded * CHANNELS);
    fading.fill(0, (RAMP - this.#faded) * CHANNELS);
    this.#faded = 0;
    let level = this.#level;
    for (let i = 0; i < Math.min(RAMP, this.#nextCount); i++) {
      level = Math.min(level + 1, this.#nextCount - i, RAMP);
      const gain = (RISE[level] as number) * (RISE[RAMP - 1 - i] as number);
      interpolate(PAIR, 0, this.#next, HALF - 1 + glide.part + i * (1 + glide.rate));
      fading[i * CHANNELS] = (fading[i * CHANNELS] as number) + gain * (PAIR[0] as number);
      fading[i * CHANNELS + 1] = (fading[i * CHANNELS + 1] as number) + gain * (PAIR[1] as number);
    }
  }

  #addFading(out: Float32Array): void {
    const count = Math.min(out.length / CHANNELS, RAMP - this.#faded);
    for (let i = 0; i < count * CHANNELS; i++) {
      out[i] = (out[i] as number) + (this.#fading[this.#faded * CHANNELS + i] as number);
    }
    this.#faded += count;
  }
}

function scale(out: Float32Array, pair: number, gain: number): void {
  out[pair * CHANNELS] = (out[pair * CHANNELS] as number) * gain;
  out[pair * CHANNELS + 1] = (out[pair * CHANNELS + 1] as number) * gain;
}

/**
 * Fills `out` for one listener of a source.
 * @param cursor one that is sent back to the beginning (`next` is null) leaves its place with a fade
 * @param exact see {@link SoundListener.hear}
 */
export function listen(out: Float32Array, cursor: SoundCursor, store: SoundStore, exact: number | null): void {
  cursor.listener ??= new SoundListener();
  if (cursor.next === null) cursor.listener.leave();
  cursor.listener.hear(out, store, exact);
  cursor.next = cursor.listener.place;
}
