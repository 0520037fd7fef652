/**
 * The coded sound of a source. Packets that are still to be heard are kept in any case, since a file is read ahead: put on
 * the programme, or put there again, it sounds at once. While the source is heard they are decoded some time before they
 * are due.
 *
 * Decoding is done on the thread of the mixer, so each tick does {@link BUDGET} of it and no more, whatever arrives. At most
 * {@link MAX_KEPT} packets or {@link MAX_BYTES} bytes are kept; then the oldest is let go.
 */
import { CHANNELS, SAMPLE_RATE, samplesAt } from '../audio/format.js';
import { AudioDecoder } from '../av/audio-decoder.js';
import { type CodedPacket, codecName, type DecoderSource } from '../av/decoder.js';
import type { SoundRing } from '../media/sound-ring.js';
import { EVERYTHING, type ShownSpan } from './shown-span.js';

/** 21 s of AAC at 96 kHz: what a list of segments reads ahead, and the past. */
const MAX_KEPT = 2000;
const MAX_BYTES = 8 * 1024 * 1024;
/** Packets are decoded this long before they are due, µs. */
const DECODE_AHEAD = 2_000_000;
/**
 * Packets that are decoded from one tick to the next: 2.7 s of AAC. One of many bytes, or of which many samples come (a
 * silence packs well), counts as several; what it takes too much, later ticks lack.
 */
const BUDGET = 128;
const BYTES_EACH = 4096;
const SAMPLES_EACH = 1024;
/** How long packets are kept after they were due, µs: longer than any delay of a layer. */
const KEPT_AFTER = 5_300_000;
/** What is decoded before the place that is heard, µs: codecs need a packet or two. */
const LEAD_IN = 200_000;

/** A rest of fewer samples than this (1 ms) is there because containers round times, and belongs to what is cut off. */
const ROUNDING = SAMPLE_RATE / 1000;

export interface CodedSoundOptions {
  sound: SoundRing;
  /** Engine time of a source time. */
  toEngine: (pts: number) => number;
  onError: (message: string) => void;
}

/** Packets that one decoder takes: between two seams, with one configuration. */
interface Run {
  shown: ShownSpan;
  /** What they are decoded with; null: nothing, or a decoder could not be opened. */
  config: DecoderSource | null;
  /** Begins at another place of the stream; what is left of the run before ends there. */
  isSeam: boolean;
}

interface Kept {
  packet: CodedPacket;
  run: Run;
}

export class CodedSound {
  readonly #options: CodedSoundOptions;
  #codec = '';
  #decoder: AudioDecoder | null = null;
  /** The run that the decoder is in. */
  #decoding: Run | null = null;
  /** The run whose seam was made: a decoder that is opened anew within it takes nothing back. */
  #seamed: Run | null = null;
  #run: Run = { shown: EVERYTHING, config: null, isSeam: false };
  #kept: Kept[] = [];
  #bytes = 0;
  /** Index of the first kept packet that is not decoded yet. */
  #next = 0;
  #budget = BUDGET;
  #now = 0;
  #heard = false;
  #history = 0;
  /** Nothing follows what is kept, so the decoder is to give what it holds back. */
  #ended = false;

  constructor(options: CodedSoundOptions) {
    this.#options = options;
  }

  /** FFmpeg's name of it, empty before it is known. */
  get codec(): string {
    return this.#codec;
  }

  /** What the packets from here on are decoded with; null: there is no sound. Those before it are heard to their end. */
  setConfig(config: DecoderSource | null): void {
    this.#codec = config ? codecName(config) : '';
    this.#run = { ...this.#run, config, isSeam: false };
  }

  push(packet: CodedPacket): void {
    this.#ended = false;
    this.#kept.push({ packet, run: this.#run });
    this.#bytes += packet.payload.length;
    while (this.#kept.length > MAX_KEPT || this.#bytes > MAX_BYTES) this.#drop(1);
    this.#pump();
  }

  #drop(count: number): void {
    for (const { packet } of this.#kept.splice(0, count)) this.#bytes -= packet.payload.length;
    this.#next = Math.max(0, this.#next - count);
  }

  #pump(): void {
    while (this.#heard && this.#budget > 0) {
      const item = this.#kept[this.#next];
      if (!item && this.#ended) this.#finish();
      if (!item || this.#options.toEngine(item.packet.pts) > this.#now + DECODE_AHEAD) return;
      this.#next++;
      this.#budget -= Math.ceil(item.packet.payload.length / BYTES_EACH);
      this.#decode(item);
    }
  }

  /** What follows comes from another place of the stream. @param shown what of it is to be heard */
  seam(shown: ShownSpan): void {
    this.#run = { ...this.#run, shown, isSeam: true };
  }

  /** No packet follows until the next seam. */
  end(): void {
    this.#ended = true;
    this.#pump();
  }

  /** The times of what was kept, and of what the decoder holds, mean nothing any more. */
  forget(): void {
    this.#kept = [];
    this.#bytes = 0;
    this.#next = 0;
    this.#ended = false;
    this.#close();
  }

  /** Layers hear what was due up to so long ago (µs); it counts when the source is heard next. */
  keepHistory(us: number): void {
    this.#history = us;
  }

  /** Begins or stops to decode. What was decoded is forgotten when it stops: it would be stale later. */
  setWanted(heard: boolean, now: number): void {
    if (heard === this.#heard) return;
    this.#heard = heard;
    this.#now = now;
    this.#close();
    this.#seamed = null;
    if (!heard) {
      this.#options.sound.clear();
      return;
    }
    this.#forgetPast();
    const first = this.#firstAfter(this.#now - this.#history - LEAD_IN);
    this.#next = first < 0 ? this.#kept.length : first;
    this.#pump();
  }

  /** A tick: moves on and decodes what comes due. */
  advance(now: number): void {
    this.#now = now;
    this.#budget = Math.min(BUDGET, this.#budget + BUDGET);
    if (this.#kept.length === 0) return;
    this.#forgetPast();
    this.#pump();
  }

  #forgetPast(): void {
    const due = this.#firstAfter(this.#now - KEPT_AFTER);
    this.#drop(due < 0 ? this.#kept.length : due);
  }

  /** Index of the first packet that is due after a moment; -1 when there is none. */
  #firstAfter(time: number): number {
    return this.#kept.findIndex(({ packet }) => this.#options.toEngine(packet.pts) > time);
  }

  #decode({ packet, run }: Kept): void {
    if (run !== this.#decoding) {
      this.#finish();
      // The end of the run before may be longer than it is to be heard.
      if (run.isSeam && run !== this.#seamed) this.#options.sound.truncate(samplesAt(run.shown.from));
      this.#seamed = run;
      this.#decoding = run;
    }
    this.#decoder ??= this.#open(run);
    if (this.#decoder) this.#take(this.#decoder, packet, run);
  }

  /** Takes out what the decoder holds back, and ends it. */
  #finish(): void {
    if (this.#decoder && this.#decoding) this.#take(this.#decoder, null, this.#decoding);
    this.#close();
  }

  #take(decoder: AudioDecoder, packet: CodedPacket | null, { shown }: Run): void {
    try {
      let count = 0;
      for (const { samples, pts } of decoder.decode(packet)) {
        count += samples.length / CHANNELS;
        this.#write(samples, pts, shown);
      }
      // One is what every packet costs.
      this.#budget -= Math.max(0, Math.round(count / SAMPLES_EACH) - 1);
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

  #open(run: Run): AudioDecoder | null {
    if (!run.config) return null;
    try {
      return new AudioDecoder(run.config);
    } catch (error) {
      this.#options.onError(`sound cannot be decoded: ${String(error)}`);
      // Another try with the same configuration would fail for each packet, and for each run that has it.
      if (this.#run.config === run.config) this.#run.config = null;
      run.config = null;
      return null;
    }
  }

  #close(): void {
    this.#decoder?.close();
    this.#decoder = null;
    this.#decoding = null;
  }

  close(): void {
    this.forget();
    this.#heard = false;
  }
}
