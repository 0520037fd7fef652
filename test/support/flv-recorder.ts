/**
 * An HTTP-FLV viewer that keeps everything: the bytes, and when each tag arrived (performance.now(), ms). It decodes
 * nothing and trusts nothing: a tag that does not close with its own length ends the recording with an error.
 */
import { get, type IncomingMessage } from 'node:http';

export interface FlvTag {
  type: 'audio' | 'video' | 'script' | 'other';
  /** Decode time of the tag, ms (all 32 bits). */
  timestamp: number;
  /** Presentation time, ms: timestamp plus the composition offset of H.264 pictures. */
  ptsMs: number;
  /** performance.now() when its last byte was there. */
  arrivedAt: number;
  /** True for a key frame (video). */
  key: boolean;
  /** True for decoder configuration instead of a picture or sound. */
  config: boolean;
  /** Body, a view of the recording. */
  body: Buffer;
}

export interface FlvRecording {
  /** The whole stream as received, a file that ffmpeg can open. */
  bytes: Buffer;
  tags: FlvTag[];
  /** performance.now() when the request was sent and when the answer's head was there. */
  requestedAt: number;
  answeredAt: number;
  /** Why it ended. */
  end: 'time' | 'signal' | 'closed by server';
}

export interface RecordOptions {
  /** Ends the recording after this time from the answer on. */
  seconds?: number;
  /** Ends the recording; what was received is returned. */
  signal?: AbortSignal;
  /** Called for every tag as it arrives. */
  onTag?: (tag: FlvTag) => void;
}

const MAX_BYTES = 512 * 1024 * 1024;
const ANSWER_TIMEOUT_MS = 15_000;
const HEADER_SIZE = 13;
const TAG_HEAD = 11;

function tagType(value: number): FlvTag['type'] {
  if (value === 8) return 'audio';
  if (value === 9) return 'video';
  return value === 18 ? 'script' : 'other';
}

/** Reads one tag at `offset`; `null` when it is not complete. @throws Error on broken framing. */
function readTag(bytes: Buffer, offset: number, arrivedAt: number): { tag: FlvTag; next: number } | null {
  if (bytes.length < offset + TAG_HEAD) return null;
  const size = bytes.readUIntBE(offset + 1, 3);
  const next = offset + TAG_HEAD + size + 4;
  if (bytes.length < next) return null;
  if (bytes.readUInt32BE(next - 4) !== TAG_HEAD + size) throw new Error(`FLV tag at ${offset} does not close`);
  const type = tagType(bytes.readUInt8(offset) & 0x1f);
  const timestamp = bytes.readUIntBE(offset + 4, 3) + bytes.readUInt8(offset + 7) * 0x1000000;
  const body = bytes.subarray(offset + TAG_HEAD, next - 4);
  const first = body[0] ?? 0;
  const isAvc = type === 'video' && (first & 0xf) === 7 && body.length >= 5;
  const isAac = type === 'audio' && first >> 4 === 10;
  const config = (isAvc || isAac) && body[1] === 0;
  const cts = isAvc && !config ? body.readIntBE(2, 3) : 0;
  const key = type === 'video' && first >> 4 === 1;
  return { tag: { type, timestamp, ptsMs: timestamp + cts, arrivedAt, key, config, body }, next };
}

/** Cuts a complete FLV file into tags; `arrivedAt` is 0. @throws Error on broken framing. */
export function parseFlv(bytes: Buffer): FlvTag[] {
  if (bytes.subarray(0, 3).toString('latin1') !== 'FLV') throw new Error('not FLV');
  const tags: FlvTag[] = [];
  for (let read = readTag(bytes, HEADER_SIZE, 0); read; read = readTag(bytes, read.next, 0)) tags.push(read.tag);
  return tags;
}

function open(url: string, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: ANSWER_TIMEOUT_MS }, (response) => {
      request.setTimeout(0);
      if (response.statusCode === 200) resolve(response);
      else {
        response.destroy();
        reject(new Error(`${url} answered ${response.statusCode}`));
      }
    });
    request.once('timeout', () => request.destroy(new Error(`${url} did not answer`)));
    request.once('error', reject);
    signal?.addEventListener('abort', () => request.destroy(new Error('aborted before the answer')), { once: true });
  });
}

/**
 * Plays `url` until the time is over, the signal fires or the server closes; give `seconds` or `signal`, or both.
 *
 * @throws Error when there is no answer with status 200, on broken framing, and beyond 512 MB.
 */
export async function recordFlv(url: string, options: RecordOptions): Promise<FlvRecording> {
  if (options.seconds === undefined && !options.signal) throw new Error('give seconds or a signal');
  const requestedAt = performance.now();
  const response = await open(url, options.signal);
  const answeredAt = performance.now();

  return new Promise((resolve, reject) => {
    // Grows by doubling, so that tags can be views while recording and nothing is copied per chunk.
    let buffer = Buffer.alloc(1024 * 1024);
    let used = 0;
    let offset = HEADER_SIZE;
    const seen: { start: number; arrivedAt: number }[] = [];
    let timer: NodeJS.Timeout | undefined;

    const finish = (end: FlvRecording['end']): void => {
      clearTimeout(timer);
      response.destroy();
      const bytes = buffer.subarray(0, offset);
      const tags = seen.flatMap(({ start, arrivedAt }) => readTag(bytes, start, arrivedAt)?.tag ?? []);
      resolve({ bytes: used < HEADER_SIZE ? buffer.subarray(0, used) : bytes, tags, requestedAt, answeredAt, end });
    };
    const fail = (error: Error): void => {
      clearTimeout(timer);
      response.destroy();
      reject(error);
    };

    response.on('data', (chunk: Buffer) => {
      const arrivedAt = performance.now();
      if (used + chunk.length > MAX_BYTES) return fail(new Error('recording is too long'));
      if (used + chunk.length > buffer.length) {
        const larger = Buffer.alloc(Math.max(buffer.length * 2, used + chunk.length));
        buffer.copy(larger, 0, 0, used);
        buffer = larger;
      }
      chunk.copy(buffer, used);
      used += chunk.length;
      try {
        if (used >= 3 && buffer.subarray(0, 3).toString('latin1') !== 'FLV') throw new Error('not FLV');
        const received = buffer.subarray(0, used);
        for (let read = readTag(received, offset, arrivedAt); read; read = readTag(received, offset, arrivedAt)) {
          seen.push({ start: offset, arrivedAt });
          offset = read.next;
          options.onTag?.(read.tag);
        }
      } catch (error) {
        fail(error as Error);
      }
    });
    response.once('close', () => finish('closed by server'));
    response.once('error', () => finish('closed by server'));
    if (options.seconds !== undefined) timer = setTimeout(() => finish('time'), options.seconds * 1_000);
    if (options.signal?.aborted) finish('signal');
    options.signal?.addEventListener('abort', () => finish('signal'), { once: true });
  });
}
