/**
 * The coded sound of a source. While the source is wanted each packet is decoded as it comes. Packets that are still to
 * be heard are kept in any case, since a file is read ahead: put on the programme, or put there again, it sounds at once.
 *
 * At most {@link MAX_KEPT} packets are kept; then the oldest is let go.
 */
import { CHANNELS, SAMPLE_RATE, samplesAt } from '../audio/format.js';
import { AudioDecoder, type CodedPacket, codecName, type DecoderSource } from '../av/decoder.js';
import type { SoundRing } from '../media/sound-ring.js';
import { EVERYTHING, type ShownSpan } from './shown-span.js';

/** 21 s of AAC at 48 kHz. */
const MAX_KEPT = 1000;
/** How long a packet is kept after it was due, µs: codecs need one or two before the one that is wanted. */
const KEPT_AFTER = 200_000;

/** A rest of fewer samples than this (1 ms) is there because containers round times, and belongs to what is cut off. */
const ROUNDING = SAMPLE_RATE / 1000;

export interface CodedSoundOptions {
  sound: SoundRing;
  /** Engine time of a source time. */
  toEngine: (pts: number) => number;
  onError: (message: string) => void;
}

/** A run of packets between two seams. */
interface Run {
  shown: ShownSpan;
}

interface Kept {
  packet: CodedPacket;
  run: Run;
}

export class CodedSound {
  readonly #options: CodedSoundOptions;
  #config: DecoderSource | null = null;
  #codec = '';
  #decoder: AudioDecoder | null = null;
  /** The run that the decoder is in. */
  #decoding: Run | null = null;
  #run: Run = { shown: EVERYTHING };
  #kept: Kept[] = [];
  #wanted = false;

  constructor(options: CodedSoundOptions) {
    this.#options = options;
  }

  /** FFmpeg's name of it, empty before it is known. */
  get codec(): string {
    return this.#codec;
  }

  setConfig(config: DecoderSource): void {
    this.#config = config;
    this.#codec = codecName(config);
    this.#kept = [];
    this.#close();
  }

  push(packet: CodedPacket): void {
    const item = { packet, run: this.#run };
    this.#kept.push(item);
    if (this.#kept.length > MAX_KEPT) this.#kept.shift();
    if (this.#wanted) this.#decode(item);
  }

  /** What follows comes from another place of the stream. @param shown what of it is to be heard */
  seam(shown: ShownSpan): void {
    this.#run = { shown };
  }

  /** The times of what was kept mean nothing any more. */
  forget(): void {
    this.#kept = [];
  }

  setWanted(wanted: boolean, now: number): void {
    this.#wanted = wanted;
    this.#close();
    if (!wanted) return;
    this.#forgetPast(now);
    for (const item of this.#kept) this.#decode(item);
  }

  advance(now: number): void {
    if (this.#kept.length > 0) this.#forgetPast(now);
  }

  #forgetPast(now: number): void {
    const due = this.#kept.findIndex(({ packet }) => this.#options.toEngine(packet.pts) > now - KEPT_AFTER);
    this.#kept.splice(0, due < 0 ? this.#kept.length : due);
  }

  #decode({ packet, run }: Kept): void {
    if (run !== this.#decoding) {
      this.#close();
      // The end of the run before may be longer than it is to be heard.
      this.#options.sound.truncate(samplesAt(run.shown.from));
    }
    this.#decoding = run;
    this.#decoder ??= this.#open();
    if (!this.#decoder) return;
    try {
      for (const { samples, pts } of this.#decoder.decode(packet)) this.#write(samples, pts, run.shown);
    } catch (error) {
      this.#options.onError(`sound cannot be decoded: ${String(error)}`);
      this.#close();
    }
  }

  /** To the sample, so that nothing is doubled or missing where two runs meet. */
  #write(samples: Float32Array, pts: number, shown: ShownSpan): void {
    const first = samplesAt(pts);
    const from = Math.max(first, samplesAt(shown.from));
    const to = Math.min(first + samples.length / CHANNELS, samplesAt(shown.to));
    if (to <= from || (from > first && to - from < ROUNDING)) return;
    this.#options.sound.write(samples.subarray((from - first) * CHANNELS, (to - first) * CHANNELS), from);
  }

  #open(): AudioDecoder | null {
    if (!this.#config) return null;
    try {
      return new AudioDecoder(this.#config);
    } catch (error) {
      this.#options.onError(`sound cannot be decoded: ${String(error)}`);
      // Another try with the same configuration would fail for each packet.
      this.#config = null;
      return null;
    }
  }

  #close(): void {
    this.#decoder?.close();
    this.#decoder = null;
    this.#decoding = null;
  }

  close(): void {
    this.#kept = [];
    this.#wanted = false;
    this.#close();
  }
}
