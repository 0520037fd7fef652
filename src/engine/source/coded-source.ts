/**
 * What sources with coded input have in common: queue of pictures, ring of sound, the place of their times on the
 * engine's clock, and the words for their state. `feed` is what the subclass opens.
 */
import type { SourceSpec } from '../../domain/desired.js';
import type { EngineReport, SourceHealth, SourceStatus } from '../../domain/engine.js';
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import type { CodedPacket } from '../av/decoder.js';
import type { Picture } from '../av/media.js';
import { PictureQueue } from '../media/picture-queue.js';
import { SoundRing } from '../media/sound-ring.js';
import { CodedMedia } from './coded-media.js';
import { Intake } from './intake.js';
import { PicturePace } from './picture-pace.js';
import type { ShownSpan } from './shown-span.js';
import { listen } from './sound-listener.js';
import { healthOf, type SoundCursor, type Source } from './source.js';
import type { SourceClock } from './source-clock.js';
import { SourceState } from './source-state.js';
import type { SyncMember } from './sync.js';

/** Places source times (µs) on the engine's clock. */
export interface PlayoutClock {
  observe(arrival: number, dts: number): void;
  toEngine(pts: number): number;
  toSource(engineTime: number): number;
  reset(): void;
  /** Where it can be asked to play out later; null where it cannot. */
  readonly alignable?: SourceClock | null;
}

/** Nothing has arrived for so long that its rates mean nothing any more, µs; segments come every few seconds. */
const SILENT = 15_000_000;
/**
 * How much of half a tick a picture may be early or late, so that times that jitter about the boundary of two ticks give an
 * even cadence. With the half tick itself, 16.6 ms, picture and sound are less than 20 ms apart.
 */
const SLACK = 1 / 8;
/** A source that is wanted and has given no picture for so long, with nothing on its way, is not waited for, µs. */
const WAITED_FOR = 2_000_000;

export interface CodedSourceOptions {
  spec: SourceSpec;
  /** Engine time in µs. */
  now: () => number;
  /**
   * Of the mixer: a tick shows the picture that is nearest to it, so that pictures are neither early nor late against the
   * sound by more than half a tick.
   */
  fps: number;
  /** Tells the owner of the studio that it broke off, is back, or (`failures`) could not be opened at first. */
  report: (report: EngineReport) => void;
}

export abstract class CodedSource implements Source {
  readonly spec: SourceSpec;
  protected readonly media: CodedMedia;
  protected readonly clock: PlayoutClock;
  protected readonly now: () => number;
  readonly #pictures = new PictureQueue();
  readonly #sound = new SoundRing();
  readonly #state: SourceState;
  readonly #intake = new Intake(SILENT);
  readonly #nearest: number;
  /** Engine time of the last tick. */
  #time = 0;
  #history = 0;
  #seen = false;
  #heard = false;
  /** Engine time since which it has been wanted without a picture or anything to come; null otherwise. */
  #idleSince: number | null = null;
  #size = { width: 0, height: 0 };
  readonly #pace = new PicturePace();
  protected reconnects = 0;
  /** What was added to the encoder's times on their way here, µs. */
  protected timeShift = 0;
  /** What is odd about its step with others. */
  #note = '';

  /** @param failures whether it is a failure that it cannot be opened at first */
  protected constructor({ spec, now, fps, report }: CodedSourceOptions, clock: PlayoutClock, failures = true) {
    this.spec = spec;
    // A little less than half a tick, so that of two pictures in a tick it is the one that is on.
    this.#nearest = 499_000 / fps;
    this.clock = clock;
    this.now = now;
    this.#state = new SourceState({ spec, now, report, failures });
    this.media = new CodedMedia({
      pictures: this.#pictures,
      sound: this.#sound,
      toEngine: (pts) => clock.toEngine(pts),
      onError: (message) => {
        this.#state.reason = message;
      },
    });
  }

  /** Its clock, as the encoder's own times are placed on the engine's; see sync.ts. */
  readonly sync: SyncMember = this.#member();

  #member(): SyncMember {
    const clock = (): SourceClock | null => this.clock.alignable ?? null;
    const onEncoder = (offset: number | null | undefined): number | null =>
      offset === null || offset === undefined || this.status !== 'live' ? null : offset + this.timeShift;
    const unable = (): string =>
      clock() || this.status !== 'live' ? '' : 'not in step: a list of segments or a file cannot be aligned';
    return {
      get own() {
        return onEncoder(clock()?.own);
      },
      get offset() {
        return onEncoder(clock()?.offset);
      },
      get unable() {
        return unable();
      },
      alignTo: (offset) => clock()?.alignTo(offset === null ? null : offset - this.timeShift),
      setNote: (note) => {
        this.#note = note;
      },
    };
  }

  protected setStatus(status: SourceStatus, reason = ''): void {
    this.#state.set(status, reason);
  }

  protected get status(): SourceStatus {
    return this.#state.status;
  }

  /** Takes a packet of the input: the clock looks at it, and it goes where it is decoded. @param firstDue see FileSource */
  protected take(kind: 'video' | 'audio', coded: CodedPacket, firstDue = Number.NEGATIVE_INFINITY): void {
    if (this.status !== 'live') this.setStatus('live');
    const now = this.now();
    this.clock.observe(now, Math.max(coded.dts, firstDue));
    this.#intake.add(now, coded.dts, coded.payload.length, kind === 'video');
    if (kind === 'video') this.media.pushVideo(coded);
    else this.media.pushAudio(coded);
  }

  /** The input begins anew with other times; the last picture stays on until the first new one is due. */
  protected restartTimes(shown?: ShownSpan): void {
    this.#intake.reset();
    this.media.restart(shown);
    this.clock.reset();
    this.#pictures.restart();
    this.#sound.clear();
  }

  setWanted(seen: boolean, heard = seen): void {
    if (seen !== this.#seen) this.#idleSince = null;
    this.#seen = seen;
    this.#heard = heard;
    this.media.setWanted(seen, heard);
  }

  stillFor(): number {
    return this.#seen && this.status === 'live' && this.media.hasVideo ? this.#pace.stillFor(this.#time) : 0;
  }

  keepHistory(seen: number, heard = seen): void {
    this.#history = seen;
    this.#pictures.keepHistory(seen);
    this.media.keepSound(heard);
  }

  advance(now: number): void {
    this.#time = now;
    this.media.advance(now);
    if (!this.#seen || this.status === 'connecting' || !this.media.isIdle) this.#idleSince = null;
    else this.#idleSince ??= now;
    this.#pictures.advance(this.clock.toSource(now) + this.#nearest, this.#nearest * SLACK);
    const picture = this.picture(0);
    this.#pace.look(now, picture, this.#seen);
    if (picture && picture.width !== this.#size.width) this.#size = { width: picture.width, height: picture.height };
    else if (picture && picture.height !== this.#size.height) this.#size.height = picture.height;
  }

  isReady(): boolean {
    // Nobody looks at it, so no picture is waited for, and its sound comes when it comes.
    if (this.#heard && !this.#seen) return this.status !== 'connecting';
    if (this.status === 'live' && !this.media.hasVideo) return true;
    // What cannot be decoded, or was announced and never comes, must not keep a scene waiting.
    if (this.media.hasFailed) return true;
    if (this.#idleSince !== null && this.#time - this.#idleSince >= WAITED_FOR) return true;
    if (this.media.isCaughtUp) return this.picture(0) !== null;
    return this.status !== 'connecting' && this.status !== 'live' && !this.media.hasGroup;
  }

  picture(delayUs: number): Picture | null {
    return this.#pictures.at(this.clock.toSource(this.#time - Math.min(delayUs, this.#history)) + this.#nearest);
  }

  sound(out: Float32Array, from: number, cursor: SoundCursor): void {
    const time = this.#timeOf(from, (out.length * 1_000_000) / (CHANNELS * SAMPLE_RATE));
    const exact = time === null ? null : (time * SAMPLE_RATE) / 1_000_000;
    listen(out, cursor, this.#sound, exact === null ? null : exact - this.#sound.skewAt(cursor.next ?? exact));
  }

  /** Source time of the block at an engine time; null while time stands still. Both µs. */
  #timeOf(from: number, length: number): number | null {
    const first = this.clock.toSource(from);
    const passes = this.clock.toSource(from + length) - first;
    // For the lesser part of a block time may stand; then the place is that of the other part.
    if (!Number.isFinite(first) || !(passes > length / 2)) return null;
    return passes > length * 0.99 ? first : first + passes - length;
  }

  health(): SourceHealth {
    return healthOf(this.spec, {
      status: this.status,
      reason: this.#state.reason || this.#note,
      forSeconds: this.#state.forSeconds,
      ...this.media.codecs,
      ...this.#size,
      ...(this.status === 'live' ? this.#intake.rates(this.now()) : {}),
      lateFrames: this.#pictures.late,
      droppedFrames: this.#pictures.dropped + this.media.dropped,
      reconnects: this.reconnects,
    });
  }

  async close(): Promise<void> {
    await this.media.close();
  }
}
