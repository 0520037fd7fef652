/**
 * The hub as a whole, in this process, with Debian's ffmpeg as encoder and player. Looks at what players receive:
 * codecs, size, numbers of frames, times. Every hub gets free ports and is closed with everything that was started.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Hub, startHub } from '../../src/hub/hub.js';
import {
  encodeConfig,
  encodeControl,
  encodeHello,
  encodePacketHead,
  FrameReader,
  type LinkFrame,
  type MediaPacket,
  TRACK_VIDEO,
} from '../../src/link/frame.js';

const KEY = 'integration-key';
const TOKEN = 'integration-token';
const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0 && spawnSync('ffprobe', ['-version']).status === 0;
const run = promisify(execFile);

let directory: string;
let hub: Hub;
let children: ChildProcess[] = [];
let sockets: Socket[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'castdeck-hub-'));
  hub = await startHub(
    {
      host: '127.0.0.1',
      mediaPort: 0,
      rtmpPort: 0,
      webrtcPort: 0,
      linkPath: join(directory, 'link.sock'),
      linkToken: TOKEN,
      publishKey: KEY,
      webrtcAddresses: [],
      maxReaders: 20,
    },
    { published: () => {} },
  );
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const socket of sockets) socket.destroy();
  children = [];
  sockets = [];
  await hub.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Polls until `probe` gives something; fails after `ms`. */
async function until<T>(what: string, probe: () => T | undefined | false | null, ms = 10_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function start(args: string[]): ChildProcess {
  const child = spawn('ffmpeg', ['-nostdin', '-hide_banner', '-loglevel', 'error', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout?.resume();
  children.push(child);
  return child;
}

interface PushOptions {
  key?: string;
  name?: string;
  encoder?: string[];
}

function push({ key = KEY, name = 'cam', encoder = [] }: PushOptions = {}): ChildProcess {
  return start([
    ...['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=25', '-f', 'lavfi', '-i', 'sine=frequency=440'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25', '-keyint_min', '25'],
    ...['-c:a', 'aac', '-ar', '48000', ...encoder],
    ...['-f', 'flv', `rtmp://127.0.0.1:${hub.rtmpPort}/live/${name}?key=${key}`],
  ]);
}

const isLive = (stream: string) => hub.stats().some((one) => one.stream === stream && one.live && one.bytesIn > 50_000);

interface Probe {
  streams: { codec_name: string; width?: number; height?: number; sample_rate?: string }[];
  packets: { codec_type: string; pts_time: string; dts_time: string; flags: string }[];
}

/** Reads `seconds` of a URL and says what is in it. */
async function probe(url: string, seconds = 3): Promise<Probe> {
  const { stdout } = await run(
    'ffprobe',
    [
      ...['-v', 'error', '-probesize', '500000', '-read_intervals', `%+${seconds}`, '-of', 'json'],
      ...['-show_entries', 'stream=codec_name,width,height,sample_rate', '-show_packets', url],
    ],
    { timeout: 25_000, maxBuffer: 64 * 1024 * 1024 },
  );
  return JSON.parse(stdout) as Probe;
}

/** Checks codecs, size, pace and the distance between picture and sound of a probed stream. */
function expectTestStream(found: Probe): void {
  const video = found.streams.find((stream) => stream.codec_name === 'h264');
  const audio = found.streams.find((stream) => stream.codec_name === 'aac');
  expect(video).toMatchObject({ width: 320, height: 180 });
  expect(audio).toMatchObject({ sample_rate: '48000' });
  const times = (type: string) =>
    found.packets.filter((packet) => packet.codec_type === type).map((packet) => Number(packet.dts_time));
  const videoTimes = times('video');
  const audioTimes = times('audio');
  expect(found.packets.find((packet) => packet.codec_type === 'video')?.flags).toContain('K');
  expect(videoTimes.length).toBeGreaterThanOrEqual(50);
  for (const list of [videoTimes, audioTimes]) {
    for (let index = 1; index < list.length; index++) {
      const step = (list[index] ?? 0) - (list[index - 1] ?? 0);
      expect(step).toBeGreaterThan(0);
      expect(step).toBeLessThan(0.1);
    }
  }
  expect(Math.abs((videoTimes[0] ?? 0) - (audioTimes[0] ?? 99))).toBeLessThan(0.3);
  const span = (videoTimes.at(-1) ?? 0) - (videoTimes[0] ?? 0);
  expect(span / (videoTimes.length - 1)).toBeCloseTo(0.04, 2);
}

/** An engine's end of the link that keeps what it receives. */
class Engine {
  readonly socket: Socket;
  readonly frames: LinkFrame[] = [];
  closed = false;

  constructor(role: 'publish' | 'subscribe', stream: string, token = TOKEN) {
    this.socket = connect(join(directory, 'link.sock'));
    sockets.push(this.socket);
    const reader = new FrameReader();
    this.socket.on('data', (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) this.frames.push(frame);
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.write(encodeHello({ version: 1, role, stream, token }));
  }

  send(packet: MediaPacket): void {
    this.socket.write(encodePacketHead(packet));
    this.socket.write(packet.payload);
  }

  controls(type: string) {
    return this.frames.flatMap((frame) =>
      frame.kind === 'control' && frame.control.type === type ? [frame.control] : [],
    );
  }

  packets(): MediaPacket[] {
    return this.frames.flatMap((frame) => (frame.kind === 'packet' ? [frame.packet] : []));
  }
}

/** Baseline 320x180, as x264 writes it. */
const SPS = Buffer.from('6742c00dd90141' + '8ff97011000003000100000300320f14332e', 'hex');
const AVCC = Buffer.concat([
  Buffer.from([1, 0x42, 0xc0, 0x0d, 0xff, 0xe1, 0, SPS.length]),
  SPS,
  Buffer.from([1, 0, 4, 0x68, 0xcb, 0x83, 0xcb]),
]);

/** A frame that is well formed for a server; `number` can be read back from its bytes. */
function frame(number: number, gop = 10, size = 200, dts = number * 40_000): MediaPacket {
  const payload = Buffer.alloc(4 + size, 0xaa);
  payload.writeUInt32BE(size, 0);
  payload.writeUInt8(number % gop === 0 ? 0x65 : 0x41, 4);
  payload.writeUInt32BE(number, 5);
  return { track: TRACK_VIDEO, key: number % gop === 0, dts, cts: 0, payload };
}

/** Publishes frames every 10 ms until stopped. */
function publish(stream: string, options: { size?: number; first?: number; dts?: number } = {}) {
  const engine = new Engine('publish', stream);
  engine.socket.write(encodeConfig({ track: TRACK_VIDEO, codec: 'h264', extradata: AVCC }));
  let number = options.first ?? 0;
  let dts = options.dts ?? 0;
  const timer = setInterval(() => {
    engine.send(frame(number++, 10, options.size ?? 200, dts));
    dts += 10_000;
  }, 10);
  engine.socket.on('close', () => clearInterval(timer));
  return engine;
}

interface FlvTag {
  type: number;
  time: number;
  body: Buffer;
}

/** An HTTP-FLV viewer that keeps the tags. */
class FlvViewer {
  readonly tags: FlvTag[] = [];
  status = 0;
  closed = false;
  bytes = 0;
  header: Buffer | null = null;
  #rest: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    const request = get({ host: '127.0.0.1', port: hub.mediaPort, path, agent: false }, (response) => {
      this.status = response.statusCode ?? 0;
      response.on('data', (chunk: Buffer) => this.#data(chunk));
      response.on('close', () => {
        this.closed = true;
      });
      response.on('error', () => {});
    });
    request.on('socket', (socket) => sockets.push(socket));
    request.on('error', () => {
      this.closed = true;
    });
  }

  #data(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (!this.header && this.#rest.length >= 13) {
      this.header = this.#rest.subarray(0, 13);
      this.#rest = this.#rest.subarray(13);
    }
    while (this.header && this.#rest.length >= 11) {
      const size = this.#rest.readUIntBE(1, 3);
      if (this.#rest.length < 15 + size) return;
      const time = this.#rest.readUIntBE(4, 3) + this.#rest.readUInt8(7) * 2 ** 24;
      this.tags.push({ type: this.#rest.readUInt8(0), time, body: this.#rest.subarray(11, 11 + size) });
      this.#rest = this.#rest.subarray(15 + size);
    }
  }

  /** Frame numbers of {@link frame}, with times. */
  frames(): { number: number; key: boolean; time: number }[] {
    return this.tags
      .filter((tag) => tag.type === 9 && tag.body[1] === 1)
      .map((tag) => ({ number: tag.body.readUInt32BE(10), key: tag.body[0] === 0x17, time: tag.time }));
  }
}

async function fetchStatus(path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${hub.mediaPort}${path}`);
  return { status: response.status, body: await response.text() };
}

describe.skipIf(!hasFfmpeg)('with ffmpeg (skipped when it is not installed)', () => {
  test('a push plays back by RTMP, HTTP-FLV and HLS', { timeout: 60_000 }, async () => {
    push();
    await until('the push', () => isLive('live/cam'));
    expectTestStream(await probe(`rtmp://127.0.0.1:${hub.rtmpPort}/live/cam?key=${KEY}`));
    expectTestStream(await probe(`http://127.0.0.1:${hub.mediaPort}/live/cam.flv?key=${KEY}`));
    expectTestStream(await probe(`http://127.0.0.1:${hub.mediaPort}/live/cam.m3u8?key=${KEY}`, 4));
  });

  test('B-frames keep their composition times', { timeout: 30_000 }, async () => {
    push({ encoder: ['-preset', 'veryfast', '-bf', '2', '-x264-params', 'b-adapt=0'] });
    await until('the push', () => isLive('live/cam'));
    for (const url of ['live/cam.flv', 'live/cam.m3u8']) {
      const found = await probe(`http://127.0.0.1:${hub.mediaPort}/${url}?key=${KEY}`);
      const video = found.packets.filter((packet) => packet.codec_type === 'video');
      const shown = video.map((packet) => Math.round(Number(packet.pts_time) * 1000));
      expect(shown.some((time, index) => time < (shown[index - 1] ?? 0))).toBe(true);
      const sorted = [...shown].sort((a, b) => a - b).slice(0, -3);
      for (let index = 1; index < sorted.length; index++) {
        expect(Math.abs((sorted[index] ?? 0) - (sorted[index - 1] ?? 0) - 40)).toBeLessThan(3);
      }
    }
  });

  test('a wrong key is refused with a reason', { timeout: 20_000 }, async () => {
    const child = push({ key: 'wrong' });
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).not.toBe(0);
    expect(errors).toMatch(/key is missing or wrong/);
    expect(hub.stats().some((one) => one.live)).toBe(false);
  });

  test('another codec is refused with its name', { timeout: 20_000 }, async () => {
    const child = start([
      ...['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=25', '-c:v', 'flv1', '-f', 'flv'],
      `rtmp://127.0.0.1:${hub.rtmpPort}/live/cam?key=${KEY}`,
    ]);
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).not.toBe(0);
    expect(errors).toMatch(/H\.263 is not supported, send H\.264/);
    expect(hub.stats().some((one) => one.live)).toBe(false);
  });

  test('a second push of the same name is refused, the first goes on', { timeout: 20_000 }, async () => {
    const first = push();
    await until('the push', () => isLive('live/cam'));
    const second = push();
    expect(await new Promise((resolve) => second.once('exit', resolve))).not.toBe(0);
    expect(first.exitCode).toBeNull();
    expect(isLive('live/cam')).toBe(true);
  });

  test('an engine that subscribes early gets the push when it comes', { timeout: 20_000 }, async () => {
    const engine = new Engine('subscribe', 'live/cam');
    await until('the answer', () => engine.controls('source')[0]);
    expect(engine.controls('source')).toEqual([{ type: 'source', live: false }]);
    push();
    await until('packets', () => engine.packets().length > 50);
    expect(engine.controls('source').at(-1)).toEqual({ type: 'source', live: true });
    const kinds = engine.frames.filter((one) => one.kind !== 'control');
    expect(kinds[0]?.kind).toBe('config');
    expect(engine.packets()[0]).toMatchObject({ track: TRACK_VIDEO, key: true });
    const codecs = engine.frames.flatMap((one) => (one.kind === 'config' ? [one.config.codec] : []));
    expect(codecs.sort()).toEqual(['aac', 'h264']);
  });
});

test('garbage and slow connections do not kill the hub', { timeout: 20_000 }, async () => {
  let seed = 1;
  const random = () => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return seed & 0xff;
  };
  for (const port of [hub.rtmpPort, hub.mediaPort]) {
    for (let round = 0; round < 20; round++) {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => {});
      socket.resume();
      const bytes = Buffer.alloc(20_000);
      for (let index = 0; index < bytes.length; index++) bytes[index] = random();
      // Every other time past RTMP's handshake, into the chunk stream.
      if (round % 2 === 0) bytes[0] = 3;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(bytes);
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
  }
  expect((await fetchStatus('/caster/none.flv')).status).toBe(404);
  expect(JSON.parse((await fetchStatus('/caster/none.m3u8')).body)).toMatchObject({ code: 'StreamNotFound' });
  expect((await fetchStatus('/live/cam.flv')).status).toBe(403);
  expect((await fetchStatus('/caster/..%2f.flv')).status).toBe(404);
});

test('an engine publishes to an HTTP-FLV viewer and learns of it', async () => {
  const engine = publish('caster/aa');
  await until('frames', () => hub.stats().find((one) => one.stream === 'caster/aa' && one.bytesIn > 2_000));
  const viewer = new FlvViewer('/caster/aa.flv');
  const frames = await until('pictures', () => viewer.frames().length > 15 && viewer.frames());
  expect(viewer.header).toEqual(Buffer.from('464c5601010000000900000000', 'hex'));
  expect(viewer.tags[0]?.type).toBe(18);
  expect(viewer.tags[1]?.body.subarray(5)).toEqual(AVCC);
  expect(frames[0]).toMatchObject({ key: true, time: 100 });
  frames.forEach((one, index) => {
    expect(one.number).toBe((frames[0]?.number ?? 0) + index);
    expect(one.time).toBe(100 + 10 * index);
  });
  expect(engine.controls('accepted')).toHaveLength(1);
  expect(engine.controls('demand').at(-1)).toEqual({ type: 'demand', readers: 1, opus: 0 });
  engine.socket.write(encodeControl({ type: 'end', reason: 'done' }));
  await until('the end', () => viewer.closed);
});

test('a wrong token is refused', async () => {
  const engine = new Engine('publish', 'caster/aa', 'wrong');
  await until('the end', () => engine.closed);
  expect(engine.controls('refused')).toHaveLength(1);
});

test('a viewer outlives a crash of the engine, with times that grow', { timeout: 20_000 }, async () => {
  const first = publish('caster/bb', { dts: 5_000_000_000 });
  await until('frames', () => hub.stats().find((one) => one.bytesIn > 2_000));
  const viewer = new FlvViewer('/caster/bb.flv');
  await until('pictures', () => viewer.frames().length > 15);
  first.socket.destroy();
  await until('the loss', () => hub.stats().some((one) => one.stream === 'caster/bb' && !one.live));
  const before = viewer.frames().length;
  publish('caster/bb', { first: 1_000_003, dts: 77 });
  await until('more pictures', () => viewer.frames().length > before + 30);
  const frames = viewer.frames();
  expect(viewer.closed).toBe(false);
  const resumed = frames.findIndex((one) => one.number > 1_000_000);
  expect(frames[resumed]).toMatchObject({ number: 1_000_010, key: true });
  for (let index = 1; index < frames.length; index++) {
    const step = (frames[index]?.time ?? 0) - (frames[index - 1]?.time ?? 0);
    expect(step).toBeGreaterThan(0);
    expect(step).toBeLessThan(2_000);
  }
});

test('a stalled viewer is capped and another plays on', { timeout: 30_000 }, async () => {
  publish('caster/cc', { size: 100_000 });
  await until('frames', () => hub.stats().find((one) => one.bytesIn > 200_000));
  const stalled = connect(hub.mediaPort, '127.0.0.1');
  sockets.push(stalled);
  stalled.on('error', () => {});
  stalled.pause();
  stalled.write('GET /caster/cc.flv HTTP/1.1\r\nHost: x\r\n\r\n');
  const viewer = new FlvViewer('/caster/cc.flv');
  const dropped = await until('drops', () => hub.stats().find((one) => one.droppedFrames > 100), 20_000);
  expect(dropped.readers).toBe(2);
  const seen = viewer.frames();
  for (let index = 1; index < seen.length; index++) {
    expect(seen[index]?.number).toBe((seen[index - 1]?.number ?? 0) + 1);
  }
  expect(seen.length).toBeGreaterThan(100);
  const bytesIn = viewer.bytes;
  await until('the other viewer', () => viewer.bytes > bytesIn + 1_000_000);
});
