/** Files: the seam of a loop, what is cut off, pause and jumps by hand, and what is told of them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AV_LOG_QUIET, Log } from '../../../../src/engine/av/log.js';
import { GuardProxy } from '../../../../src/engine/source/guard-proxy.js';
import { CodedSource } from '../../../support/coded-source.js';
import { ffmpegPath, hasFfmpeg } from '../../../support/media-tools.js';
import { type StaticServer, serveFolder } from '../../../support/static-server.js';
import { waitFor } from '../../../support/wait.js';
import { FilePlay, type FilePlayOptions } from './file-play.js';

const FPS = 30;
const RATE = 48_000;
/** Of the clip: whole periods of its tone, so that the sound of one play runs on into the next. */
const SECONDS = 2;
const COUNT = SECONDS * FPS;
const TONE = 440;

let folder: string;
let files: StaticServer;
let proxy: GuardProxy;
let play: FilePlay | null = null;

function ffmpeg(...args: string[]): void {
  const made = spawnSync(ffmpegPath, ['-v', 'error', '-y', ...args], { cwd: folder });
  if (made.status !== 0) throw new Error(String(made.stderr));
}

function open(name: string, options: Omit<FilePlayOptions, 'url' | 'proxy'> = {}): FilePlay {
  play = new FilePlay({ url: `${files.url}/${name}`, proxy: proxy.url, ...options });
  return play;
}

/** Steps between the frames of the record, from the first picture on, without those that hold. */
function steps(frames: readonly (number | null)[]): number[] {
  const shown = frames.filter((frame) => frame !== null);
  return shown.slice(1).map((frame, index) => frame - (shown[index] ?? 0));
}

/** Greatest difference between the sound and the tone with the phase and level that fit it best. */
function distanceFromTone(samples: readonly number[], hz = TONE): number {
  let sine = 0;
  let cosine = 0;
  for (const [index, sample] of samples.entries()) {
    sine += sample * Math.sin((2 * Math.PI * hz * index) / RATE);
    cosine += sample * Math.cos((2 * Math.PI * hz * index) / RATE);
  }
  const [a, b] = [(2 * sine) / samples.length, (2 * cosine) / samples.length];
  let most = 0;
  for (const [index, sample] of samples.entries()) {
    const angle = (2 * Math.PI * hz * index) / RATE;
    most = Math.max(most, Math.abs(sample - a * Math.sin(angle) - b * Math.cos(angle)));
  }
  return most;
}

/** Largest step from sample to sample: a click shows here. The tone alone makes 0.015. */
function largestStep(samples: readonly number[]): number {
  return samples.slice(1).reduce((most, sample, index) => Math.max(most, Math.abs(sample - (samples[index] ?? 0))), 0);
}

function samplesOf(player: FilePlay, fromTick: number, toTick: number): number[] {
  return player.sound.slice((fromTick * RATE) / FPS, (toTick * RATE) / FPS);
}

describe.skipIf(!hasFfmpeg)('a file', () => {
  beforeAll(async () => {
    Log.setLevel(AV_LOG_QUIET);
    folder = mkdtempSync(join(tmpdir(), 'castdeck-files-'));
    const look = { source: 3, width: 320, height: 180, toneHz: TONE };
    await new CodedSource({ ...look, bFrames: 2 }).writeFile(join(folder, 'clip.mp4'), SECONDS);
    for (const name of ['clip.ts', 'clip.mkv', 'clip.flv', 'clip.mov']) ffmpeg('-i', 'clip.mp4', '-c', 'copy', name);
    ffmpeg('-i', 'clip.mp4', '-c', 'copy', '-output_ts_offset', '100', '-copyts', 'late.ts');
    files = await serveFolder(folder);
    proxy = await GuardProxy.start('all');
  });

  afterEach(async () => {
    await play?.close();
    play = null;
  });

  afterAll(async () => {
    await proxy?.close();
    await files?.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  test.each(['clip.mp4', 'clip.mov', 'clip.mkv', 'clip.flv', 'clip.ts', 'late.ts'])(
    '%s is repeated with every picture once, and with sound that runs on',
    async (name) => {
      const player = open(name, { file: { repeat: -1 } });
      await waitFor('two seams', 12_000, () => steps(player.frames).filter((step) => step < -5).length >= 2);
      await player.ticks(10);
      const from = player.frames.indexOf(1);
      const shown = player.frames.slice(from);
      expect(shown).toEqual(shown.map((_, index) => (index + 1) % COUNT));
      // Away from the first picture, where the sound fades in.
      const heard = samplesOf(player, from + 5, player.frames.length - 2);
      expect(distanceFromTone(heard)).toBeLessThan(0.05);
    },
    20_000,
  );
});
