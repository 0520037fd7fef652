/**
 * Reads coded packets from an address by FFmpeg: mp4, flv, ts, m3u8 and what else it knows.
 *
 * Only the protocols and formats of the {@link InputAddress} are allowed. Over HTTP every connection goes through the
 * proxy that is given, so that neither a playlist nor a redirect can reach files or hosts that the configuration
 * forbids: FFmpeg may use nothing but plain HTTP, and the proxy makes TLS (src/lib/guard-name.ts). How other protocols are kept in bounds is the caller's part. Calls must not overlap, except `close`, which
 * interrupts the one that waits.
 */
import {
  AV_CODEC_ID_NONE,
  AV_DISPOSITION_ATTACHED_PIC,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_NEW_EXTRADATA,
  AV_PKT_FLAG_KEY,
  AVDISCARD_ALL,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_FLAG_BACKWARD,
} from 'node-av/constants';
import { CodecParameters, Dictionary, FormatContext, Packet, type Stream } from 'node-av/lib';
import { markTls } from '../../lib/guard-name.js';
import { asOwnUser, whyRefused } from '../../lib/guard-why.js';
import type { CodedPacket } from './decoder.js';
import { LaterStreams } from './later-streams.js';
import { check, isEnd } from './result.js';

/**
 * What an input over HTTP may be. Formats that name other inputs in their own way (ffconcat, DASH, SDP) are left out: they
 * would be opened past the proxy.
 */
const FORMATS =
  'hls,flv,live_flv,mov,matroska,webm,mpegts,mpeg,avi,asf,rm,swf,dv,mjpeg,gif,' + 'mp3,aac,ac3,eac3,wav,aiff,flac,ogg';
/** Neither tls nor httpproxy: a playlist could name `httpproxy://host:port/` and be connected past the proxy. */
const PROTOCOLS = 'http,tcp,crypto';
/** A server that sends nothing for this long, µs, is taken as lost. */
const STALL = 8_000_000;
/** A change of codec is noticed after so many packets at most. */
const LOOK = 8;

/** What FFmpeg is told to open, and what it may use for that. */
export interface InputAddress {
  url: string;
  /** Names of FFmpeg's protocols and formats, with commas between them; no other is used. */
  protocols: string;
  formats: string;
  options: Record<string, string | number>;
  /** Why it could not be opened, as far as somebody knows better than FFmpeg; empty if not. Never rejects. */
  explain?: () => Promise<string>;
}

/** How long an input may take to open, and each read; it is broken off then. ms. */
export interface Patience {
  openMs: number;
  readMs: number;
}

/** An http(s) address that is fetched through a proxy. */
export function httpInput(url: string, proxy: string): InputAddress {
  const own = asOwnUser(proxy);
  return {
    url: markTls(url),
    protocols: PROTOCOLS,
    formats: FORMATS,
    options: { http_proxy: own, user_agent: 'Castdeck' },
    explain: () => whyRefused(own),
  };
}

export interface DemuxedStream {
  parameters: CodecParameters;
  /** Time of its first picture or sample, µs; null when the input does not say. */
  startTime: number | null;
}

export interface DemuxedPacket {
  kind: 'video' | 'audio';
  packet: CodedPacket;
  /** µs; 0 where the file does not say. */
  duration: number;
  /** What the decoder must be made anew from before this packet; null when nothing has changed. */
  change: CodecParameters | null;
}

interface Track {
  kind: 'video' | 'audio';
  index: number;
  /** A copy, so that decoders can be made from it after the input is closed. */
  parameters: CodecParameters;
  timeBase: { num: number; den: number };
  startTime: number | null;
  lastDts: number | null;
  /** From decoding to showing of the last picture that said both. */
  delay: number;
  /** Packets so far. */
  looked: number;
}

export class Demuxer {
  readonly #context = new FormatContext();
  readonly #packet = new Packet();
  #tracks: Track[] = [];
  #busy: Promise<unknown> | null = null;
  #closed = false;
  #forgetSignal: () => void = () => {};
  #opened = false;
  /** Numbers of streams that are not wanted; one that is neither among them nor a track may become one. */
  readonly #unwanted = new Set<number>();
  readonly #later = new LaterStreams();
  /** Breaks off what takes too long. */
  #watchdog: NodeJS.Timeout | null = null;
  #readMs = 0;
  #late = false;

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
    return Demuxer.openInput(httpInput(url, proxy), null, signal);
  }

  /**
   * Opens an input.
   * @param patience null: only a network that stands still for 8 s ends it
   * @param signal aborts the opening, and whatever read is under way
   * @throws MediaError or Error when it cannot be opened, in words
   */
  static async openInput(input: InputAddress, patience: Patience | null, signal: AbortSignal): Promise<Demuxer> {
    signal.throwIfAborted();
    const demuxer = new Demuxer();
    const stop = (): void => demuxer.#context.interrupt();
    signal.addEventListener('abort', stop, { once: true });
    demuxer.#forgetSignal = () => signal.removeEventListener('abort', stop);
    try {
      if (patience) demuxer.#watch(patience.openMs);
      await demuxer.#open(input);
      if (patience) demuxer.setReadPatience(patience.readMs);
      return demuxer;
    } catch (error) {
      await demuxer.close();
      if (demuxer.#late) throw new Error('it did not answer in time');
      const reason = signal.aborted ? '' : await input.explain?.();
      throw reason ? new Error(reason) : error;
    }
  }

  /** From now on each read may take so long, ms. */
  setReadPatience(ms: number): void {
    this.#readMs = ms;
    this.#unwatch();
  }

  #watch(ms: number): void {
    this.#unwatch();
    this.#watchdog = setTimeout(() => {
      this.#watchdog = null;
      // Whoever reads may wait for as long as it likes between two reads.
      if (this.#opened && !this.#busy) return;
      this.#late = true;
      this.#context.interrupt();
    }, ms);
  }

  #unwatch(): void {
    if (this.#watchdog) clearTimeout(this.#watchdog);
    this.#watchdog = null;
  }

  async #open({ url, protocols, formats, options: more }: InputAddress): Promise<void> {
    const options = Dictionary.fromObject({
      protocol_whitelist: protocols,
      format_whitelist: formats,
      rw_timeout: STALL,
      probesize: 1_000_000,
      analyzeduration: 1_000_000,
      fpsprobesize: 3,
      ...more,
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
    this.#opened = true;
    for (const stream of this.#context.streams) {
      // One that is announced but has not begun is waited for, if there is no other of its kind.
      const kind = kindOf(stream);
      const taken = kind === null || this.#tracks.some((track) => track.kind === kind);
      if (!taken || this.#tracks.some((track) => track.index === stream.index)) continue;
      stream.discard = AVDISCARD_ALL;
      this.#unwanted.add(stream.index);
    }
  }

  #choose(kind: Track['kind'], type: typeof AVMEDIA_TYPE_VIDEO | typeof AVMEDIA_TYPE_AUDIO): void {
    const index = this.#context.findBestStream(type);
    const stream = index >= 0 ? this.#context.streams[index] : undefined;
    // The cover of a sound file is no picture that plays.
    if (stream?.hasDisposition(AV_DISPOSITION_ATTACHED_PIC)) return;
    if (stream && stream.codecpar.codecId !== AV_CODEC_ID_NONE) this.#tracks.push(trackOf(kind, stream));
  }

  /**
   * A packet of a stream that was not there at first. It becomes a track if there is none of its kind, or if that one has
   * fallen silent (a transport stream that goes on with another codec does so under another number).
   */
  #adopt(index: number): Track | null {
    const stream = this.#context.streams[index];
    if (!stream || this.#unwanted.has(index)) return null;
    const kind = kindOf(stream);
    if (kind === null || stream.codecpar.codecId === AV_CODEC_ID_NONE) return null;
    const before = this.#tracks.find((track) => track.kind === kind);
    if (before) {
      const { dts } = this.#packet;
      if (dts === AV_NOPTS_VALUE || !this.#later.outlasts(index, before, microseconds(dts, stream))) return null;
      this.#later.replaced(before.index);
    }
    const track = trackOf(kind, stream);
    this.#tracks = [...this.#tracks.filter((other) => other !== before), track];
    return track;
  }

  stream(kind: 'video' | 'audio'): DemuxedStream | null {
    const track = this.#tracks.find((candidate) => candidate.kind === kind);
    return track ? { parameters: track.parameters, startTime: track.startTime } : null;
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
      if (this.#watchdog) this.#watchdog.refresh();
      else if (this.#readMs > 0) this.#watch(this.#readMs);
      const reading = this.#context.readFrame(this.#packet);
      this.#busy = reading;
      const code = await reading;
      this.#busy = null;
      if (this.#late) throw new Error('nothing came for too long');
      if (isEnd(code)) return null;
      check('read', code);
      const result = this.#take();
      this.#packet.unref();
      if (result) return result;
    }
  }

  #take(): DemuxedPacket | null {
    const index = this.#packet.streamIndex;
    const own = this.#tracks.find((candidate) => candidate.index === index);
    const track = own ?? this.#adopt(index);
    const data = this.#packet.data;
    if (!track || !data) return null;
    this.#later.isAlive(track.kind);
    const rawPts = this.#packet.pts;
    const rawDts = this.#packet.dts;
    const raw = rawDts !== AV_NOPTS_VALUE ? rawDts : rawPts;
    const dts = raw !== AV_NOPTS_VALUE ? microseconds(raw, track) : track.lastDts;
    if (dts === null) return null;
    track.lastDts = dts;
    const pts = rawPts !== AV_NOPTS_VALUE ? microseconds(rawPts, track) : dts + track.delay;
    // A program stream says so for a few of its pictures only.
    if (rawPts !== AV_NOPTS_VALUE && rawDts !== AV_NOPTS_VALUE) track.delay = pts - dts;
    const key = (this.#packet.flags & AV_PKT_FLAG_KEY) !== 0;
    const packet = { payload: Buffer.from(data), pts, dts, key };
    const change = own ? this.#newParameters(track) : track.parameters;
    return { kind: track.kind, packet, duration: microseconds(this.#packet.duration, track), change };
  }

  /** Containers repeat their configuration at will; only another one is a change. @throws Error when it must be opened anew */
  #newParameters(track: Track): CodecParameters | null {
    const extradata = this.#packet.getSideData(AV_PKT_DATA_NEW_EXTRADATA);
    if (extradata && extradata.length > 0 && !track.parameters.extradata?.equals(extradata)) {
      track.parameters = copyOf(track.parameters);
      track.parameters.extradata = Buffer.from(extradata);
      return track.parameters;
    }
    // A transport stream can go on with another codec under the same number; FFmpeg then still cuts it up as the old one.
    if (
      track.looked++ % LOOK === 0 &&
      this.#context.streams[track.index]?.codecpar.codecId !== track.parameters.codecId
    ) {
      throw new Error('the stream goes on with another codec');
    }
    return null;
  }

  /** Goes to the last key frame at or before a time. @throws MediaError when the input cannot seek */
  async seek(time: number): Promise<void> {
    check('seek', await this.#context.seekFrame(-1, BigInt(Math.round(time)), AVSEEK_FLAG_BACKWARD));
    for (const track of this.#tracks) {
      track.lastDts = null;
      this.#later.isAlive(track.kind);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#forgetSignal();
    this.#unwatch();
    this.#context.interrupt();
    await this.#busy?.catch(() => undefined);
    this.#packet.free();
    await this.#context.closeInput();
  }
}

function copyOf(parameters: CodecParameters): CodecParameters {
  const copy = new CodecParameters();
  copy.alloc();
  check('copy parameters', parameters.copy(copy));
  return copy;
}

/** What a stream carries; null for what is of no use, the cover of a sound file included. */
function kindOf(stream: Stream): Track['kind'] | null {
  if (stream.codecpar.codecType === AVMEDIA_TYPE_AUDIO) return 'audio';
  const plays = stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO && !stream.hasDisposition(AV_DISPOSITION_ATTACHED_PIC);
  return plays ? 'video' : null;
}

function trackOf(kind: Track['kind'], stream: Stream): Track {
  const { num, den } = stream.timeBase;
  const start = stream.startTime;
  return {
    kind,
    index: stream.index,
    parameters: copyOf(stream.codecpar),
    timeBase: { num, den },
    startTime: start === AV_NOPTS_VALUE ? null : (Number(start) * num * 1_000_000) / den,
    lastDts: null,
    delay: 0,
    looked: 0,
  };
}

function microseconds(value: bigint, { timeBase }: Pick<Track, 'timeBase'>): number {
  return (Number(value) * timeBase.num * 1_000_000) / timeBase.den;
}
