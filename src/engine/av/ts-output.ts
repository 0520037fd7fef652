/**
 * Writes coded packets to an address as MPEG-TS (ISO/IEC 13818-1), without coding them again: H.264 with 4-byte lengths
 * and raw AAC, as the link carries them. FFmpeg adds start codes and ADTS headers.
 *
 * Calls must not overlap, except `interrupt`. Every wait for the network happens on a thread of the pool.
 */
import {
  AV_CODEC_ID_AAC,
  AV_CODEC_ID_H264,
  AV_PKT_FLAG_KEY,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { FormatContext, Packet } from 'node-av/lib';
import { check, need } from './result.js';

/** Sound may be a little older than the key frame that a stream begins with; µs on the wire before it. */
const HEAD_START = 1_000_000;

export interface TsTracks {
  /** AVCDecoderConfigurationRecord. */
  video: Uint8Array;
  /** AudioSpecificConfig; `null`: no sound. */
  audio: Uint8Array | null;
}

export interface TsPacket {
  kind: 'video' | 'audio';
  key: boolean;
  /** µs; presentation minus decode time for `cts`. */
  dts: number;
  cts: number;
  payload: Uint8Array;
}

export class TsOutput {
  readonly #context = new FormatContext();
  readonly #packet = new Packet();
  readonly #kinds: TsPacket['kind'][] = [];
  #base: number | null = null;
  #opened = false;
  #closed = false;

  private constructor() {
    this.#packet.alloc();
  }

  /**
   * @param url with the options of FFmpeg's protocol in its query
   * @throws MediaError when it cannot be opened; nothing is left open then
   */
  static async open(url: string, tracks: TsTracks, onMade: (output: TsOutput) => void): Promise<TsOutput> {
    const output = new TsOutput();
    // The caller may interrupt what follows.
    onMade(output);
    try {
      await output.#open(url, tracks);
      return output;
    } catch (error) {
      await output.close();
      throw error;
    }
  }

  async #open(url: string, { video, audio }: TsTracks): Promise<void> {
    const context = this.#context;
    check('make the container', context.allocOutputContext2(null, 'mpegts', url));
    const picture = need(context.newStream(), 'stream').codecpar;
    picture.codecType = AVMEDIA_TYPE_VIDEO;
    picture.codecId = AV_CODEC_ID_H264;
    picture.extradata = Buffer.from(video);
    // Size and rate are nowhere in the container; FFmpeg only wants to see some. Decoders read the true ones.
    picture.width = 1920;
    picture.height = 1080;
    this.#kinds.push('video');
    if (audio) {
      const sound = need(context.newStream(), 'stream').codecpar;
      sound.codecType = AVMEDIA_TYPE_AUDIO;
      sound.codecId = AV_CODEC_ID_AAC;
      sound.extradata = Buffer.from(audio);
      sound.sampleRate = 48_000;
      this.#kinds.push('audio');
    }
    check('open the target', await context.openOutput());
    this.#opened = true;
    check('begin the stream', await context.writeHeader());
  }

  /** Writes a packet; one of a track that was not announced is left out. @throws MediaError: the target is lost */
  async write({ kind, key, dts, cts, payload }: TsPacket): Promise<void> {
    const index = this.#kinds.indexOf(kind);
    if (index < 0 || this.#closed) return;
    this.#base ??= dts - HEAD_START;
    const at = dts - this.#base;
    if (at < 0) return;
    const packet = this.#packet;
    packet.unref();
    packet.data = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
    packet.streamIndex = index;
    // 90 kHz.
    packet.dts = BigInt(Math.round((at * 9) / 100));
    packet.pts = BigInt(Math.round(((at + cts) * 9) / 100));
    if (key) packet.flags = AV_PKT_FLAG_KEY;
    check('send', await this.#context.writeFrame(packet));
  }

  /** Breaks off the call that waits, where FFmpeg can. */
  interrupt(): void {
    if (!this.#closed) this.#context.interrupt();
  }

  /** A second call does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#opened) await this.#context.closeOutput();
    this.#packet.free();
    this.#context.freeContext();
  }
}
