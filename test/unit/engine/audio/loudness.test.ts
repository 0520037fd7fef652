/**
 * Loudness and true peak against the EBU's published test signals, as far as they can be generated: EBU Tech 3341 (2016)
 * table 1, cases 1 to 6, 9 to 19, and EBU Tech 3342 (2016) table 1, cases 1 to 4. The other cases are recordings.
 */
import { AV_CHANNEL_LAYOUT_STEREO, AV_SAMPLE_FMT_FLT } from 'node-av/constants';
import { FilterGraph, Frame } from 'node-av/lib';
import { describe, expect, test } from 'vitest';
import { Loudness } from '../../../../src/engine/audio/loudness.js';
import { ProgrammeMeter } from '../../../../src/engine/audio/programme-meter.js';
import { TruePeak } from '../../../../src/engine/audio/true-peak.js';
import { generator } from '../../../support/random.js';
import { RATE } from './bus-stage.js';

/** Seconds of a sine of both sides with a peak level, dBFS. */
type Part = [seconds: number, level: number];

/** Feeds a 1 kHz sine in parts, and calls back with each hundredth of a second. */
function play(
  meter: ProgrammeMeter | Loudness,
  parts: readonly Part[],
  each?: (seconds: number) => void,
  hz = 1000,
): void {
  const block = new Float32Array(480 * 2);
  let sample = 0;
  let filled = 0;
  const take = (count: number): void => {
    if (meter instanceof Loudness) meter.add(block, count);
    else meter.add(block.subarray(0, 2 * count), 1, 0);
  };
  for (const [seconds, level] of parts) {
    const amplitude = 10 ** (level / 20);
    for (const end = sample + Math.round(seconds * RATE); sample < end; sample++) {
      const value = amplitude * Math.sin((2 * Math.PI * hz * sample) / RATE);
      block[2 * filled] = value;
      block[2 * filled + 1] = value;
      if (++filled < 480) continue;
      filled = 0;
      take(480);
      each?.((sample + 1) / RATE);
    }
  }
  if (filled > 0) take(filled);
}

/** Within the tolerance of the EBU, 0.1 LU. */
function near(actual: number, expected: number): void {
  expect(Math.abs(actual - expected), `${actual} is not ${expected}`).toBeLessThanOrEqual(0.1);
}

describe('EBU Tech 3341', () => {
  test.each([
    [1, -23],
    [2, -33],
  ])('case %i: 20 s of %i LUFS in all measures', (_case, level) => {
    const meter = new ProgrammeMeter();
    play(meter, [[20, level]]);
    const { momentary, shortTerm, integrated, integratedSeconds } = meter.levels();
    near(momentary, level);
    near(shortTerm, level);
    near(integrated, level);
    expect(integratedSeconds).toBe(20);
  });

  const gated: [number, Part[]][] = [
    [
      3,
      [
        [10, -36],
        [60, -23],
        [10, -36],
      ],
    ],
    [
      4,
      [
        [10, -72],
        [10, -36],
        [60, -23],
        [10, -36],
        [10, -72],
      ],
    ],
    [
      5,
      [
        [20, -26],
        [20.1, -20],
        [20, -26],
      ],
    ],
  ];
  test.each(gated)('case %i: integrated loudness is gated', (_case, parts) => {
    const meter = new ProgrammeMeter();
    play(meter, parts);
    near(meter.levels().integrated, -23);
  });

  test('case 6, as two channels hear it: left and right add up', () => {
    const meter = new ProgrammeMeter();
    const pairs = new Float32Array(20 * RATE * 2);
    // 3 dB less on two channels than on the one that is heard: -28 and -24 dBFS make what -23.54 makes on both.
    for (let i = 0; i < pairs.length / 2; i++) {
      const value = Math.sin((2 * Math.PI * 1000 * i) / RATE);
      pairs[2 * i] = 10 ** (-28 / 20) * value;
      pairs[2 * i + 1] = 10 ** (-24 / 20) * value;
    }
    meter.add(pairs, 1, 0);
    near(meter.levels().integrated, 10 * Math.log10((10 ** -2.8 + 10 ** -2.4) / 2));
  });

  test('case 9: short-term loudness stands still at -23', () => {
    const meter = new Loudness();
    play(
      meter,
      Array.from({ length: 5 }, (): Part[] => [
        [1.34, -20],
        [1.66, -30],
      ]).flat(),
      (seconds) => {
        if (seconds > 3.05) near(meter.shortTerm, -23);
      },
    );
  });

  test.each(Array.from({ length: 20 }, (_, i) => i))('case 10, segment %i: short-term loudness reaches -23', (i) => {
    const meter = new Loudness();
    let most = -200;
    play(
      meter,
      [
        [i * 0.15, -200],
        [3, -23],
        [1, -200],
      ],
      () => {
        most = Math.max(most, meter.shortTerm);
      },
    );
    near(most, -23);
  });

  test('case 11: short-term loudness follows from -38 to -19', () => {
    for (let i = 0; i < 20; i++) {
      const meter = new Loudness();
      let most = -200;
      play(
        meter,
        [
          [i * 0.15, -200],
          [3, -38 + i],
          [3 - i * 0.15, -200],
        ],
        () => {
          most = Math.max(most, meter.shortTerm);
        },
      );
      near(most, -38 + i);
    }
  });

  test('case 12: momentary loudness stands still at -23', () => {
    const meter = new Loudness();
    play(
      meter,
      Array.from({ length: 25 }, (): Part[] => [
        [0.18, -20],
        [0.22, -30],
      ]).flat(),
      (seconds) => {
        if (seconds > 1) near(meter.momentary, -23);
      },
    );
  });

  test('cases 13 and 14: momentary loudness reaches what 400 ms have', () => {
    for (let i = 0; i < 20; i++) {
      for (const level of [-23, -38 + i]) {
        const meter = new Loudness();
        let most = -200;
        play(
          meter,
          [
            [i * 0.02, -200],
            [0.4, level],
            [1, -200],
          ],
          () => {
            most = Math.max(most, meter.momentary);
          },
        );
        near(most, level);
      }
    }
  });

  const peaks: [number, number, number, number][] = [
    // Case, Hz as a share of the rate, degrees, peak of the sine.
    [15, 1 / 4, 0, -6],
    [16, 1 / 4, 45, -6],
    [17, 1 / 6, 60, -6],
    [18, 1 / 8, 67.5, -6],
    [19, 1 / 4, 45, 3],
  ];
  test.each(peaks)('case %i: true peak', (_case, share, degrees, level) => {
    const meter = new ProgrammeMeter();
    const pairs = new Float32Array(RATE * 2);
    for (let i = 0; i < RATE; i++) {
      // The published signals fade in and out, so that nothing but the sine is heard.
      const edge = Math.min(1, i / 4800, (RATE - i) / 4800);
      const value = edge * 10 ** (level / 20) * Math.sin(2 * Math.PI * share * i + (degrees * Math.PI) / 180);
      pairs[2 * i] = value;
      pairs[2 * i + 1] = value;
    }
    meter.add(pairs, 1, 0);
    const { maxTruePeakDb } = meter.levels();
    expect(maxTruePeakDb).toBeLessThanOrEqual(level + 0.2);
    expect(maxTruePeakDb).toBeGreaterThanOrEqual(level - 0.4);
  });
});

describe('EBU Tech 3342', () => {
  const rows: [number, number[], number][] = [
    [1, [-20, -30], 10],
    [2, [-20, -15], 5],
    [3, [-40, -20], 20],
    [4, [-50, -35, -20, -35, -50], 15],
  ];
  test.each(rows)('case %i: loudness range', (_case, levels, expected) => {
    const meter = new ProgrammeMeter();
    play(
      meter,
      levels.map((level): Part => [20, level]),
    );
    expect(Math.abs(meter.levels().range - expected)).toBeLessThanOrEqual(1);
  });
});

test('nothing has been measured at the beginning, and in silence', () => {
  const meter = new ProgrammeMeter();
  const none = { momentary: -144, shortTerm: -144, integrated: -144, range: 0, truePeakDb: -144, correlation: 0 };
  expect(meter.levels()).toMatchObject({ ...none, integratedSeconds: 0, peakDb: [-144, -144], rmsDb: [-144, -144] });
  play(meter, [[5, Number.NEGATIVE_INFINITY]]);
  expect(meter.levels()).toMatchObject({ ...none, integratedSeconds: 5, limitedDb: 0, duckedDb: 0 });
});

test('what is below -70 LUFS does not count, whatever is there else', () => {
  const meter = new ProgrammeMeter();
  play(meter, [[10, -75]]);
  expect(meter.levels()).toMatchObject({ integrated: -144, range: 0 });
  near(meter.levels().shortTerm, -75);
});

test('true peaks are found wherever they lie between two samples', () => {
  for (let degrees = 0; degrees < 90; degrees += 5) {
    const wave = (i: number): number => 0.5 * Math.sin((Math.PI * i) / 2 + (degrees * Math.PI) / 180);
    const pairs = Float32Array.from(
      { length: 9600 },
      (_, i) => wave(i >> 1) * Math.min(1, i / 4800, (9600 - i) / 2400),
    );
    const peak = 20 * Math.log10(new TruePeak().follow(pairs, 4800, 0, 0) / 0.5);
    expect(Math.abs(peak)).toBeLessThan(0.25);
  }
});

test('a reset begins integrated loudness, range and highest peak anew; the others go on', () => {
  const meter = new ProgrammeMeter();
  play(meter, [
    [5, -10],
    [0.1, -30],
  ]);
  meter.reset();
  expect(meter.levels()).toMatchObject({ integrated: -144, integratedSeconds: 0, range: 0, maxTruePeakDb: -144 });
  expect(meter.levels().shortTerm).toBeGreaterThan(-11);
  play(meter, [[5, -30]]);
  near(meter.levels().integrated, -30);
  expect(meter.levels().maxTruePeakDb).toBeLessThan(-29);
});

test('peak, RMS and correlation are those of the last moments', () => {
  const random = generator(5);
  const noise = (): number => random() / 2 ** 31 - 1;
  const rows: [(value: number) => [number, number], number][] = [
    [(value) => [value, 0.5 * value], 1],
    [(value) => [value, -value], -1],
    [(value) => [value, noise()], 0],
    [(value) => [value, 0], 0],
  ];
  for (const [of, correlation] of rows) {
    const meter = new ProgrammeMeter();
    const block = new Float32Array(1600 * 2);
    for (let tick = 0; tick < 60; tick++) {
      for (let i = 0; i < 1600; i++) block.set(of(noise() * 0.5), 2 * i);
      meter.add(block, 1, 0);
    }
    expect(Math.abs(meter.levels().correlation - correlation)).toBeLessThan(0.1);
  }
  const meter = new ProgrammeMeter();
  play(meter, [
    [1, 0],
    [0.2, -20],
  ]);
  expect(meter.levels().peakDb[0]).toBeCloseTo(-20, 1);
  expect(meter.levels().rmsDb[1]).toBeCloseTo(-23.01, 1);
});

/** What FFmpeg's filter says of the whole of some pairs. */
function ffmpegSays(pairs: Float32Array): (name: string) => number {
  using graph = new FilterGraph();
  graph.alloc();
  const source = 'abuffer@in=sample_rate=48000:sample_fmt=flt:channel_layout=stereo:time_base=1/48000';
  graph.parsePtr(`${source},ebur128=metadata=1:peak=true:framelog=quiet,abuffersink@out`);
  expect(graph.configSync()).toBeGreaterThanOrEqual(0);
  const [input, output] = [graph.getFilter('abuffer@in'), graph.getFilter('abuffersink@out')];
  if (!input || !output) throw new Error('no filter');
  const said = new Map<string, string>();
  const count = pairs.length / 2;
  for (let at = 0; at < count; at += 4800) {
    using frame = new Frame();
    frame.alloc();
    frame.format = AV_SAMPLE_FMT_FLT;
    frame.sampleRate = RATE;
    frame.channelLayout = AV_CHANNEL_LAYOUT_STEREO;
    frame.nbSamples = 4800;
    frame.getBuffer(0);
    const data = frame.extendedData?.[0];
    if (!data) throw new Error('no data');
    new Float32Array(data.buffer, data.byteOffset, 9600).set(pairs.subarray(2 * at, 2 * at + 9600));
    frame.pts = BigInt(at);
    input.buffersrcAddFrameSync(frame);
    using result = new Frame();
    result.alloc();
    while (output.buffersinkGetFrameSync(result) >= 0) {
      for (const [name, value] of Object.entries(result.getMetadata().getAll())) said.set(name, value);
      result.unref();
    }
  }
  return (name) => Number(said.get(`lavfi.r128.${name}`));
}

test('FFmpeg measures the same of something that changes all the time', () => {
  const random = generator(9);
  const pairs = new Float32Array(12 * RATE * 2);
  let low = 0;
  for (let i = 0; i < pairs.length / 2; i++) {
    const white = random() / 2 ** 31 - 1;
    low = 0.9 * low + 0.1 * white;
    const loud = 0.05 + Math.abs(Math.sin(i / 60_000)) ** 3;
    pairs[2 * i] = loud * low;
    pairs[2 * i + 1] = loud * (0.6 * low + 0.02 * white);
  }
  const meter = new ProgrammeMeter();
  meter.add(pairs, 1, 0);
  const own = meter.levels();
  const theirs = ffmpegSays(pairs);
  near(own.momentary, theirs('M'));
  near(own.shortTerm, theirs('S'));
  near(own.integrated, theirs('I'));
  near(own.range, theirs('LRA'));
  near(own.maxTruePeakDb, 20 * Math.log10(theirs('true_peak')));
});
