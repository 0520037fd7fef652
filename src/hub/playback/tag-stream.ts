/**
 * A stream as FLV tags, for HTTP-FLV and for RTMP players alike: metadata, configurations, then packets, with times
 * (ms) that begin at 100 with the first packet, so that sound which is a little older still has its true time.
 *
 * Nothing is emitted before the first packet, so that what is announced is what comes.
 */
import { type MediaPacket, TRACK_AAC, TRACK_VIDEO, type Track, type TrackConfig } from '../../link/frame.js';
import { parseAacConfig } from '../protocol/aac.js';
import { parseAvcConfig, parseSpsSize } from '../protocol/avc.js';
import { ProtocolError } from '../protocol/error.js';
import {
  audioBodyHead,
  metadataBody,
  type StreamDescription,
  TAG_AUDIO,
  TAG_SCRIPT,
  TAG_VIDEO,
  videoBodyHead,
} from '../protocol/flv.js';

/** The tracks that FLV can carry here. */
export const FLV_TRACKS: ReadonlySet<Track> = new Set([TRACK_VIDEO, TRACK_AAC]);

export interface TagOutput {
  /** Before the first tag. */
  begin(hasVideo: boolean, hasAudio: boolean): void;
  /** The parts of the body are shared: they must not be changed. */
  tag(type: number, timestamp: number, body: readonly Uint8Array[]): void;
}

/** What the configurations say; values that cannot be read are left out. */
function describe(configs: ReadonlyMap<Track, TrackConfig>): StreamDescription {
  const description: StreamDescription = {};
  try {
    const video = configs.get(TRACK_VIDEO);
    const sps = video && parseAvcConfig(video.extradata).sps[0];
    if (sps) description.video = parseSpsSize(sps);
    const audio = configs.get(TRACK_AAC);
    if (audio) description.audio = parseAacConfig(audio.extradata);
  } catch (error) {
    // Metadata is a courtesy: players read the configurations themselves.
    if (!(error instanceof ProtocolError)) throw error;
  }
  return description;
}

/** Tracks are interleaved, so a packet may be a little older than the one before it; µs. */
const HEAD_START = 100_000;

export class TagStream {
  readonly #output: TagOutput;
  readonly #configs = new Map<Track, TrackConfig>();
  /** The stream's time (µs) that becomes 0; `null` before the first packet. */
  #base: number | null = null;
  #last = 0;

  constructor(output: TagOutput) {
    this.#output = output;
  }

  config(config: TrackConfig): void {
    this.#configs.set(config.track, config);
    if (this.#base !== null) this.#emitConfig(config, this.#last);
  }

  packet(packet: MediaPacket): void {
    if (this.#base === null) {
      this.#base = packet.dts - HEAD_START;
      this.#output.begin(this.#configs.has(TRACK_VIDEO), this.#configs.has(TRACK_AAC));
      this.#output.tag(TAG_SCRIPT, 0, [metadataBody(describe(this.#configs))]);
      for (const config of this.#configs.values()) this.#emitConfig(config, 0);
    }
    const timestamp = Math.round((packet.dts - this.#base) / 1000);
    // Never moved to fit: that would put sound and picture out of step.
    if (timestamp < 0) return;
    this.#last = Math.max(this.#last, timestamp);
    if (packet.track === TRACK_VIDEO) {
      this.#output.tag(TAG_VIDEO, timestamp, [videoBodyHead('frame', packet.key, packet.cts), packet.payload]);
    } else this.#output.tag(TAG_AUDIO, timestamp, [audioBodyHead('frame'), packet.payload]);
  }

  #emitConfig(config: TrackConfig, timestamp: number): void {
    if (config.track === TRACK_VIDEO) {
      this.#output.tag(TAG_VIDEO, timestamp, [videoBodyHead('config', true, 0), config.extradata]);
    } else this.#output.tag(TAG_AUDIO, timestamp, [audioBodyHead('config'), config.extradata]);
  }
}
