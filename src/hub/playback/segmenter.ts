/**
 * Cuts a stream into fragmented MP4 segments at video key frames (streams without video: every 2 s).
 *
 * Segments are at least 1.5 s long where key frames allow it. Decode times are absolute, so segments join exactly;
 * audio times follow the sample count and return to the packets' times when those differ by more than 30 ms.
 *
 * A playlist's target duration must not change, and no segment may exceed it when rounded (RFC 8216 sections 6.2.1 and
 * 4.3.3.1). It is the first segment's duration, rounded, plus one second of headroom, 3 to 10 s. When no key frame comes in that
 * time (or within 16 MB), the segment is cut between two pictures: players that are there already play on, players that
 * come begin at the next key frame. A hole that would make a segment too long becomes a discontinuity.
 *
 * Streams that are renditions of one programme share their cuts, see `ladder.ts`; the target is then 3 s, and only a
 * new epoch is a discontinuity, since times are those of one clock.
 */
import { type MediaPacket, TRACK_AAC, TRACK_VIDEO, type Track, type TrackConfig } from '../../link/frame.js';
import { parseAacConfig } from '../protocol/aac.js';
import { parseAvcConfig, parseSpsSize } from '../protocol/avc.js';
import { ProtocolError } from '../protocol/error.js';
import {
  type Fmp4Run,
  type Fmp4Sample,
  type Fmp4Track,
  initSegment,
  mediaSegment,
  VIDEO_TIMESCALE,
} from '../protocol/fmp4.js';

export interface Segment {
  /** From 0, grows by one with every segment; with shared cuts, the number that those say, which may skip some. */
  index: number;
  /** Time of its first picture or sound as the packets have it, µs. */
  start: number;
  /** Which initialisation segment goes with it. */
  init: number;
  /** Seconds. */
  duration: number;
  discontinuity: boolean;
  data: Buffer;
}

const MIN_US = 1_500_000;
const SOUND_ONLY_US = 2_000_000;
/** Target durations, seconds. */
const LEAST_TARGET = 3;
const MOST_TARGET = 10;
/** Durations are rounded before they are compared with the target; a little less than half, for times in ticks. */
const ROUNDING_US = 499_000;
/** How far sound may run ahead of pictures that have stopped. */
const SOUND_AHEAD_US = 1_000_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** Room below the first packet for sound that arrives late, so that no time is negative; µs. */
const LEAD_US = 1_000_000;
const RESYNC_SECONDS = 0.03;

interface Timed {
  /** Decode time, ticks. */
  time: number;
  offset: number;
  key: boolean;
  payload: Uint8Array;
}

interface Open {
  index: number;
  /** Stream time of the beginning, µs. */
  start: number;
  /** Of the last packet of the track that segments are cut by. */
  last: number;
  bytes: number;
  video: Timed[];
  audio: Timed[];
}

/** Where segments begin and what they are called, for streams that share it. */
export interface SharedCuts {
  /** What times in segments count from, µs; below all of them. Read with the first packet. */
  readonly origin: number;
  numberOf(at: number, key: boolean, force: boolean): number;
}

export interface SegmenterOutput {
  init(index: number, data: Buffer): void;
  segment(segment: Segment): void;
}

export class Segmenter {
  readonly #output: SegmenterOutput;
  readonly #cuts: SharedCuts | null;
  #video: Extract<Fmp4Track, { kind: 'video' }> | null = null;
  #audio: Extract<Fmp4Track, { kind: 'audio' }> | null = null;
  #open: Open | null = null;
  #base: number | null = null;
  #init = -1;
  /** The tracks have changed since the last initialisation segment. */
  #stale = true;
  #discontinuity = false;
  /** Index of the next segment; with shared cuts, the least that it may have. */
  #next = 0;
  #audioNext: number | null = null;
  #frameTicks = VIDEO_TIMESCALE / 25;
  #target: number | null = null;

  constructor(output: SegmenterOutput, cuts: SharedCuts | null = null) {
    this.#output = output;
    this.#cuts = cuts;
    if (cuts) this.#target = LEAST_TARGET;
  }

  /** Seconds that no segment exceeds when rounded. Constant from the first segment on. */
  get targetDuration(): number {
    return this.#target ?? MOST_TARGET;
  }

  /** A new or changed track; what is open is closed first. Tracks that cannot be read are left out. */
  config(config: TrackConfig): void {
    const known = config.track === TRACK_VIDEO ? this.#video : this.#audio;
    if (this.#init >= 0 || known) this.interrupt();
    try {
      if (config.track === TRACK_VIDEO) {
        const sps = parseAvcConfig(config.extradata).sps[0];
        if (sps) this.#video = { id: 1, kind: 'video', ...parseSpsSize(sps), extradata: config.extradata };
      } else if (config.track === TRACK_AAC) {
        const aac = parseAacConfig(config.extradata);
        this.#audio = { id: 2, kind: 'audio', config: aac, extradata: config.extradata };
        this.#audioNext = null;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
    this.#stale = true;
  }

  /** A track has ended and will not go on. What is open is closed first. */
  without(track: Track): void {
    const known = track === TRACK_VIDEO ? this.#video : track === TRACK_AAC ? this.#audio : null;
    if (!known) return;
    this.interrupt();
    if (track === TRACK_VIDEO) this.#video = null;
    else this.#audio = null;
    this.#stale = true;
  }

  /** The publisher changed or went: closes what is open; what follows does not join it. */
  interrupt(): void {
    this.#close(null);
    this.#audioNext = null;
    if (this.#next > 0 && !this.#cuts) this.#discontinuity = true;
  }

  /** Of streams that share their cuts: what follows belongs to another epoch. */
  nextEpoch(): void {
    this.interrupt();
    this.#discontinuity = this.#next > 0;
  }

  packet(packet: MediaPacket): void {
    if (packet.track === TRACK_VIDEO) this.#videoPacket(packet);
    else if (packet.track === TRACK_AAC) this.#audioPacket(packet);
  }

  get #longest(): number {
    return this.targetDuration * 1e6 + ROUNDING_US;
  }

  #videoPacket(packet: MediaPacket): void {
    if (!this.#video) return;
    const { dts, key, payload } = packet;
    if (this.#open && dts - this.#open.start > this.#longest) this.interrupt();
    const open = this.#open;
    const frame = Math.max((this.#frameTicks / VIDEO_TIMESCALE) * 1e6, open ? dts - open.last : 0);
    const full =
      open && (dts + frame - open.start > this.#longest || open.bytes + payload.length > MAX_BYTES) && dts > open.start;
    if (this.#cuts) this.#cutShared(this.#cuts, packet, full === true);
    else if (full || (key && (!open || dts - open.start >= MIN_US))) {
      this.#close(dts);
      this.#begin(packet, this.#next);
    }
    if (!this.#open) return;
    const time = this.#ticks(dts, VIDEO_TIMESCALE);
    const offset = Math.round((packet.cts * VIDEO_TIMESCALE) / 1e6);
    this.#open.video.push({ time, offset, key, payload });
    this.#open.bytes += payload.length;
    this.#open.last = dts;
  }

  #cutShared(cuts: SharedCuts, packet: MediaPacket, full: boolean): void {
    const { dts, key } = packet;
    if (!this.#open && !key) return;
    let index = cuts.numberOf(dts, key, full);
    if (this.#open?.index === index) return;
    this.#close(dts);
    // Begun anew where it has ended a moment ago: the rest of that segment has a number of its own.
    if (index < this.#next) index = cuts.numberOf(dts, key, true);
    if (index >= this.#next) this.#begin(packet, index);
  }

  #audioPacket(packet: MediaPacket): void {
    const track = this.#audio;
    if (!track) return;
    const length = this.#open ? packet.dts - this.#open.start : 0;
    const longest = this.#longest + (this.#video ? SOUND_AHEAD_US : 0);
    if (length > longest || (this.#open?.bytes ?? 0) > MAX_BYTES) this.interrupt();
    if (!this.#video && !this.#cuts && (!this.#open || length >= SOUND_ONLY_US)) {
      this.#close(packet.dts);
      this.#begin(packet, this.#next);
    }
    if (!this.#open) {
      this.#audioNext = null;
      return;
    }
    const { sampleRate, frameLength } = track.config;
    const actual = this.#ticks(packet.dts, sampleRate);
    if (actual < 0) return;
    let time = this.#audioNext ?? actual;
    if (Math.abs(actual - time) > RESYNC_SECONDS * sampleRate) time = Math.max(time, actual);
    this.#audioNext = time + frameLength;
    this.#open.audio.push({ time, offset: 0, key: true, payload: packet.payload });
    this.#open.bytes += packet.payload.length;
    if (!this.#video) this.#open.last = Math.max(this.#open.last, packet.dts);
  }

  #ticks(dts: number, timescale: number): number {
    return Math.round(((dts - (this.#base ?? dts)) * timescale) / 1e6);
  }

  #begin(packet: MediaPacket, index: number): void {
    this.#base ??= this.#cuts?.origin ?? packet.dts - LEAD_US;
    this.#open = { index, start: packet.dts, last: packet.dts, bytes: 0, video: [], audio: [] };
  }

  /** Ends the open segment; `end` is the time (µs) at which the next one begins, `null` when that is not known. */
  #close(end: number | null): void {
    const open = this.#open;
    this.#open = null;
    if (!open || open.video.length + open.audio.length === 0) return;
    if (this.#stale) {
      this.#stale = false;
      this.#init++;
      const tracks: Fmp4Track[] = [];
      if (this.#video) tracks.push(this.#video);
      if (this.#audio) tracks.push(this.#audio);
      this.#output.init(this.#init, initSegment(tracks));
    }
    const usual = this.#frameTicks;
    const video = this.#samples(open.video, end === null ? null : this.#ticks(end, VIDEO_TIMESCALE), usual);
    const lastFrame = video.at(-2);
    // Pictures that came with one and the same time have next to none between them: that is no frame rate.
    if (lastFrame && lastFrame.duration > 0) this.#frameTicks = lastFrame.duration;
    const { sampleRate, frameLength } = this.#audio?.config ?? { sampleRate: 48_000, frameLength: 1024 };
    const audio = this.#samples(open.audio, null, frameLength);
    const runs: Fmp4Run[] = [
      { track: 1, kind: 'video', decodeTime: open.video[0]?.time ?? 0, samples: video },
      { track: 2, kind: 'audio', decodeTime: open.audio[0]?.time ?? 0, samples: audio },
    ];
    const lastSeconds = this.#video ? usual / VIDEO_TIMESCALE : frameLength / sampleRate;
    const until = end ?? open.last + lastSeconds * 1e6;
    const duration = (until - open.start) / 1e6;
    this.#target ??= Math.min(MOST_TARGET, Math.max(LEAST_TARGET, Math.round(duration) + 1));
    this.#output.segment({
      index: open.index,
      start: open.start,
      init: this.#init,
      duration,
      discontinuity: this.#discontinuity,
      data: mediaSegment(open.index + 1, runs),
    });
    this.#next = open.index + 1;
    this.#discontinuity = false;
  }

  #samples(timed: readonly Timed[], end: number | null, usual: number): Fmp4Sample[] {
    return timed.map((sample, index) => {
      const next = timed[index + 1]?.time ?? end ?? sample.time + usual;
      return {
        key: sample.key,
        duration: Math.max(0, next - sample.time),
        offset: sample.offset,
        payload: sample.payload,
      };
    });
  }
}
