/**
 * The same show made by Castdeck's engine, by the ffmpeg program and by GStreamer's compositor, one after the other in one
 * run: the same pushed sources, 1280x720 at 30 frames a second, x264 veryfast for live, one thread, the same bit rate, key
 * frames every 2 s, sound mixed and coded as AAC, and the result pushed by RTMP (by the engine over its link).
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { recordFlv } from '../test/support/flv-recorder.js';
import { ffmpegPath } from '../test/support/media-tools.js';
import { type StaticServer, serveFolder } from '../test/support/static-server.js';
import { Studio } from '../test/support/studio.js';
import type { Figure } from './figures.js';
import { shareOfCore, wait } from './process.js';

const SECONDS = 20;
const SETTLE = 5;
const BITRATE = 2500;
const PIP = { x: 832, y: 468, width: 384, height: 216 };
const LOGO = { x: 40, y: 40, width: 200, height: 100 };
const ROUNDS = 3;

function run(args: readonly string[]): void {
  const { status, stderr } = spawnSync(ffmpegPath, ['-v', 'error', '-y', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(' ')}: ${stderr}`);
}

const ENCODER = [
  '-c:v',
  'libx264',
  '-preset',
  'veryfast',
  '-tune',
  'zerolatency',
  '-profile:v',
  'main',
  '-threads',
  '1',
];
const RATE = [
  '-b:v',
  `${BITRATE}k`,
  '-maxrate',
  `${BITRATE}k`,
  '-bufsize',
  `${BITRATE}k`,
  '-g',
  '60',
  '-sc_threshold',
  '0',
];

/** Ten seconds of moving, noisy picture with a tone, and a logo that can be seen through. */
function makeMedia(folder: string): { clip: string; logo: string } {
  const clip = join(folder, 'clip.flv');
  run([
    ...['-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30,noise=alls=12:allf=t', '-f', 'lavfi', '-i', 'sine=440'],
    ...[
      '-t',
      '10',
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-pix_fmt',
      'yuv420p',
      '-b:v',
      '4M',
      '-bf',
      '0',
      '-g',
      '60',
    ],
    ...['-c:a', 'aac', '-ar', '48000', '-ac', '2', clip],
  ]);
  const logo = join(folder, 'logo.png');
  run([
    '-f',
    'lavfi',
    '-i',
    `testsrc=size=${LOGO.width}x${LOGO.height},format=rgba,colorchannelmixer=aa=0.7`,
    '-frames:v',
    '1',
    logo,
  ]);
  return { clip, logo };
}

class Sources {
  readonly #children: ChildProcess[] = [];
  readonly #server: CastdeckServer;

  constructor(server: CastdeckServer, clip: string, count: number) {
    this.#server = server;
    for (let index = 0; index < count; index++) {
      const input = ['-v', 'error', '-re', '-stream_loop', '-1', '-i', clip, '-c', 'copy', '-f', 'flv'];
      this.#children.push(spawn(ffmpegPath, [...input, server.pushUrl(`rival${index}`)], { stdio: 'ignore' }));
    }
  }

  /** Address at which a program other than ours plays a source. */
  flv(index: number): string {
    return `http://127.0.0.1:${this.#server.ports.media}/live/rival${index}.flv?key=${this.#server.keys.publishKey}`;
  }

  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}

/** Lets a program run, and gives back its share of a core. */
async function measureProgram(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let words = '';
  child.stderr?.on('data', (text: Buffer) => {
    words = (words + text.toString()).slice(-4000);
  });
  const exited = new Promise<void>((done) => child.once('close', () => done()));
  try {
    await wait(SETTLE);
    const { pid } = child;
    if (pid === undefined || child.exitCode !== null) throw new Error(`${program} ended: ${words}`);
    const share = await shareOfCore(() => [pid], SECONDS);
    if (child.exitCode !== null) throw new Error(`${program} ended: ${words}`);
    return share;
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

function ffmpegArgs(sources: Sources, count: number, logo: string, out: string): string[] {
  const inputs = Array.from({ length: count }, (_, index) => [
    '-fflags',
    'nobuffer',
    '-threads',
    '1',
    '-i',
    sources.flv(index),
  ]);
  const unused = Array.from({ length: count - 2 }, (_, index) => `[${index + 2}:v]nullsink;[${index + 2}:a]anullsink;`);
  const graph =
    `${unused.join('')}[1:v]scale=${PIP.width}:${PIP.height}:flags=bilinear[pip];` +
    `[0:v][pip]overlay=x=${PIP.x}:y=${PIP.y}[both];[both][${count}:v]overlay=x=${LOGO.x}:y=${LOGO.y}[v];` +
    '[0:a][1:a]amix=inputs=2[a]';
  return [
    ...['-v', 'error', '-filter_threads', '1', '-filter_complex_threads', '1', ...inputs.flat(), '-i', logo],
    ...['-filter_complex', graph, '-map', '[v]', '-map', '[a]', '-r', '30', ...ENCODER, ...RATE, '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', '-b:a', '128k', '-ar', '48000', '-f', 'flv', out],
  ];
}

function gstArgs(sources: Sources, count: number, logo: string, out: string): string[] {
  const box = (pad: string, { x, y, width, height }: typeof PIP): string => {
    return `sink_${pad}::xpos=${x} sink_${pad}::ypos=${y} sink_${pad}::width=${width} sink_${pad}::height=${height}`;
  };
  const shown = `${box('0', { x: 0, y: 0, width: 1280, height: 720 })} ${box('1', PIP)} ${box(`${count}`, LOGO)}`;
  const hidden = Array.from({ length: count - 2 }, (_, index) => `sink_${index + 2}::alpha=0`).join(' ');
  const pipeline = [
    `compositor name=c background=black ${shown} ${hidden} ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 !`,
    `queue ! x264enc speed-preset=veryfast tune=zerolatency threads=1 bitrate=${BITRATE} key-int-max=60 !`,
    'video/x-h264,profile=main ! h264parse ! flvmux name=m streamable=true ! ',
    `rtmp2sink location=${out} audiomixer name=a ! audio/x-raw,rate=48000,channels=2 ! queue ! avenc_aac bitrate=128000 ! aacparse ! m.`,
    ...Array.from({ length: count }, (_, index) => {
      const heard = index < 2 ? 'a.' : 'fakesink';
      return (
        `souphttpsrc location=${sources.flv(index)} is-live=true ! queue ! flvdemux name=d${index} ` +
        `d${index}.video ! queue ! h264parse ! avdec_h264 max-threads=1 ! queue ! c.sink_${index} ` +
        `d${index}.audio ! queue ! aacparse ! avdec_aac ! audioconvert ! audioresample ! queue ! ${heard}`
      );
    }),
    `filesrc location=${logo} ! pngdec ! videoconvert ! imagefreeze ! video/x-raw,framerate=30/1 ! c.sink_${count}`,
  ].join(' ');
  return ['-q', ...pipeline.split(/\s+/).filter((word) => word !== '')];
}

/** Decoding two sources and encoding one of them, with nothing in between: what every mixer pays. */
function floorArgs(sources: Sources, out: string): string[] {
  const input = (index: number): string[] => ['-fflags', 'nobuffer', '-threads', '1', '-i', sources.flv(index)];
  return [
    ...['-v', 'error', ...input(0), ...input(1), '-map', '0:v', '-map', '0:a', ...ENCODER, ...RATE],
    ...[
      '-c:a',
      'aac',
      '-b:a',
      '128k',
      '-ar',
      '48000',
      '-f',
      'flv',
      out,
      '-map',
      '1:v',
      '-map',
      '1:a',
      '-f',
      'null',
      '-',
    ],
  ];
}

async function ours(
  server: CastdeckServer,
  count: number,
  logo: string,
): Promise<{ share: number; stop: () => Promise<void> }> {
  const studio = await Studio.create(server, { template: 'lp_hd' });
  for (let index = 0; index < count; index++) {
    const address = `rtmp://localhost:${server.ports.rtmp}/live/rival${index}`;
    await studio.addSource(`RV0${index + 1}`, { LiveStreamUrl: address });
  }
  const layout = await studio.addLayout([
    { source: 'RV01' },
    { source: 'RV02', x: PIP.x / 1280, y: PIP.y / 720, width: PIP.width / 1280, height: PIP.height / 720 },
  ]);
  const component = await studio.call('AddCasterComponent', {
    ComponentType: 'image',
    LocationId: 'RC01',
    ComponentLayer: JSON.stringify({ PositionNormalized: [LOGO.x / 1280, LOGO.y / 720] }),
    ImageLayerContent: JSON.stringify({ ImageUrl: logo }),
  });
  await studio.start();
  await studio.call('SetCasterSceneConfig', {
    SceneId: studio.pvwScene,
    LayoutId: layout,
    'ComponentId.1': String(component.ComponentId),
  });
  await studio.take();
  const viewing = new AbortController();
  const viewer = recordFlv(studio.urls().flv, { signal: viewing.signal });
  await wait(SETTLE);
  const share = await shareOfCore(() => server.pids().engine, SECONDS);
  return {
    share,
    stop: async () => {
      viewing.abort();
      await viewer;
      await studio.call('StopCaster');
      await studio.call('DeleteCaster');
    },
  };
}

interface Shares {
  castdeck: number;
  ffmpeg: number;
  gstreamer: number | null;
  floor: number;
}

const hasGst = spawnSync('gst-inspect-1.0', ['--exists', 'x264enc']).status === 0;

async function compare(
  server: CastdeckServer,
  sources: Sources,
  count: number,
  files: { logo: string; web: StaticServer },
): Promise<Shares> {
  const mine = await ours(server, count, `${files.web.url}/logo.png`);
  await mine.stop();
  const out = (name: string): string => server.pushUrl(name);
  const ffmpeg = await measureProgram(ffmpegPath, ffmpegArgs(sources, count, files.logo, out('outf')));
  const gst = hasGst ? await measureProgram('gst-launch-1.0', gstArgs(sources, count, files.logo, out('outg'))) : null;
  const floor = await measureProgram(ffmpegPath, floorArgs(sources, out('outb')));
  return { castdeck: mine.share, ffmpeg, gstreamer: gst, floor };
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Middle of the rounds, and the ratio of each round to its cheaper rival. */
function figure(what: string, aim: string, rounds: readonly Shares[]): Figure {
  const of = (pick: (round: Shares) => number): number => middle(rounds.map(pick));
  const ratio = of((round) => round.castdeck / Math.min(round.ffmpeg, round.gstreamer ?? Number.POSITIVE_INFINITY));
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  const gst = hasGst ? percent(of((round) => round.gstreamer ?? Number.NaN)) : 'not installed';
  return {
    what,
    aim,
    value:
      `${ratio.toFixed(2)} of the cheaper rival: engine ${percent(of((round) => round.castdeck))} of a core, ` +
      `ffmpeg ${percent(of((round) => round.ffmpeg))}, GStreamer ${gst}; floor (decode two, encode one) ` +
      percent(of((round) => round.floor)),
    how: `${rounds.length} rounds of ${SECONDS} s each, in turn; 720p30, x264 veryfast zerolatency one thread, ${BITRATE} kbit/s`,
  };
}

export async function benchRivals(server: CastdeckServer): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'castdeck-rivals-'));
  const { clip, logo } = makeMedia(folder);
  const web = await serveFolder(folder);
  const sources = new Sources(server, clip, 8);
  try {
    await wait(3);
    const figures: Figure[] = [];
    for (const [count, what, aim] of [
      [2, '(a) two sources picture in picture and a logo', '0.95 or less'],
      [8, '(b) eight sources connected, two of them and a logo shown', '0.45 or less'],
    ] as const) {
      const rounds: Shares[] = [];
      for (let round = 0; round < ROUNDS; round++) rounds.push(await compare(server, sources, count, { logo, web }));
      figures.push(figure(what, aim, rounds));
    }
    return figures;
  } finally {
    sources.stop();
    await web.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
