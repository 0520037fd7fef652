/**
 * Every shape that a picture may come in, from the container to the composed frame: red is red on the left and blue is
 * blue on the right, whatever codec, depth, matrix, range, turn, samples or fields it was made with.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TimedPicture, VideoDecoder } from '../../src/engine/av/decoder.js';
import { Demuxer } from '../../src/engine/av/demuxer.js';
import { AV_LOG_QUIET, Log } from '../../src/engine/av/log.js';
import { planesOf } from '../../src/engine/av/picture.js';
import { GuardProxy } from '../../src/engine/source/guard-proxy.js';
import { Compositor } from '../../src/engine/video/compositor.js';
import { FramePool } from '../../src/engine/video/frame-pool.js';
import { ffmpegPath, hasFfmpeg } from '../support/media-tools.js';
import { type StaticServer, serveFolder } from '../support/static-server.js';

const FRAME = { width: 320, height: 180 };
/** In BT.709, limited range: luma and colour differences. */
const RED = { y: 63, u: 102, v: 240 };
const BLUE = { y: 32, u: 240, v: 118 };
const BLACK = { y: 16, u: 128, v: 128 };
/** Lossy coding and rounding on the way through two matrices; 601 read as 709 is 18 off in luma. */
const TOLERANCE = 7;

let folder: string;
let server: StaticServer;
let proxy: GuardProxy;
let compositor: Compositor;
let pool: FramePool;

/** Red to the left, blue to the right. */
function halves(width: number, height: number, more = ''): string {
  const left = Math.floor(width / 2);
  const half = (colour: string, wide: number): string => `color=${colour}:s=${wide}x${height}:r=25,format=rgb24`;
  return `${half('red', left)}[a];${half('blue', width - left)}[b];[a][b]hstack${more}`;
}

function make(name: string, graph: string, args: readonly string[], frames = 12): string {
  const input = ['-f', 'lavfi', '-i', graph];
  const made = spawnSync(ffmpegPath, [
    '-v',
    'error',
    '-y',
    ...input,
    '-frames:v',
    `${frames}`,
    ...args,
    join(folder, name),
  ]);
  if (made.status !== 0) throw new Error(`${name}: ${made.stderr}`);
  return name;
}

async function decodeAll(name: string, url = `${server.url}/${name}`): Promise<TimedPicture[]> {
  const demuxer = await Demuxer.open(url, proxy.url, new AbortController().signal);
  const parameters = demuxer.stream('video')?.parameters;
  if (!parameters) throw new Error('no picture');
  let decoder = new VideoDecoder({ parameters });
  const pictures: TimedPicture[] = [];
  try {
    for (let next = await demuxer.read(); next; next = await demuxer.read()) {
      if (next.kind !== 'video') continue;
      if (next.change) {
        pictures.push(...(await decoder.decode(null)));
        decoder.close();
        decoder = new VideoDecoder({ parameters: next.change });
      }
      pictures.push(...(await decoder.decode(next.packet)));
    }
    pictures.push(...(await decoder.decode(null)));
    return pictures;
  } catch (error) {
    free(pictures);
    throw error;
  } finally {
    decoder.close();
    await demuxer.close();
  }
}

/** Colour at a place (shares of the frame) of the composed picture. */
function composed(entry: TimedPicture | undefined): (x: number, y: number) => { y: number; u: number; v: number } {
  if (!entry) throw new Error('nothing was decoded');
  const layer = { source: 'RV01', fill: 'fit', width: 1, height: 1, x: 0, y: 0, refer: 'topLeft', delayMs: 0 } as const;
  const picture = compositor.compose({ background: [], pictures: [{ layer, picture: entry.picture }], cover: [] });
  const planes = planesOf(picture);
  const copies = { y: Buffer.from(planes.y.data), u: Buffer.from(planes.u.data), v: Buffer.from(planes.v.data) };
  const strides = { y: planes.y.stride, u: planes.u.stride };
  picture.free();
  return (x, y) => {
    const column = Math.floor(x * FRAME.width);
    const row = Math.floor(y * FRAME.height);
    const chroma = (row >> 1) * strides.u + (column >> 1);
    return { y: copies.y[row * strides.y + column] ?? 0, u: copies.u[chroma] ?? 0, v: copies.v[chroma] ?? 0 };
  };
}

function expectColour(actual: { y: number; u: number; v: number }, wanted: typeof RED, what: string): void {
  for (const part of ['y', 'u', 'v'] as const) {
    expect(Math.abs(actual[part] - wanted[part]), `${what}: ${JSON.stringify(actual)}`).toBeLessThanOrEqual(TOLERANCE);
  }
}

function free(pictures: readonly TimedPicture[]): void {
  for (const { picture } of pictures) picture.free();
}

beforeAll(async () => {
  Log.setLevel(AV_LOG_QUIET);
  folder = mkdtempSync(join(tmpdir(), 'castdeck-shapes-'));
  server = await serveFolder(folder);
  proxy = await GuardProxy.start('all');
  pool = new FramePool(FRAME);
  compositor = new Compositor(FRAME, pool);
});

afterAll(async () => {
  compositor?.[Symbol.dispose]();
  pool?.[Symbol.dispose]();
  await proxy?.close();
  await server?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '12'];
const to = (matrix: string, range: string, format: string): string =>
  `,scale=out_color_matrix=${matrix}:out_range=${range},format=${format}`;
const tags = (matrix: string, range: string): string[] => ['-colorspace', matrix, '-color_range', range];
const X265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none', '-crf', '12'];

/** File, filters behind the halves, and the encoder. 160x90 unless told. */
const SHAPES: [name: string, more: string, args: string[], size?: [number, number]][] = [
  ['601-untagged.mp4', to('bt601', 'tv', 'yuv420p'), X264],
  ['709-tagged.mp4', to('bt709', 'tv', 'yuv420p'), [...X264, ...tags('bt709', 'tv')]],
  ['709-untagged-720.mp4', to('bt709', 'tv', 'yuv420p'), X264, [1280, 720]],
  ['601-full.mp4', to('bt601', 'pc', 'yuvj420p'), [...X264, ...tags('smpte170m', 'pc')]],
  ['709-full.mp4', to('bt709', 'pc', 'yuvj420p'), [...X264, ...tags('bt709', 'pc')]],
  ['422.mp4', to('bt709', 'tv', 'yuv422p'), [...X264, ...tags('bt709', 'tv')]],
  ['444.mp4', to('bt601', 'tv', 'yuv444p'), [...X264, ...tags('bt470bg', 'tv')]],
  ['h264-10-bit.mp4', to('bt709', 'tv', 'yuv422p10'), [...X264, ...tags('bt709', 'tv')]],
  ['rgb.mkv', ',format=rgb24', ['-c:v', 'libx264rgb', '-preset', 'ultrafast', '-crf', '12']],
  ['b-frames.mp4', to('bt601', 'tv', 'yuv420p'), ['-c:v', 'libx264', '-bf', '3', '-crf', '12']],
  ['hevc.mp4', to('bt709', 'tv', 'yuv420p'), [...X265, ...tags('bt709', 'tv')]],
  ['hevc-10-2020.mp4', to('bt2020', 'tv', 'yuv420p10'), [...X265, ...tags('bt2020nc', 'tv')]],
  ['vp8.webm', to('bt601', 'tv', 'yuv420p'), ['-c:v', 'libvpx', '-b:v', '2M', '-deadline', 'realtime']],
  [
    'vp9.webm',
    to('bt709', 'tv', 'yuv444p'),
    ['-c:v', 'libvpx-vp9', '-b:v', '2M', '-deadline', 'realtime', ...tags('bt709', 'tv')],
  ],
  [
    'av1.mp4',
    to('bt709', 'tv', 'yuv420p'),
    ['-c:v', 'libaom-av1', '-cpu-used', '8', '-crf', '20', ...tags('bt709', 'tv')],
  ],
  ['mpeg2.ts', to('bt601', 'tv', 'yuv420p'), ['-c:v', 'mpeg2video', '-q:v', '2', '-bf', '2']],
  ['prores.mov', to('bt601', 'tv', 'yuv422p10'), ['-c:v', 'prores_ks']],
  ['mjpeg.avi', to('bt601', 'pc', 'yuvj422p'), ['-c:v', 'mjpeg', '-q:v', '2']],
  [
    'odd-size.webm',
    to('bt601', 'tv', 'yuv420p'),
    ['-c:v', 'libvpx-vp9', '-b:v', '2M', '-deadline', 'realtime'],
    [161, 91],
  ],
  ['odd-444.mp4', to('bt601', 'tv', 'yuv444p'), X264, [163, 91]],
];

describe.skipIf(!hasFfmpeg)('a red stays that red', () => {
  test.each(SHAPES)('%s', { timeout: 20_000 }, async (name, more, args, [width, height] = [160, 90]) => {
    make(name, halves(width, height, more), args);
    const pictures = await decodeAll(name);
    expect(pictures.length).toBe(12);
    const times = pictures.map(({ pts }) => pts);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const at = composed(pictures.at(-1));
    expectColour(at(0.25, 0.5), RED, 'left');
    expectColour(at(0.75, 0.5), BLUE, 'right');
    free(pictures);
  });
});

describe.skipIf(!hasFfmpeg)('upright', () => {
  test.each([
    // Where red is to be found after the turn: FFmpeg 5.1 turns counter-clockwise by positive angles.
    [90, { red: [0.5, 0.75], blue: [0.5, 0.25] }],
    [180, { red: [0.75, 0.5], blue: [0.25, 0.5] }],
    [270, { red: [0.5, 0.25], blue: [0.5, 0.75] }],
  ] as const)('a picture that a phone took turned by %i degrees', async (angle, { red, blue }) => {
    const flat = make(`flat-${angle}.mp4`, halves(160, 90, to('bt601', 'tv', 'yuv420p')), X264);
    const name = `turned-${angle}.mp4`;
    const made = spawnSync(ffmpegPath, [
      ...['-v', 'error', '-y', '-display_rotation', `${angle}`, '-i', join(folder, flat), '-c', 'copy'],
      join(folder, name),
    ]);
    if (made.status !== 0) {
      // Before FFmpeg 6.
      const args = ['-v', 'error', '-y', '-i', join(folder, flat), '-c', 'copy', '-metadata:s:v:0'];
      const old = spawnSync(ffmpegPath, [...args, `rotate=${angle}`, join(folder, name)]);
      expect(old.status, String(old.stderr)).toBe(0);
    }
    const pictures = await decodeAll(name);
    expect(pictures.length).toBe(12);
    const last = pictures.at(-1)?.picture;
    expect([last?.width, last?.height]).toEqual(angle === 180 ? [160, 90] : [90, 160]);
    const at = composed(pictures.at(-1));
    expectColour(at(red[0], red[1]), RED, 'red');
    expectColour(at(blue[0], blue[1]), BLUE, 'blue');
    if (angle !== 180) expectColour(at(0.05, 0.5), BLACK, 'side');
    free(pictures);
  });
});

test.skipIf(!hasFfmpeg)('samples that are twice as wide as high', async () => {
  const name = make('wide.mp4', halves(80, 90, `${to('bt601', 'tv', 'yuv420p')},setsar=2/1`), X264);
  const pictures = await decodeAll(name);
  const at = composed(pictures.at(-1));
  // 160x90 as shown: it fills the frame.
  expectColour(at(0.03, 0.5), RED, 'left edge');
  expectColour(at(0.97, 0.5), BLUE, 'right edge');
  free(pictures);
});

describe.skipIf(!hasFfmpeg)('interlaced', () => {
  /** Rows of a picture that differ from the mean of their neighbours, the mark of two moments in one picture. */
  function combing({ picture }: TimedPicture): number {
    const { y } = planesOf(picture);
    let sum = 0;
    for (let row = 1; row < picture.height - 1; row++) {
      for (let column = 0; column < picture.width; column++) {
        const at = (line: number): number => y.data[line * y.stride + column] ?? 0;
        sum += Math.abs(2 * at(row) - at(row - 1) - at(row + 1));
      }
    }
    return sum / (picture.width * picture.height);
  }

  // A white bar that moves 8 samples a field, at 50 fields a second.
  const MOVING = `color=gray:s=160x96:r=50[g];color=white:s=24x96:r=50[w];[g][w]overlay=x='mod(8*n\\,136)'`;

  test.each(['tff', 'bff'])(
    'H.264 with two moments in a picture, %s: as many pictures, and none is combed',
    async (first) => {
      const weave = `${MOVING},tinterlace=mode=${first === 'tff' ? 'interleave_top' : 'interleave_bottom'},format=yuv420p`;
      const name = make(
        `woven-${first}.ts`,
        weave,
        [...X264, '-flags', '+ildct+ilme', '-x264-params', `${first}=1`],
        24,
      );
      const plain = make(`plain-${first}.ts`, weave, X264, 24);
      const raw = await decodeAll(plain);
      const pictures = await decodeAll(name);
      expect(pictures.length).toBe(24);
      const steps = pictures.slice(1).map(({ pts }, index) => Math.round((pts - (pictures[index]?.pts ?? 0)) / 1000));
      expect(new Set(steps)).toEqual(new Set([40]));
      expect(pictures[0]?.pts).toBe(raw[0]?.pts);
      const worst = Math.max(...pictures.slice(2, -2).map(combing));
      const woven = Math.min(...raw.slice(2, -2).map(combing));
      expect(woven).toBeGreaterThan(4);
      expect(worst).toBeLessThan(woven / 3);
      free(raw);
      free(pictures);
    },
  );
});

describe.skipIf(!hasFfmpeg)('a stream that changes on the air', () => {
  const YUV = to('bt601', 'tv', 'yuv420p');

  /** One stream after the other, as a relay sends them on when its encoder is exchanged. */
  function join2(name: string, parts: readonly Buffer[]): string {
    writeFileSync(join(folder, name), Buffer.concat(parts));
    return name;
  }

  const read = (name: string): Buffer => readFileSync(join(folder, name));

  function sizes(pictures: readonly TimedPicture[]): string[] {
    return [...new Set(pictures.map(({ picture }) => `${picture.width}x${picture.height}`))];
  }

  function expectHalves(pictures: readonly TimedPicture[]): void {
    for (const entry of [pictures[2], pictures.at(-2)]) {
      const at = composed(entry);
      expectColour(at(0.25, 0.5), RED, 'left');
      expectColour(at(0.75, 0.5), BLUE, 'right');
    }
  }

  test('size, in a transport stream', async () => {
    const small = make('small.ts', halves(160, 90, YUV), X264);
    const large = make('large.ts', halves(320, 180, YUV), X264);
    const pictures = await decodeAll(join2('grows.ts', [read(small), read(large), read(small)]));
    expect(sizes(pictures)).toEqual(['160x90', '320x180']);
    expect(pictures.length).toBeGreaterThan(30);
    expectHalves(pictures);
    free(pictures);
  });

  test('size, in FLV, whose configuration comes apart', async () => {
    const args = [...X264, '-flvflags', 'no_duration_filesize'];
    const small = read(make('small.flv', halves(160, 90, YUV), args));
    const large = read(make('large.flv', halves(320, 180, YUV), args));
    // 9 bytes of header and 4 of the first back pointer.
    const pictures = await decodeAll(join2('grows.flv', [small, large.subarray(13), small.subarray(13)]));
    expect(sizes(pictures)).toEqual(['160x90', '320x180']);
    expect(pictures.length).toBe(36);
    expectHalves(pictures);
    free(pictures);
  });

  test.each([
    ['under another number', ['-mpegts_start_pid', '0x300']],
    ['under the same number, which means opening it anew', []],
  ])('codec, in a transport stream, %s', { timeout: 20_000 }, async (_name, more) => {
    const first = make('first.ts', halves(160, 90, YUV), X264, 60);
    const second = make('second.ts', halves(320, 180, YUV), [...X265, ...more, '-output_ts_offset', '5'], 60);
    // As a live stream comes: nobody can look what follows.
    const live = createServer((_request, response) => {
      response.write(read(first));
      response.end(read(second));
    }).listen(0, '127.0.0.1');
    await once(live, 'listening');
    const url = `http://127.0.0.1:${(live.address() as AddressInfo).port}/live.ts`;
    if (more.length === 0) {
      await expect(decodeAll('live', url)).rejects.toThrow('another codec');
      live.close();
      return;
    }
    const pictures = await decodeAll('live', url);
    live.close();
    expect(sizes(pictures)).toEqual(['160x90', '320x180']);
    expect(pictures.length).toBeGreaterThan(100);
    expectHalves(pictures);
    free(pictures);
  });
});
