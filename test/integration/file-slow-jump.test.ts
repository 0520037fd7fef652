/** Jumps in a file whose server takes its time. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AV_LOG_QUIET, Log } from '../../src/engine/av/log.js';
import { GuardProxy } from '../../src/engine/source/guard-proxy.js';
import { CodedSource } from '../support/coded-source.js';
import { FilePlay } from '../support/file-play.js';
import { ffmpegPath, hasFfmpeg } from '../support/media-tools.js';
import { serveSlow } from '../support/odd-servers.js';
import { waitFor } from '../support/wait.js';

const FPS = 30;

let folder: string;
let proxy: GuardProxy;
let play: FilePlay | null = null;

beforeEach(async () => {
  Log.setLevel(AV_LOG_QUIET);
  folder = mkdtempSync(join(tmpdir(), 'castdeck-slow-file-'));
  proxy = await GuardProxy.start('all');
});

afterEach(async () => {
  await proxy.close();
  rmSync(folder, { recursive: true });
});

/** Larger than what FFmpeg has in its buffers. */
async function makeLarge(): Promise<void> {
  await new CodedSource({ source: 3, width: 320, height: 180 }).writeFile(join(folder, 'clip.mp4'), 2);
  const noise = ['-vf', 'noise=alls=20:allf=t', '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '14', '-g', '30'];
  const args = ['-v', 'error', '-i', 'clip.mp4', ...noise, '-c:a', 'copy', 'large.mkv'];
  const made = spawnSync(ffmpegPath, args, { cwd: folder });
  if (made.status !== 0) throw new Error(String(made.stderr));
}

test.skipIf(!hasFfmpeg)(
  'while a jump takes long the old picture stays, and it is not ready, seen or unseen',
  async () => {
    await makeLarge();
    const slow = await serveSlow(folder);
    try {
      play = new FilePlay({ url: `${slow.url}/large.mkv`, proxy: proxy.url, file: { repeat: -1 } });
      const player = play;
      await waitFor('some play', 8_000, () => (player.frame ?? 0) > 20);
      slow.setDelay(2600);
      const before = player.frame;
      let at = player.frames.length;
      player.source.setPlayback({ paused: false, seek: { serial: 1, toMs: 200 } });
      await waitFor('the new place', 8_000, () => player.source.isReady());
      const held = player.frames.slice(at);
      expect(held.length).toBeGreaterThan(2.1 * FPS);
      expect(new Set(held.slice(0, 2 * FPS))).toEqual(new Set([before]));
      expect(held.findIndex((frame) => frame !== before)).toBe(held.indexOf(6));

      slow.setDelay(0);
      await waitFor('further play', 5_000, () => (player.frame ?? 0) > 20);
      player.source.setPlayback({ paused: true, seek: null });
      player.source.setWanted(false);
      slow.setDelay(1500);
      at = player.frames.length;
      player.source.setPlayback({ paused: true, seek: { serial: 2, toMs: 300 } });
      await player.ticks(10);
      expect(player.source.isReady()).toBe(false);
      player.source.setWanted(true);
      await waitFor('the place of the unseen jump', 8_000, () => player.source.isReady());
      expect(player.frames.length - at).toBeGreaterThan(1.2 * FPS);
      await player.ticks(2);
      expect(player.frame).toBe(9);
    } finally {
      await play?.close();
      play = null;
      await slow.close();
    }
  },
);
