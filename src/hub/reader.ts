/**
 * One reader of a stream: decides what its sink gets, so that a slow one neither grows memory nor harms the others.
 *
 * A reader starts on a video key frame (at once when it takes no pictures, or the stream has none). When its sink has more than 2 MB unsent, video
 * is dropped until the next key frame that finds room, above 2.5 MB sound is dropped too, and drops are counted. The
 * group of pictures that a reader is given on joining does not count against the limit until it has been sent. A
 * reader that has something to send but sends nothing for 30 s is closed by its stream's tick.
 */
import { type MediaPacket, TRACK_VIDEO, type Track, type TrackConfig } from '../link/frame.js';

/** Where a reader's data goes; implemented once for each protocol. Nothing here may throw. */
export interface Sink {
  /** A new or changed track. Comes before the first packet of the track. */
  config(config: TrackConfig): void;
  /** Times are the stream's. The payload is shared: it must not be changed. */
  packet(packet: MediaPacket): void;
  /** Whether the stream has a publisher; false is followed by true or by `end`. */
  source(live: boolean): void;
  /** A track that was there has ended: its publisher went, and the present one has no such track. */
  without?(track: Track): void;
  /** What the hub adds to the publisher's times in what follows, µs; for sinks that compare streams. */
  clock?(shiftUs: number): void;
  /** The last call: the sink lets its peer go. */
  end(reason: string): void;
  /** Bytes accepted but not sent. */
  backlog(): number;
  /** Bytes sent so far; only used to see whether something moves. */
  sent(): number;
}

export type ReaderKind = 'rtmp' | 'flv' | 'hls' | 'whep' | 'link' | 'relay';

export interface ReaderOptions {
  kind: ReaderKind;
  tracks: ReadonlySet<Track>;
  /** `cached`: begin with the cached group of pictures. `next-key`: wait for the next key frame. */
  start: 'cached' | 'next-key';
  /** Stays when the stream has no publisher, for as long as it wants. Not counted against the limit of viewers. */
  patient: boolean;
  sink: Sink;
}

const MAX_BACKLOG = 2 * 1024 * 1024;
const SOUND_MARGIN = 512 * 1024;
const STALL_MS = 30_000;

export class Reader {
  readonly options: ReaderOptions;
  /** False while nobody watches although the reader is attached (HLS between two visits). */
  counted = true;
  droppedFrames = 0;
  bytesOut = 0;
  #state: 'starting' | 'running' | 'dropping' | 'ended' = 'starting';
  #allowance = 0;
  /** The allowance ends when the backlog has been low once, but not while it is being filled. */
  #beginning = false;
  #sent = 0;
  #movedAt: number;

  constructor(options: ReaderOptions, now: number) {
    this.options = options;
    this.#movedAt = now;
  }

  /** True while it waits for a picture to begin with. */
  get awaitsKey(): boolean {
    return this.#state === 'starting' && this.options.tracks.has(TRACK_VIDEO);
  }

  config(config: TrackConfig): void {
    if (this.#state !== 'ended' && this.options.tracks.has(config.track)) this.options.sink.config(config);
  }

  without(track: Track): void {
    if (this.#state !== 'ended' && this.options.tracks.has(track)) this.options.sink.without?.(track);
  }

  source(live: boolean): void {
    if (this.#state !== 'ended') this.options.sink.source(live);
  }

  clock(shiftUs: number): void {
    if (this.#state !== 'ended') this.options.sink.clock?.(shiftUs);
  }

  /** The group to begin with; its bytes are allowed on top of the limit. */
  begin(group: readonly MediaPacket[], bytes: number): void {
    if (group.length === 0) return;
    this.#allowance = bytes;
    this.#beginning = true;
    for (const packet of group) this.packet(packet, true);
    this.#beginning = false;
  }

  /** `onKey`: the stream has video, so a reader that takes it must start on a key frame. */
  packet(packet: MediaPacket, onKey: boolean): void {
    if (this.#state === 'ended' || !this.options.tracks.has(packet.track)) return;
    const video = packet.track === TRACK_VIDEO;
    if (this.#state === 'starting') {
      if (onKey && this.options.tracks.has(TRACK_VIDEO) && !(video && packet.key)) return;
      this.#state = 'running';
    }
    const backlog = this.options.sink.backlog();
    if (backlog < MAX_BACKLOG / 2 && !this.#beginning) this.#allowance = 0;
    const limit = MAX_BACKLOG + this.#allowance;
    if (video && this.#state === 'dropping' && packet.key && backlog <= limit) this.#state = 'running';
    if (video && backlog > limit) this.#state = 'dropping';
    if (video ? this.#state === 'dropping' : backlog > limit + SOUND_MARGIN) {
      this.droppedFrames++;
      return;
    }
    this.bytesOut += packet.payload.length;
    this.options.sink.packet(packet);
  }

  /** True when the peer has taken nothing for too long. `now` in ms, monotonic. */
  stalled(now: number): boolean {
    const sent = this.options.sink.sent();
    if (sent !== this.#sent || this.options.sink.backlog() === 0) {
      this.#sent = sent;
      this.#movedAt = now;
    }
    return now - this.#movedAt >= STALL_MS;
  }

  end(reason: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.options.sink.end(reason);
  }
}
