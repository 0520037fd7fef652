/** Files: the seam of a loop, what is cut off, pause and jumps by hand, and what is told of them. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AV_LOG_QUIET, Log } from '../../src/engine/av/log.js';
import { GuardProxy } from '../../src/engine/source/guard-proxy.js';
import { CodedSource } from '../support/coded-source.js';
import { FilePlay, type FilePlayOptions } from '../support/file-play.js';
import { ffmpegPath, hasFfmpeg } from '../support/media-tools.js';
import { serveBreaking, servePlain } from '../support/odd-servers.js';
import { type StaticServer, serveFolder } from '../support/static-server.js';
import { waitFor } from '../support/wait.js';

const FPS = 30;
const RATE = 48_000;
/** Of the clip: whole periods of its tone, so that the sound of one play runs on into the next. */
const SECONDS = 2;
const COUNT = SECONDS * FPS;
const TONE = 440;
const FROM_START = 'the file can only be read from its start: a jump takes as long as reading up to its place';

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
    const half = ['-t', '0.5'];
    ffmpeg(
      '-t',
      '0.5',
      '-i',
      'clip.mp4',
      '-t',
      '1.5',
      '-i',
      'clip.mp4',
      '-map',
      '0:v',
      '-map',
      '1:a',
      'longer-sound.mp4',
    );
    ffmpeg(
      '-t',
      '1',
      '-i',
      'clip.mp4',
      '-t',
      '0.4',
      '-i',
      'clip.mp4',
      '-map',
      '0:v',
      '-map',
      '1:a',
      'longer-picture.mp4',
    );
    for (const name of ['tone.mp3', 'tone.wav', 'tone.m4a', 'tone.ogg']) ffmpeg('-i', 'clip.mp4', '-vn', ...half, name);
    // Larger than what FFmpeg has in its buffers.
    const noise = ['-vf', 'noise=alls=20:allf=t', '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '14', '-g', '30'];
    ffmpeg('-i', 'clip.mp4', ...noise, '-c:a', 'copy', '-movflags', '+faststart', 'large.mp4');
    for (const name of ['large.ts', 'large.mkv', 'large.flv']) ffmpeg('-i', 'large.mp4', '-c', 'copy', name);
    ffmpeg('-ss', '1.4', '-i', 'clip.mp4', '-c', 'copy', 'edit.mp4');
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

  test('a part of a file is repeated in the same way', async () => {
    const player = open('clip.mp4', { file: { beginMs: 400, endMs: 1400, repeat: 1 } });
    await waitFor('the end', 8_000, () => player.source.health().status === 'ended');
    await player.ticks(5);
    const from = player.frames.indexOf(13);
    const part = Array.from({ length: 30 }, (_, index) => 12 + index);
    expect(player.frames.slice(from - 1, from + 60)).toEqual([...part, ...part, 41]);
    expect(new Set(player.frames.slice(0, from - 1).filter((frame) => frame !== null && frame !== 12))).toEqual(
      new Set(),
    );
    // The tone has 440 periods in the second, so it runs on at this seam too.
    expect(distanceFromTone(samplesOf(player, from + 5, from + 55))).toBeLessThan(0.05);
  });

  test('an end that counts from the last picture', async () => {
    const player = open('clip.mp4', { file: { endMs: -1500 } });
    await waitFor('the end', 8_000, () => player.source.health().status === 'ended');
    await player.ticks(5);
    expect(Math.max(...steps(player.frames))).toBe(1);
    expect(player.frame).toBe(14);
    expect(player.reports.map(({ code }) => code)).toEqual(['FileEnded']);
  });

  test('progress is told in the measure of what is shown, also over a seam, and the end once', async () => {
    const player = open('clip.mp4', { file: { repeat: 1, progressMs: 700 } });
    await waitFor('the end', 10_000, () => player.reports.some(({ code }) => code === 'FileEnded'));
    await player.ticks(10);
    const progress = player.reports.filter(({ code }) => code === 'FileProgress');
    const expected = [700, 1400, 100, 800, 1500];
    expect(progress).toHaveLength(expected.length);
    for (const [index, { placeMs, tick, resourceId }] of progress.entries()) {
      expect(resourceId).toBe('f');
      expect(Math.abs((placeMs ?? 0) - (expected[index] ?? 0))).toBeLessThan(40);
      expect(Math.abs((player.frames[tick] ?? -99) - ((placeMs ?? 0) * FPS) / 1000)).toBeLessThanOrEqual(1);
    }
    expect(player.reports.filter(({ code }) => code === 'FileEnded')).toHaveLength(1);
    expect(player.source.health()).toMatchObject({ status: 'ended', file: { paused: false, placeMs: 2000 } });
  });

  test('pause holds the picture at once, silence begins and ends without a click, and nothing is lost', async () => {
    const player = open('clip.mp4', { file: { repeat: -1 } });
    await waitFor('some play', 5_000, () => (player.frame ?? 0) > 10);
    player.source.setPlayback({ paused: true, seek: null });
    const at = player.frames.length;
    const held = player.frame;
    await player.ticks(25);
    expect(player.frames.slice(at)).toEqual(player.frames.slice(at).map(() => held));
    const { placeMs } = player;
    expect(player.source.health().file?.paused).toBe(true);
    expect(Math.abs(placeMs - ((held ?? 0) * 1000) / FPS)).toBeLessThan(20);
    // The block of the tick before is still heard; then the fade.
    expect(Math.max(...samplesOf(player, at + 3, at + 25).map(Math.abs))).toBe(0);
    player.source.setPlayback({ paused: false, seek: null });
    const on = player.frames.length;
    await player.ticks(20);
    const after = player.frames.slice(player.frames.lastIndexOf(held));
    expect(after).toEqual(after.map((_, index) => (held ?? 0) + index));
    expect(largestStep(samplesOf(player, at - 5, on + 20))).toBeLessThan(0.03);
    expect(distanceFromTone(samplesOf(player, on + 4, on + 18))).toBeLessThan(0.05);
  });

  test('a jump shows that very picture, holds the old one until then, and goes on from there with its sound', async () => {
    const player = open('clip.mp4', { file: { repeat: -1 } });
    await waitFor('some play', 5_000, () => (player.frame ?? 0) > 5);
    const before = player.frame ?? 0;
    player.source.setPlayback({ paused: false, seek: { serial: 1, toMs: 833 } });
    expect(player.source.isReady()).toBe(false);
    const at = player.frames.length;
    await waitFor('the new picture', 3_000, () => player.source.isReady());
    await player.ticks(10);
    const seen = player.frames.slice(at);
    const first = seen.findIndex((frame) => frame !== before);
    expect(seen[first]).toBe(25);
    const rest = seen.slice(seen.lastIndexOf(25));
    expect(rest).toEqual(rest.map((_, index) => 25 + index));
    expect(largestStep(samplesOf(player, at - 3, player.frames.length - 1))).toBeLessThan(0.03);
    // The same serial again is no other jump, and a lower one is a jump that was taken back.
    for (const serial of [1, 0]) {
      player.source.setPlayback({ paused: false, seek: { serial, toMs: 0 } });
      await player.ticks(3);
      expect(player.source.isReady()).toBe(true);
      expect(player.frame).toBeGreaterThan(28);
    }
  });

  test.each([
    ['within', 1010, 30],
    ['on the last ms of a picture', 1066, 32],
    ['before the begin', 0, 3],
    ['beyond the end', 999_000, COUNT - 1],
  ])('a jump while paused, %s, shows the picture and stays paused', async (_where, toMs, frame) => {
    const player = open('clip.mp4', { paused: true, file: { beginMs: 100, repeat: 0 } });
    await waitFor('the first picture', 5_000, () => player.frame === 3);
    player.source.setPlayback({ paused: true, seek: { serial: 5, toMs } });
    await waitFor('the new picture', 5_000, () => player.source.isReady());
    await player.ticks(6);
    expect(player.frames.slice(-5)).toEqual([frame, frame, frame, frame, frame]);
    expect(player.source.health().file?.paused).toBe(true);
    expect(new Set(player.frames)).toEqual(new Set([null, 3, frame]));
    expect(player.reports).toEqual([]);
  });

  test('after its end a file plays again from where it is sent to', async () => {
    const player = open('clip.mp4', { file: { beginMs: 1700 } });
    await waitFor('the end', 8_000, () => player.source.health().status === 'ended');
    player.source.setPlayback({ paused: false, seek: { serial: 9, toMs: 1800 } });
    await waitFor(
      'the second end',
      8_000,
      () => player.reports.filter(({ code }) => code === 'FileEnded').length === 2,
    );
    const again = player.frames.slice(player.frames.lastIndexOf(54));
    expect(again.slice(0, 6)).toEqual([54, 55, 56, 57, 58, 59]);
  });

  test('a new engine is told of an old jump and of a pause: it begins there', async () => {
    const player = open('clip.mp4', { paused: true, seekMs: 1500 });
    await waitFor('the picture', 5_000, () => player.frame === 45);
    expect(player.source.health()).toMatchObject({ status: 'live', file: { paused: true, placeMs: 1500 } });
  });

  test('a file that nobody sees goes on, and shows the right picture when it is seen again', async () => {
    const player = open('clip.mp4', { file: { repeat: -1 } });
    await waitFor('some play', 5_000, () => (player.frame ?? 0) > 5);
    player.source.setWanted(false);
    await player.ticks(20);
    player.source.setWanted(true);
    await waitFor('a picture', 3_000, () => player.frame !== null && player.source.isReady());
    await player.ticks(2);
    expect(Math.abs((player.frame ?? 0) - (player.placeMs * FPS) / 1000)).toBeLessThanOrEqual(1);
  });

  test.each([
    ['large.mp4', ''],
    ['large.ts', FROM_START],
    ['large.mkv', FROM_START],
    ['large.flv', FROM_START],
  ])('%s of a server without ranges: repeats and jumps work', async (name, said) => {
    const plain = await servePlain(folder);
    try {
      play = new FilePlay({ url: `${plain.url}/${name}`, proxy: proxy.url, file: { repeat: 1 } });
      const player = play;
      await waitFor('a seam', 8_000, () => steps(player.frames).some((step) => step < -5));
      await player.ticks(10);
      const from = player.frames.indexOf(1);
      expect(player.frames.slice(from)).toEqual(player.frames.slice(from).map((_, index) => (index + 1) % COUNT));
      expect(player.source.health()).toMatchObject({ reconnects: 0, reason: said });
      player.source.setPlayback({ paused: true, seek: { serial: 2, toMs: 1000 } });
      await waitFor('the picture', 5_000, () => player.frame === 30);
    } finally {
      await play?.close();
      play = null;
      await plain.close();
    }
  });

  test('sound that is longer than the picture is played out under the last picture, and the other way round', async () => {
    const player = open('longer-sound.mp4');
    await waitFor('the end', 8_000, () => player.source.health().status === 'ended');
    expect(player.placeMs).toBeGreaterThan(1480);
    expect(player.placeMs).toBeLessThan(1540);
    expect(player.frame).toBe(14);
    await player.close();
    const other = open('longer-picture.mp4');
    await waitFor('the end', 8_000, () => other.source.health().status === 'ended');
    expect(Math.abs(other.placeMs - 1000)).toBeLessThan(5);
    expect(other.frame).toBe(29);
  });

  test.each(['tone.mp3', 'tone.wav', 'tone.m4a', 'tone.ogg'])('%s plays and ends', async (name) => {
    const player = open(name);
    await waitFor('the end', 8_000, () => player.source.health().status === 'ended');
    const middle = Math.floor(player.frames.length / 2);
    expect(Math.max(...samplesOf(player, middle - 2, middle + 2))).toBeGreaterThan(0.05);
    expect(Math.abs(player.placeMs - 500)).toBeLessThan(80);
    expect(player.source.isReady()).toBe(true);
  });

  test('a connection that breaks again and again costs no picture', async () => {
    const unsteady = await serveBreaking(folder);
    try {
      play = new FilePlay({ url: `${unsteady.url}/large.mkv`, proxy: proxy.url });
      const player = play;
      await waitFor('the end', 15_000, () => player.source.health().status === 'ended');
      const shown = player.frames.slice(player.frames.indexOf(1), player.frames.indexOf(COUNT - 1) + 1);
      // It may have stood still meanwhile, but has left nothing out and has not gone back.
      expect([...new Set(shown)]).toEqual(Array.from({ length: COUNT - 1 }, (_, index) => index + 1));
      expect(Math.min(...steps(player.frames))).toBeGreaterThanOrEqual(0);
      expect(unsteady.breaks()).toBeGreaterThanOrEqual(2);
    } finally {
      await play?.close();
      play = null;
      await unsteady.close();
    }
  });

  test('an edit list that begins within a group of pictures is kept to, in every play', async () => {
    const player = open('edit.mp4', { file: { repeat: 1 } });
    await waitFor('the end', 10_000, () => player.source.health().status === 'ended');
    const shown = player.frames.filter((frame) => frame !== null);
    const first = shown[0] ?? -1;
    expect(first).toBeGreaterThan(35);
    expect(first).toBeLessThan(50);
    const one = Array.from({ length: COUNT - first }, (_, index) => first + index);
    expect(shown.slice(shown.lastIndexOf(first, one.length / 2)).slice(0, one.length * 2)).toEqual([...one, ...one]);
  });

  test.each([
    ['clip.avi', ['-c:v', 'mjpeg', '-q:v', '3', '-c:a', 'pcm_s16le']],
    ['clip.webm', ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '1M', '-c:a', 'libvorbis']],
    ['clip.wmv', ['-c:v', 'wmv2', '-q:v', '3', '-c:a', 'wmav2']],
    ['clip.mpg', ['-c:v', 'mpeg2video', '-q:v', '3', '-c:a', 'mp2']],
  ])('%s plays, is repeated, and jumps', async (name, codecs) => {
    ffmpeg('-i', 'clip.mp4', '-t', '1', ...codecs, name);
    const player = open(name, { file: { repeat: -1 } });
    await waitFor('a seam', 10_000, () => steps(player.frames).some((step) => step < -5));
    await player.ticks(5);
    const shown = player.frames.slice(player.frames.indexOf(1));
    expect(shown).toEqual(shown.map((_, index) => (index + 1) % FPS));
    expect(Math.max(...player.sound.slice(-4_000))).toBeGreaterThan(0.1);
    player.source.setPlayback({ paused: true, seek: { serial: 3, toMs: 500 } });
    await waitFor('the picture', 5_000, () => player.frame === 15);
  });

  test('a file that has less than it says is over where it ends, and is repeated from there on', async () => {
    const whole = readFileSync(join(folder, 'large.mp4'));
    writeFileSync(join(folder, 'short.mp4'), whole.subarray(0, Math.round(whole.length / 2)));
    const player = open('short.mp4', { file: { repeat: -1 } });
    await waitFor('two seams', 15_000, () => steps(player.frames).filter((step) => step < -5).length >= 2);
    const seen = [...new Set(player.frames.filter((frame) => frame !== null))];
    expect(seen).toEqual(seen.map((_, index) => index));
    expect(seen.length).toBeGreaterThan(20);
    expect(player.source.health().reconnects).toBeLessThanOrEqual(2);
  });

  test('a part that holds nothing is an error in words', async () => {
    const player = open('clip.mp4', { file: { beginMs: 1000, endMs: 500 } });
    await waitFor('the error', 5_000, () => player.source.health().status === 'lost');
    expect(player.source.health().reason).toContain('offsets');
  });
});
