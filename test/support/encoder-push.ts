/**
 * A real encoder: the ffmpeg program codes pictures with numbers, flashes and beeps (coded-picture.ts) at any rate, paced
 * by itself (`-re`), and pushes them or writes them to a file. What it reads is made as fast as it reads.
 *
 * Frame n is shown at n divided by the rate. Every `flashEvery` frames (a second's worth, rounded), from the first such on,
 * two pictures flash and a beep of 100 ms begins at exactly the same time: its ramp of 4 ms, which keeps it free of
 * clicks, is half way up then. The owner must call stop().
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { BEEP_MS, CodedPicture, DEFAULT_LOOK, SAMPLE_RATE } from './coded-picture.js';
import { ffmpegPath } from './media-tools.js';

export interface EncoderPushOptions {
  /** Number in the code, 0 to 15. */
  source: number;
  /** Pictures a second, as a fraction. */
  rate: readonly [number, number];
  /** Pitch of the beep, Hz. */
  beepHz: number;
  /** 320x180 unless told. */
  width?: number;
  height?: number;
  /** A filter of the pictures that may leave some out, such as `select=...`. */
  filter?: string;
  /** Rate of the coded sound, Hz; 48,000 unless told. */
  audioRate?: number;
  /** Options of the output before its address; an RTMP push unless told. */
  output?: readonly string[];
  /** Ends after so many seconds of the stream. */
  seconds?: number;
  /** Seconds of the stream in a second: 1.0003 for a clock that is 300 ppm fast, `unpaced` as fast as it goes; 1 unless told. */
  pace?: number | 'unpaced';
  /** A tone all the time, Hz. */
  toneHz?: number;
}

const PUSH = ['-flvflags', 'no_duration_filesize', '-flush_packets', '1', '-f', 'flv'];
const BEEP_LEVEL = 0.1;
const TONE_LEVEL = 0.1;
const RAMP_MS = 4;
const BLOCK_MS = 20;
const STOP_MS = 3_000;

/** Resolves to false when nobody reads any more. */
async function put(stream: Writable, bytes: Buffer): Promise<boolean> {
  if (stream.destroyed) return false;
  if (stream.write(bytes)) return true;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
  return !stream.destroyed;
}

/** Of a beep, so many ms after it begins: from 0 to 1. */
function envelope(ms: number): number {
  const edge = Math.min(ms, BEEP_MS - ms) / RAMP_MS + 0.5;
  return edge <= 0 ? 0 : edge >= 1 ? 1 : 0.5 - 0.5 * Math.cos(Math.PI * edge);
}

export class EncoderPush {
  readonly #options: EncoderPushOptions;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #log = '';

  constructor(target: string, options: EncoderPushOptions) {
    this.#options = options;
    const { width = 320, height = 180, rate, filter, audioRate = SAMPLE_RATE, output = PUSH, seconds } = options;
    const pace = options.pace === 'unpaced' ? [] : ['-readrate', `${options.pace ?? 1}`];
    const small = ['-thread_queue_size', '64', '-analyzeduration', '0', '-probesize', '32'];
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-threads', '1', '-pix_fmt'];
    const group = `${Math.round(rate[0] / rate[1])}`;
    this.#child = spawn(
      ffmpegPath,
      [
        ...[
          '-hide_banner',
          '-nostats',
          '-loglevel',
          'error',
          ...pace,
          ...small,
          '-f',
          'rawvideo',
          '-pix_fmt',
          'yuv420p',
        ],
        ...['-s', `${width}x${height}`, '-framerate', rate.join('/'), '-i', 'pipe:0'],
        ...[...pace, ...small, '-f', 's16le', '-ar', `${SAMPLE_RATE}`, '-ac', '1', '-i', 'pipe:3'],
        ...['-map', '0:v', '-map', '1:a', ...(filter ? ['-vf', filter] : []), '-fps_mode', 'passthrough'],
        ...[...x264, 'yuv420p', '-g', group, '-sc_threshold', '0', '-b:v', '1M'],
        ...['-c:a', 'aac', '-b:a', '96k', '-ar', `${audioRate}`, ...(seconds ? ['-t', `${seconds}`] : [])],
        ...[...output, '-y', target],
      ],
      { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] },
    );
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-4_000);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', () => resolve());
      this.#child.once('error', () => resolve());
    });
    const { stdin, stdio } = this.#child;
    const sound = stdio[3] as Writable | null;
    if (!stdin || !sound) throw new Error('no pipes to ffmpeg');
    for (const stream of [stdin, sound]) stream.on('error', () => stream.destroy());
    void this.#pictures(stdin, width, height);
    void this.#sound(sound);
  }

  /** What ffmpeg complained about. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when the program has ended for any reason. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  get #flashEvery(): number {
    const [top, bottom] = this.#options.rate;
    return Math.round(top / bottom);
  }

  async #pictures(stream: Writable, width: number, height: number): Promise<void> {
    const { source } = this.#options;
    const picture = new CodedPicture({ ...DEFAULT_LOOK, source, width, height, fps: this.#flashEvery, flash: true });
    for (let frame = 0; await put(stream, picture.paint(frame)); frame++);
  }

  async #sound(stream: Writable): Promise<void> {
    const { rate, beepHz, toneHz = 0 } = this.#options;
    const every = (SAMPLE_RATE * this.#flashEvery * rate[1]) / rate[0];
    const count = (SAMPLE_RATE * BLOCK_MS) / 1000;
    for (let first = 0; ; first += count) {
      const block = Buffer.alloc(2 * count);
      for (let index = 0; index < count; index++) {
        const sample = first + index;
        const since = ((sample + every / 2) % every) - every / 2;
        const beep = sample < every / 2 ? 0 : BEEP_LEVEL * envelope((1000 * since) / SAMPLE_RATE);
        const value =
          beep * Math.sin((2 * Math.PI * beepHz * since) / SAMPLE_RATE) +
          (toneHz > 0 ? TONE_LEVEL : 0) * Math.sin((2 * Math.PI * toneHz * sample) / SAMPLE_RATE);
        block.writeInt16LE(Math.round(value * 32_767), 2 * index);
      }
      if (!(await put(stream, block))) return;
    }
  }

  /** Ends the program at once, as a pulled plug does. A second call joins the first. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.#ended;
    clearTimeout(late);
  }
}
