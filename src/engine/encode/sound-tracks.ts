/**
 * The coded forms of one mix: AAC as long as it is made at all, Opus while somebody needs it. Both are cut from the same
 * samples, so they are in step.
 */
import { TRACK_AAC, TRACK_OPUS } from '../../link/frame.js';
import type { StreamOutput } from '../output/stream-output.js';
import { AudioTrack } from './audio-track.js';

/** How the sound of a studio is coded. */
export interface SoundCoding {
  /** Bits per second. */
  bitrate: number;
  channels: 1 | 2;
}

/** Opus needs about so much of AAC's bit rate for the same sound, and no more than this. */
const OPUS_SHARE = 0.75;
const MOST_OPUS = 192_000;

/** Bits per second of the Opus that goes with an AAC. */
export function opusBitrate(aac: number): number {
  return Math.min(MOST_OPUS, Math.round(aac * OPUS_SHARE));
}

export interface SoundTracksOptions {
  coding: SoundCoding;
  /** All that may carry the sound; they are told how it is coded. */
  outputs: () => Iterable<StreamOutput>;
  /** Those of them that carry it now. */
  active: () => Iterable<StreamOutput>;
}

export class SoundTracks {
  readonly #options: SoundTracksOptions;
  #aac: AudioTrack | null = null;
  #opus: AudioTrack | null = null;

  constructor(options: SoundTracksOptions) {
    this.#options = options;
  }

  /**
   * Encodes one block of interleaved pairs. @param sample number of its first one, 48 kHz from tick 0
   * @throws MediaError when a form could not be begun, or a block not be encoded; the other form has its samples all the same
   */
  push(samples: Float32Array, sample: number, withOpus: boolean): void {
    try {
      this.#aac ??= this.#start('aac');
      this.#aac.push(samples, sample);
    } finally {
      if (withOpus) {
        this.#opus ??= this.#start('opus');
        this.#opus.push(samples, sample);
      } else this.#stopOpus();
    }
  }

  #start(codec: 'aac' | 'opus'): AudioTrack {
    const track = codec === 'aac' ? TRACK_AAC : TRACK_OPUS;
    const { bitrate, channels } = this.#options.coding;
    const sound = new AudioTrack({
      codec,
      bitrate: codec === 'aac' ? bitrate : opusBitrate(bitrate),
      channels,
      onSound: (coded) => {
        for (const output of this.#options.active()) output.sendSound(track, coded);
      },
    });
    try {
      for (const output of this.#options.outputs()) output.setConfig({ track, codec, extradata: sound.config });
    } catch (error) {
      sound.close();
      throw error;
    }
    return sound;
  }

  #stopOpus(): void {
    this.#opus?.close();
    this.#opus = null;
  }

  /** Nobody needs any of it; the next {@link push} begins anew. */
  stop(): void {
    this.#aac?.close();
    this.#aac = null;
    this.#stopOpus();
  }
}
