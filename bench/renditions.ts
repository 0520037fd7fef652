/**
 * A programme and three renditions, all watched, made by Castdeck's engine and by one ffmpeg process that decodes the same
 * pushed source, splits the picture, scales it and encodes it four times: the same sizes, bit rates, preset, key frames and
 * scaler, in one run and in turn.
 */
import { spawn } from 'node:child_process';
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { recordFlv } from '../test/support/flv-recorder.js';
import { ffmpegPath } from '../test/support/media-tools.js';
import { shareOfCore, wait } from '../test/support/process.js';
import { Studio } from '../test/support/studio.js';
import type { Figure } from './figures.js';
import { CLIP, LoopedPushes } from './looped-pushes.js';

const SECONDS = 12;
const SETTLE = 8;
const ROUNDS = 3;

interface Size {
  /** Suffix of the stream; empty for the programme. */
  name: string;
  width: number;
  height: number;
  /** kbit/s */
  bitrate: number;
}

const SIZES: readonly Size[] = [
  { name: '', width: 1280, height: 720, bitrate: 2500 },
  { name: 'lhd', width: 1152, height: 648, bitrate: 1200 },
  { name: 'lsd', width: 768, height: 432, bitrate: 640 },
  { name: 'lld', width: 640, height: 360, bitrate: 460 },
];

function ffmpegArgs(address: string, out: (index: number) => string, threads: 'usual' | 'single'): string[] {
  const one = threads === 'single' ? ['-threads', '1'] : [];
  const scaled = SIZES.map(({ width, height }, index) =>
    index === 0 ? '[s0]null[v0]' : `[s${index}]scale=${width}:${height}:flags=bilinear[v${index}]`,
  );
  const graph = `[0:v]split=${SIZES.length}${SIZES.map((_, index) => `[s${index}]`).join('')};${scaled.join(';')}`;
  const outputs = SIZES.flatMap(({ bitrate }, index) => [
    ...['-map', `[v${index}]`, '-map', '0:a', '-r', '30', '-c:v', 'libx264', '-preset', 'veryfast'],
    ...['-tune', 'zerolatency', '-profile:v', 'main', '-g', '60', '-sc_threshold', '0', ...one],
    ...['-b:v', `${bitrate}k`, '-maxrate', `${bitrate}k`, '-bufsize', `${bitrate}k`],
    // The sound is coded once by us, and copied here.
    ...[...(index === 0 ? ['-c:a', 'aac', '-b:a', '128k'] : ['-c:a', 'copy']), '-f', 'flv', out(index)],
  ]);
  const filters = threads === 'single' ? ['-filter_complex_threads', '1'] : [];
  return [
    '-v',
    'error',
    ...filters,
    '-fflags',
    'nobuffer',
    ...one,
    '-i',
    address,
    '-filter_complex',
    graph,
    ...outputs,
  ];
}

/** Share of a core. */
async function measureFfmpeg(args: readonly string[], settle: number, seconds: number): Promise<number> {
  const child = spawn(ffmpegPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr?.on('data', (text: Buffer) => {
    words = (words + text.toString()).slice(-4000);
  });
  const exited = new Promise<void>((done) => child.once('close', () => done()));
  try {
    await wait(settle);
    const { pid } = child;
    if (pid === undefined || child.exitCode !== null) throw new Error(`ffmpeg ended: ${words}`);
    const share = await shareOfCore(() => [pid], seconds);
    if (child.exitCode !== null) throw new Error(`ffmpeg ended: ${words}`);
    return share;
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

/** Share of a core, and pictures that were let go. */
async function measureOurs(
  server: CastdeckServer,
  source: string,
  settle: number,
  seconds: number,
): Promise<{ share: number; dropped: number }> {
  const renditions = SIZES.flatMap(({ name }) => (name === '' ? [] : [name]));
  const studio = await Studio.create(server, { template: 'lp_hd', renditions });
  await studio.addSource('RV01', { LiveStreamUrl: `rtmp://localhost:${server.ports.rtmp}/live/${source}` });
  const layout = await studio.addLayout([{ source: 'RV01' }]);
  await studio.start();
  await studio.preview(layout);
  await studio.take();
  const stop = new AbortController();
  const viewers = ['original', ...renditions].map((name) => recordFlv(studio.urls(name).flv, { signal: stop.signal }));
  try {
    await wait(settle);
    const share = await shareOfCore(() => server.pids().engine, seconds);
    const { Engine } = await studio.call('DescribeCasterMix');
    return { share, dropped: (Engine as { DroppedFrames: number }).DroppedFrames };
  } finally {
    stop.abort();
    await Promise.allSettled(viewers);
    await studio.call('StopCaster');
    await studio.call('DeleteCaster');
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

export async function benchRenditions(server: CastdeckServer, short: boolean): Promise<Figure[]> {
  const [settle, seconds, count] = short ? [3, 2, 1] : [SETTLE, SECONDS, ROUNDS];
  const sources = new LoopedPushes(server, 'rendition', 1);
  const source = sources.names[0] ?? '';
  const address = `http://127.0.0.1:${server.ports.media}/live/${source}.flv?key=${server.keys.publishKey}`;
  const out = (index: number): string => server.pushUrl(`renditionout${index}`);
  try {
    await wait(3);
    const rounds: { ours: number; dropped: number; ffmpeg: number; single: number }[] = [];
    for (let round = 0; round < count; round++) {
      const { share, dropped } = await measureOurs(server, source, settle, seconds);
      const ffmpeg = await measureFfmpeg(ffmpegArgs(address, out, 'usual'), settle, seconds);
      const single = await measureFfmpeg(ffmpegArgs(address, out, 'single'), settle, seconds);
      rounds.push({ ours: share, dropped, ffmpeg, single });
    }
    const of = (pick: (round: (typeof rounds)[number]) => number): number => middle(rounds.map(pick));
    const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
    return [
      {
        what: 'PGM and three renditions, all watched',
        aim: '1.0 or less',
        value:
          `${of((round) => round.ours / round.ffmpeg).toFixed(2)} of ffmpeg ` +
          `(${of((round) => round.ours / round.single).toFixed(2)} of ffmpeg held to one thread): engine ` +
          `${percent(of((round) => round.ours))} of a core, ffmpeg ${percent(of((round) => round.ffmpeg))} ` +
          `(one thread ${percent(of((round) => round.single))}); ` +
          `${Math.max(...rounds.map(({ dropped }) => dropped))} pictures dropped at most`,
        how:
          `${count} rounds of ${seconds} s each, in turn; source ${CLIP}; ` +
          SIZES.map(({ width, height, bitrate }) => `${width}x${height} ${bitrate} kbit/s`).join(', '),
      },
    ];
  } finally {
    sources.stop();
  }
}
