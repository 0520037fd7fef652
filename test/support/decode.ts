/**
 * Decodes a recording, a file or a live URL with the ffmpeg program into small gray pictures and mono sound, each with
 * the time that the stream gave it. No picture is repeated, dropped or retimed (`-fps_mode passthrough -copyts`), so
 * a picture of an FLV recording can be traced to the tag that carried it.
 *
 * Times are milliseconds on the clock of the stream. Everything is kept in memory: 58 kB a picture at 320x180.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { SAMPLE_RATE } from './coded-picture.js';
import type { FlvTag } from './flv-recorder.js';
import { ffmpegPath } from './media-tools.js';

export interface GrayFrame {
  width: number;
  height: number;
  ptsMs: number;
  /** Luma, black 0 to white 255 (full range), row after row without padding. */
  data: Uint8Array;
}

export interface Pcm {
  /** Mono, 48 kHz. */
  samples: Int16Array;
  /** Time of the first sample. */
  startMs: number;
  /** Places where the time of the sound does not go on where it was: by how much (negative: back), more than 5 ms. */
  gaps: { atMs: number; byMs: number }[];
}

export interface Decoded {
  frames: GrayFrame[];
  pcm: Pcm;
  /** ffmpeg's complaints, for the message of a failed test. */
  log: string;
}

export interface DecodeOptions {
  /** Size of the gray pictures, 320x180 unless told. */
  width?: number;
  height?: number;
  /** Both unless told. */
  video?: boolean;
  audio?: boolean;
  /** One side instead of the mix of both. */
  channel?: 'left' | 'right';
  /** For live URLs: end when pictures (or, without video, sound) span this many seconds. */
  seconds?: number;
  /** End of everything; 60 s unless told. */
  timeoutMs?: number;
  /** Options before `-i`, such as `-protocol_whitelist`. */
  inputArgs?: readonly string[];
}

/** Time for ffmpeg to write what it has when it is asked to end. */
const END_MS = 5_000;

interface AudioMark {
  ptsMs: number;
  samples: number;
}

const VIDEO_MARK = /Parsed_showinfo_\d+ @ \S+ n: *\d+ pts: *\S+ pts_time:(\S+)/;
const AUDIO_MARK = /Parsed_ashowinfo_\d+ @ \S+ n:\d+ pts:\S+ pts_time:(\S+) .*?nb_samples:(\d+)/;

function commandLine(input: string, options: DecodeOptions, width: number, height: number): string[] {
  const args = ['-hide_banner', '-nostats', '-loglevel', 'info', '-copyts', ...(options.inputArgs ?? []), '-i', input];
  if (options.video !== false) {
    const filter = `scale=${width}:${height}:flags=area,format=gray,showinfo=checksum=0`;
    args.push('-map', '0:v:0', '-an', '-vf', filter, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1');
  }
  if (options.audio !== false) {
    const mono = options.channel
      ? `pan=mono|c0=${options.channel === 'left' ? 'c0' : 'c1'}`
      : 'pan=mono|c0=0.5*c0+0.5*c1';
    const filter = `${mono},aresample=${SAMPLE_RATE},aformat=sample_fmts=s16,ashowinfo`;
    args.push('-map', '0:a:0', '-vn', '-af', filter, '-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:3');
  }
  return args;
}

function collect(stream: Readable | null): Buffer[] {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return chunks;
}

function toPcm(bytes: Buffer, marks: readonly AudioMark[]): Pcm {
  const samples = new Int16Array(Math.floor(bytes.length / 2));
  for (let index = 0; index < samples.length; index++) samples[index] = bytes.readInt16LE(index * 2);
  const gaps: Pcm['gaps'] = [];
  let expected: number | null = null;
  for (const mark of marks) {
    if (expected !== null && Math.abs(mark.ptsMs - expected) > 5)
      gaps.push({ atMs: expected, byMs: mark.ptsMs - expected });
    expected = mark.ptsMs + (mark.samples * 1_000) / SAMPLE_RATE;
  }
  return { samples, startMs: marks[0]?.ptsMs ?? 0, gaps };
}

function spanSeconds(times: readonly number[]): number {
  return ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000;
}

function closed(decoder: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    decoder.once('error', reject);
    decoder.once('close', () => resolve());
  });
}

/**
 * @param input bytes of a recording, or a path or URL that ffmpeg opens
 * @throws Error when ffmpeg is missing, or when it ended without having decoded anything
 */
export async function decode(input: Buffer | string, options: DecodeOptions = {}): Promise<Decoded> {
  const width = options.width ?? 320;
  const height = options.height ?? 180;
  const args = commandLine(typeof input === 'string' ? input : 'pipe:0', options, width, height);
  const decoder = spawn(ffmpegPath, args, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  decoder.stdin?.on('error', () => {});
  decoder.stdin?.end(typeof input === 'string' ? undefined : input);

  const pictures = collect(decoder.stdout);
  const sound = collect(decoder.stdio[3] as Readable | null);
  const videoTimes: number[] = [];
  const audioMarks: AudioMark[] = [];
  let log = '';
  let line = '';
  let asked = false;
  let late: NodeJS.Timeout | undefined;
  const isLongEnough = (): boolean => {
    if (options.seconds === undefined) return false;
    if (options.video !== false) return spanSeconds(videoTimes) >= options.seconds;
    return spanSeconds(audioMarks.map((mark) => mark.ptsMs)) >= options.seconds;
  };
  decoder.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (line + text).split('\n');
    line = lines.pop() ?? '';
    for (const entry of lines) {
      const video = VIDEO_MARK.exec(entry);
      const audio = AUDIO_MARK.exec(entry);
      if (video) videoTimes.push(Number(video[1]) * 1_000);
      else if (audio) audioMarks.push({ ptsMs: Number(audio[1]) * 1_000, samples: Number(audio[2]) });
      else if (!entry.includes('showinfo')) log = `${log}${entry}\n`.slice(-32_768);
    }
    // Not killed but asked to end, so that what was decoded is also written. Asked once: on its fourth signal ffmpeg exits
    // within the handler, and can hang there for ever.
    if (!asked && isLongEnough()) {
      asked = true;
      decoder.kill('SIGINT');
      late = setTimeout(() => decoder.kill('SIGKILL'), END_MS);
    }
  });

  const timer = setTimeout(() => decoder.kill('SIGKILL'), options.timeoutMs ?? 60_000);
  try {
    await closed(decoder);
  } finally {
    clearTimeout(timer);
    clearTimeout(late);
  }

  const bytes = Buffer.concat(pictures);
  const size = width * height;
  const frames: GrayFrame[] = [];
  for (let index = 0; (index + 1) * size <= bytes.length; index++) {
    const ptsMs = videoTimes[index];
    if (ptsMs === undefined) break;
    frames.push({ width, height, ptsMs, data: bytes.subarray(index * size, (index + 1) * size) });
  }
  if (frames.length === 0 && audioMarks.length === 0) throw new Error(`nothing decoded: ${log.slice(-2_000)}`);
  return { frames, pcm: toPcm(Buffer.concat(sound), audioMarks), log };
}

/** The tag of an FLV recording that carried the picture, by presentation time within 1 ms; `null` when there is none. */
export function tagOfFrame(tags: readonly FlvTag[], frame: GrayFrame): FlvTag | null {
  const pictures = tags.filter((tag) => tag.type === 'video' && !tag.config && tag.body.length > 5);
  return pictures.find((tag) => Math.abs(tag.ptsMs - frame.ptsMs) < 1) ?? null;
}
