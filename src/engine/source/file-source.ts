/**
 * A file by http(s) URL.
 *
 * It plays from `beginMs` to `endMs`, is repeated as asked without a gap, and holds its last picture at the end; when the
 * connection breaks it goes on from where it was. By hand it can be paused, and sent to any picture; until that is
 * decoded the old one stays. Time runs whether anybody sees it or not; what is sent is one and the same for all who do.
 *
 * There is one axis of time (µs) through all plays: `file time + shift of the play`. A jump by hand begins a new one.
 */
import type { Playback } from '../../domain/desired.js';
import type { EngineReport, SourceHealth } from '../../domain/engine.js';
import type { Picture } from '../av/media.js';
import { DemuxedSource, type DemuxedSourceOptions, type Outcome } from './demuxed-source.js';
import { FileClock } from './file-clock.js';
import { FileReader } from './file-reader.js';
import { type Play, PlayList } from './play-list.js';

/** What must be read before time runs, µs. */
const FILE_LEAD = 150_000;
/** A picture that is not there after this long, µs, is not waited for. */
const SETTLE_MOST = 2_000_000;
/** Sound that is so much longer than the picture, µs, is a part of the file; less is what encoders leave at the end. */
const SOUND_TAIL = 100_000;
/** How far sound and picture of one moment may lie apart in a file, µs. */
const INTERLEAVE = 1_000_000;

/** A file that ends so much before its end, µs, broke off. */
const BROKE_OFF = 500_000;
/** A place in whole ms means the picture that begins within that ms, µs. */
const WHOLE_MS = 999;
/** A place that is so far within a picture, µs, is taken for its beginning; pictures that last longer are entered. */
const SNAP = 50_000;

const FORWARD_ONLY = 'the file can only be read from its start: a jump takes as long as reading up to its place';

export interface FileSourceOptions extends DemuxedSourceOptions {
  file: { beginMs: number; endMs: number | null; repeat: number; progressMs: number };
  report: (report: EngineReport) => void;
}

/** How reading goes on: as asked by hand or from the begin, where it broke off, or with one more play. */
type Entry = { kind: 'anew' } | { kind: 'on'; place: number } | { kind: 'repeat'; reached: number };

/** The part of the file that is played; file time, µs. `end` can be infinite. */
interface Part {
  begin: number;
  end: number;
}

export class FileSource extends DemuxedSource {
  readonly #options: FileSourceOptions;
  readonly #clock: FileClock;
  readonly #plays = new PlayList();
  /** File time of the first picture. */
  #zero = 0;
  /** File time up to which was read, where to go on after a break; null before the first packet. */
  #place: number | null = null;
  /** Axis time at which this axis began, up to which was read, and where everything is over once all is read. */
  #beganAt = Number.NEGATIVE_INFINITY;
  #readTo = Number.NEGATIVE_INFINITY;
  #endAt: number | null = null;
  /** Place that was asked for by hand, ms from the first picture; null when reading is on its way there. */
  #jump: number | null = null;
  #jumpSerial: number | null = null;
  /** A jump is on its way to its place: what is read and shown is still that of the old one. */
  #entering = false;
  #wakeReader: () => void = () => {};
  #paused: boolean;
  /** False from a jump (and the start) until its picture is there. */
  #settled = false;
  #unsettledSince: number | null = null;
  /** What was shown before the jump. */
  #before: Picture | null = null;
  #seen = false;
  #now: number;
  /** What is left of the constant delay, which only the first start knows. */
  #startDelay: number;
  /** File time at which the file ends although it says that it is longer. */
  #foundEnd: number | null = null;
  /** Axis time of the next progress report. */
  #progressAt: number | null = null;
  #forwardOnly = false;

  constructor(options: FileSourceOptions) {
    const clock = new FileClock({ delayUs: 0, leadUs: FILE_LEAD });
    super(options, clock);
    this.#clock = clock;
    this.#options = options;
    this.#now = options.now();
    this.#startDelay = options.spec.delayMs * 1000;
    // Time runs once there is something to show.
    clock.hold(this.#now);
    const { paused, seek } = options.spec.playback;
    this.#paused = paused;
    this.#jump = seek?.toMs ?? null;
    this.#jumpSerial = seek?.serial ?? null;
    this.#plays.restart(options.file.repeat);
    this.start();
  }

  setPlayback({ paused, seek }: Playback): void {
    this.#paused = paused;
    if (paused) this.#clock.hold(this.#now);
    // A lower serial is a jump that was taken back after it was carried out: the file is where it is.
    if (!seek || seek.serial <= (this.#jumpSerial ?? 0)) return;
    this.#jumpSerial = seek.serial;
    this.#jump = seek.toMs;
    this.#before = this.picture(0);
    this.#unsettle();
    this.#clock.hold(this.#now);
    this.#wakeReader();
  }

  #unsettle(): void {
    this.#settled = false;
    this.#unsettledSince = null;
  }

  protected override mayWait(): boolean {
    return this.#jump === null;
  }

  protected override async playOnce(signal: AbortSignal): Promise<Outcome> {
    const { url, proxy } = this.#options;
    while (!signal.aborted) {
      const reader = await FileReader.open({ url, proxy, signal });
      try {
        await this.#readPlays(reader, signal);
      } finally {
        await reader.close();
      }
      this.media.end();
      await this.#jumpOrClose(signal);
    }
    return { kind: 'end' };
  }

  async #jumpOrClose(signal: AbortSignal): Promise<void> {
    if (this.#jump !== null || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakeReader = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  /** Reads from where it is wanted to the end of the last play, and returns; also when the source is closed. */
  async #readPlays(reader: FileReader, signal: AbortSignal): Promise<void> {
    const part = this.#partOf(reader);
    const isCalledOff = (): boolean => signal.aborted || this.#jump !== null;
    let entry: Entry =
      this.#clock.isSet && this.#place !== null ? { kind: 'on', place: this.#place } : { kind: 'anew' };
    while (!signal.aborted) {
      if (this.#jump !== null) entry = { kind: 'anew' };
      if (!(await this.#enter(reader, part, entry, isCalledOff))) continue;
      this.#forwardOnly = reader.isForwardOnly;
      const reached = await this.#readPlay(reader, part.end, isCalledOff);
      if (reached === null) continue;
      if (reached <= part.begin) throw new Error('nothing of the file lies between its offsets');
      if (this.#plays.newest.left === 0) {
        this.#endAt = reached + this.#plays.newest.shift;
        return;
      }
      entry = { kind: 'repeat', reached };
    }
  }

  #partOf(reader: FileReader): Part {
    const { beginMs, endMs } = this.#options.file;
    this.#zero = reader.first;
    return { begin: this.#zero + beginMs * 1000, end: endOf(endMs, this.#zero, reader.end) };
  }

  /** Goes to where reading is to go on. @returns false when it was called off */
  async #enter(reader: FileReader, part: Part, entry: Entry, isCalledOff: () => boolean): Promise<boolean> {
    if (entry.kind === 'anew') return await this.#enterAnew(reader, part, isCalledOff);
    const landing = await reader.goTo(entry.kind === 'on' ? entry.place : part.begin, isCalledOff);
    if (!landing) return false;
    let { at } = landing;
    if (entry.kind === 'repeat') {
      // The next play follows without a gap: its first picture comes when the last one of this play is over.
      at = Math.min(part.begin, landing.from);
      this.#plays.repeat(entry.reached, at);
    }
    const { shift } = this.#plays.newest;
    this.#plays.firstTime = at + shift;
    this.media.seam({ from: Math.round(at + shift), to: Math.round(part.end + shift) });
    return true;
  }

  /** Goes to the place that was asked for by hand, or to the begin; a new axis begins there. */
  async #enterAnew(reader: FileReader, part: Part, isCalledOff: () => boolean): Promise<boolean> {
    const jump = this.#jump;
    this.#jump = null;
    const last = Math.min(part.end, reader.end ?? Number.POSITIVE_INFINITY) - 1;
    const asked = jump === null ? part.begin : this.#zero + jump * 1000 + WHOLE_MS;
    const left = jump === null ? this.#plays.newest.left : this.#plays.at(this.#axisTime()).left;
    this.#entering = true;
    try {
      return await this.#land(reader, part, { place: Math.max(part.begin, Math.min(asked, last)), left, isCalledOff });
    } catch (error) {
      this.#jump ??= jump;
      throw error;
    } finally {
      this.#entering = false;
    }
  }

  async #land(
    reader: FileReader,
    part: Part,
    { place, left, isCalledOff }: { place: number; left: number; isCalledOff: () => boolean },
  ): Promise<boolean> {
    const landing = await reader.goTo(place, isCalledOff);
    if (!landing) return false;
    // Time begins with the picture, not within it: so the mixer's ticks fall on whole pictures from here on.
    const at = landing.at - landing.from < SNAP ? landing.from : landing.at;
    this.begin(reader.demuxer, { from: Math.round(landing.from), to: Math.round(part.end) });
    this.#plays.restart(left);
    this.#plays.firstTime = at;
    this.#beganAt = at;
    this.#readTo = Number.NEGATIVE_INFINITY;
    this.#endAt = null;
    this.#progressAt = at + this.#options.file.progressMs * 1000;
    return true;
  }

  /** Reads to `end` or the end of the file; returns the time at which the play is over (null: called off). */
  async #readPlay(reader: FileReader, end: number, isCalledOff: () => boolean): Promise<number | null> {
    const { shift } = this.#plays.newest;
    const main = reader.stream('video') ? 'video' : 'audio';
    const done = { video: !reader.stream('video'), audio: !reader.stream('audio') };
    const over = { video: Number.NEGATIVE_INFINITY, audio: Number.NEGATIVE_INFINITY };
    const entered = this.#place;
    for (;;) {
      if (isCalledOff()) return null;
      const next = await reader.read();
      if (isCalledOff()) return null;
      if (!next) break;
      const { kind, packet, duration } = next;
      if (packet.dts >= end) {
        done[kind] = true;
        if ((done.video && done.audio) || packet.dts >= end + INTERLEAVE) return end;
        continue;
      }
      if (packet.pts < end) over[kind] = Math.max(over[kind], packet.pts + duration);
      if (kind === main) this.#place = packet.dts;
      this.#readTo = Math.max(this.#readTo, packet.dts + shift);
      await this.deliver(next, shift, this.#plays.firstTime);
    }
    // Some formats take a connection that broke for the end. If there is no more at the next attempt, it is the end.
    const missing = Math.min(end, this.#foundEnd ?? reader.end ?? end) - Math.max(over.video, over.audio);
    if (Number.isFinite(missing) && missing > BROKE_OFF) {
      if (this.#place !== entered) throw new Error('the file broke off before its end');
      this.#foundEnd = Math.max(over.video, over.audio);
    }
    const reached = over.audio - over.video > SOUND_TAIL ? over.audio : over[main];
    return Math.min(reached, end);
  }

  override setWanted(seen: boolean, heard = seen): void {
    this.#seen = seen;
    super.setWanted(seen, heard);
  }

  override advance(now: number): void {
    this.#now = now;
    this.#clock.advance(now);
    super.advance(now);
    if (!this.#settled) this.#settle(now);
    if (this.#settled && !this.#paused && this.#clock.isHeld) this.#clock.run(now);
    if (!this.#clock.isHeld) this.#tell();
  }

  /** The place is reached when its picture is there and enough is read to go on from it. */
  #settle(now: number): void {
    if (!this.#clock.isSet || this.#jump !== null || this.#entering) return;
    this.#unsettledSince ??= now;
    const waited = now - this.#unsettledSince;
    if (waited < this.#startDelay) return;
    const isRead = this.#endAt !== null || this.#readTo >= this.#beganAt + FILE_LEAD;
    const picture = this.picture(0);
    const isShown = !this.#seen || !this.media.hasVideo || (picture !== null && picture !== this.#before);
    if (!(isRead && isShown) && waited < this.#startDelay + SETTLE_MOST) return;
    this.#settled = true;
    this.#startDelay = 0;
    this.#before = null;
  }

  /** What has been played, and the end of it. */
  #tell(): void {
    const { file, report, spec } = this.#options;
    const time = this.#axisTime();
    if (file.progressMs > 0 && this.#progressAt !== null && time >= this.#progressAt) {
      const step = file.progressMs * 1000;
      this.#progressAt += step * (1 + Math.floor((time - this.#progressAt) / step));
      const placeMs = this.#placeMs();
      report({ code: 'FileProgress', resourceId: spec.id, placeMs, message: `${spec.name} is at ${placeMs} ms` });
    }
    if (this.#endAt === null || this.status === 'ended' || this.#clock.toSource(this.#now) < this.#endAt - 1) return;
    this.setStatus('ended');
    report({ code: 'FileEnded', resourceId: spec.id, message: `${spec.name} has been played to its end` });
  }

  /** Where play is on the axis; it cannot be beyond what was read. */
  #axisTime(): number {
    return Math.min(this.#clock.toSource(this.#now), this.#endAt ?? this.#readTo);
  }

  #placeMs(): number {
    const time = this.#axisTime();
    if (!Number.isFinite(time)) return 0;
    const play: Play = this.#plays.at(time);
    return Math.max(0, Math.round((time - play.shift - this.#zero) / 1000));
  }

  override isReady(): boolean {
    if (!this.#settled && this.status !== 'lost') return false;
    return super.isReady();
  }

  /** A pause is no loss, nor is a scene of a film in which nothing moves; its end is. */
  override stillFor(): number {
    return 0;
  }

  override health(): SourceHealth {
    const health = super.health();
    return {
      ...health,
      reason: health.reason || (this.#forwardOnly && health.status === 'live' ? FORWARD_ONLY : ''),
      file: { paused: this.#paused, placeMs: this.#placeMs() },
    };
  }
}

/** End of play in file time: counted from the first picture, or back from the last when negative. */
function endOf(endMs: number | null, first: number, end: number | null): number {
  if (endMs === null || endMs === 0) return Number.POSITIVE_INFINITY;
  if (endMs > 0) return first + endMs * 1000;
  return end === null ? Number.POSITIVE_INFINITY : end + endMs * 1000;
}
