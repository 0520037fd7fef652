/**
 * The last seconds of a source's sound: 48 kHz, two channels, by sample number.
 *
 * Reading does not consume, so that preview, programme and delayed layers hear the same source at different times.
 * What was never written reads as silence; the ring forgets the oldest samples. Samples are kept as they came; where they
 * begin and end the listener fades (see source/sound-listener.ts), told by {@link stretch}.
 *
 * Writers give the times that the source says, and those jitter: containers round them, encoders take them from a clock of
 * their own. So samples are put end to end as long as the times are near, and what they are off in the mean is known
 * ({@link skewAt}): who wants to hear the sample of a time reads at `time - skew`. A step by whole packets, with times that
 * were steady before, is a loss and leaves a gap at once.
 */
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';

/**
 * Sample pairs that are kept: the longest layer delay (5 s), and what is written before it is due, which is most with a
 * list of segments (12 s).
 */
const CAPACITY = 18 * SAMPLE_RATE;
/** Steps in time of up to so many samples (35 ms) are jitter, if nothing speaks for a loss. */
const TOLERANCE = Math.round(SAMPLE_RATE * 0.035);
/** How exactly a loss is a whole number of packets (1.5 ms): times are rounded to milliseconds. */
const ROUNDING = Math.round(SAMPLE_RATE * 0.0015);
/** What times are off is the mean over about so many samples; how much they jitter is remembered for so many. */
const MEAN = SAMPLE_RATE;
const REMEMBERED = 5 * SAMPLE_RATE;
/** After a longer gap (100 ms) it is not known how much times jitter. */
const ANEW = SAMPLE_RATE / 10;
/** Samples for which one mean is noted. */
const NOTE = 1024;
/** Stretches between gaps that are known; with more of them the oldest samples are forgotten early. */
const MOST_STRETCHES = 512;

/** Samples [from, to) that follow one another. */
export interface SoundStretch {
  from: number;
  to: number;
}

export class SoundRing {
  readonly #data = new Float32Array(CAPACITY * CHANNELS);
  /** Valid samples are [#begin, #end); silence between stretches is there too. */
  #begin = 0;
  #end = 0;
  /** Oldest first; the last one ends at #end. */
  #stretches: SoundStretch[] = [];
  /** Samples by which times are later than places in the mean, and how far they were from it at most. */
  #skew = 0;
  #jitter = 0;
  /** What came last was not taken, so what follows does not follow on what there is. */
  #isCut = false;
  /** Samples of the last block. */
  #packet = 0;
  /** In doubles: over days of a clock that is off it becomes large, and fractions count. */
  readonly #skews = new Float64Array(Math.ceil(CAPACITY / NOTE) + 1);
  /** Number of jumps in time that were followed. */
  jumps = 0;
  /** Grows when samples are taken back that somebody may have counted on. */
  epoch = 0;

  /** One past the newest sample. */
  get end(): number {
    return this.#end;
  }

  get isEmpty(): boolean {
    return this.#begin === this.#end;
  }

  /**
   * Writes sample pairs that begin at `time` (a sample number). A small step against the last write is closed up, a large
   * one is followed: a gap becomes silence, samples from the past are not taken. The samples are copied.
   */
  write(samples: Float32Array, time: number): void {
    const count = samples.length / CHANNELS;
    if (count === 0 || !Number.isFinite(time)) return;
    if (this.isEmpty) this.#reset(time);
    const place = time - Math.round(this.#skew);
    const step = place - this.#end;
    let from = 0;
    if (this.#isCut || this.#isJump(step, count)) {
      this.jumps++;
      if (Math.abs(step) >= CAPACITY) {
        this.clear();
        this.#reset(time);
      } else if (step >= 0) {
        // The skew stays: with another one, listeners in the sound before the gap and behind it would be told two places
        // of one moment, and what they have not heard yet would be put off, or heard again.
        this.#silence(step);
        if (step > ANEW) this.#jitter = 0;
        this.#stretches.push({ from: this.#end, to: this.#end });
      } else {
        from = Math.min(count, -step);
        this.#isCut = true;
        if (from < count) this.#stretches.push({ from: this.#end, to: this.#end });
      }
    } else {
      this.#jitter = Math.max(Math.abs(step), this.#jitter * Math.exp(-count / REMEMBERED));
      this.#skew += step * Math.min(1, count / MEAN);
    }
    this.#packet = count;
    if (from < count) this.#isCut = false;
    this.#append(samples, from, count - from);
  }

  /** Whether a step says that something is missing, or is there twice. */
  #isJump(step: number, count: number): boolean {
    if (Math.abs(step) > TOLERANCE) return true;
    const packet = this.#packet || count;
    const packets = Math.round(step / packet);
    return packets >= 1 && Math.abs(step - packets * packet) <= ROUNDING && step > 2 * Math.max(this.#jitter, ROUNDING);
  }

  #append(samples: Float32Array, from: number, count: number): void {
    this.#noteSkew(count);
    for (let done = 0; done < count; ) {
      const at = mod(this.#end, CAPACITY);
      const run = Math.min(count - done, CAPACITY - at);
      this.#data.set(samples.subarray((from + done) * CHANNELS, (from + done + run) * CHANNELS), at * CHANNELS);
      this.#end += run;
      done += run;
    }
    const last = this.#stretches.at(-1);
    if (last) last.to = this.#end;
    this.#forgetOldest();
  }

  /** Of what is about to be put at the end. */
  #noteSkew(count: number): void {
    for (let note = Math.ceil(this.#end / NOTE); note * NOTE < this.#end + count; note++) {
      this.#skews[mod(note, this.#skews.length)] = this.#skew;
    }
  }

  #forgetOldest(): void {
    const many = this.#stretches.length - MOST_STRETCHES;
    const least = Math.max(this.#end - CAPACITY, many > 0 ? (this.#stretches[many]?.from ?? 0) : this.#begin);
    this.#begin = Math.max(this.#begin, least);
    while (this.#stretches.length > 1 && (this.#stretches[0]?.to ?? 0) <= this.#begin) this.#stretches.shift();
    const [oldest] = this.#stretches;
    if (oldest && oldest.from < this.#begin) oldest.from = this.#begin;
  }

  /** Fills `out` with the sample pairs from `sample` on; returns how many of them were really there. */
  read(out: Float32Array, sample: number): number {
    const count = out.length / CHANNELS;
    const from = Math.max(sample, this.#begin);
    const to = Math.min(sample + count, this.#end);
    if (to <= from) {
      out.fill(0);
      return 0;
    }
    out.fill(0, 0, (from - sample) * CHANNELS);
    for (let at = from; at < to; ) {
      const index = mod(at, CAPACITY);
      const run = Math.min(to - at, CAPACITY - index);
      out.set(this.#data.subarray(index * CHANNELS, (index + run) * CHANNELS), (at - sample) * CHANNELS);
      at += run;
    }
    out.fill(0, (to - sample) * CHANNELS);
    return to - from;
  }

  /** The stretch that holds `sample`, or else the next one after it; null when there is none (yet). Only to be read. */
  stretch(sample: number): Readonly<SoundStretch> | null {
    let found: SoundStretch | null = null;
    for (let index = this.#stretches.length - 1; index >= 0; index--) {
      const stretch = this.#stretches[index];
      if (!stretch || stretch.to <= sample) break;
      found = stretch;
    }
    return found;
  }

  /** By how many samples times are later than places there, in the mean. */
  skewAt(sample: number): number {
    if (this.isEmpty) return 0;
    const place = Math.min(Math.max(sample, this.#begin), this.#end - 1);
    const first = this.#stretches[0]?.from ?? place;
    // Before the first note of all, the times are those of the first block.
    const note = Math.floor(place / NOTE);
    return note * NOTE < first ? 0 : (this.#skews[mod(note, this.#skews.length)] ?? 0);
  }

  /** Takes back what was written from a time on; what is written next follows there. */
  truncate(time: number): void {
    const sample = time - Math.round(this.#skew);
    if (this.isEmpty || !(sample < this.#end) || time === Number.NEGATIVE_INFINITY) return;
    this.epoch++;
    this.#end = Math.max(sample, this.#begin);
    while ((this.#stretches.at(-1)?.from ?? Number.NEGATIVE_INFINITY) >= this.#end) this.#stretches.pop();
    const last = this.#stretches.at(-1);
    if (last) last.to = Math.min(last.to, this.#end);
    // In the midst of silence, or at the very beginning: what follows begins a stretch of its own.
    if (last?.to !== this.#end) this.#stretches.push({ from: this.#end, to: this.#end });
  }

  /** Forgets everything. */
  clear(): void {
    if (!this.isEmpty) this.epoch++;
    this.#begin = this.#end = 0;
    this.#stretches = [];
    this.#skew = 0;
    this.#jitter = 0;
    this.#packet = 0;
    this.#isCut = false;
  }

  #reset(sample: number): void {
    this.#begin = sample;
    this.#end = sample;
    this.#skew = 0;
    this.#stretches = [{ from: sample, to: sample }];
  }

  #silence(count: number): void {
    this.#noteSkew(count);
    const at = mod(this.#end, CAPACITY);
    const run = Math.min(count, CAPACITY - at);
    this.#data.fill(0, at * CHANNELS, (at + run) * CHANNELS);
    this.#data.fill(0, 0, (count - run) * CHANNELS);
    this.#end += count;
  }
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}
