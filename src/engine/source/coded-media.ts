/**
 * The coded side of a source: keeps the last group of pictures, and decodes while the source is wanted.
 *
 * Bounds: the group that is kept and the packets that wait for the decoder hold at most {@link MAX_PACKETS} packets or
 * {@link MAX_BYTES} bytes; beyond that everything up to the next key frame is let go and counted.
 */

import { samplesAt } from '../audio/format.js';
import { AudioDecoder, type CodedPacket, type DecoderSource, VideoDecoder } from '../av/decoder.js';
import type { PictureQueue } from '../media/picture-queue.js';
import type { SoundRing } from '../media/sound-ring.js';

const MAX_PACKETS = 900;
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
  | { kind: 'seam'; firstShown: number };

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
  /** Coded pictures since the last key frame, kept whether wanted or not. */
  #group: CodedPacket[] = [];
  #groupBytes = 0;
  #work: Work[] = [];
  #workBytes = 0;
  #skipToKey = true;
  #wanted = false;
  #now = 0;
  #pumping: Promise<void> | null = null;
  #closed = false;
  /** Pictures before this source time are decoded but not shown; see {@link seam}. */
  #firstPicture = Number.NEGATIVE_INFINITY;
  #firstSound = Number.NEGATIVE_INFINITY;
  /** Packets that were let go because the decoder did not keep up. */
  dropped = 0;

  constructor(options: CodedMediaOptions) {
    this.#options = options;
  }

  setVideoConfig(source: DecoderSource): void {
    this.#videoConfig = source;
    this.#group = [];
    this.#groupBytes = 0;
    this.#skipToKey = true;
    if (this.#wanted) this.#work.push({ kind: 'config', source });
  }

  setAudioConfig(source: DecoderSource): void {
    this.#audioConfig = source;
    this.#audio?.close();
    this.#audio = this.#wanted ? this.#openAudio() : null;
  }

  pushVideo(packet: CodedPacket): void {
    if (packet.key) {
      this.#group = [];
      this.#groupBytes = 0;
      this.#skipToKey = false;
    } else if (this.#skipToKey) {
      return;
    }
    this.#group.push(packet);
    this.#groupBytes += packet.payload.length;
    if (this.#group.length > MAX_PACKETS || this.#groupBytes > MAX_BYTES) {
      this.#group = [];
      this.#groupBytes = 0;
      this.#skipToKey = true;
      return;
    }
    if (!this.#wanted) return;
    this.#enqueue({ kind: 'packet', packet });
    this.#pump();
  }

  pushAudio(packet: CodedPacket): void {
    if (!this.#audio) return;
    try {
      for (const { samples, pts } of this.#audio.decode(packet)) {
        if (pts >= this.#firstSound) this.#options.sound.write(samples, samplesAt(pts));
      }
    } catch (error) {
      this.#options.onError(String(error));
      this.#audio.close();
      this.#audio = null;
    }
  }

  /**
   * The stream jumps (a loop, a new connection): drains both decoders at this place of the packet order.
   * @param firstShown what comes after it before this source time is decoded but not shown, because a seek can only go
   *   to the key frame before the wanted place
   */
  seam(firstShown = Number.NEGATIVE_INFINITY): void {
    this.#group = [];
    this.#groupBytes = 0;
    this.#skipToKey = true;
    this.#firstSound = firstShown;
    if (!this.#wanted) {
      this.#firstPicture = firstShown;
      return;
    }
    this.#enqueue({ kind: 'seam', firstShown });
    this.#audio?.close();
    this.#audio = this.#openAudio();
  }

  setWanted(wanted: boolean): void {
    if (wanted === this.#wanted || this.#closed) return;
    this.#wanted = wanted;
    if (!wanted) {
      for (const item of this.#work) if (item.kind === 'seam') this.#firstPicture = item.firstShown;
      this.#work = [];
      this.#workBytes = 0;
      this.#audio?.close();
      this.#audio = null;
      // Left over pictures would be stale when the source is wanted again; its last group is decoded anew then.
      this.#options.pictures.clear();
      this.#options.sound.clear();
      return;
    }
    if (this.#videoConfig) this.#work.push({ kind: 'config', source: this.#videoConfig });
    for (const packet of this.#group) this.#enqueue({ kind: 'packet', packet });
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

  /** True when there are coded pictures from which one can be made. */
  get hasGroup(): boolean {
    return this.#group.length > 0;
  }

  advance(now: number): void {
    this.#now = now;
    this.#pump();
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
    if (this.#work.length <= MAX_PACKETS && this.#workBytes <= MAX_BYTES) return;
    this.dropped += this.#work.length;
    this.#work = this.#videoConfig ? [{ kind: 'config', source: this.#videoConfig }] : [];
    this.#workBytes = 0;
    this.#skipToKey = true;
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
        this.#firstPicture = item.firstShown;
        if (this.#videoConfig) this.#video = new VideoDecoder(this.#videoConfig);
        return;
      }
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
      if (!this.#wanted || this.#closed || entry.pts < this.#firstPicture) entry.picture.free();
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
