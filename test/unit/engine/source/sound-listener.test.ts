/** What a listener hears: clocks that are off are followed unheard, and whatever begins, ends or breaks off does not click. */
import { describe, expect, test } from 'vitest';
import { CHANNELS, SAMPLE_RATE } from '../../../../src/engine/audio/format.js';
import { SoundRing } from '../../../../src/engine/media/sound-ring.js';
import { listen, type SoundStore } from '../../../../src/engine/source/sound-listener.js';
import type { SoundCursor } from '../../../../src/engine/source/source.js';
import { SourceClock } from '../../../../src/engine/source/source-clock.js';
import { purity, roughest, sideOf } from '../spectrum.js';

const FPS = 30;
const BLOCK = SAMPLE_RATE / FPS;
const TICK = 1_000_000 / FPS;

/** A tone without beginning or end; its right side is the left one turned over. */
function tone(hz: number): SoundStore {
  return {
    read(out, sample) {
      for (let i = 0; i < out.length / 2; i++) {
        out[2 * i] = Math.sin((2 * Math.PI * ((hz * (sample + i)) % SAMPLE_RATE)) / SAMPLE_RATE);
        out[2 * i + 1] = -(out[2 * i] as number);
      }
    },
    stretch: () => ({ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }),
    epoch: 0,
  };
}

/**
 * Hears a source whose encoder is so much too fast, through the clock of live sources.
 * @returns the left side, and the greatest distance from the clock after its first second, samples
 */
function drifting(ppm: number, seconds: number, store: SoundStore): { left: Float32Array; apart: number } {
  const clock = new SourceClock({ reserveUs: 70_000, delayUs: 0 });
  const cursor: SoundCursor = { next: null };
  const left = new Float32Array(seconds * SAMPLE_RATE);
  const out = new Float32Array(BLOCK * CHANNELS);
  let apart = 0;
  let sent = 0;
  for (let tick = 0; tick < seconds * FPS; tick++) {
    const now = tick * TICK;
    for (; (sent * 20_000) / (1 + ppm / 1e6) <= now; sent++) clock.observe(now, sent * 20_000);
    const exact = (clock.toSource(now - TICK) * SAMPLE_RATE) / 1_000_000;
    if (tick > FPS) apart = Math.max(apart, Math.abs((cursor.next ?? 0) - exact));
    listen(out, cursor, store, exact);
    left.set(sideOf(out, 0), tick * BLOCK);
  }
  return { left, apart };
}

function loudness(samples: Float32Array, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += (samples[i] as number) ** 2;
  return 10 * Math.log10(sum / count / 0.5);
}

test.each([
  [1000, 300],
  [10_000, 300],
  [1000, -300],
  [18_000, 700],
])('a tone of %i Hz of a source that is %i ppm off stays a pure tone, at its place', (hz, ppm) => {
  const { left, apart } = drifting(ppm, 60, tone(hz));
  expect(apart).toBeLessThan(0.003 * SAMPLE_RATE);
  const length = 16_384;
  for (let from = SAMPLE_RATE; from + length <= left.length; from += length) {
    expect(purity(left, from, length, hz, 80)).toBeLessThan(-85);
    expect(Math.abs(loudness(left, from, length))).toBeLessThan(0.02);
  }
});

test('however long it takes, it stays within 3 ms of the clock', () => {
  // Whatever it reads, the way is the same.
  const silent: SoundStore = { read: () => {}, stretch: tone(0).stretch, epoch: 0 };
  expect(drifting(300, 250, silent).apart).toBeLessThan(0.003 * SAMPLE_RATE);
  expect(drifting(-1000, 60, silent).apart).toBeLessThan(0.003 * SAMPLE_RATE);
});

/** Hears a tone whose clock is moved by hand; @returns the left side, and for each block whether it was as it is at its place. */
function stepping(seconds: number, exactAt: (tick: number) => number): { left: Float32Array; plain: boolean[] } {
  const cursor: SoundCursor = { next: null };
  const store = tone(1000);
  const left = new Float32Array(seconds * SAMPLE_RATE);
  const out = new Float32Array(BLOCK * CHANNELS);
  const there = new Float32Array(BLOCK * CHANNELS);
  const plain: boolean[] = [];
  for (let tick = 0; tick < seconds * FPS; tick++) {
    listen(out, cursor, store, exactAt(tick));
    store.read(there, (cursor.next ?? 0) - BLOCK);
    plain.push(out.every((value, index) => value === there[index]));
    left.set(sideOf(out, 0), tick * BLOCK);
  }
  return { left, plain };
}

test('clocks that agree leave the samples untouched, to the bit', () => {
  // The first block fades in. A clock that is told whole milliseconds jitters.
  for (const jitter of [0, 100]) {
    const { plain } = stepping(5, (tick) => tick * BLOCK + (((tick * 37 + jitter / 2) % (jitter + 1)) - jitter / 2));
    expect(plain.indexOf(true)).toBe(1);
    expect(plain.lastIndexOf(false)).toBe(0);
  }
});

test('after a glide the samples are untouched again', () => {
  const { left, plain } = stepping(20, (tick) => tick * BLOCK + (tick < 30 ? 0 : 300));
  expect(plain.slice(1, 30)).not.toContain(false);
  expect(plain.slice(31, 180)).not.toContain(true);
  expect(plain.slice(19 * FPS)).not.toContain(false);
  expect(roughest(left.subarray(BLOCK), 5000)).toBeLessThan(-90);
});

test.each([700, -1440, 48_017])('a step of the clock by %i samples is jumped over with a fade', (step) => {
  const { left, plain } = stepping(3, (tick) => tick * BLOCK + (tick < 30 ? 0 : step));
  expect(plain.filter((is) => !is).length).toBe(2);
  expect(roughest(left.subarray(BLOCK), 5000)).toBeLessThan(-80);
});

test('a block of three seconds is heard as well as many short ones', () => {
  const cursor: SoundCursor = { next: null };
  const out = new Float32Array(3 * SAMPLE_RATE * CHANNELS);
  listen(out.subarray(0, BLOCK * CHANNELS), cursor, tone(1000), 0);
  listen(out, cursor, tone(1000), BLOCK + 200);
  const left = sideOf(out, 0);
  expect(roughest(left, 5000)).toBeLessThan(-90);
  expect(Math.abs((cursor.next ?? 0) - BLOCK - 200 - 3 * SAMPLE_RATE)).toBeLessThan(60);
});

/** A second or more of a source with a tone of 1 kHz, of which things happen to the sound. */
class Stage {
  readonly ring = new SoundRing();
  readonly cursor: SoundCursor = { next: null };
  readonly heard: Float32Array[] = [];
  #written = 0;

  /** Writes the tone of so many samples at its place; what was written last ends before it. */
  write(count: number, first = this.#written, place = first): void {
    for (let at = 0; at < count; at += 1024) {
      const length = Math.min(1024, count - at);
      const pairs = new Float32Array(length * CHANNELS);
      for (let i = 0; i < length; i++) {
        // Full at the beginning, where a click is worst.
        pairs[2 * i] = 0.5 * Math.cos((2 * Math.PI * 1000 * (first + at + i)) / SAMPLE_RATE);
        pairs[2 * i + 1] = -(pairs[2 * i] as number);
      }
      this.ring.write(pairs, place + at);
    }
    this.#written = first + count;
  }

  /** Hears blocks; @param shift of the clock, samples; null: time stands */
  hear(blocks: number, shift: number | null = 0, length = BLOCK): void {
    for (let block = 0; block < blocks; block++) {
      const out = new Float32Array(length * CHANNELS);
      const exact = shift === null ? null : this.at + shift;
      listen(out, this.cursor, this.ring, exact === null ? null : exact - this.ring.skewAt(this.cursor.next ?? exact));
      this.heard.push(sideOf(out, 0));
    }
  }

  get at(): number {
    return this.heard.reduce((sum, { length }) => sum + length, 0);
  }

  get left(): Float32Array {
    const all = new Float32Array(this.at);
    let at = 0;
    for (const block of this.heard) {
      all.set(block, at);
      at += block.length;
    }
    return all;
  }

  /** Level of samples, relative to the whole tone. */
  level(from: number, count: number): number {
    return loudness(this.left, from, count) - 20 * Math.log10(0.5);
  }
}

const SECOND = SAMPLE_RATE;
/** A cut in the tone has -40 dBFS above 5 kHz; a ramp of 10 ms has less than -100. */
const CLEAN = -85;

describe('no click', () => {
  const events: [string, (stage: Stage) => void][] = [
    [
      'when sound begins',
      (stage) => {
        stage.hear(10);
        stage.write(SECOND, stage.at + 1000);
        stage.hear(20);
        expect(stage.level(19_000, 4800)).toBeCloseTo(0, 1);
      },
    ],
    [
      'when it begins in the midst of a block that was heard before its time',
      (stage) => {
        stage.write(SECOND, 5 * BLOCK + 333);
        stage.hear(20);
        expect(stage.left.subarray(0, 5 * BLOCK + 333).every((value) => value === 0)).toBe(true);
        expect(stage.level(8 * BLOCK, 4800)).toBeCloseTo(0, 1);
      },
    ],
    [
      'when it ends exactly with a block',
      (stage) => {
        stage.write(10 * BLOCK);
        stage.hear(20);
        expect(stage.level(4 * BLOCK, 4800)).toBeCloseTo(0, 1);
        expect(stage.left.subarray(10 * BLOCK).every((value) => value === 0)).toBe(true);
      },
    ],
    [
      'when it ends in the midst of a block',
      (stage) => {
        stage.write(10 * BLOCK + 700);
        stage.hear(20);
      },
    ],
    [
      'when it ends a little behind a block',
      (stage) => {
        stage.write(10 * BLOCK + 100);
        stage.hear(20);
      },
    ],
    [
      'when it always comes at the last moment',
      (stage) => {
        for (let block = 0; block < 30; block++) {
          stage.write(BLOCK);
          stage.hear(1);
        }
      },
    ],
    [
      'when it comes now too late, now in time',
      (stage) => {
        for (let block = 0; block < 30; block++) {
          if (block % 4 !== 2) stage.write(block % 4 === 3 ? 2 * BLOCK : BLOCK);
          stage.hear(1);
        }
      },
    ],
    [
      'when a packet is missing',
      (stage) => {
        stage.write(20 * 1024);
        stage.write(20 * 1024, 21 * 1024);
        stage.hear(24);
        expect(stage.ring.jumps).toBe(1);
        expect(stage.left.subarray(20 * 1024, 21 * 1024).every((value) => value === 0)).toBe(true);
        expect(stage.level(23 * 1024, 4096)).toBeCloseTo(0, 1);
      },
    ],
    [
      'at a long gap',
      (stage) => {
        stage.write(10_000);
        stage.write(SECOND, 30_000);
        stage.hear(40);
        expect(stage.level(35_000, 4800)).toBeCloseTo(0, 1);
      },
    ],
    [
      'when times go back by half a second',
      (stage) => {
        stage.write(SECOND);
        stage.write(SECOND, SECOND + 17, SECOND / 2);
        stage.hear(40);
        expect(stage.level(0.7 * SECOND, 4800)).toBeCloseTo(0, 1);
        expect(stage.level(1.2 * SECOND, 4800)).toBeCloseTo(0, 1);
      },
    ],
    [
      'when a loop is cut short and goes on elsewhere',
      (stage) => {
        stage.write(SECOND);
        stage.ring.truncate(30_000);
        stage.write(SECOND, 30_000);
        stage.hear(25);
        // Whole periods: nothing is heard of it at all.
        expect(stage.level(0.5 * SECOND, SECOND / 5)).toBeCloseTo(0, 4);
      },
    ],
    [
      'when the sound before the listener is taken back',
      (stage) => {
        stage.write(SECOND);
        stage.hear(10);
        stage.ring.truncate(stage.at);
        stage.write(SECOND, stage.at + 11, stage.at);
        stage.hear(10);
      },
    ],
    [
      'when everything is forgotten and comes again',
      (stage) => {
        stage.write(2 * SECOND);
        stage.hear(10);
        stage.ring.clear();
        stage.hear(3);
        stage.write(SECOND, stage.at + 500);
        stage.hear(10);
        stage.ring.clear();
        stage.write(SECOND, stage.at);
        stage.hear(5);
      },
    ],
    [
      'when time stands and goes on',
      (stage) => {
        stage.write(2 * SECOND);
        stage.hear(10);
        stage.hear(4, null);
        stage.hear(10, -4 * BLOCK);
        expect(stage.level(18 * BLOCK, 4 * BLOCK)).toBeCloseTo(0, 1);
      },
    ],
    [
      'when it is sent to and fro at every block',
      (stage) => {
        stage.write(4 * SECOND);
        for (let block = 0; block < 20; block++) stage.hear(1, block % 2 ? SECOND : 313);
      },
    ],
    [
      'when it is sent to and fro in blocks that are shorter than a fade',
      (stage) => {
        stage.write(4 * SECOND);
        for (let block = 0; block < 200; block++) stage.hear(1, block % 3 ? SECOND : 313, 160);
      },
    ],
    [
      'when it breaks off while the clock is followed',
      (stage) => {
        stage.write(SECOND);
        stage.hear(10);
        stage.hear(10, 300);
        stage.ring.clear();
        stage.hear(3, 300);
      },
    ],
  ];

  test.each(events)('%s', (_name, play) => {
    const stage = new Stage();
    play(stage);
    expect(roughest(stage.left, 5000)).toBeLessThan(CLEAN);
    expect(stage.left.every((value) => Math.abs(value) < 1.01)).toBe(true);
  });

  test('a cut would be seen by this measure', () => {
    const stage = new Stage();
    stage.write(SECOND);
    stage.hear(20);
    const { left } = stage;
    left.fill(0, 20_016);
    expect(roughest(left, 5000)).toBeGreaterThan(CLEAN + 30);
  });
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'at %d nothing is heard, and it goes on later',
  (exact) => {
    const stage = new Stage();
    stage.write(SECOND);
    stage.hear(5);
    stage.hear(2, exact);
    stage.hear(5);
    expect(stage.left.subarray(6 * BLOCK, 7 * BLOCK).every((value) => value === 0)).toBe(true);
    expect(stage.level(8 * BLOCK, 4800)).toBeCloseTo(0, 1);
    expect(roughest(stage.left, 5000)).toBeLessThan(CLEAN);
  },
);

test('a listener that is sent back to the beginning is where the clock says', () => {
  const stage = new Stage();
  stage.write(4 * SECOND);
  stage.hear(5);
  stage.cursor.next = null;
  stage.hear(1, 20_017);
  expect(stage.cursor.next).toBe(6 * BLOCK + 20_017);
});
