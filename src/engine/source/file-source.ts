/**
 * A file by http(s) URL.
 *
 * It plays from `beginMs` to `endMs`, is repeated as asked, and holds its last picture at the end; when the connection
 * breaks it goes on from where it was.
 */
import { Demuxer } from '../av/demuxer.js';
import { DemuxedSource, type DemuxedSourceOptions, type Outcome, READ_AHEAD } from './demuxed-source.js';
import { FileClock } from './file-clock.js';

/** Time that the decoder has before the first picture of a file is due, µs. */
const FILE_LEAD = 150_000;

export interface FileSourceOptions extends DemuxedSourceOptions {
  file: { beginMs: number; endMs: number | null; repeat: number };
}

export class FileSource extends DemuxedSource {
  readonly #options: FileSourceOptions;
  /** Plays of the file that are left after the current one; -1 without end. */
  #repeatsLeft: number;
  /** What is added to the file's times: grows with each play. */
  #shift = 0;
  /** Place in the file (µs, file time) up to which it was played; where to go on after a break. */
  #place: number | null = null;
  /** Shifted time of the first picture to be shown of this play. */
  #firstTime = Number.NEGATIVE_INFINITY;

  constructor(options: FileSourceOptions) {
    super(options, new FileClock({ delayUs: options.spec.delayMs * 1000, leadUs: FILE_LEAD }));
    this.#options = options;
    this.#repeatsLeft = options.file.repeat;
    this.readAhead = READ_AHEAD + options.spec.delayMs * 1000;
    this.start();
  }

  protected override async playOnce(signal: AbortSignal): Promise<Outcome> {
    const demuxer = await Demuxer.open(this.#options.url, this.#options.proxy, signal);
    try {
      return await this.#readFile(demuxer);
    } finally {
      await demuxer.close();
    }
  }

  async #readFile(demuxer: Demuxer): Promise<Outcome> {
    const { file } = this.#options;
    const start = demuxer.startTime;
    const begin = start + file.beginMs * 1000;
    const end = endOf(file.endMs, start, demuxer.duration);
    const from = Math.max(begin, this.#place ?? begin);
    this.#shift = 0;
    this.#firstTime = from;
    if (from > start) await demuxer.seek(from);
    this.begin(demuxer, { from: from > start ? from : Number.NEGATIVE_INFINITY, to: end });
    for (;;) {
      const reached = await this.#readSpan(demuxer, end);
      if (reached === null) return { kind: 'end' };
      if (reached <= begin) return { kind: 'broken', reason: 'nothing of the file lies between its offsets' };
      if (this.#repeatsLeft === 0) return { kind: 'end' };
      if (this.#repeatsLeft > 0) this.#repeatsLeft--;
      // The next play follows without a gap: its first picture comes when the last one of this play is over.
      this.#shift += reached - begin;
      this.#place = null;
      this.#firstTime = begin + this.#shift;
      await demuxer.seek(begin);
      this.media.seam({ from: this.#firstTime, to: end + this.#shift });
    }
  }

  /** Reads to `end` or the end of the file; returns the time at which the last sample is over (null: closed). */
  async #readSpan(demuxer: Demuxer, end: number): Promise<number | null> {
    let last = 0;
    let videoEnded = false;
    for (;;) {
      const next = await demuxer.read();
      if (this.signal.aborted) return null;
      if (!next) return Math.min(last, end);
      const { packet, duration, kind } = next;
      // Coded in order, a group begins with its key frame: one at the end, and all after it, belong to what is cut off.
      if (kind === 'video' && packet.key && packet.pts >= end) videoEnded = true;
      if (packet.dts >= end && (videoEnded || !demuxer.stream('video'))) return end;
      if ((kind === 'video' && videoEnded) || packet.dts >= end) continue;
      if (packet.pts < end) last = Math.max(last, packet.pts + duration);
      this.#place = packet.dts;
      await this.deliver(next, this.#shift, this.#firstTime);
    }
  }
}

/** End of play in file time: counted from the first picture, or back from the last when negative. */
function endOf(endMs: number | null, start: number, duration: number | null): number {
  if (endMs === null || endMs === 0) return Number.POSITIVE_INFINITY;
  if (endMs > 0) return start + endMs * 1000;
  return duration === null ? Number.POSITIVE_INFINITY : start + duration + endMs * 1000;
}
