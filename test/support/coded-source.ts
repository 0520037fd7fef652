/**
 * A camera for tests: pushes coded pictures and sound (coded-picture.ts) to an RTMP URL in real time, or writes them to
 * an mp4 file as fast as it goes. The ffmpeg program encodes; pictures go to its stdin, sound to its descriptor 3.
 *
 * Frame n is sent at (time of frame 0) + n / fps, measured each time from the beginning, so that a late timer is caught
 * up and nothing drifts. If the encoder stops reading for {@link MAX_BACKLOG_SECONDS} the source gives up.
 * Times are milliseconds of performance.now(). The owner must call stop(); a second call joins the first.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CodedLook, CodedPicture, codedSound, DEFAULT_LOOK, pictureSize, SAMPLE_RATE } from './coded-picture.js';
import { ffmpegPath } from './media-tools.js';

export interface CodedSourceOptions extends Partial<CodedLook> {
  /** Seconds between key frames; 1 unless told. */
  gopSeconds?: number;
  /** B-frames in a row; 0 unless told, as encoders for live streams do. */
  bFrames?: number;
  /** More options for the encoders, placed before the output. */
  encoderArgs?: readonly string[];
}

const MAX_BACKLOG_SECONDS = 5;
const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 3_000;
/** Sound runs ahead of the picture so that the muxer never holds a picture back to wait for sound. */
const SOUND_LEAD_FRAMES = 3;

/** Resolves when the stream takes more, or never will. */
function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
    if (stream.destroyed) done();
  });
}

export class CodedSource {
  readonly look: CodedLook;
  readonly #options: CodedSourceOptions;
  readonly #sendTimes: number[] = [];
  #encoder: ChildProcess | null = null;
  #log = '';
  #exited: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #soundFrames = 0;

  constructor(options: CodedSourceOptions = {}) {
    const { gopSeconds: _gop, bFrames: _b, encoderArgs: _args, ...look } = options;
    this.look = { ...DEFAULT_LOOK, ...look };
    this.#options = options;
  }

  /** performance.now() at which each frame was handed to the encoder, by frame number. Grows by 8 bytes a frame. */
  get framesSent(): readonly number[] {
    return this.#sendTimes;
  }

  /** False once the encoder has ended, by stop() or because the server turned it away. */
  get running(): boolean {
    return this.#encoder !== null && this.#encoder.exitCode === null && this.#encoder.signalCode === null;
  }

  /** What ffmpeg wrote to its standard error, the last 64 kB. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when the encoder has ended for any reason. */
  get ended(): Promise<void> {
    return this.#exited;
  }

  /** Resolves when the server has accepted the stream. @throws Error with ffmpeg's words when it did not in 10 s. */
  async start(url: string): Promise<void> {
    const output = ['-flvflags', 'no_duration_filesize', '-flush_packets', '1', '-f', 'flv', url];
    const { encoder, video, audio } = this.#spawn(output);
    const picture = new CodedPicture(this.look);
    const isOpen = (): boolean => this.#log.includes('Output #0');

    // ffmpeg needs something of both to open its encoders; until it has opened the output, time stands still.
    this.#sendFrame(0, picture, video, audio);
    const deadline = performance.now() + START_TIMEOUT_MS;
    const pacedFrom = performance.now() + 1_000;
    while (this.running && !isOpen() && performance.now() < pacedFrom) await sleep(5);
    if (this.running) this.#pace(picture, video, audio);
    while (this.running && !isOpen() && performance.now() < deadline) await sleep(10);
    if (this.running && isOpen()) return;
    const reason = encoder.exitCode === null ? 'not accepted in time' : `ended with ${encoder.exitCode}`;
    await this.stop();
    throw new Error(`push to ${url} ${reason}: ${this.#log.slice(-2_000)}`);
  }

  /** Ends the push as an encoder does that is switched off: what was sent is flushed and the stream closed. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Ends the push as a pulled plug does: nothing is flushed or said. */
  async kill(): Promise<void> {
    this.#clearTimer();
    this.#encoder?.kill('SIGKILL');
    await this.#exited;
  }

  /** Writes `seconds` of the same pictures and sound to an mp4 file, index first. @throws Error with ffmpeg's words */
  async writeFile(path: string, seconds: number): Promise<void> {
    const { encoder, video, audio } = this.#spawn(['-movflags', '+faststart', '-f', 'mp4', '-y', path]);
    const picture = new CodedPicture(this.look);
    const frames = Math.round(seconds * this.look.fps);
    const perFrame = SAMPLE_RATE / this.look.fps;
    // Two loops, because ffmpeg reads whichever stream it wants next.
    const writeVideo = async (): Promise<void> => {
      for (let frame = 0; frame < frames && this.running; frame++) {
        if (!video.write(picture.paint(frame))) await drained(video);
      }
      video.end();
    };
    const writeAudio = async (): Promise<void> => {
      for (let frame = 0; frame < frames && this.running; frame++) {
        if (!audio.write(codedSound(this.look, frame * perFrame, perFrame))) await drained(audio);
      }
      audio.end();
    };
    await Promise.all([writeVideo(), writeAudio(), this.#exited]);
    if (encoder.exitCode !== 0) throw new Error(`ffmpeg could not write ${path}: ${this.#log.slice(-2_000)}`);
  }

  #spawn(output: readonly string[]): { encoder: ChildProcess; video: Writable; audio: Writable } {
    if (this.#encoder) throw new Error('a coded source is used once');
    const { width, height, fps } = this.look;
    const gop = Math.round((this.#options.gopSeconds ?? 1) * fps);
    const bFrames = this.#options.bFrames ?? 0;
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '1', '-bf', `${bFrames}`];
    if (bFrames === 0) x264.push('-tune', 'zerolatency');
    x264.push(
      '-g',
      `${gop}`,
      '-keyint_min',
      `${gop}`,
      '-sc_threshold',
      '0',
      '-pix_fmt',
      'yuv420p',
      '-profile:v',
      'main',
    );
    const raw = ['-thread_queue_size', '256', '-analyzeduration', '0', '-probesize', '32'];
    const args = ['-hide_banner', '-nostats', '-loglevel', 'info'];
    args.push(
      ...raw,
      '-f',
      'rawvideo',
      '-pix_fmt',
      'yuv420p',
      '-s',
      `${width}x${height}`,
      '-r',
      `${fps}`,
      '-i',
      'pipe:0',
    );
    args.push(...raw, '-f', 's16le', '-ar', `${SAMPLE_RATE}`, '-ac', '2', '-i', 'pipe:3');
    args.push('-map', '0:v', '-map', '1:a', '-fps_mode', 'passthrough', ...x264, '-c:a', 'aac', '-b:a', '128k');
    args.push(...(this.#options.encoderArgs ?? []), ...output);

    const encoder = spawn(ffmpegPath, args, { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] });
    this.#encoder = encoder;
    const video = encoder.stdin;
    const audio = encoder.stdio[3] as Writable | null;
    if (!video || !audio) throw new Error('no pipes to ffmpeg');
    // A write after the encoder's end is told by its exit, which everyone waits for anyway.
    for (const stream of [video, audio]) stream.on('error', () => {});
    encoder.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-65_536);
    });
    this.#exited = new Promise((resolve) => {
      encoder.once('error', (error) => {
        this.#log += error.message;
        resolve();
      });
      encoder.once('close', () => {
        this.#clearTimer();
        resolve();
      });
    });
    return { encoder, video, audio };
  }

  #sendFrame(frame: number, picture: CodedPicture, video: Writable, audio: Writable): void {
    const perFrame = SAMPLE_RATE / this.look.fps;
    const soundUntil = frame + 1 + SOUND_LEAD_FRAMES;
    audio.write(codedSound(this.look, this.#soundFrames * perFrame, (soundUntil - this.#soundFrames) * perFrame));
    this.#soundFrames = soundUntil;
    this.#sendTimes[frame] = performance.now();
    video.write(picture.paint(frame));
  }

  #pace(picture: CodedPicture, video: Writable, audio: Writable): void {
    const interval = 1_000 / this.look.fps;
    const began = performance.now();
    const backlog = pictureSize(this.look) * this.look.fps * MAX_BACKLOG_SECONDS;
    let frame = 1;
    const tick = (): void => {
      if (!this.running || this.#stopping) return;
      while (began + frame * interval <= performance.now()) this.#sendFrame(frame++, picture, video, audio);
      if (video.writableLength > backlog) {
        this.#log += `\nthe encoder has not read for ${MAX_BACKLOG_SECONDS} s`;
        this.#encoder?.kill('SIGKILL');
        return;
      }
      this.#timer = setTimeout(tick, Math.max(0, began + frame * interval - performance.now()));
    };
    tick();
  }

  #clearTimer(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #stop(): Promise<void> {
    this.#clearTimer();
    const encoder = this.#encoder;
    if (!encoder) return;
    encoder.stdin?.end();
    (encoder.stdio[3] as Writable | null)?.end();
    const late = setTimeout(() => encoder.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#exited;
    clearTimeout(late);
  }
}
