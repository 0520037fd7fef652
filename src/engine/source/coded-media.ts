/**
 * The coded side of a source: keeps what the present picture and sound can be decoded from, and decodes pictures while the
 * source is seen, and sound while it is heard.
 *
 * Bounds: the packets that wait for the decoder hold at most what a group may hold (see coded-group.ts). What is too much
 * goes in whole groups and is counted: the oldest one when it is late, or else, when all of it waits for its time, the
 * newest. A group that grows beyond its bounds is not kept, while the decoder goes on with its packets.
 */
import { type CodedPacket, codecName, type DecoderSource, VideoDecoder } from '../av/decoder.js';
import type { PictureQueue } from '../media/picture-queue.js';
import type { SoundRing } from '../media/sound-ring.js';
import { CodedGroup, MAX_BYTES, MAX_PACKETS } from './coded-group.js';
import { CodedSound } from './coded-sound.js';
import { EVERYTHING, isShown, type ShownSpan } from './shown-span.js';

/** A whole group, its config, and its end. */
const MAX_WORK = MAX_PACKETS + 2;
/** Packets are decoded this long before they are due, µs; what is due later waits coded. */
const DECODE_AHEAD = 400_000;
const LEAST_AHEAD = 100_000;
/** A decoder that is this far behind, µs, is still in its burst. */
const SLACK = 70_000;
/** After a decoder failed, the next one is made no sooner than this, µs of engine time. */
const RETRY_AFTER = 1_000_000;

/** What waits for the video decoder, in order. */
type Work =
  | { kind: 'config'; source: DecoderSource }
  | { kind: 'packet'; packet: CodedPacket }
  /** The stream goes on from another place: drain the decoder and begin anew. */
  | { kind: 'seam'; shown: ShownSpan }
  /** The same, but what the decoder still holds belongs to times that are no more. */
  | { kind: 'restart'; shown: ShownSpan }
  /** Nothing follows: the decoder gives what it holds back. */
  | { kind: 'end' };

export interface CodedMediaOptions {
  pictures: PictureQueue;
  sound: SoundRing;
  /** Engine time of a source time. */
  toEngine: (pts: number) => number;
  /** Something went wrong in words. */
  onError: (message: string) => void;
}

export class CodedMedia {
  readonly #options: CodedMediaOptions;
  readonly #sound: CodedSound;
  readonly #group = new CodedGroup();
  #videoConfig: DecoderSource | null = null;
  #video: VideoDecoder | null = null;
  /** False after the group was let go because it was too large, until the next key frame. */
  #keeping = false;
  #work: Work[] = [];
  #workBytes = 0;
  #skipToKey = true;
  /** The packets up to the next key frame have no room. */
  #isFull = false;
  /** Whether pictures are decoded; sound has its own. */
  #seen = false;
  #now = 0;
  #pumping: Promise<void> | null = null;
  #closed = false;
  /** Grows with each {@link restart}: pictures of an earlier one are not shown. */
  #epoch = 0;
  /** What is shown at the place that the decoder has reached; see {@link seam}. */
  #shown = EVERYTHING;
  #ended = false;
  /** Engine time at which a decoder failed; null once there is a picture again, or another configuration. */
  #failedAt: number | null = null;
  /** Packets that were let go because the decoder did not keep up. */
  dropped = 0;

  constructor(options: CodedMediaOptions) {
    this.#options = options;
    this.#sound = new CodedSound(options);
  }

  /** What the pictures from here on are decoded with; null: the input carries none. */
  setVideoConfig(source: DecoderSource | null): void {
    this.#videoConfig = source;
    this.#failedAt = null;
    this.#forgetGroup();
    if (this.#seen && source) this.#enqueue({ kind: 'config', source });
  }

  /** The same for sound. */
  setAudioConfig(source: DecoderSource | null): void {
    this.#sound.setConfig(source);
  }

  pushVideo(packet: CodedPacket): void {
    if (packet.key) {
      this.#skipToKey = false;
      this.#isFull = false;
      this.#keeping = true;
    } else if (this.#skipToKey) {
      if (this.#isFull) this.dropped++;
      return;
    }
    if (this.#keeping && !this.#group.push(packet)) {
      this.#keeping = false;
      // A decoder that is at work does not need the group: a picture on air must not stop because key frames are rare.
      this.#skipToKey = !this.#seen;
    }
    if (!this.#seen) return;
    this.#enqueue({ kind: 'packet', packet });
    this.#pump();
  }

  pushAudio(packet: CodedPacket): void {
    this.#sound.push(packet);
  }

  /** Sound of so long ago (µs) is to be there at once when it is heard. */
  keepSound(us: number): void {
    this.#sound.keepHistory(us);
  }

  /**
   * The stream goes on from another place (a loop): both decoders begin anew at this place of the packet order, and
   * the next picture must be a key frame.
   * @param shown what of the rest is shown; a seek can only go to the key frame before the wanted place, and a picture
   *   may be coded after one that follows it
   */
  seam(shown: ShownSpan = EVERYTHING): void {
    this.#skipToKey = true;
    this.#ended = false;
    this.#sound.seam(shown);
    this.#group.seam(shown);
    if (this.#seen) this.#enqueue({ kind: 'seam', shown });
  }

  /** The stream begins anew with other times; what was kept of it before has none any more. */
  restart(shown: ShownSpan = EVERYTHING): void {
    this.#forgetGroup();
    this.#forgetWork();
    this.#epoch++;
    this.#skipToKey = true;
    this.#ended = false;
    this.#sound.forget();
    this.#sound.seam(shown);
    this.#group.seam(shown);
    if (this.#seen) this.#enqueue({ kind: 'restart', shown });
  }

  /** No packet follows until the next {@link seam}: the last pictures come out of the decoder. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sound.end();
    if (!this.#seen) return;
    this.#enqueue({ kind: 'end' });
    this.#pump();
  }

  /** What is decoded from now on: pictures when it is seen, sound when it is heard. One does not touch the other. */
  setWanted(seen: boolean, heard = seen): void {
    if (this.#closed) return;
    this.#sound.setWanted(heard, this.#now);
    if (seen === this.#seen) return;
    this.#seen = seen;
    if (!seen) {
      this.#forgetWork();
      // Left over pictures would be stale when the source is seen again; its last group is decoded anew then.
      this.#options.pictures.clear();
      return;
    }
    this.#shown = this.#group.shown;
    if (this.#videoConfig) this.#work.push({ kind: 'config', source: this.#videoConfig });
    if (!this.#keeping) this.#skipToKey = true;
    for (const item of this.#group.items) this.#enqueue(item);
    if (this.#ended) this.#enqueue({ kind: 'end' });
    this.#pump();
  }

  /**
   * True when what is on show is what should be: a picture was decoded, and none that was due a while ago still waits
   * for the decoder (after `setWanted` the kept group is decoded in a burst).
   */
  get isCaughtUp(): boolean {
    if (this.#options.pictures.isEmpty) return false;
    const next = this.#work.find((item) => item.kind === 'packet');
    return next?.kind !== 'packet' || this.#options.toEngine(next.packet.pts) > this.#now - SLACK;
  }

  /** True while pictures cannot be decoded: nothing comes out until another decoder succeeds. */
  get hasFailed(): boolean {
    return this.#failedAt !== null;
  }

  /** True when there is neither a picture nor anything on its way that one could come from. */
  get isIdle(): boolean {
    return this.#options.pictures.isEmpty && this.#work.length === 0 && this.#pumping === null;
  }

  /** False for an input that has sound only, or has not said yet what it has. */
  get hasVideo(): boolean {
    return this.#videoConfig !== null;
  }

  /** FFmpeg's names of what is carried; empty when there is none or it is not known yet. */
  get codecs(): { videoCodec: string; audioCodec: string } {
    return {
      videoCodec: this.#videoConfig ? codecName(this.#videoConfig) : '',
      audioCodec: this.#sound.codec,
    };
  }

  /** True when whoever reads ahead should wait. */
  get isNearlyFull(): boolean {
    return this.#group.isNearlyFull || this.#work.length > (MAX_WORK * 2) / 3 || this.#workBytes > (MAX_BYTES * 2) / 3;
  }

  /** True when there are coded pictures from which one can be made. */
  get hasGroup(): boolean {
    return !this.#group.isEmpty;
  }

  advance(now: number): void {
    this.#now = now;
    this.#group.forgetPast((pts) => this.#options.toEngine(pts) <= now);
    this.#sound.advance(now);
    this.#pump();
  }

  #forgetGroup(): void {
    this.#group.clear();
    this.#keeping = false;
    this.#skipToKey = true;
  }

  #enqueue(item: Work): void {
    this.#work.push(item);
    if (item.kind === 'packet') this.#workBytes += item.packet.payload.length;
    if (this.#work.length <= MAX_WORK && this.#workBytes <= MAX_BYTES) return;
    const { toEngine } = this.#options;
    const oldest = this.#work.find((one) => one.kind === 'packet');
    if (oldest?.kind === 'packet' && item.kind === 'packet') {
      const due = toEngine(oldest.packet.dts);
      if (due <= this.#now && this.#dropOldestGroup()) return;
      if (due > this.#now && toEngine(item.packet.dts) >= due) {
        this.#work.pop();
        this.#workBytes -= item.packet.payload.length;
        this.dropped++;
        this.#skipToKey = true;
        this.#isFull = true;
        return;
      }
    }
    this.dropped += this.#work.length;
    this.#forgetWork();
    this.#forgetGroup();
    if (this.#videoConfig) this.#work.push({ kind: 'config', source: this.#videoConfig });
  }

  /** Lets go of what waits before the second key frame; false when there is none. */
  #dropOldestGroup(): boolean {
    const first = this.#work.findIndex(({ kind }) => kind === 'packet');
    const next = this.#work.findIndex((item, index) => index > first && item.kind === 'packet' && item.packet.key);
    if (next < 0) return false;
    const gone = this.#work.splice(0, next);
    for (const item of gone) {
      if (item.kind !== 'packet') continue;
      this.#workBytes -= item.packet.payload.length;
      this.dropped++;
    }
    // What the decoder was to be told on the way still holds.
    const config = gone.findLast(({ kind }) => kind === 'config');
    const seam = gone.findLast(({ kind }) => kind === 'seam' || kind === 'restart');
    this.#work.unshift(...[config, seam].filter((item) => item !== undefined));
    return true;
  }

  /** Lets go of what waits for the decoder, but for what a seam said about the time after it. */
  #forgetWork(): void {
    for (const item of this.#work) if (item.kind === 'seam' || item.kind === 'restart') this.#shown = item.shown;
    this.#work = [];
    this.#workBytes = 0;
  }

  #pump(): void {
    if (this.#pumping || this.#closed || this.#work.length === 0) return;
    this.#pumping = this.#drainWork()
      .catch((error: unknown) => {
        this.#fail(error);
        this.#video?.close();
        this.#video = null;
      })
      .finally(() => {
        this.#pumping = null;
      });
  }

  #fail(error: unknown): void {
    this.#failedAt = this.#now;
    this.#options.onError(`picture cannot be decoded: ${String(error)}`);
  }

  async #drainWork(): Promise<void> {
    for (;;) {
      const item = this.#work[0];
      if (!item || this.#closed) return;
      // Large pictures wait coded for as long as they can.
      const ahead = this.#options.pictures.isNearlyFull ? LEAST_AHEAD : DECODE_AHEAD;
      if (item.kind === 'packet' && this.#options.toEngine(item.packet.dts) > this.#now + ahead) return;
      this.#work.shift();
      await this.#perform(item);
      if (!this.#seen) this.#options.pictures.clear();
    }
  }

  async #perform(item: Work): Promise<void> {
    switch (item.kind) {
      case 'config':
        await this.#finishVideo();
        this.#video = new VideoDecoder(item.source);
        return;
      case 'seam': {
        await this.#finishVideo();
        this.#shown = item.shown;
        if (this.#videoConfig) this.#video = new VideoDecoder(this.#videoConfig);
        return;
      }
      case 'restart':
        this.#video?.close();
        this.#shown = item.shown;
        this.#video = this.#videoConfig ? new VideoDecoder(this.#videoConfig) : null;
        return;
      case 'end':
        await this.#finishVideo();
        return;
      case 'packet': {
        this.#workBytes -= item.packet.payload.length;
        const epoch = this.#epoch;
        if (item.packet.key) this.#reopen();
        if (this.#video) this.#show(await this.#video.decode(item.packet), epoch);
      }
    }
  }

  /** A decoder in place of one that failed: at a key frame, and not at each of a stream that always fails. */
  #reopen(): void {
    if (this.#video || !this.#videoConfig || this.#failedAt === null) return;
    if (this.#now - this.#failedAt >= RETRY_AFTER) this.#video = new VideoDecoder(this.#videoConfig);
  }

  /** Takes out what the decoder holds back and ends it; that it cannot give it is no reason not to begin the next. */
  async #finishVideo(): Promise<void> {
    const video = this.#video;
    this.#video = null;
    if (!video) return;
    const epoch = this.#epoch;
    try {
      this.#show(await video.decode(null), epoch);
    } catch (error) {
      this.#fail(error);
    } finally {
      video.close();
    }
  }

  #show(pictures: Awaited<ReturnType<VideoDecoder['decode']>>, epoch: number): void {
    const stale = epoch !== this.#epoch;
    if (pictures.length > 0) this.#failedAt = null;
    for (const entry of pictures) {
      if (stale || !this.#seen || this.#closed || !isShown(this.#shown, entry.pts)) entry.picture.free();
      else this.#options.pictures.push(entry);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#work = [];
    await this.#pumping;
    this.#video?.close();
    this.#video = null;
    this.#sound.close();
    this.#options.pictures.clear();
  }
}
