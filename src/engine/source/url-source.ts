/**
 * A live stream or a file by http(s) URL.
 *
 * A live stream is opened again, with a growing pause, whenever it ends or breaks. A file plays from `beginMs` to
 * `endMs`, is repeated as asked, and holds its last picture at the end; when the connection breaks it goes on from
 * where it was. Reading is bounded: it runs so far ahead of what is due, and waits.
 */
import type { SourceSpec } from '../../domain/desired.js';
import { type DemuxedPacket, Demuxer } from '../av/demuxer.js';
import { BackOff, pause } from './back-off.js';
import { CodedSource, type PlayoutClock } from './coded-source.js';
import { FileClock } from './file-clock.js';
import type { ShownSpan } from './shown-span.js';
import { SourceClock } from './source-clock.js';
import { TimeRepair } from './time-repair.js';

/** How far a file is read ahead of what is due, and a list of segments, which must be taken as they come; µs. */
const READ_AHEAD = 1_500_000;
const SEGMENT_READ_AHEAD = 12_000_000;
/** Time that the decoder has before the first picture of a file is due, µs. */
const FILE_LEAD = 150_000;
/** A list of segments is asked for again once in a segment, so that much must be in reserve, µs. */
const SEGMENT_LEAD = 4_000_000;
/** Jitter that is absorbed of a stream that crosses networks we do not know, µs. */
const STREAM_RESERVE = 250_000;
const POLL_MS = 40;

export interface UrlSourceOptions {
  spec: SourceSpec;
  url: string;
  /** Null for a live stream. */
  file: { beginMs: number; endMs: number | null; repeat: number } | null;
  proxy: string;
  /** Engine time, µs. */
  now: () => number;
  /** Of the mixer. */
  fps: number;
}

/** The clock that fits is known only when the input is open. */
class SwitchClock implements PlayoutClock {
  #inner: PlayoutClock;

  constructor(inner: PlayoutClock) {
    this.#inner = inner;
  }

  use(inner: PlayoutClock): void {
    this.#inner = inner;
  }

  observe(arrival: number, dts: number): void {
    this.#inner.observe(arrival, dts);
  }

  toEngine(pts: number): number {
    return this.#inner.toEngine(pts);
  }

  toSource(engineTime: number): number {
    return this.#inner.toSource(engineTime);
  }

  reset(): void {
    this.#inner.reset();
  }
}

/** How reading stopped. */
type Outcome = { kind: 'end' } | { kind: 'broken'; reason: string };

export class UrlSource extends CodedSource {
  readonly #options: UrlSourceOptions;
  readonly #abort = new AbortController();
  readonly #backOff = new BackOff();
  readonly #running: Promise<void>;
  /** Plays of the file that are left after the current one; -1 without end. */
  #repeatsLeft: number;
  /** What is added to the file's times: grows with each play. */
  #shift = 0;
  /** Place in the file (µs, file time) up to which it was played; where to go on after a break. */
  #place: number | null = null;
  /** Shifted time of the first picture to be shown of this play. */
  #firstTime = Number.NEGATIVE_INFINITY;
  readonly #playout: SwitchClock;
  #readAhead = READ_AHEAD;

  constructor(options: UrlSourceOptions) {
    const playout = new SwitchClock(new FileClock({ delayUs: options.spec.delayMs * 1000, leadUs: FILE_LEAD }));
    super(options.spec, playout, options.now, options.fps);
    this.#playout = playout;
    this.#options = options;
    this.#repeatsLeft = options.file?.repeat ?? 0;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const outcome = await this.#playOnce();
      this.media.end();
      if (signal.aborted) return;
      if (outcome.kind === 'end' && this.#options.file) {
        this.setStatus('ended');
        return;
      }
      this.setStatus('lost', outcome.kind === 'broken' ? outcome.reason : 'the stream ended');
      this.reconnects++;
      await pause(this.#backOff.next(), signal);
    }
  }

  /** Opens the URL and reads until the end (of all repeats) or until it breaks. */
  async #playOnce(): Promise<Outcome> {
    const { signal } = this.#abort;
    let demuxer: Demuxer | null = null;
    try {
      demuxer = await Demuxer.open(this.#options.url, this.#options.proxy, signal);
      if (!this.#options.file) return await this.#readLive(demuxer);
      return await this.#readFile(demuxer, this.#options.file);
    } catch (error) {
      return { kind: 'broken', reason: error instanceof Error ? error.message : String(error) };
    } finally {
      await demuxer?.close();
    }
  }

  #begin(demuxer: Demuxer, shown?: ShownSpan): void {
    this.restartTimes(shown);
    const video = demuxer.stream('video');
    const audio = demuxer.stream('audio');
    if (video) this.media.setVideoConfig(video);
    if (audio) this.media.setAudioConfig(audio);
  }

  async #readLive(demuxer: Demuxer): Promise<Outcome> {
    const delayUs = this.spec.delayMs * 1000;
    this.#playout.use(
      demuxer.isSegmented
        ? new FileClock({ delayUs, leadUs: SEGMENT_LEAD })
        : new SourceClock({ delayUs, reserveUs: STREAM_RESERVE }),
    );
    // What is delayed on purpose waits here, not in the network.
    this.#readAhead = (demuxer.isSegmented ? SEGMENT_READ_AHEAD : READ_AHEAD) + delayUs;
    this.#begin(demuxer);
    const repair = new TimeRepair();
    for (;;) {
      const next = await demuxer.read();
      if (!next) return { kind: 'end' };
      const { shift, jumped } = repair.place(next.kind, next.packet.dts);
      if (jumped) this.media.seam();
      await this.#deliver(next, shift);
      if (this.#abort.signal.aborted) return { kind: 'end' };
    }
  }

  async #readFile(demuxer: Demuxer, file: NonNullable<UrlSourceOptions['file']>): Promise<Outcome> {
    const start = demuxer.startTime;
    const begin = start + file.beginMs * 1000;
    const end = endOf(file.endMs, start, demuxer.duration);
    this.#readAhead = READ_AHEAD + this.spec.delayMs * 1000;
    const from = Math.max(begin, this.#place ?? begin);
    this.#shift = 0;
    this.#firstTime = from;
    if (from > start) await demuxer.seek(from);
    this.#begin(demuxer, { from: from > start ? from : Number.NEGATIVE_INFINITY, to: end });
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
      if (this.#abort.signal.aborted) return null;
      if (!next) return Math.min(last, end);
      const { packet, duration, kind } = next;
      // Coded in order, a group begins with its key frame: one at the end, and all after it, belong to what is cut off.
      if (kind === 'video' && packet.key && packet.pts >= end) videoEnded = true;
      if (packet.dts >= end && (videoEnded || !demuxer.stream('video'))) return end;
      if ((kind === 'video' && videoEnded) || packet.dts >= end) continue;
      if (packet.pts < end) last = Math.max(last, packet.pts + duration);
      this.#place = packet.dts;
      await this.#deliver(next, this.#shift);
    }
  }

  async #deliver({ kind, packet }: DemuxedPacket, shift: number): Promise<void> {
    if (this.status !== 'live') {
      this.setStatus('live');
      this.#backOff.reset();
    }
    const coded = { ...packet, pts: packet.pts + shift, dts: packet.dts + shift };
    this.clock.observe(this.now(), Math.max(coded.dts, this.#firstTime));
    if (kind === 'video') this.media.pushVideo(coded);
    else this.media.pushAudio(coded);
    const early = (): boolean => {
      const ahead = this.clock.toEngine(coded.dts) - this.now();
      return ahead > this.#readAhead || (ahead > READ_AHEAD && this.media.isNearlyFull);
    };
    while (!this.#abort.signal.aborted && early()) {
      await pause(POLL_MS, this.#abort.signal);
    }
  }

  override async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await super.close();
  }
}

/** End of play in file time: counted from the first picture, or back from the last when negative. */
function endOf(endMs: number | null, start: number, duration: number | null): number {
  if (endMs === null || endMs === 0) return Number.POSITIVE_INFINITY;
  if (endMs > 0) return start + endMs * 1000;
  return duration === null ? Number.POSITIVE_INFINITY : start + duration + endMs * 1000;
}
