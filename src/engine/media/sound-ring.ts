/**
 * The last seconds of a source's sound, addressed by sample number on the source's own clock (48 kHz, two channels).
 *
 * Reading does not consume, so that preview, programme and delayed layers hear the same source at different times.
 * What was never written reads as silence; the ring forgets the oldest samples.
 */
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';

/**
 * Sample pairs that are kept: the longest layer delay (5 s), and what is written before it is due, which is most with a
 * list of segments (12 s).
 */
const CAPACITY = 18 * SAMPLE_RATE;
/** Steps in time up to this many samples are taken as rounding of timestamps and closed up. */
const TOLERANCE = Math.round(SAMPLE_RATE * 0.03);
/** Samples over which an edge of sound is ramped, so that it does not click. */
const RAMP = Math.round(SAMPLE_RATE * 0.005);

export class SoundRing {
  readonly #data = new Float32Array(CAPACITY * CHANNELS);
  /** Valid samples are [#begin, #end). */
  #begin = 0;
  #end = 0;
  /** Number of jumps in time that were followed. */
  jumps = 0;

  /** One past the newest sample. */
  get end(): number {
    return this.#end;
  }

  get isEmpty(): boolean {
    return this.#begin === this.#end;
  }

  /**
   * Writes sample pairs that begin at `sample`. A small step against the last write is closed up (timestamps in whole
   * milliseconds jitter), a large one is followed: a gap becomes silence, samples from the past are not taken.
   */
  write(samples: Float32Array, sample: number): void {
    let count = samples.length / CHANNELS;
    let from = 0;
    if (this.isEmpty) {
      this.#begin = sample;
      this.#end = sample;
      rampUp(samples);
    }
    const step = sample - this.#end;
    if (Math.abs(step) > TOLERANCE) {
      this.jumps++;
      if (Math.abs(step) >= CAPACITY) {
        this.#reset(sample);
      } else if (step > 0) {
        this.#rampDownEnd();
        this.#silence(step);
      } else {
        from = Math.min(count, -step);
        count -= from;
        if (count > 0) this.#rampDownEnd();
      }
      rampUp(samples.subarray(from * CHANNELS));
    }
    for (let done = 0; done < count; ) {
      const at = mod(this.#end, CAPACITY);
      const run = Math.min(count - done, CAPACITY - at);
      this.#data.set(samples.subarray((from + done) * CHANNELS, (from + done + run) * CHANNELS), at * CHANNELS);
      this.#end += run;
      done += run;
    }
    this.#begin = Math.max(this.#begin, this.#end - CAPACITY);
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
    if (to < sample + count) rampDown(out, (to - sample) * CHANNELS);
    return to - from;
  }

  /** Takes back what was written from `sample` on; what is written next follows there. */
  truncate(sample: number): void {
    if (this.isEmpty || sample >= this.#end || sample === Number.NEGATIVE_INFINITY) return;
    this.#end = Math.max(sample, this.#begin);
  }

  /** Forgets everything. */
  clear(): void {
    this.#begin = this.#end = 0;
  }

  #reset(sample: number): void {
    this.#begin = sample;
    this.#end = sample;
  }

  #silence(count: number): void {
    const at = mod(this.#end, CAPACITY);
    const run = Math.min(count, CAPACITY - at);
    this.#data.fill(0, at * CHANNELS, (at + run) * CHANNELS);
    this.#data.fill(0, 0, (count - run) * CHANNELS);
    this.#end += count;
    this.#begin = Math.max(this.#begin, this.#end - CAPACITY);
  }

  #rampDownEnd(): void {
    const length = Math.min(RAMP, this.#end - this.#begin);
    for (let i = 0; i < length; i++) {
      const at = mod(this.#end - 1 - i, CAPACITY) * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) this.#data[at + c] = (this.#data[at + c] ?? 0) * (i / length);
    }
  }
}

function mod(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function rampUp(samples: Float32Array): void {
  const length = Math.min(RAMP, samples.length / CHANNELS);
  for (let i = 0; i < length * CHANNELS; i++) {
    samples[i] = (samples[i] ?? 0) * (Math.floor(i / CHANNELS) / length);
  }
}

/** Ramps the samples before index `end` of an interleaved buffer down to nothing. */
function rampDown(samples: Float32Array, end: number): void {
  const length = Math.min(RAMP, end / CHANNELS);
  for (let i = 0; i < length * CHANNELS; i++) {
    const at = end - 1 - i;
    samples[at] = (samples[at] ?? 0) * (Math.floor(i / CHANNELS) / length);
  }
}
