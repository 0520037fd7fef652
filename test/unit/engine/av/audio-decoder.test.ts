/** Sound of every kind comes out in the engine's format: each channel as loud as the standards say, each tone in its place. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AudioDecoder, type TimedSound } from '../../../../src/engine/av/audio-decoder.js';
import { Demuxer } from '../../../../src/engine/av/demuxer.js';
import { AV_LOG_QUIET, Log } from '../../../../src/engine/av/log.js';
import { ffmpegPath, hasFfmpeg } from '../../../support/media-tools.js';
import { type Joined, joined, plainWave, toneOf } from './decoded-sound.js';

const FORMATS = 'wav,matroska,webm,mov,mp4,mp3,ogg,ac3,eac3,flac,aac,mpegts';

let folder: string;

beforeAll(() => {
  Log.setLevel(AV_LOG_QUIET);
  folder = mkdtempSync(join(tmpdir(), 'castdeck-decoder-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function ffmpeg(...args: string[]): void {
  const made = spawnSync(ffmpegPath, ['-v', 'error', '-y', ...args], { cwd: folder });
  if (made.status !== 0) throw new Error(String(made.stderr));
}

interface Decoded extends Joined {
  blocks: TimedSound[];
}

async function decode(name: string): Promise<Decoded> {
  const input = { url: join(folder, name), protocols: 'file', formats: FORMATS, options: {} };
  const demuxer = await Demuxer.openInput(input, null, new AbortController().signal);
  const blocks: TimedSound[] = [];
  const begin = demuxer.startTime;
  const stream = demuxer.stream('audio');
  if (!stream) throw new Error('no sound');
  const decoder = new AudioDecoder(stream);
  try {
    for (let next = await demuxer.read(); next; next = await demuxer.read())
      blocks.push(...decoder.decode(next.packet));
    blocks.push(...decoder.decode(null));
  } finally {
    decoder.close();
    await demuxer.close();
  }
  return { blocks, ...joined(blocks, begin) };
}

function dB(level: number): number {
  return 20 * Math.log10(level);
}

/** A sound of a second and a half; each channel has a tone. Whole periods in a quarter of a second. */
function source(channels: { hz: number; level: number }[], layout: string, rate = 48_000): string {
  const tones = channels.map(({ hz, level }) => `${level}*sin(2*PI*${hz}*t)`).join('|');
  return `aevalsrc=exprs=${tones}:c=${layout}:s=${rate}:d=1.5`;
}

describe.skipIf(!hasFfmpeg)('rates', () => {
  test.each([8000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000])('%i Hz', async (rate) => {
    const name = `${rate}.wav`;
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      source(
        [
          { hz: 400, level: 0.5 },
          { hz: 3000, level: 0.25 },
        ],
        'stereo',
        rate,
      ),
      '-c:a',
      'pcm_f32le',
      name,
    );
    const { left, right, apart, end } = await decode(name);
    for (const [side, hz, level] of [
      [left, 400, 0.5],
      [right, 3000, 0.25],
    ] as const) {
      const tone = toneOf(side, hz);
      expect(Math.abs(dB(tone.level / level))).toBeLessThan(0.1);
      expect(Math.abs(tone.lateMs)).toBeLessThan(0.05);
      // Right up to the end, and nothing but the tone.
      expect(Math.abs(dB(toneOf(side, hz, 59_000, 12_000).level / level))).toBeLessThan(0.1);
      const power = side.subarray(24_000, 36_000).reduce((sum, value) => sum + value * value, 0) / 12_000;
      expect(dB(Math.sqrt(Math.abs(2 * power - tone.level ** 2)) / level)).toBeLessThan(-45);
    }
    expect(apart).toBeLessThan(30);
    expect(Math.abs(end - 72_000)).toBeLessThan(8);
  });
});

const THREE = Math.SQRT1_2;
/** Left and right of each channel in the mix, in FFmpeg's order. */
const LAYOUTS: [string, [number, number][]][] = [
  ['mono', [[1, 1]]],
  [
    'stereo',
    [
      [1, 0],
      [0, 1],
    ],
  ],
  [
    '2.1',
    [
      [1, 0],
      [0, 1],
      [0, 0],
    ],
  ],
  [
    '3.0',
    [
      [1, 0],
      [0, 1],
      [THREE, THREE],
    ],
  ],
  [
    '4.0',
    [
      [1, 0],
      [0, 1],
      [THREE, THREE],
      [0.5, 0.5],
    ],
  ],
  [
    'quad',
    [
      [1, 0],
      [0, 1],
      [THREE, 0],
      [0, THREE],
    ],
  ],
  [
    '5.0',
    [
      [1, 0],
      [0, 1],
      [THREE, THREE],
      [THREE, 0],
      [0, THREE],
    ],
  ],
  [
    '5.1',
    [
      [1, 0],
      [0, 1],
      [THREE, THREE],
      [0, 0],
      [THREE, 0],
      [0, THREE],
    ],
  ],
  [
    '5.1(side)',
    [
      [1, 0],
      [0, 1],
      [THREE, THREE],
      [0, 0],
      [THREE, 0],
      [0, THREE],
    ],
  ],
  [
    '6.1',
    [
      [1, 0],
      [0, 1],
      [THREE, THREE],
      [0, 0],
      [0.5, 0.5],
      [THREE, 0],
      [0, THREE],
    ],
  ],
  [
    '7.1',
    [
      [1, 0],
      [0, 1],
      [THREE, THREE],
      [0, 0],
      [THREE, 0],
      [0, THREE],
      [THREE, 0],
      [0, THREE],
    ],
  ],
];

describe.skipIf(!hasFfmpeg)('channels', () => {
  test.each(LAYOUTS)('%s', async (layout, gains) => {
    const tones = gains.map((_, index) => ({ hz: 400 + 200 * index, level: 0.5 }));
    ffmpeg('-f', 'lavfi', '-i', source(tones, layout), '-c:a', 'pcm_s16le', 'channels.wav');
    const { left, right } = await decode('channels.wav');
    for (const [index, { hz, level }] of tones.entries()) {
      const [toLeft, toRight] = gains[index] ?? [9, 9];
      expect(toneOf(left, hz).level / level).toBeCloseTo(toLeft, 3);
      expect(toneOf(right, hz).level / level).toBeCloseTo(toRight, 3);
    }
  });

  test.each([
    [1, [[1, 1]]],
    [
      2,
      [
        [1, 0],
        [0, 1],
      ],
    ],
    [
      4,
      [
        [1, 0],
        [0, 1],
        [THREE, 0],
        [0, THREE],
      ],
    ],
    [
      6,
      [
        [1, 0],
        [0, 1],
        [THREE, THREE],
        [0, 0],
        [THREE, 0],
        [0, THREE],
      ],
    ],
    [
      12,
      [
        [1, 0],
        [0, 1],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
      ],
    ],
  ])('%i of which nobody says what they are', async (count, gains) => {
    const tones = gains.map((_, index) => ({ hz: 400 + 200 * index, level: 0.5 }));
    writeFileSync(join(folder, 'plain.wav'), plainWave(tones));
    const { left, right } = await decode('plain.wav');
    expect(tones.length).toBe(count);
    for (const [index, { hz, level }] of tones.entries()) {
      expect(toneOf(left, hz).level / level).toBeCloseTo(gains[index]?.[0] ?? 9, 3);
      expect(toneOf(right, hz).level / level).toBeCloseTo(gains[index]?.[1] ?? 9, 3);
    }
  });

  test("all channels at full scale are not turned down: that is the limiter's", async () => {
    const tones = Array.from({ length: 6 }, () => ({ hz: 400, level: 1 }));
    ffmpeg('-f', 'lavfi', '-i', source(tones, '5.1'), '-c:a', 'pcm_f32le', 'loud.wav');
    expect(toneOf((await decode('loud.wav')).left, 400).level).toBeCloseTo(1 + 2 * THREE, 3);
  });
});

/** Codec, file, layout, rate, further options. */
const CODECS: [string, string, string, number, ...string[]][] = [
  ['pcm_s16le', 'a.wav', 'stereo', 44_100],
  ['pcm_s24le', 'a.mkv', 'stereo', 48_000],
  ['pcm_f32le', 'a.mkv', '5.1', 96_000],
  ['pcm_mulaw', 'a.wav', 'mono', 8000],
  ['pcm_alaw', 'a.wav', 'mono', 8000],
  ['flac', 'a.flac', '5.1', 96_000],
  ['aac', 'a.mp4', 'stereo', 44_100],
  ['aac', 'a.mp4', '5.1', 48_000],
  ['aac', 'a.ts', 'mono', 22_050],
  ['libmp3lame', 'a.mp3', 'stereo', 44_100],
  ['libmp3lame', 'a.mkv', 'mono', 32_000],
  ['libopus', 'a.ogg', 'stereo', 48_000],
  ['libopus', 'a.webm', '5.1', 48_000, '-mapping_family', '1'],
  ['libvorbis', 'a.ogg', 'stereo', 32_000],
  ['ac3', 'a.ac3', '5.1(side)', 48_000],
  ['ac3', 'a.ts', 'stereo', 44_100],
  ['eac3', 'a.eac3', '5.1(side)', 48_000],
  ['mp2', 'a.ts', 'stereo', 48_000],
];

describe.skipIf(!hasFfmpeg)('codecs', () => {
  test.each(CODECS)('%s in %s, %s at %i Hz', async (codec, name, layout, rate, ...options) => {
    const gains = LAYOUTS.find(([one]) => one === layout)?.[1] ?? [];
    const tones = gains.map((_, index) => ({ hz: 400 + 200 * index, level: 0.25 }));
    ffmpeg('-f', 'lavfi', '-i', source(tones, layout, rate), '-c:a', codec, '-b:a', '320k', ...options, name);
    const { left, right, apart } = await decode(name);
    for (const [index, { hz, level }] of tones.entries()) {
      const [toLeft, toRight] = gains[index] ?? [9, 9];
      expect(Math.abs(toneOf(left, hz).level / level - toLeft)).toBeLessThan(0.012);
      expect(Math.abs(toneOf(right, hz).level / level - toRight)).toBeLessThan(0.012);
    }
    // Whole milliseconds are what Matroska has.
    expect(apart).toBeLessThan(1100);
    // Coders delay: AC-3 by 256 samples, AAC by a block; neither the former nor a transport stream has a place to say so.
    const isTold = !codec.endsWith('ac3') && !(codec === 'aac' && name.endsWith('.ts'));
    if (isTold) expect(Math.abs(toneOf(left, 400).lateMs)).toBeLessThan(1);
  });
});

test.skipIf(!hasFfmpeg)('rate and channels that change in the midst lose nothing', async () => {
  const parts = [
    ['stereo', 44_100],
    ['mono', 48_000],
    ['5.1', 32_000],
  ] as const;
  const bytes: Buffer[] = [];
  for (const [layout, rate] of parts) {
    const count = { stereo: 2, mono: 1, '5.1': 6 }[layout];
    const tones = Array.from({ length: count }, () => ({ hz: 400, level: 0.2 }));
    ffmpeg('-f', 'lavfi', '-i', source(tones, layout, rate), '-c:a', 'aac', '-b:a', '192k', 'part.aac');
    bytes.push(readFileSync(join(folder, 'part.aac')));
  }
  writeFileSync(join(folder, 'changes.aac'), Buffer.concat(bytes));
  const { blocks } = await decode('changes.aac');
  const all = blocks.flatMap(({ samples }) => [...samples]);
  const left = Float32Array.from({ length: all.length / 2 }, (_, i) => all[2 * i] as number);
  // Coders begin with up to 2048 samples of nothing.
  expect(Math.abs(left.length - 3 * 72_000)).toBeLessThan(3 * 4096);
  expect(dB(toneOf(left, 400, 36_000).level / 0.2)).toBeCloseTo(0, 0);
  expect(dB(toneOf(left, 400, 108_000).level / 0.2)).toBeCloseTo(0, 0);
  expect(dB(toneOf(left, 400, 180_000).level / 0.2 / (1 + 2 * THREE))).toBeCloseTo(0, 0);
});
