/**
 * Somebody who watches a stream over HTTP-FLV and can be asked at any time what it looks like now, in colour and in full
 * size. Each look decodes the group of pictures so far and keeps the last one, so looking costs a short run of the ffmpeg
 * program and nothing else is decoded. For what happens from picture to picture, use a `Viewer`.
 *
 * The owner must call stop(), which also returns what was received.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ColourPicture } from './colour-picture.js';
import { type FlvRecording, type FlvTag, recordFlv } from './flv-recorder.js';
import { ffmpegPath } from './media-tools.js';
import { waitFor } from './wait.js';

const WAIT_MS = 15_000;
/** A viewer who comes first gets the group of pictures so far, all at once, which shows the time before. */
const BURST_MS = 300;
const DECODE_MS = 20_000;
/**
 * Pictures until a change is surely to be seen as it stays: some are on their way when a call is answered, a small stream
 * needs some until it is sharp, and overlays are laid in another way once they have stood for a few.
 */
const SETTLED = 12;

/** An FLV file of these pictures, as ffmpeg opens it. */
function fileOf(tags: readonly FlvTag[]): Buffer {
  const head = Buffer.from([0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9, 0, 0, 0, 0]);
  const parts = tags.flatMap(({ body, timestamp }) => {
    const before = Buffer.alloc(11);
    before.writeUInt8(9, 0);
    before.writeUIntBE(body.length, 1, 3);
    before.writeUIntBE(timestamp & 0xffffff, 4, 3);
    before.writeUInt8((timestamp >>> 24) & 0xff, 7);
    const after = Buffer.alloc(4);
    after.writeUInt32BE(11 + body.length);
    return [before, body, after];
  });
  return Buffer.concat([head, ...parts]);
}

/** Decodes the last of `count` pictures. */
async function decodeLast(file: Buffer, count: number, size: string): Promise<Buffer> {
  const last = `select=eq(n\\,${count - 1}),scale=${size}:flags=area:out_range=full,format=rgb24`;
  const input = ['-hide_banner', '-v', 'error', '-f', 'flv', '-i', 'pipe:0'];
  const decoder = spawn(ffmpegPath, [...input, '-vf', last, '-fps_mode', 'passthrough', '-f', 'rawvideo', 'pipe:1']);
  const timer = setTimeout(() => decoder.kill('SIGKILL'), DECODE_MS);
  const bytes: Buffer[] = [];
  let log = '';
  decoder.stdout.on('data', (chunk: Buffer) => bytes.push(chunk));
  decoder.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4_000);
  });
  decoder.stdin.on('error', () => {});
  decoder.stdin.end(file);
  await once(decoder, 'close');
  clearTimeout(timer);
  if (bytes.length === 0) throw new Error(`nothing decoded: ${log}`);
  return Buffer.concat(bytes);
}

export class Onlooker {
  readonly #stop = new AbortController();
  readonly #recording: Promise<FlvRecording>;
  readonly #width: number;
  readonly #height: number;
  #config: FlvTag | null = null;
  /** Pictures from the newest key frame on. */
  #group: FlvTag[] = [];
  #pictures = 0;

  private constructor(url: string, width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#recording = recordFlv(url, {
      signal: this.#stop.signal,
      onTag: (tag) => {
        if (tag.type !== 'video') return;
        if (tag.config) this.#config = tag;
        else {
          if (tag.key) this.#group = [];
          this.#group.push(tag);
          this.#pictures++;
        }
      },
    });
    this.#recording.catch(() => undefined);
  }

  /** @param size of the pictures that are looked at; 640x360 unless told */
  static async start(url: string, size: { width?: number; height?: number } = {}): Promise<Onlooker> {
    const onlooker = new Onlooker(url, size.width ?? 640, size.height ?? 360);
    const begun = performance.now();
    await waitFor(`pictures of ${url}`, WAIT_MS, () => onlooker.#pictures > 0 && performance.now() > begun + BURST_MS);
    return onlooker;
  }

  /** What is to be seen once so many more pictures have come: enough for a change that was answered to be there. */
  async look(after = SETTLED): Promise<ColourPicture> {
    const from = this.#pictures;
    await waitFor(`${after} pictures`, WAIT_MS, () => this.#pictures >= from + after);
    const group = [...this.#group];
    const tags = this.#config ? [this.#config, ...group] : group;
    const data = await decodeLast(fileOf(tags), group.length, `${this.#width}:${this.#height}`);
    return new ColourPicture(this.#width, this.#height, data, group.at(-1)?.ptsMs ?? 0);
  }

  /** Looks again and again until what is seen is as it should be; returns that picture. */
  async until(what: string, timeoutMs: number, isSo: (picture: ColourPicture) => boolean): Promise<ColourPicture> {
    return await waitFor(what, timeoutMs, async () => {
      const picture = await this.look(3);
      return isSo(picture) ? picture : null;
    });
  }

  async stop(): Promise<FlvRecording> {
    this.#stop.abort();
    return await this.#recording;
  }
}
