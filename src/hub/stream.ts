/**
 * A stream: at most one publisher, any number of readers, the configurations and the last group of pictures.
 *
 * Guarantees for readers: times (µs) grow on every track across publishers, a track's config comes before its packets,
 * and after a change of publisher, or after pictures that were left out because their times went back, the first
 * picture is a key frame. Tracks that a new publisher does not have are forgotten: with its first key frame, or after
 * 1 s of nothing but sound. When a publisher vanishes, readers stay for 30 s.
 * The stream owns its readers: it ends each of them exactly once.
 */
import {
  type LadderVariant,
  type MediaPacket,
  TRACK_OPUS,
  TRACK_VIDEO,
  type Track,
  type TrackConfig,
} from '../link/frame.js';
import { PictureGroup } from './group.js';
import { Reader, type ReaderOptions } from './reader.js';
import { Timeline } from './timeline.js';

/** Where a stream sends what it wants of its publisher. Nothing here may throw. */
export interface Publisher {
  /** True when {@link keyframe} has an effect. */
  readonly canMakeKeyframes: boolean;
  keyframe(): void;
  demand(readers: number, opus: number): void;
  /** Another publisher took over from this one, which was silent: its connection is of no more use. */
  replaced(): void;
}

/** The right to publish; calls after it ended, or after another took over, do nothing. */
export interface Publication {
  config(config: TrackConfig): void;
  packet(packet: MediaPacket): void;
  /** Which renditions the stream has, itself among them; the names have been checked. */
  ladder(variants: readonly LadderVariant[]): void;
  /**
   * `vanished`: readers wait for it to come back. `stopped`: viewers are let go, patient readers wait for the next one.
   * `over`: everybody is let go, the stream will not come back.
   */
  close(how: 'vanished' | 'stopped' | 'over', reason: string): void;
}

const ORPHAN_MS = 30_000;
const SILENT_MS = 5_000;
const KEYFRAME_MS = 500;
/** A cached group older than this is no picture of now. */
const STALE_MS = 2_500;
/** How long a stream that began with sound may still turn out to have video. */
const UNDECIDED_MS = 1_000;

export interface StreamCallbacks {
  /** The stream got a publisher or lost it. */
  published(stream: Stream, live: boolean): void;
}

export class Stream {
  readonly name: string;
  readonly #now: () => number;
  readonly #callbacks: StreamCallbacks;
  readonly #configs = new Map<Track, TrackConfig>();
  readonly #readers = new Set<Reader>();
  readonly #group = new PictureGroup();
  readonly #timeline = new Timeline();
  /** What the readers were told that it adds. */
  #shift = 0;
  #state: 'empty' | 'live' | 'orphaned' = 'empty';
  #publisher: Publisher | null = null;
  #orphanedAt = 0;
  #publishedAt = 0;
  #packetAt = Number.NEGATIVE_INFINITY;
  #firstPacketAt: number | null = null;
  #keyframeAt = Number.NEGATIVE_INFINITY;
  /** Tracks that the present publisher has announced. */
  #announced = new Set<Track>();
  #awaitsKey = false;
  /** A picture was left out: those up to the next key frame may refer to it. Sound goes on meanwhile. */
  #broken = false;
  /** Highest presentation time of the present publisher's pictures, µs. */
  #shownUntil = Number.NEGATIVE_INFINITY;
  #reorders = false;
  #ladder: readonly LadderVariant[] = [];
  #demand = '';
  #bytesIn = 0;
  #endedBytesOut = 0;
  #endedDrops = 0;

  constructor(name: string, now: () => number, callbacks: StreamCallbacks) {
    this.name = name;
    this.#now = now;
    this.#callbacks = callbacks;
  }

  get live(): boolean {
    return this.#state === 'live';
  }

  /** True when a viewer may join: somebody publishes, or did a moment ago. */
  get open(): boolean {
    return this.#state !== 'empty';
  }

  /** True when nothing would be lost with it. */
  get unused(): boolean {
    return this.#state === 'empty' && this.#readers.size === 0;
  }

  /** The present publisher's pictures have come in another order than they are shown in: it makes B-frames. */
  get reorders(): boolean {
    return this.#reorders;
  }

  /** The present publisher has sent sound for so long without pictures that none will come. */
  get soundOnly(): boolean {
    return this.#publisher !== null && !this.#mayHaveVideo(this.#now()) && this.#firstPacketAt !== null;
  }

  /** The renditions that its publisher has announced, itself among them; empty when there are none. */
  get ladder(): readonly LadderVariant[] {
    return this.#ladder;
  }

  get readers(): number {
    return this.#counted().readers;
  }

  /** Viewers against the limit: all readers but the patient ones. */
  get viewers(): number {
    let count = 0;
    for (const reader of this.#readers) if (!reader.options.patient) count++;
    return count;
  }

  configOf(track: Track): TrackConfig | undefined {
    return this.#configs.get(track);
  }

  /** Bytes and drops since the stream began, readers that have left included. */
  totals(): { droppedFrames: number; bytesIn: number; bytesOut: number } {
    let droppedFrames = this.#endedDrops;
    let bytesOut = this.#endedBytesOut;
    for (const reader of this.#readers) {
      droppedFrames += reader.droppedFrames;
      bytesOut += reader.bytesOut;
    }
    return { droppedFrames, bytesIn: this.#bytesIn, bytesOut };
  }

  /** The publication, or `null` while another publisher is alive (it sent something in the last 5 s). */
  publish(publisher: Publisher): Publication | null {
    const now = this.#now();
    const before = this.#publisher;
    if (before) {
      if (now - Math.max(this.#packetAt, this.#publishedAt) < SILENT_MS) return null;
      this.#publisher = null;
      before.replaced();
    }
    this.#publisher = publisher;
    this.#state = 'live';
    this.#publishedAt = now;
    this.#firstPacketAt = null;
    this.#announced = new Set();
    this.#awaitsKey = true;
    this.#shownUntil = Number.NEGATIVE_INFINITY;
    this.#reorders = false;
    this.#timeline.restart();
    this.#group.clear();
    this.#demand = '';
    if (!before) this.#callbacks.published(this, true);
    for (const reader of this.#readers) reader.source(true);
    this.demandChanged();
    if (this.#readers.size > 0) this.requestKeyframe();
    return {
      config: (config) => {
        if (this.#publisher === publisher) this.#config(config);
      },
      packet: (packet) => {
        if (this.#publisher === publisher) this.#packet(packet);
      },
      ladder: (variants) => {
        if (this.#publisher === publisher) this.#ladder = variants;
      },
      close: (how, reason) => {
        if (this.#publisher === publisher) this.#unpublish(how, reason);
      },
    };
  }

  /** Adds a reader, which at once gets what is cached. The caller checks {@link open} first where it matters. */
  join(options: ReaderOptions): Reader {
    const reader = new Reader(options, this.#now());
    this.#readers.add(reader);
    reader.source(this.live);
    if (this.#shift !== 0) reader.clock(this.#shift);
    for (const config of this.#configs.values()) reader.config(config);
    const fresh = this.live && this.#now() - this.#packetAt < STALE_MS;
    const cached = options.start === 'cached' || !this.#publisher?.canMakeKeyframes;
    if (fresh && cached) reader.begin(this.#group.packets, this.#group.bytes);
    this.demandChanged();
    if (reader.awaitsKey) this.requestKeyframe();
    return reader;
  }

  /** Takes a reader out without telling it; for readers whose peer has gone. */
  leave(reader: Reader): void {
    if (!this.#readers.delete(reader)) return;
    this.#endedBytesOut += reader.bytesOut;
    this.#endedDrops += reader.droppedFrames;
    this.demandChanged();
  }

  /** Asks the publisher for a key frame, at most every 500 ms. */
  requestKeyframe(): void {
    const now = this.#now();
    if (!this.#publisher?.canMakeKeyframes || now - this.#keyframeAt < KEYFRAME_MS) return;
    this.#keyframeAt = now;
    this.#publisher.keyframe();
  }

  /** Tells the publisher how many watch, when that has changed. */
  demandChanged(): void {
    const { readers, opus } = this.#counted();
    const demand = `${readers} ${opus}`;
    if (!this.#publisher || demand === this.#demand) return;
    this.#demand = demand;
    this.#publisher.demand(readers, opus);
  }

  /** Closes what has been waited for too long. Called about once a second. */
  tick(): void {
    const now = this.#now();
    for (const reader of this.#readers) if (reader.stalled(now)) this.#end(reader, 'stalled');
    if (this.#state === 'orphaned' && now - this.#orphanedAt >= ORPHAN_MS) this.#clear('publisher lost', false);
    // A reader may have come within 500 ms of another's request: ask again for those who still wait.
    if (this.live && [...this.#readers].some((reader) => reader.awaitsKey)) this.requestKeyframe();
  }

  /** Ends everything; the stream is of no more use. */
  close(reason: string): void {
    this.#publisher = null;
    this.#clear(reason, true);
  }

  #counted(): { readers: number; opus: number } {
    let readers = 0;
    let opus = 0;
    for (const reader of this.#readers) {
      if (!reader.counted) continue;
      readers++;
      // Engines that subscribe take Opus when there is some, but do not need it.
      if (reader.options.kind !== 'link' && reader.options.tracks.has(TRACK_OPUS)) opus++;
    }
    return { readers, opus };
  }

  #config(config: TrackConfig): void {
    this.#announced.add(config.track);
    const before = this.#configs.get(config.track);
    if (before && before.codec === config.codec && Buffer.compare(before.extradata, config.extradata) === 0) return;
    // Chunks of a socket are large: keep the few bytes, not the chunk they came in.
    const kept = { ...config, extradata: Uint8Array.from(config.extradata) };
    this.#configs.set(config.track, kept);
    if (config.track === TRACK_VIDEO) {
      this.#group.clear();
      this.#awaitsKey = true;
    }
    for (const reader of this.#readers) reader.config(kept);
  }

  #packet(packet: MediaPacket): void {
    const now = this.#now();
    this.#packetAt = now;
    this.#bytesIn += packet.payload.length;
    if (!this.#announced.has(packet.track)) return;
    const video = this.#announced.has(TRACK_VIDEO);
    this.#firstPacketAt ??= now;
    if (video && this.#awaitsKey) {
      if (packet.track !== TRACK_VIDEO || !packet.key) return;
      this.#awaitsKey = false;
      this.#forgetTracks();
    }
    const onKey = this.#mayHaveVideo(now);
    if (!onKey && this.#configs.has(TRACK_VIDEO)) this.#forgetTracks();
    const picture = packet.track === TRACK_VIDEO;
    if (picture && this.#broken && !packet.key) return;
    const dts = this.#timeline.place(packet.track, packet.dts, now);
    if (picture) this.#broken = dts === null;
    if (dts === null) {
      if (picture) this.requestKeyframe();
      return;
    }
    if (this.#timeline.shift !== this.#shift) {
      this.#shift = this.#timeline.shift;
      for (const reader of this.#readers) reader.clock(this.#shift);
    }
    const placed: MediaPacket = { ...packet, dts };
    if (picture) {
      // A picture that is shown before one that came earlier. On the stream's clock, which hides jumps of the publisher's.
      if (dts + packet.cts < this.#shownUntil) this.#reorders = true;
      this.#shownUntil = Math.max(this.#shownUntil, dts + packet.cts);
    }
    this.#group.add(placed);
    for (const reader of this.#readers) reader.packet(placed, onKey);
  }

  /** True when a reader that takes pictures must wait for one. */
  #mayHaveVideo(now: number): boolean {
    return this.#announced.has(TRACK_VIDEO) || now - (this.#firstPacketAt ?? now) < UNDECIDED_MS;
  }

  /** Forgets what only a publisher before this one had. */
  #forgetTracks(): void {
    for (const track of [...this.#configs.keys()]) {
      if (this.#announced.has(track)) continue;
      this.#configs.delete(track);
      for (const reader of this.#readers) reader.without(track);
    }
  }

  #unpublish(how: 'vanished' | 'stopped' | 'over', reason: string): void {
    this.#publisher = null;
    this.#group.clear();
    this.#state = 'orphaned';
    this.#orphanedAt = this.#now();
    for (const reader of this.#readers) reader.source(false);
    if (how !== 'vanished') this.#clear(reason, how === 'over');
    this.#callbacks.published(this, false);
  }

  /** Ends viewers, and with `everybody` the patient readers too. */
  #clear(reason: string, everybody: boolean): void {
    this.#state = 'empty';
    this.#ladder = [];
    this.#group.clear();
    this.#configs.clear();
    for (const reader of this.#readers) if (everybody || !reader.options.patient) this.#end(reader, reason);
  }

  #end(reader: Reader, reason: string): void {
    this.leave(reader);
    reader.end(reason);
  }
}
