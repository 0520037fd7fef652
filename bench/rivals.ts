/**
 * The same show made by Castdeck's engine, by the ffmpeg program and by GStreamer's compositor, one after the other in one
 * run: the same pushed sources, 1280x720 at 30 frames a second, x264 veryfast for live, the same bit rate, key frames every
 * 2 s, sound mixed and coded as AAC, and the result pushed by RTMP (by the engine over its link).
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CastdeckServer } from '../test/support/castdeck-server.js';
import { recordFlv } from '../test/support/flv-recorder.js';
import { ffmpegPath } from '../test/support/media-tools.js';
import { shareOfCore, wait } from '../test/support/process.js';
import { type StaticServer, serveFolder } from '../test/support/static-server.js';
import { Studio } from '../test/support/studio.js';
import type { Figure } from './figures.js';
import { CLIP, LoopedPushes, runFfmpeg } from './looped-pushes.js';

const SECONDS = 12;
/** Until the programs have opened their inputs, and Node has compiled what runs often. */
const SETTLE = 10;
const BITRATE = 2500;
const PIP = { x: 832, y: 468, width: 384, height: 216 };
const LOGO = { x: 40, y: 40, width: 200, height: 100 };
const ROUNDS = 2;

const ENCODER = ['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'main'];
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
const SOUND = ['-c:a', 'aac', '-b:a', '128k', '-ar', '48000'];

/** A logo that can be seen through. */
function makeLogo(folder: string): string {
  const logo = join(folder, 'logo.png');
  const picture = `testsrc=size=${LOGO.width}x${LOGO.height},format=rgba,colorchannelmixer=aa=0.7`;
  runFfmpeg(['-f', 'lavfi', '-i', picture, '-frames:v', '1', logo]);
  return logo;
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

/** @param threads as many as ffmpeg takes by itself, or one for each codec */
function ffmpegArgs(
  address: (index: number) => string,
  count: number,
  logo: string,
  out: string,
  threads: 'usual' | 'single',
): string[] {
  const one = threads === 'single' ? ['-threads', '1'] : [];
  const inputs = Array.from({ length: count }, (_, index) => ['-fflags', 'nobuffer', ...one, '-i', address(index)]);
  const unused = Array.from({ length: count - 2 }, (_, index) => `[${index + 2}:v]nullsink;[${index + 2}:a]anullsink;`);
  const graph =
    `${unused.join('')}[1:v]scale=${PIP.width}:${PIP.height}:flags=bilinear[pip];` +
    `[0:v][pip]overlay=x=${PIP.x}:y=${PIP.y}[both];[both][${count}:v]overlay=x=${LOGO.x}:y=${LOGO.y}[v];` +
    '[0:a][1:a]amix=inputs=2[a]';
  const filters = threads === 'single' ? ['-filter_complex_threads', '1'] : [];
  return [
    ...[
      '-v',
      'error',
      ...filters,
      ...inputs.flat(),
      '-i',
      logo,
      '-filter_complex',
      graph,
      '-map',
      '[v]',
      '-map',
      '[a]',
    ],
    ...['-r', '30', ...ENCODER, ...one, ...RATE, '-pix_fmt', 'yuv420p', ...SOUND, '-f', 'flv', out],
  ];
}

function gstArgs(address: (index: number) => string, count: number, logo: string, out: string): string[] {
  const box = (pad: string, { x, y, width, height }: typeof PIP): string => {
    return `sink_${pad}::xpos=${x} sink_${pad}::ypos=${y} sink_${pad}::width=${width} sink_${pad}::height=${height}`;
  };
  const shown = `${box('0', { x: 0, y: 0, width: 1280, height: 720 })} ${box('1', PIP)} ${box(`${count}`, LOGO)}`;
  const hidden = Array.from({ length: count - 2 }, (_, index) => `sink_${index + 2}::alpha=0`).join(' ');
  const pipeline = [
    `compositor name=c background=black ${shown} ${hidden} ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 !`,
    `queue ! x264enc speed-preset=veryfast tune=zerolatency bitrate=${BITRATE} key-int-max=60 !`,
    'video/x-h264,profile=main ! h264parse ! flvmux name=m streamable=true ! ',
    `rtmp2sink location=${out} audiomixer name=a ! audio/x-raw,rate=48000,channels=2 ! queue ! avenc_aac bitrate=128000 ! aacparse ! m.`,
    ...Array.from({ length: count }, (_, index) => {
      const heard = index < 2 ? 'a.' : 'fakesink';
      return (
        `souphttpsrc location=${address(index)} is-live=true ! queue ! flvdemux name=d${index} ` +
        `d${index}.video ! queue ! h264parse ! avdec_h264 ! queue ! c.sink_${index} ` +
        `d${index}.audio ! queue ! aacparse ! avdec_aac ! audioconvert ! audioresample ! queue ! ${heard}`
      );
    }),
    `filesrc location=${logo} ! pngdec ! videoconvert ! imagefreeze ! video/x-raw,framerate=30/1 ! c.sink_${count}`,
  ].join(' ');
  return ['-q', ...pipeline.split(/\s+/).filter((word) => word !== '')];
}

/** Decoding two sources and encoding one of them, with nothing in between: what every mixer pays. */
function floorArgs(address: (index: number) => string, out: string): string[] {
  const input = (index: number): string[] => ['-fflags', 'nobuffer', '-threads', '1', '-i', address(index)];
  return [
    ...['-v', 'error', ...input(0), ...input(1), '-map', '0:v', '-map', '0:a', ...ENCODER, '-threads', '1', ...RATE],
    ...[...SOUND, '-f', 'flv', out, '-map', '1:v', '-map', '1:a', '-f', 'null', '-'],
  ];
}

async function ours(server: CastdeckServer, count: number, logo: string): Promise<number> {
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
  try {
    await wait(SETTLE);
    return await shareOfCore(() => server.pids().engine, SECONDS);
  } finally {
    viewing.abort();
    await viewer;
    await studio.call('StopCaster');
    await studio.call('DeleteCaster');
  }
}

/** Shares of a core. */
interface Shares {
  castdeck: number;
  ffmpeg: number;
  /** ffmpeg held to one thread for each codec. */
  single: number;
  gstreamer: number | null;
  floor: number;
}

const hasGst = spawnSync('gst-inspect-1.0', ['--exists', 'x264enc']).status === 0;

interface Stage {
  server: CastdeckServer;
  address: (index: number) => string;
  logo: string;
  web: StaticServer;
}

/** One after the other, each in the way that its users run it, and the ffmpeg program once more on one thread. */
async function compare({ server, address, logo, web }: Stage, count: number): Promise<Shares> {
  const out = (name: string): string => server.pushUrl(name);
  const castdeck = await ours(server, count, `${web.url}/logo.png`);
  const ffmpeg = await measureProgram(ffmpegPath, ffmpegArgs(address, count, logo, out('outf'), 'usual'));
  const single = await measureProgram(ffmpegPath, ffmpegArgs(address, count, logo, out('outs'), 'single'));
  const gst = hasGst ? await measureProgram('gst-launch-1.0', gstArgs(address, count, logo, out('outg'))) : null;
  const floor = await measureProgram(ffmpegPath, floorArgs(address, out('outb')));
  return { castdeck, ffmpeg, single, gstreamer: gst, floor };
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Middle of the rounds, and the middle ratio to the cheaper rival of each round. */
function figure(what: string, aim: string, rounds: readonly Shares[]): Figure {
  const of = (pick: (round: Shares) => number): number => middle(rounds.map(pick));
  const ratio = of((round) => round.castdeck / Math.min(round.ffmpeg, round.gstreamer ?? Number.POSITIVE_INFINITY));
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  const gst = hasGst ? percent(of((round) => round.gstreamer ?? Number.NaN)) : 'not installed';
  return {
    what,
    aim,
    value:
      `${ratio.toFixed(2)} of the cheaper rival (${of((round) => round.castdeck / round.single).toFixed(2)} of ffmpeg held to ` +
      `one thread): engine ${percent(of((round) => round.castdeck))} of a core, ffmpeg ` +
      `${percent(of((round) => round.ffmpeg))} (one thread ${percent(of((round) => round.single))}), GStreamer ${gst}; ` +
      `floor, decoding two and encoding one on one thread, ${percent(of((round) => round.floor))}`,
    how: `${rounds.length} rounds of ${SECONDS} s each, in turn; sources ${CLIP}; PGM ${BITRATE} kbit/s`,
  };
}

export async function benchRivals(server: CastdeckServer): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'castdeck-rivals-'));
  const logo = makeLogo(folder);
  const web = await serveFolder(folder);
  const sources = new LoopedPushes(server, 'rival', 8);
  const { media } = server.ports;
  const address = (index: number): string => {
    return `http://127.0.0.1:${media}/live/${sources.names[index]}.flv?key=${server.keys.publishKey}`;
  };
  try {
    await wait(3);
    const figures: Figure[] = [];
    for (const [count, what, aim] of [
      [2, '(a) two sources picture in picture and a logo', '0.95 or less'],
      [8, '(b) eight sources connected, two of them and a logo shown', '0.45 or less'],
    ] as const) {
      const rounds: Shares[] = [];
      for (let round = 0; round < ROUNDS; round++) rounds.push(await compare({ server, address, logo, web }, count));
      figures.push(figure(what, aim, rounds));
    }
    return figures;
  } finally {
    sources.stop();
    await web.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
