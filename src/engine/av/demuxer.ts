/**
 * Reads coded packets from an http(s) URL by FFmpeg: mp4, flv, ts, m3u8 and what else it knows.
 *
 * Only network protocols are allowed, and every connection goes through the proxy that is given, so that neither a
 * playlist nor a redirect can reach files or hosts that the configuration forbids. Calls must not overlap, except
 * `close`, which interrupts the one that waits.
 */
import {
  AV_CODEC_ID_NONE,
  AV_NOPTS_VALUE,
  AV_PKT_FLAG_KEY,
  AVDISCARD_ALL,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_FLAG_BACKWARD,
} from 'node-av/constants';
import { CodecParameters, Dictionary, FormatContext, Packet } from 'node-av/lib';
import type { CodedPacket } from './decoder.js';
import { check, isEnd } from './result.js';

/**
 * What an input may be. Formats that name other inputs in their own way (ffconcat, DASH, SDP) are left out: they would be
 * opened past the proxy.
 */
const FORMATS = 'hls,flv,live_flv,mov,matroska,webm,mpegts,mpeg,avi,asf,mp3,aac,ac3,wav,flac,ogg';
const PROTOCOLS = 'http,https,tcp,tls,httpproxy,crypto';
/** A server that sends nothing for this long, µs, is taken as lost. */
const STALL = 8_000_000;

export interface DemuxedStream {
  parameters: CodecParameters;
}

export interface DemuxedPacket {
  kind: 'video' | 'audio';
  packet: CodedPacket;
  /** µs; 0 where the file does not say. */
  duration: number;
}

interface Track {
  kind: 'video' | 'audio';
  index: number;
  /** A copy, so that decoders can be made from it after the input is closed. */
  parameters: CodecParameters;
  timeBase: { num: number; den: number };
}

export class Demuxer {
  readonly #context = new FormatContext();
  readonly #packet = new Packet();
  #tracks: Track[] = [];
  #busy: Promise<unknown> | null = null;
  #closed = false;
  #forgetSignal: () => void = () => {};
  #lastDts = new Map<number, number>();

  private constructor() {
    this.#packet.alloc();
  }

  /**
   * Opens an address.
   * @param url http or https
   * @param proxy address of the guarding proxy
   * @param signal aborts the opening, and whatever read is under way
   * @throws MediaError or Error when it cannot be opened, in words
   */
  static async open(url: string, proxy: string, signal: AbortSignal): Promise<Demuxer> {
    const demuxer = new Demuxer();
    const stop = (): void => demuxer.#context.interrupt();
    signal.addEventListener('abort', stop, { once: true });
    demuxer.#forgetSignal = () => signal.removeEventListener('abort', stop);
    try {
      await demuxer.#open(url, proxy);
      return demuxer;
    } catch (error) {
      await demuxer.close();
      throw error;
    }
  }

  async #open(url: string, proxy: string): Promise<void> {
    const options = Dictionary.fromObject({
      protocol_whitelist: PROTOCOLS,
      format_whitelist: FORMATS,
      http_proxy: proxy,
      rw_timeout: STALL,
      probesize: 1_000_000,
      analyzeduration: 1_000_000,
      fpsprobesize: 3,
      user_agent: 'Castdeck',
    });
    try {
      this.#context.allocContext();
      check('open', await this.#context.openInput(url, null, options));
    } finally {
      options.free();
    }
    check('read the streams', await this.#context.findStreamInfo());
    this.#choose('video', AVMEDIA_TYPE_VIDEO);
    this.#choose('audio', AVMEDIA_TYPE_AUDIO);
    if (this.#tracks.length === 0) throw new Error('there is neither picture nor sound that can be decoded');
    for (const stream of this.#context.streams) {
      if (!this.#tracks.some((track) => track.index === stream.index)) stream.discard = AVDISCARD_ALL;
    }
  }

  #choose(kind: Track['kind'], type: typeof AVMEDIA_TYPE_VIDEO | typeof AVMEDIA_TYPE_AUDIO): void {
    const index = this.#context.findBestStream(type);
    const stream = index >= 0 ? this.#context.streams[index] : undefined;
    if (!stream || stream.codecpar.codecId === AV_CODEC_ID_NONE) return;
    const parameters = new CodecParameters();
    parameters.alloc();
    check('copy parameters', stream.codecpar.copy(parameters));
    this.#tracks.push({ kind, index, parameters, timeBase: { num: stream.timeBase.num, den: stream.timeBase.den } });
  }

  stream(kind: 'video' | 'audio'): DemuxedStream | null {
    const track = this.#tracks.find((candidate) => candidate.kind === kind);
    return track ? { parameters: track.parameters } : null;
  }

  /** True for a list of segments (HLS), which come in one piece each. */
  get isSegmented(): boolean {
    return this.#context.iformat?.name === 'hls';
  }

  /** Length in µs, null when the address does not say. */
  get duration(): number | null {
    const duration = this.#context.duration;
    return duration === AV_NOPTS_VALUE || duration <= 0n ? null : Number(duration);
  }

  /** Time of the first sample or picture, µs. */
  get startTime(): number {
    const start = this.#context.startTime;
    return start === AV_NOPTS_VALUE ? 0 : Number(start);
  }

  /** The next packet, or null at the end. @throws MediaError when the connection broke */
  async read(): Promise<DemuxedPacket | null> {
    for (;;) {
      if (this.#closed) return null;
      const reading = this.#context.readFrame(this.#packet);
      this.#busy = reading;
      const code = await reading;
      this.#busy = null;
      if (isEnd(code)) return null;
      check('read', code);
      const result = this.#take();
      this.#packet.unref();
      if (result) return result;
    }
  }

  #take(): DemuxedPacket | null {
    const track = this.#tracks.find((candidate) => candidate.index === this.#packet.streamIndex);
    const data = this.#packet.data;
    if (!track || !data) return null;
    const { num, den } = track.timeBase;
    const us = (value: bigint): number => (Number(value) * num * 1_000_000) / den;
    const rawPts = this.#packet.pts;
    const rawDts = this.#packet.dts;
    const previous = this.#lastDts.get(track.index);
    const dts = rawDts !== AV_NOPTS_VALUE ? us(rawDts) : rawPts !== AV_NOPTS_VALUE ? us(rawPts) : previous;
    if (dts === undefined) return null;
    this.#lastDts.set(track.index, dts);
    const pts = rawPts !== AV_NOPTS_VALUE ? us(rawPts) : dts;
    const key = (this.#packet.flags & AV_PKT_FLAG_KEY) !== 0;
    const packet = { payload: Buffer.from(data), pts, dts, key };
    return { kind: track.kind, packet, duration: us(this.#packet.duration) };
  }

  /** Goes to the last key frame at or before a time. @throws MediaError when the input cannot seek */
  async seek(time: number): Promise<void> {
    check('seek', await this.#context.seekFrame(-1, BigInt(Math.round(time)), AVSEEK_FLAG_BACKWARD));
    this.#lastDts.clear();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#forgetSignal();
    this.#context.interrupt();
    await this.#busy?.catch(() => undefined);
    this.#packet.free();
    await this.#context.closeInput();
  }
}
