/**
 * One published stream: its connection to the hub, its configs, and whether anybody needs it.
 * Output times begin one second after tick 0, so that the codecs' warm-up never makes them negative.
 */

import { LinkClient } from '../../link/client.js';
import {
  type LadderVariant,
  type TRACK_AAC,
  type TRACK_OPUS,
  TRACK_VIDEO,
  type Track,
  type TrackConfig,
} from '../../link/frame.js';
import { SAMPLE_RATE } from '../audio/format.js';
import type { CodedSound } from '../av/audio-encoder.js';
import type { CodedPicture } from '../av/video-encoder.js';

const LEAD = 1_000_000;

export interface StreamOutputOptions {
  stream: string;
  linkPath: string;
  linkToken: string;
  fps: number;
  /** A viewer needs a key frame soon. */
  onKeyFrameWanted: () => void;
  /** The first key frame has been handed over. */
  onStarted?: () => void;
}

export class StreamOutput {
  readonly #options: StreamOutputOptions;
  readonly #link: LinkClient;
  readonly #configs = new Map<Track, TrackConfig>();
  #ladder: LadderVariant[] | null = null;
  #started = false;
  #readers = 0;
  #opus = 0;

  constructor(options: StreamOutputOptions) {
    this.#options = options;
    this.#link = new LinkClient({
      path: options.linkPath,
      token: options.linkToken,
      stream: options.stream,
      role: 'publish',
      onOpen: () => {
        for (const config of this.#configs.values()) this.#link.sendConfig(config);
        this.#sendLadder();
        options.onKeyFrameWanted();
      },
      onLost: () => {
        this.#readers = 0;
        this.#opus = 0;
      },
      onFrame: (frame) => {
        if (frame.kind !== 'control') return;
        if (frame.control.type === 'keyframe') options.onKeyFrameWanted();
        if (frame.control.type === 'demand') {
          this.#readers = frame.control.readers;
          this.#opus = frame.control.opus;
        }
      },
    });
  }

  /** Viewers of any kind, and those of them who need Opus. */
  get readers(): number {
    return this.#readers;
  }

  get opusReaders(): number {
    return this.#opus;
  }

  get isOpen(): boolean {
    return this.#link.isOpen;
  }

  setConfig(config: TrackConfig): void {
    const known = this.#configs.get(config.track);
    if (known && Buffer.compare(known.extradata, config.extradata) === 0) return;
    this.#configs.set(config.track, config);
    this.#link.sendConfig(config);
  }

  /** Tells the hub which renditions this stream has, itself among them. */
  setLadder(variants: LadderVariant[]): void {
    this.#ladder = variants;
    this.#sendLadder();
  }

  #sendLadder(): void {
    if (this.#ladder) this.#link.sendControl({ type: 'ladder', variants: this.#ladder });
  }

  sendPicture({ key, tick, payload }: CodedPicture): void {
    const dts = LEAD + (tick * 1_000_000) / this.#options.fps;
    const sent = this.#link.sendPacket({ track: TRACK_VIDEO, key, dts, cts: 0, payload });
    if (sent && key && !this.#started) {
      this.#started = true;
      this.#options.onStarted?.();
    }
  }

  sendSound(track: typeof TRACK_AAC | typeof TRACK_OPUS, { sample, payload }: CodedSound): void {
    const dts = LEAD + (sample * 1_000_000) / SAMPLE_RATE;
    this.#link.sendPacket({ track, key: true, dts, cts: 0, payload });
  }

  /** Ends the stream for good: its viewers are let go. */
  close(reason: string): void {
    this.#link.close(reason);
  }
}
