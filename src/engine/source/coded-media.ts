/**
 * The coded side of a source: keeps the last group of pictures, and decodes while the source is wanted.
 *
 * Bounds: the group that is kept and the packets that wait for the decoder hold at most {@link MAX_PACKETS} packets or
 * {@link MAX_BYTES} bytes. What waits beyond that is let go up to the next key frame and counted; a group that grows
 * beyond it is not kept, while the decoder goes on with its packets.
 */

import { samplesAt } from '../audio/format.js';
import { AudioDecoder, type CodedPacket, type DecoderSource, VideoDecoder } from '../av/decoder.js';
import type { PictureQueue } from '../media/picture-queue.js';
import type { SoundRing } from '../media/sound-ring.js';

const MAX_PACKETS = 900;
/** A whole group, its config, and its end. */
const MAX_WORK = MAX_PACKETS + 2;
const MAX_BYTES = 24 * 1024 * 1024;
/** Packets are decoded this long before they are due, µs; what is due later waits coded. */
const DECODE_AHEAD = 400_000;
/** A decoder that is this far behind, µs, is still in its burst. */
const SLACK = 70_000;

/** What waits for the video decoder, in order. */
type Work =
  | { kind: 'config'; source: DecoderSource }
  | { kind: 'packet'; packet: CodedPacket }
  /** The stream goes on from another place: drain the decoder and begin anew. */
  | { kind: 'seam'; shown: ShownSpan }
  /** Nothing follows: the decoder gives what it holds back. */
  | { kind: 'end' };

/** Source times of the pictures to show, [from, to); what lies outside is decoded, because others refer to it. */
export interface ShownSpan {
  from: number;
  to: number;
}

const EVERYTHING: ShownSpan = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

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
  #videoConfig: DecoderSource | null = null;
  #audioConfig: DecoderSource | null = null;
  #video: VideoDecoder | null = null;
  #audio: AudioDecoder | null = null;
  /** Coded pictures from the last key frame that is due on, and all that follow; kept whether wanted or not. */
  #group: CodedPacket[] = [];
  #groupBytes = 0;
  /** Key frames among them. */
  #keysKept = 0;
  /** False after it was let go because it was too large, until the next key frame. */
  #keeping = false;
  #work: Work[] = [];
  #workBytes = 0;
  #skipToKey = true;
  #wanted = false;
  #now = 0;
  #pumping: Promise<void> | null = null;
  #closed = false;
  /** For pictures as the decoder has reached them, and for sound, which is decoded at once; see {@link seam}. */
  #shownPictures = EVERYTHING;
  #shownSound = EVERYTHING;
  #ended = false;
  /** Packets that were let go because the decoder did not keep up. */
  dropped = 0;

  constructor(options: CodedMediaOptions) {
    this.#options = options;
  }

  setVideoConfig(source: DecoderSource): void {
    this.#videoConfig = source;
    this.#forgetGroup();
    if (this.#wanted) this.#enqueue({ kind: 'config', source });
  }

  setAudioConfig(source: DecoderSource): void {
    this.#audioConfig = source;
    this.#audio?.close();
    this.#audio = this.#wanted ? this.#openAudio() : null;
  }

  pushVideo(packet: CodedPacket): void {
    if (packet.key) {
      this.#skipToKey = false;
      this.#keeping = true;
    } else if (this.#skipToKey) {
      return;
    }
    if (this.#keeping) this.#keep(packet);
    if (!this.#wanted) return;
    this.#enqueue({ kind: 'packet', packet });
    this.#pump();
  }

  pushAudio(packet: CodedPacket): void {
    if (!this.#audio) return;
    try {
      for (const { samples, pts } of this.#audio.decode(packet)) {
        if (pts >= this.#shownSound.from && pts < this.#shownSound.to)
          this.#options.sound.write(samples, samplesAt(pts));
      }
    } catch (error) {
      this.#options.onError(String(error));
      this.#audio.close();
      this.#audio = null;
    }
  }

  /**
   * The stream jumps (a loop, a new connection): drains both decoders at this place of the packet order.
   * @param shown what of the rest is shown; a seek can only go to the key frame before the wanted place, and a picture
   *   may be coded after one that follows it
   */
  seam(shown: ShownSpan = EVERYTHING): void {
    this.#forgetGroup();
    this.#shownSound = shown;
    this.#ended = false;
    if (!this.#wanted) {
      this.#shownPictures = shown;
      return;
    }
    this.#enqueue({ kind: 'seam', shown });
    this.#audio?.close();
    this.#audio = this.#openAudio();
  }

  /** No packet follows until the next {@link seam}: the last pictures come out of the decoder. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#wanted) return;
    this.#enqueue({ kind: 'end' });
    this.#pump();
  }

  setWanted(wanted: boolean): void {
    if (wanted === this.#wanted || this.#closed) return;
    this.#wanted = wanted;
    if (!wanted) {
      this.#forgetWork();
      this.#audio?.close();
      this.#audio = null;
      // Left over pictures would be stale when the source is wanted again; its last group is decoded anew then.
      this.#options.pictures.clear();
      this.#options.sound.clear();
      return;
    }
    if (this.#videoConfig) this.#work.push({ kind: 'config', source: this.#videoConfig });
    if (!this.#keeping) this.#skipToKey = true;
    for (const packet of this.#group) this.#enqueue({ kind: 'packet', packet });
    if (this.#ended) this.#enqueue({ kind: 'end' });
    this.#audio = this.#openAudio();
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

  /** False for an input that has sound only, or has not said yet what it has. */
  get hasVideo(): boolean {
    return this.#videoConfig !== null;
  }

  /** True when there are coded pictures from which one can be made. */
  get hasGroup(): boolean {
    return this.#group.length > 0;
  }

  advance(now: number): void {
    this.#now = now;
    if (this.#keysKept > 1) this.#forgetPast();
    this.#pump();
  }

  /** Drops what comes before the newest key frame that is due. */
  #forgetPast(): void {
    const due = this.#group.findLastIndex(({ key, pts }) => key && this.#options.toEngine(pts) <= this.#now);
    for (const packet of this.#group.splice(0, Math.max(0, due))) {
      this.#groupBytes -= packet.payload.length;
      if (packet.key) this.#keysKept--;
    }
  }

  #keep(packet: CodedPacket): void {
    this.#group.push(packet);
    this.#groupBytes += packet.payload.length;
    if (packet.key) this.#keysKept++;
    if (this.#group.length <= MAX_PACKETS && this.#groupBytes <= MAX_BYTES) return;
    this.#forgetGroup();
    // A decoder that is at work does not need the group: a picture on air must not stop because key frames are rare.
    this.#skipToKey = !this.#wanted;
  }

  #forgetGroup(): void {
    this.#group = [];
    this.#groupBytes = 0;
    this.#keysKept = 0;
    this.#keeping = false;
    this.#skipToKey = true;
  }

  #openAudio(): AudioDecoder | null {
    if (!this.#audioConfig) return null;
    try {
      return new AudioDecoder(this.#audioConfig);
    } catch (error) {
      this.#options.onError(`sound cannot be decoded: ${String(error)}`);
      return null;
    }
  }

  #enqueue(item: Work): void {
    this.#work.push(item);
    if (item.kind === 'packet') this.#workBytes += item.packet.payload.length;
    if (this.#work.length <= MAX_WORK && this.#workBytes <= MAX_BYTES) return;
    this.dropped += this.#work.length;
    this.#forgetWork();
    this.#forgetGroup();
    if (this.#videoConfig) this.#work.push({ kind: 'config', source: this.#videoConfig });
  }

  /** Lets go of what waits for the decoder, but for what a seam said about the time after it. */
  #forgetWork(): void {
    for (const item of this.#work) if (item.kind === 'seam') this.#shownPictures = item.shown;
    this.#work = [];
    this.#workBytes = 0;
  }

  #pump(): void {
    if (this.#pumping || this.#closed || this.#work.length === 0) return;
    this.#pumping = this.#drainWork()
      .catch((error: unknown) => {
        this.#options.onError(`picture cannot be decoded: ${String(error)}`);
        this.#video?.close();
        this.#video = null;
      })
      .finally(() => {
        this.#pumping = null;
      });
  }

  async #drainWork(): Promise<void> {
    for (;;) {
      const item = this.#work[0];
      if (!item || this.#closed) return;
      if (item.kind === 'packet' && this.#options.toEngine(item.packet.dts) > this.#now + DECODE_AHEAD) return;
      this.#work.shift();
      await this.#perform(item);
      if (!this.#wanted) this.#options.pictures.clear();
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
        this.#shownPictures = item.shown;
        if (this.#videoConfig) this.#video = new VideoDecoder(this.#videoConfig);
        return;
      }
      case 'end':
        await this.#finishVideo();
        return;
      case 'packet': {
        this.#workBytes -= item.packet.payload.length;
        if (this.#video) this.#show(await this.#video.decode(item.packet));
      }
    }
  }

  async #finishVideo(): Promise<void> {
    const video = this.#video;
    this.#video = null;
    if (!video) return;
    try {
      this.#show(await video.decode(null));
    } finally {
      video.close();
    }
  }

  #show(pictures: Awaited<ReturnType<VideoDecoder['decode']>>): void {
    for (const entry of pictures) {
      const { from, to } = this.#shownPictures;
      if (!this.#wanted || this.#closed || entry.pts < from || entry.pts >= to) entry.picture.free();
      else this.#options.pictures.push(entry);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#work = [];
    await this.#pumping;
    this.#video?.close();
    this.#audio?.close();
    this.#video = null;
    this.#audio = null;
    this.#options.pictures.clear();
  }
}
