/** Encoders that cost next to nothing: one coded clip, pushed again and again in real time, under several names. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { ffmpegPath } from '../test/support/media-tools.js';

/** What the clip is, for those who write down what was measured. */
export const CLIP = '1280x720, 30 frames a second, moving, noisy as a camera in poor light, H.264 main at 10 Mbit/s';

/** Runs ffmpeg to its end. @throws Error with its words */
export function runFfmpeg(args: readonly string[]): void {
  const { status, stderr } = spawnSync(ffmpegPath, ['-v', 'error', '-y', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr}`);
}

export class LoopedPushes {
  readonly names: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'castdeck-pushes-'));
  readonly #children: ChildProcess[];

  /** @param prefix of the names: with a number behind it */
  constructor(server: CastdeckServer, prefix: string, count: number) {
    const clip = join(this.#folder, 'clip.flv');
    runFfmpeg([
      ...['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30,noise=alls=20:allf=t', '-f', 'lavfi', '-i', 'sine=440'],
      ...['-t', '10', '-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'main', '-pix_fmt', 'yuv420p'],
      ...['-b:v', '10M', '-bf', '0', '-g', '60', '-c:a', 'aac', '-ar', '48000', '-ac', '2', clip],
    ]);
    this.names = Array.from({ length: count }, (_, index) => `${prefix}${index}`);
    this.#children = this.names.map((name) => {
      const args = [
        '-v',
        'error',
        '-re',
        '-stream_loop',
        '-1',
        '-i',
        clip,
        '-c',
        'copy',
        '-f',
        'flv',
        server.pushUrl(name),
      ];
      return spawn(ffmpegPath, args, { stdio: 'ignore' });
    });
  }

  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
