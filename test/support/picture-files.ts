/** Pictures that tests put on the air by URL, made with the ffmpeg program at test time. */
import { spawnSync } from 'node:child_process';
import { ffmpegPath } from './media-tools.js';

function hex(colour: number): string {
  return `0x${colour.toString(16).padStart(6, '0')}`;
}

/** One part of a picture: 0xrrggbb, opaque unless told (0 to 1). */
export interface Part {
  colour: number;
  alpha?: number;
}

function run(args: readonly string[], input?: Buffer): void {
  const made = spawnSync(ffmpegPath, ['-v', 'error', '-y', ...args], input ? { input } : {});
  if (made.status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${String(made.stderr)}`);
}

/** A plain png of one colour 0xrrggbb. */
export function plainPng(path: string, colour: number, width = 320, height = 180): void {
  run(['-f', 'lavfi', '-i', `color=${hex(colour)}:s=${width}x${height},format=rgb24`, '-frames:v', '1', path]);
}

/** A png with alpha whose parts lie side by side (`columns`) or one below the other (`rows`), each of the same size. */
export function stripedPng(
  path: string,
  options: { parts: readonly Part[]; direction: 'columns' | 'rows'; width: number; height: number },
): void {
  const { parts, direction, width, height } = options;
  const size = direction === 'columns' ? `${width / parts.length}x${height}` : `${width}x${height / parts.length}`;
  const chains = parts.map(
    ({ colour, alpha }, index) => `color=${hex(colour)}@${alpha ?? 1}:s=${size},format=rgba[p${index}]`,
  );
  const stack = direction === 'columns' ? 'hstack' : 'vstack';
  const joined = `${parts.map((_, index) => `[p${index}]`).join('')}${stack}=inputs=${parts.length}`;
  run(['-f', 'lavfi', '-i', [...chains, joined].join(';'), '-frames:v', '1', '-pix_fmt', 'rgba', path]);
}

/** A gif that shows plain colours in turn, each for `seconds`, without end. */
export function blinkingGif(
  path: string,
  options: { colours: readonly number[]; seconds: number; width: number; height: number },
): void {
  const { colours, seconds, width, height } = options;
  const pictures = colours.map((colour) => {
    const pixel = Buffer.from([colour >> 16, (colour >> 8) & 0xff, colour & 0xff]);
    return Buffer.alloc(width * height * 3, pixel);
  });
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', String(1 / seconds)];
  run([...raw, '-i', 'pipe:0', '-loop', '0', path], Buffer.concat(pictures));
}
