/**
 * Reads a file by http(s) URL from any place on: packets from the key frame from which the picture of that place can be
 * decoded, and the exact time of that picture. All times are µs on the file's own clock.
 *
 * A server that gives no ranges can only be read from the start: the file is opened again then, and read up to the
 * place. A group of pictures is held in memory while the place is looked for: at most {@link MAX_PACKETS} packets or
 * {@link MAX_BYTES}; of a longer one the place is not exact.
 */
import { type DemuxedPacket, type DemuxedStream, Demuxer, httpInput } from '../av/demuxer.js';
import { MAX_BYTES, MAX_PACKETS } from './coded-group.js';

/** Sound that begins this much before the first picture is left out, so that a play begins with a picture. */
const LEAD_IN = 500_000;
/** Sound before the place that its decoder is given to settle. */
const SOUND_LEAD = 200_000;
/** A picture that comes this much later than the sound at its place is not waited for. */
const MAX_SKEW = 3_000_000;
/** A jump may land so much behind the place before it counts as one that the input cannot do. */
const LANDING = 100_000;

const RECONNECT_SECONDS = 2;

/** Where reading goes on. */
export interface Landing {
  /** The place itself, or the end of the file if that comes first. */
  at: number;
  /** Time of the picture that is on at the place; the place itself where there is none. */
  from: number;
}

export interface FileReaderOptions {
  url: string;
  /** Address of the guarding proxy. */
  proxy: string;
  signal: AbortSignal;
}

export class FileReader {
  readonly #options: FileReaderOptions;
  #demuxer: Demuxer;
  /** Read while a place was looked for; handed out first. */
  #collected: DemuxedPacket[] = [];
  #isAtEnd = false;
  /** False before the first packet of this opening. */
  #hasRead = false;
  /** True once it has turned out that the file can only be read from its start. */
  isForwardOnly = false;

  private constructor(options: FileReaderOptions, demuxer: Demuxer) {
    this.#options = options;
    this.#demuxer = demuxer;
  }

  /** @throws MediaError or Error in words */
  static async open(options: FileReaderOptions): Promise<FileReader> {
    return new FileReader(options, await openFile(options));
  }

  stream(kind: 'video' | 'audio'): DemuxedStream | null {
    return this.#demuxer.stream(kind);
  }

  get demuxer(): Demuxer {
    return this.#demuxer;
  }

  /** Time of the first picture (of the first sound, when that begins long before, or there are no pictures). */
  get first(): number {
    const start = this.#demuxer.startTime;
    const video = this.stream('video')?.startTime ?? start;
    return video - start > LEAD_IN ? start : Math.max(video, start);
  }

  /** When the last sample is over; null when the file does not say. */
  get end(): number | null {
    const { duration, startTime } = this.#demuxer;
    return duration === null ? null : startTime + duration;
  }

  /**
   * Goes to a place. @returns where the next packets belong; null when `isCalledOff` became true meanwhile
   * @throws MediaError when the connection broke
   */
  async goTo(place: number, isCalledOff: () => boolean): Promise<Landing | null> {
    this.#collected = [];
    this.#isAtEnd = false;
    const isFresh = !this.#hasRead && place <= this.first;
    let landing: Landing | 'behind' | null = 'behind';
    if (isFresh) landing = await this.#collect(place, isCalledOff, true);
    // A server without ranges shows itself only when what lies at the place is read.
    else if (await this.#jump(place)) landing = await this.#collect(place, isCalledOff).catch(() => 'behind' as const);
    if (landing !== 'behind') return landing;
    if (isCalledOff()) return null;
    await this.#reopen();
    const read = await this.#collect(place, isCalledOff, true);
    return read === 'behind' ? null : read;
  }

  async #jump(place: number): Promise<boolean> {
    if (this.isForwardOnly) return false;
    try {
      await this.#demuxer.seek(place - SOUND_LEAD);
      return true;
    } catch {
      return false;
    }
  }

  async #reopen(): Promise<void> {
    this.isForwardOnly = this.#hasRead;
    await this.#demuxer.close();
    this.#demuxer = await openFile(this.#options);
    this.#hasRead = false;
    this.#isAtEnd = false;
    this.#collected = [];
  }

  /** Reads on to the place and keeps the group around it. @param anywhere is content with any landing */
  async #collect(place: number, isCalledOff: () => boolean, anywhere = false): Promise<Landing | 'behind' | null> {
    const hasVideo = this.stream('video') !== null;
    let from = Number.NEGATIVE_INFINITY;
    let end = Number.NEGATIVE_INFINITY;
    let bytes = 0;
    let seesKey = false;
    for (;;) {
      if (isCalledOff()) return null;
      const next = await this.#next();
      if (!next) break;
      const { packet, kind, duration } = next;
      const isVideo = kind === 'video';
      if (isVideo && packet.key) {
        if (!seesKey && !anywhere && packet.pts > place + LANDING) return 'behind';
        seesKey = true;
        if (packet.pts <= place) {
          this.#collected = this.#collected.filter((kept) => kept.kind === 'audio');
          bytes = this.#collected.reduce((sum, kept) => sum + kept.packet.payload.length, 0);
          from = packet.pts;
        }
      }
      if (isVideo ? seesKey : packet.pts >= place - SOUND_LEAD) {
        this.#collected.push(next);
        bytes += packet.payload.length;
      }
      if (isVideo && packet.pts <= place) from = Math.max(from, packet.pts);
      end = Math.max(end, packet.pts + duration);
      const isThere = isVideo === hasVideo ? packet.dts > place : packet.dts > place + MAX_SKEW;
      if (isThere || this.#collected.length >= MAX_PACKETS || bytes > MAX_BYTES) {
        return { at: place, from: Number.isFinite(from) ? from : place };
      }
    }
    const isNothing = hasVideo ? !seesKey : this.#collected.length === 0;
    if (isNothing && !anywhere) return 'behind';
    const at = Math.min(place, Number.isFinite(end) ? end : place);
    return { at, from: Number.isFinite(from) ? Math.min(from, at) : at };
  }

  async #next(): Promise<DemuxedPacket | null> {
    if (this.#isAtEnd) return null;
    const next = await this.#demuxer.read();
    this.#hasRead = true;
    this.#isAtEnd = next === null;
    return next;
  }

  /** The next packet, or null at the end. @throws MediaError when the connection broke */
  async read(): Promise<DemuxedPacket | null> {
    return this.#collected.shift() ?? (await this.#next());
  }

  async close(): Promise<void> {
    await this.#demuxer.close();
  }
}

/** FFmpeg asks for the rest of a file when its connection breaks, for this many seconds; then it is opened anew. */
function openFile({ url, proxy, signal }: FileReaderOptions): Promise<Demuxer> {
  const input = httpInput(url, proxy);
  const options = { ...input.options, reconnect: 1, reconnect_delay_max: RECONNECT_SECONDS };
  return Demuxer.openInput({ ...input, options }, null, signal);
}
