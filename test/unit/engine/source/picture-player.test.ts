/** A picture on the engine's clock: each as long as it says, only while it is wanted, and kept when it is small. */
import { spawnSync } from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { rgbaBeside } from '../../../../src/engine/av/convert.js';
import { AV_LOG_QUIET, Log } from '../../../../src/engine/av/log.js';
import type { Picture } from '../../../../src/engine/av/media.js';
import { PicturePlayer } from '../../../../src/engine/source/picture-player.js';
import { ffmpegPath, hasFfmpeg } from '../../../support/media-tools.js';
import { waitFor } from '../../../support/wait.js';
import { png } from '../png.js';

const TICK = 1_000_000 / 30;
/** Pictures of 100 ms, each brighter by this much, on a red ground so that no two are merged. */
const STEP = 30;

let player: PicturePlayer | null = null;
let prepared: number;

beforeAll(() => Log.setLevel(AV_LOG_QUIET));

afterEach(async () => {
  await player?.close();
  player = null;
});

/** @param plays 0 for ever */
function apng(pictures: number, plays: number, size = '16x16'): Buffer {
  const graph = `nullsrc=s=${size}:r=10:d=${pictures / 10},format=rgb24,geq=r=200:g='${STEP}*N':b=0`;
  const args = ['-v', 'error', '-f', 'lavfi', '-i', graph, '-plays', `${plays}`, '-f', 'apng', 'pipe:1'];
  const made = spawnSync(ffmpegPath, args, { maxBuffer: 1 << 26 });
  if (made.status !== 0) throw new Error(String(made.stderr));
  return made.stdout;
}

async function open(bytes: Buffer): Promise<PicturePlayer> {
  prepared = 0;
  player = await PicturePlayer.open(bytes, async (picture: Picture) => {
    prepared++;
    return picture;
  });
  return player;
}

async function numberOf(shown: PicturePlayer): Promise<number> {
  return Math.round(((await rgbaBeside(shown.picture, 1, 1))[1] ?? 0) / STEP);
}

/** Ticks from one engine time to another, each when the decoder has caught up; the picture at each. */
async function run(shown: PicturePlayer, from: number, count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let tick = 0; tick < count; tick++) {
    shown.advance(from + tick * TICK);
    seen.push(await numberOf(shown));
    for (let wait = 0; wait < 20; wait++) await turn();
  }
  return seen;
}

describe.skipIf(!hasFfmpeg)('a moving picture', () => {
  test('shows each picture as long as it says, again and again, and a small one is decoded once', async () => {
    const shown = await open(apng(4, 0));
    shown.setWanted(true);
    await waitFor('the first play', 3_000, () => prepared === 4);
    const seen = await run(shown, 5_000_000, 36);
    expect(seen).toEqual(Array.from({ length: 36 }, (_, tick) => Math.floor(tick / 3) % 4));
    expect(prepared).toBe(4);
    expect(shown.shown).toBe(11);
  });

  test('is played as often as the file says, and stays at its last picture', async () => {
    const shown = await open(apng(3, 2));
    shown.setWanted(true);
    await waitFor('the first play', 3_000, () => prepared === 3);
    const seen = await run(shown, 0, 40);
    expect(seen).toEqual([...[0, 1, 2, 0, 1, 2].flatMap((each) => [each, each, each]), ...Array(22).fill(2)]);
  });

  test('stands still while nobody sees it, and goes on from there', async () => {
    const shown = await open(apng(4, 0));
    shown.setWanted(true);
    await waitFor('the first play', 3_000, () => prepared === 4);
    expect(await run(shown, 0, 5)).toEqual([0, 0, 0, 1, 1]);
    shown.setWanted(false);
    expect(await run(shown, 5 * TICK, 20)).toEqual(Array(20).fill(1));
    shown.setWanted(true);
    // Of 100 ms it has been seen for 33 up to the tick before.
    expect(await run(shown, 900_000, 4)).toEqual([1, 1, 2, 2]);
  });

  test('a large one is decoded as it is shown, with few pictures ahead, play after play', async () => {
    const shown = await open(apng(7, 0, '1600x1200'));
    shown.setWanted(true);
    await waitFor('some pictures', 5_000, () => prepared >= 3);
    // 5.8 MB each: 16 MB ahead, and the first one.
    expect(prepared).toBeLessThanOrEqual(4);
    const seen: number[] = [];
    for (let tick = 0; seen.length < 12; tick++) {
      const before = shown.shown;
      shown.advance(tick * TICK);
      if (shown.shown !== before) {
        seen.push(await numberOf(shown));
        await waitFor('the next ones', 3_000, () => prepared >= shown.shown + 3);
      }
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5]);
    expect(prepared).toBeGreaterThan(12);
  });
});

test('a still shows its picture and never another', async () => {
  const shown = await open(png(8, 8, () => [0, STEP, 0]));
  shown.setWanted(true);
  expect(await run(shown, 0, 5)).toEqual([1, 1, 1, 1, 1]);
  expect(shown.isMoving).toBe(false);
  expect(shown.shown).toBe(0);
});
