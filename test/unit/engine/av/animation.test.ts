/** Picture files of every kind: what comes out of them, how long each picture stays, and what is refused in words. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPicture } from '../../../../src/engine/av/animation.js';
import { rgbaBeside, VideoSamples, withoutIdleAlpha } from '../../../../src/engine/av/convert.js';
import { AV_LOG_QUIET, Log } from '../../../../src/engine/av/log.js';
import { ffmpegPath, hasFfmpeg } from '../../../support/media-tools.js';
import { generator } from '../../../support/random.js';
import { cmykJpg, gifOf, withOrientation } from '../picture-bytes.js';
import { png } from '../png.js';

let folder: string;

beforeAll(() => {
  Log.setLevel(AV_LOG_QUIET);
  folder = mkdtempSync(join(tmpdir(), 'castdeck-pictures-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A file that the ffmpeg program makes of a filter graph. */
function made(name: string, graph: string, ...args: string[]): Buffer {
  const path = join(folder, name);
  const run = spawnSync(ffmpegPath, ['-v', 'error', '-y', '-f', 'lavfi', '-i', graph, ...args, path]);
  if (run.status !== 0) throw new Error(String(run.stderr));
  return readFileSync(path);
}

interface Shown {
  rgba: Uint8Array;
  durationUs: number;
}

/** Everything of one play, scaled; of a second play only that it is the same. */
async function playOf(bytes: Buffer, width: number, height: number): Promise<{ shown: Shown[]; plays: number }> {
  const file = await openPicture(bytes);
  const plays: Shown[][] = [];
  try {
    for (let play = 0; play < 2; play++) {
      const shown: Shown[] = [];
      for (let next = await file.next(); next; next = await file.next()) {
        shown.push({ rgba: await rgbaBeside(next.picture, width, height), durationUs: next.durationUs });
        next.picture.free();
      }
      plays.push(shown);
      file.rewind();
    }
  } finally {
    await file.close();
  }
  expect(plays[1]).toEqual(plays[0]);
  return { shown: plays[0] ?? [], plays: file.plays };
}

function near(actual: ArrayLike<number> | undefined, expected: readonly number[], tolerance = 6): void {
  for (const [index, value] of expected.entries()) {
    expect(Math.abs((actual?.[index] ?? -999) - value), `sample ${index}: ${actual?.[index]}`).toBeLessThanOrEqual(
      tolerance,
    );
  }
}

/** A red box that moves over nothing, 16 samples a picture. */
const BOX =
  'nullsrc=s=64x32:r=10:d=0.4,format=rgba,' + "geq=r=255:g=0:b=0:a='255*between(X,16*N,16*N+15)*between(Y,8,23)'";

describe.skipIf(!hasFfmpeg)('a moving picture', () => {
  test.each([
    ['box.gif', ['-vf', 'split[a][b];[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse', '-loop', '0']],
    ['box.apng', ['-f', 'apng', '-plays', '0']],
    ['box.webp', ['-c:v', 'libwebp_anim', '-lossless', '1', '-loop', '0']],
  ])('%s: what has moved on leaves nothing behind, and what is see-through stays so', async (name, args) => {
    const { shown, plays } = await playOf(made(name, BOX, ...args), 64, 32);
    expect(plays).toBe(Number.POSITIVE_INFINITY);
    expect(shown.map(({ durationUs }) => durationUs)).toEqual([100_000, 100_000, 100_000, 100_000]);
    for (const [index, { rgba }] of shown.entries()) {
      for (let place = 0; place < 4; place++) {
        const at = 4 * (16 * 64 + 16 * place + 8);
        if (place === index) near(rgba.subarray(at, at + 4), [254, 0, 0, 255]);
        else expect(rgba[at + 3], `picture ${index}, place ${place}`).toBe(0);
      }
    }
  });

  test.each([
    ['three.gif', ['-loop', '2'], 3],
    ['three.apng', ['-f', 'apng', '-plays', '3'], 3],
    ['three.webp', ['-c:v', 'libwebp_anim', '-lossless', '1', '-loop', '3'], 3],
  ])('%s says how often it is played', async (name, args, plays) => {
    const file = await openPicture(made(name, 'testsrc2=s=64x48:r=10:d=0.3', ...args));
    expect(file).toMatchObject({ plays, count: 3, width: 64, height: 48 });
    await file.close();
  });
});

test('a gif that says nothing moves for ever, and one with a count of plays after the first has one more', async () => {
  for (const [loop, plays] of [
    [null, Number.POSITIVE_INFINITY],
    [0, Number.POSITIVE_INFINITY],
    [4, 5],
  ] as const) {
    const file = await openPicture(gifOf(2, loop));
    expect(file).toMatchObject({ plays, count: 2 });
    await file.close();
  }
});

describe.skipIf(!hasFfmpeg)('a still', () => {
  test.each([
    ['red.png', []],
    ['red.jpg', ['-q:v', '2']],
    ['red.webp', ['-c:v', 'libwebp']],
    ['red.gif', []],
    ['deep.png', ['-pix_fmt', 'rgba64be']],
    ['gray.png', ['-pix_fmt', 'gray16be']],
    ['palette.png', ['-pix_fmt', 'pal8']],
  ])('%s has its colour, as it is and as the mixer takes it', async (name, args) => {
    const file = await openPicture(made(name, 'color=red:s=64x48', '-frames:v', '1', ...args));
    const next = await file.next();
    if (!next) throw new Error('no picture');
    expect(next.durationUs).toBe(Number.POSITIVE_INFINITY);
    const samples = new VideoSamples();
    const video = await withoutIdleAlpha(await samples.convert(next.picture));
    const expected = name === 'gray.png' ? [76, 76, 76, 255] : [254, 0, 0, 255];
    for (const picture of [next.picture, video]) {
      near(await rgbaBeside(picture, 4, 4), expected);
    }
    expect(video).toMatchObject({ width: 64, height: 48, format: 0 });
    for (const picture of [next.picture, video]) picture.free();
    samples[Symbol.dispose]();
    expect(await file.next()).toBeNull();
    await file.close();
  });

  test('a jpg is turned upright as its EXIF says', async () => {
    // Left red, right blue; the lower half darker.
    const graph = "nullsrc=s=64x32,geq=r='255*lt(X,32)*(1-0.5*gte(Y,16))':g=0:b='255*gte(X,32)*(1-0.5*gte(Y,16))'";
    const jpg = made('turned.jpg', graph, '-frames:v', '1', '-pix_fmt', 'yuvj444p', '-q:v', '2');
    const [red, blue, darkRed, darkBlue] = ['r', 'b', 'R', 'B'];
    // The corners in reading order, for each orientation (EXIF 2.3).
    const corners: Record<number, (string | undefined)[]> = {
      1: [red, blue, darkRed, darkBlue],
      2: [blue, red, darkBlue, darkRed],
      3: [darkBlue, darkRed, blue, red],
      4: [darkRed, darkBlue, red, blue],
      5: [red, darkRed, blue, darkBlue],
      6: [darkRed, red, darkBlue, blue],
      7: [darkBlue, blue, darkRed, red],
      8: [blue, darkBlue, red, darkRed],
    };
    for (const [orientation, expected] of Object.entries(corners)) {
      const turned = Number(orientation) > 4;
      const file = await openPicture(withOrientation(jpg, Number(orientation)));
      expect([file.width, file.height], orientation).toEqual(turned ? [32, 64] : [64, 32]);
      await file.close();
      const { shown } = await playOf(withOrientation(jpg, Number(orientation)), 2, 2);
      const rgba = shown[0]?.rgba ?? new Uint8Array(16);
      const letters = [0, 4, 8, 12].map((at) => {
        const letter = (rgba[at] ?? 0) > (rgba[at + 2] ?? 0) ? 'r' : 'b';
        return Math.max(rgba[at] ?? 0, rgba[at + 2] ?? 0) > 190 ? letter : letter.toUpperCase();
      });
      expect(letters, `orientation ${orientation}`).toEqual(expected);
    }
  });

  test('a very large one is scaled down, and one beyond all measure is refused', async () => {
    const { width, height } = await openedSize(made('wide.png', 'color=red:s=8000x2000', '-frames:v', '1'));
    expect(width / height).toBeCloseTo(4, 1);
    expect(width * height).toBeLessThanOrEqual(3840 * 2160);
    const bomb = png(8, 8, () => [255, 0, 0]);
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    await expect(openPicture(bomb)).rejects.toThrow(/damaged|larger/);
  });
});

async function openedSize(bytes: Buffer): Promise<{ width: number; height: number }> {
  const file = await openPicture(bytes);
  const { width, height } = file;
  await file.close();
  return { width, height };
}

test('a jpg in four inks has its colour', async () => {
  for (const [inks, colour] of [
    [
      [255, 0, 0, 255],
      [255, 0, 0],
    ],
    [
      [0, 255, 255, 255],
      [0, 255, 255],
    ],
    [
      [255, 255, 255, 0],
      [0, 0, 0],
    ],
  ] as const) {
    const { shown } = await playOf(cmykJpg(inks), 2, 2);
    near(shown[0]?.rgba, [...colour, 255], 12);
  }
});

test.each([
  ['nothing', Buffer.alloc(0), 'neither'],
  ['a page', Buffer.from('<html>not here</html>'), 'neither'],
  ['a png that breaks off', png(64, 64, (x, y) => [x, y, (x * y) & 255]).subarray(0, 60), 'png is damaged'],
  ['a jpg without a picture', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xd9]), 'jpg is damaged'],
  ['a gif without a picture', gifOf(0, 0), 'animation'],
  ['a gif that breaks off', gifOf(2, 0).subarray(0, 30), 'animation'],
  ['a gif that is too large', gifOf(2, 0, 60_000), 'samples'],
  ['a gif with too many pictures', gifOf(10_001, 0), 'more than 10000 pictures'],
  ['a webp without a picture', Buffer.from('RIFF\x04\0\0\0WEBP', 'latin1'), 'webp is damaged'],
])('%s is refused in words', async (_what, bytes, words) => {
  await expect(
    (async () => {
      const file = await openPicture(bytes);
      try {
        (await file.next())?.picture.free();
      } finally {
        await file.close();
      }
    })(),
  ).rejects.toThrow(words);
});

test.skipIf(!hasFfmpeg)('whatever is broken in a file, it is an error or a picture', async () => {
  const random = generator(5);
  const kinds = [
    made('f.gif', 'testsrc2=s=32x32:r=10:d=0.4'),
    made('f.apng', 'testsrc2=s=32x32:r=10:d=0.4', '-f', 'apng'),
    made('f.webp', 'testsrc2=s=32x32:r=10:d=0.4', '-c:v', 'libwebp_anim'),
    made('f.jpg', 'testsrc2=s=32x32', '-frames:v', '1'),
    made('f.png', 'testsrc2=s=32x32', '-frames:v', '1'),
  ];
  let errors = 0;
  for (let round = 0; round < 150; round++) {
    const bytes = Buffer.from(kinds[round % kinds.length] ?? Buffer.alloc(0));
    for (let hit = 0; hit < 6; hit++) bytes[12 + (random() % (bytes.length - 12))] = random() % 256;
    try {
      const file = await openPicture(bytes);
      try {
        for (let next = await file.next(); next; next = await file.next()) next.picture.free();
      } finally {
        await file.close();
      }
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      errors++;
    }
  }
  expect(errors).toBeGreaterThan(0);
});
