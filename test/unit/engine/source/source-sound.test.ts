/** The sound of a whole source, from coded packets to what a listener hears: when it is decoded, and at which times it is. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SAMPLE_RATE } from '../../../../src/engine/audio/format.js';
import { AudioEncoder } from '../../../../src/engine/av/audio-encoder.js';
import type { CodedPacket, DecoderSource } from '../../../../src/engine/av/decoder.js';
import { AV_LOG_QUIET, Log } from '../../../../src/engine/av/log.js';
import type { PlayoutClock } from '../../../../src/engine/source/coded-source.js';
import { FileClock } from '../../../../src/engine/source/file-clock.js';
import { generator } from '../../../support/random.js';
import { waitFor } from '../../../support/wait.js';
import { type CodedStream, codedStream, frameOf } from '../coded-stream.js';
import { roughest } from '../spectrum.js';
import { BLOCK, FedSource, PLAIN, plain, Times } from './fed-source.js';

/** From the beginning of one beep to the next, samples. */
const BEEPS = 9600;

let source: FedSource;

function open(clock: PlayoutClock = new Times()): void {
  source = new FedSource(clock);
}

beforeEach(() => {
  Log.setLevel(AV_LOG_QUIET);
  open();
});
afterEach(async () => source.close());

/** Sound by a function of the sample number, as AAC. */
function coded(
  seconds: number,
  value: (sample: number) => number,
  first = 0,
): { config: DecoderSource; packets: CodedPacket[] } {
  const encoder = new AudioEncoder('aac', { bitrate: 192_000, channels: 2 });
  const packets: CodedPacket[] = [];
  for (let sample = 0; sample < seconds * SAMPLE_RATE; sample += encoder.frameSize) {
    const block = new Float32Array(encoder.frameSize * 2);
    for (let i = 0; i < block.length; i++) block[i] = value(first + sample + (i >> 1));
    for (const { sample: at, payload } of encoder.encode(block, sample)) {
      const pts = ((first + at) * 1_000_000) / SAMPLE_RATE;
      packets.push({ payload, pts, dts: pts, key: true });
    }
  }
  const config: DecoderSource = { codec: 'aac', extradata: encoder.config };
  encoder.close();
  return { config, packets };
}

const tone = (sample: number): number => 0.4 * Math.sin((2 * Math.PI * 1000 * sample) / SAMPLE_RATE);
/** Of 40 ms, with ramps of 5 ms. */
const beeps = (sample: number): number => {
  const at = sample % BEEPS;
  return at < 0 || at >= 1920
    ? 0
    : tone(sample) * Math.min(1, 0.5 - 0.5 * Math.cos((Math.PI * Math.min(at, 1920 - at, 240)) / 240));
};

/** Samples from the beginning of a beep to half of its level. */
const RISEN = 129;

/** Where beeps begin, when their level passes its half after 40 ms below it. */
function onsets(samples: Float32Array): number[] {
  const found: number[] = [];
  let quiet = 0;
  for (let i = 0; i < samples.length; i++) {
    if (Math.abs(samples[i] as number) < 0.2) continue;
    if (i - quiet > 1920) found.push(i - RISEN);
    quiet = i;
  }
  return found;
}

function loudness(samples: Float32Array, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += (samples[i] as number) ** 2;
  return Math.sqrt(sum / count);
}

describe('seen and heard', () => {
  let video: CodedStream;

  beforeEach(async () => {
    video = await codedStream(60, 10);
  });

  test('a source that is only heard decodes no pictures, and none is waited for', async () => {
    const packets = plain(2, tone);
    source.setWanted(false, true);
    expect(source.isReady()).toBe(false);
    source.begin(video.config, PLAIN);
    source.push('video', video.packets);
    source.push('audio', packets);
    expect(source.isReady()).toBe(true);
    source.tick(20);
    await new Promise(setImmediate);
    expect(source.picture(0)).toBeNull();
    expect(loudness(source.left, 9600, 9600)).toBeCloseTo(0.4 / Math.SQRT2, 2);
  });

  test('a source that is only seen decodes no sound', async () => {
    const packets = plain(2, tone);
    source.setWanted(true, false);
    source.begin(video.config, PLAIN);
    source.push('video', video.packets);
    source.push('audio', packets);
    expect(source.isReady()).toBe(false);
    source.tick(20);
    await waitFor('its picture', 3000, () => {
      source.advance(source.time);
      return source.isReady();
    });
    expect(source.left.every((sample) => sample === 0)).toBe(true);
  });

  test('seen while it is heard, its picture is there at once, and the sound is what it would have been', async () => {
    const packets = plain(2, tone);
    const play = async (looks: boolean): Promise<Float32Array> => {
      source.setWanted(false, true);
      source.begin(video.config, PLAIN);
      source.push('video', video.packets);
      source.push('audio', packets);
      source.tick(14);
      if (looks) {
        source.setWanted(true, true);
        await waitFor('its picture', 3000, () => {
          source.advance(source.time);
          return source.isReady();
        });
        expect(frameOf(source.picture(0) as NonNullable<ReturnType<typeof source.picture>>)).toBe(14);
      }
      source.tick(4);
      source.setWanted(false, true);
      expect(source.picture(0)).toBeNull();
      source.tick(10);
      return source.left;
    };
    const looked = await play(true);
    await source.close();
    open();
    const listened = await play(false);
    expect(looked.every((sample, index) => sample === listened[index])).toBe(true);
    expect(loudness(looked, 9600, 28 * BLOCK - 9600)).toBeCloseTo(0.4 / Math.SQRT2, 2);
  });

  test('heard while it is seen, it sounds at once and shows what it would have shown', async () => {
    const packets = plain(2, tone);
    source.setWanted(true, false);
    source.begin(video.config, PLAIN);
    source.push('video', video.packets);
    source.push('audio', packets);
    source.tick(14);
    await waitFor('its picture', 3000, () => {
      source.advance(source.time);
      return source.isReady();
    });
    const before = source.picture(0);
    source.setWanted(true, true);
    expect(source.isReady()).toBe(true);
    expect(source.picture(0)).toBe(before);
    source.tick(10);
    // All but the ramp.
    expect(loudness(source.left, 14 * BLOCK + 480, 9000)).toBeCloseTo(0.4 / Math.SQRT2, 2);
    source.setWanted(true, false);
    source.tick(4);
    expect(source.left.subarray(-BLOCK).every((sample) => sample === 0)).toBe(true);
    await waitFor('its picture again', 3000, () => {
      source.advance(source.time);
      return source.isReady();
    });
    expect(roughest(source.left, 5000)).toBeLessThan(-70);
  });
});

describe('times', () => {
  function hear(packets: readonly CodedPacket[], ticks: number): number[] {
    source.setWanted(false, true);
    source.begin(null, PLAIN);
    source.push('audio', packets);
    source.tick(ticks);
    return onsets(source.left);
  }

  /** Greatest distance of a beep from its time, ms. */
  function worst(found: readonly number[], from = 0): number {
    return found.reduce((most, at) => {
      const off = ((at + BEEPS / 2) % BEEPS) - BEEPS / 2;
      return at >= from ? Math.max(most, Math.abs(off) / 48) : most;
    }, 0);
  }

  test('beeps are found where they are', () => {
    const samples = Float32Array.from({ length: 48_000 }, (_, i) => beeps(i));
    expect(onsets(samples).map((at) => at % BEEPS)).toEqual([0, 0, 0, 0]);
  });

  test('times of whole milliseconds leave the sound without a seam', () => {
    const packets = plain(4, tone);
    hear(
      packets.map((packet) => ({ ...packet, pts: Math.floor(packet.pts / 1000) * 1000 })),
      95,
    );
    expect(roughest(source.left.subarray(4800), 5000)).toBeLessThan(-70);
    expect(loudness(source.left, 4800, 90 * BLOCK - 4800)).toBeCloseTo(0.4 / Math.SQRT2, 2);
  });

  test('after lost packets beeps are where they belong', () => {
    const packets = plain(6, beeps);
    const found = hear(
      packets.filter((_, index) => index % 31 !== 20),
      145,
    );
    expect(found.length).toBeGreaterThan(20);
    // A beep whose beginning was lost begins later.
    expect(found.filter((at) => worst([at]) < 1).length).toBeGreaterThan(found.length - 6);
    expect(worst(found.slice(-3))).toBeLessThan(1);
    expect(roughest(source.left, 8000)).toBeLessThan(-60);
  });

  test('when times jitter by 15 ms beeps are where they belong in the mean', () => {
    const packets = plain(6, beeps);
    const random = generator(3);
    const found = hear(
      packets.map((packet) => ({ ...packet, pts: packet.pts + (random() % 30_000) - 15_000 })),
      145,
    );
    expect(found.length).toBeGreaterThan(27);
    expect(worst(found)).toBeLessThan(8);
    expect(roughest(source.left, 8000)).toBeLessThan(-70);
  });

  test('times that step by 11 ms are made up for', () => {
    const packets = plain(14, beeps);
    const stepped = packets.map((packet) =>
      packet.pts < 1_000_000 ? packet : { ...packet, pts: packet.pts + 11_000 },
    );
    const found = hear(stepped, 330);
    // Where their times say: 11 ms later.
    const late = found.map((at) => (((at - 528 + BEEPS / 2) % BEEPS) - BEEPS / 2) / 48);
    expect(Math.abs(late.at(-1) ?? 99)).toBeLessThan(0.5);
  });

  test('sound that begins late, pauses and ends early is at its times', () => {
    const packets = plain(4, beeps);
    const found = hear(
      packets.filter(({ pts }) => pts >= 950_000 && pts < 2_950_000 && !(pts > 1_560_000 && pts < 2_150_000)),
      95,
    );
    expect(found.map((at) => Math.round(at / BEEPS))).toEqual([5, 6, 7, 11, 12, 13, 14]);
    expect(worst(found)).toBeLessThan(1);
  });
});

describe('no click', () => {
  test('when the network is late and time stands until more has come', () => {
    open(new FileClock({ delayUs: 0, leadUs: 200_000 }));
    const packets = plain(4, tone);
    source.setWanted(false, true);
    source.begin(null, PLAIN);
    for (const packet of packets) {
      // For half a second nothing comes.
      const due = packet.pts < 1_000_000 ? packet.pts : packet.pts + 900_000;
      while (source.time < due) source.tick();
      source.push('audio', [packet]);
    }
    source.tick(10);
    const { left } = source;
    expect(roughest(left, 5000)).toBeLessThan(-70);
    const quiet = left.subarray(10_000, 150_000).filter((sample) => sample === 0).length;
    expect(quiet).toBeGreaterThan(20_000);
    expect(loudness(left, left.length - 24_000, 9600)).toBeCloseTo(0.4 / Math.SQRT2, 2);
  });

  test('when time is held, and goes on where it was', () => {
    const clock = new FileClock({ delayUs: 0, leadUs: 0 });
    open(clock);
    source.setWanted(false, true);
    source.begin(null, PLAIN);
    source.push('audio', plain(4, tone));
    source.tick(12);
    clock.hold(source.time);
    source.tick(6);
    clock.run(source.time);
    source.tick(12);
    const { left } = source;
    expect(roughest(left, 5000)).toBeLessThan(-70);
    // Held at the end of the 12th block; all but the ramp is silence, and then it sounds again.
    expect(left.subarray(12 * BLOCK + 480, 18 * BLOCK).every((sample) => sample === 0)).toBe(true);
    expect(loudness(left, 19 * BLOCK, 9600)).toBeCloseTo(0.4 / Math.SQRT2, 2);
    expect(source.cursor.next).toBe(24 * BLOCK);
  });

  test('when the connection begins anew with other times', () => {
    const clock = new Times();
    open(clock);
    const packets = plain(1, tone);
    source.setWanted(false, true);
    source.begin(null, PLAIN);
    source.push('audio', packets);
    source.tick(12);
    source.begin(null, PLAIN);
    clock.offset = source.time - 77_777_000_000;
    source.push('audio', plain(1, tone, 77_777 * 48_000 + 17));
    source.tick(12);
    expect(roughest(source.left, 5000)).toBeLessThan(-70);
    expect(loudness(source.left, 14 * BLOCK, 4800)).toBeCloseTo(0.4 / Math.SQRT2, 2);
  });

  test('when the clock jumps, and when it is set back', () => {
    const clock = new Times();
    open(clock);
    const packets = plain(4, tone);
    source.setWanted(false, true);
    source.begin(null, PLAIN);
    source.push('audio', packets);
    for (const step of [35_017, -80_123, 500_000, -12_345]) {
      source.tick(10);
      clock.offset += step;
    }
    source.tick(10);
    expect(roughest(source.left, 5000)).toBeLessThan(-70);
  });
});

test('another configuration takes nothing from the sound before it', () => {
  const one = coded(1.2, tone);
  const two = coded(1.2, tone, 48_000 + 1024 - 640);
  source.begin(null, one.config);
  source.push(
    'audio',
    one.packets.filter(({ pts }) => pts < 1_000_000),
  );
  source.changeSound(two.config);
  source.push(
    'audio',
    two.packets.filter(({ pts }) => pts > 1_000_000),
  );
  // All of it was read ahead.
  source.setWanted(false, true);
  source.tick(45);
  for (let from = 4800; from < 85_000; from += 4800) expect(loudness(source.left, from, 4800)).toBeGreaterThan(0.15);
  expect(loudness(source.left, 24_000, 19_200)).toBeCloseTo(0.4 / Math.SQRT2, 2);
  expect(loudness(source.left, 57_600, 19_200)).toBeCloseTo(0.4 / Math.SQRT2, 2);
});
