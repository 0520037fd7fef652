/**
 * Everything that leaves the engine for one scene: the stream in full size, its renditions, and their sound.
 *
 * The full-size programme is always encoded; the preview and the renditions only while somebody watches them, and for
 * {@link LINGER} seconds after, so that a reload of a page costs no restart. Key frames fall on the same ticks in all
 * streams of the scene. What one size suffers, a scaler or an encoder that fails, the others do not feel.
 */
import type { RenditionSpec, VideoEncoding } from '../../domain/desired.js';
import { type LadderVariant, TRACK_VIDEO } from '../../link/frame.js';
import type { Picture } from '../av/media.js';
import { sharePicture } from '../av/picture.js';
import { BUFFER_SECONDS, type VideoEncoderOptions } from '../av/video-encoder.js';
import { StreamOutput } from '../output/stream-output.js';
import { Scaler } from '../video/scaler.js';
import type { PictureEncoder } from './encoder-choice.js';
import { type SoundCoding, SoundTracks } from './sound-tracks.js';
import { VideoTrack } from './video-track.js';

/** Seconds for which an unwatched stream is still made. */
const LINGER = 10;

export interface SceneOutputOptions {
  stream: string;
  encoding: VideoEncoding;
  renditions: readonly RenditionSpec[];
  fps: number;
  gopSeconds: number;
  sound: SoundCoding;
  /** Encode the full size whether watched or not. */
  always: boolean;
  /** Tell the hub which sizes there are, so that it can offer them as one. */
  ladder?: boolean;
  /** @throws Error when no encoder can be opened */
  openEncoder: (options: VideoEncoderOptions) => PictureEncoder;
  linkPath: string;
  linkToken: string;
  /** The first key frame of the full size was handed to the hub. */
  onStarted?: () => void;
  onError: (error: Error) => void;
}

/** One size of the scene. */
interface Branch {
  output: StreamOutput;
  stream: string;
  encoding: VideoEncoding;
  always: boolean;
  /** AVCDecoderConfigurationRecord, of the encoder or of one like it; `null` as long as none could be opened. */
  config: Buffer | null;
  scaler: Scaler | null;
  track: VideoTrack | null;
  /** Last tick at which somebody watched. */
  watched: number;
}

export class SceneOutput {
  readonly #options: SceneOutputOptions;
  readonly #branches: Branch[];
  readonly #sound: SoundTracks;
  #opusWanted = Number.NEGATIVE_INFINITY;
  #keyWanted = true;
  #lastKey = Number.NEGATIVE_INFINITY;
  #lastTick = Number.NEGATIVE_INFINITY;
  #tick = 0;
  #closing: Promise<void>[] = [];
  #droppedBefore = 0;

  constructor(options: SceneOutputOptions) {
    this.#options = options;
    const full = this.#branch(options.stream, options.encoding, options.always, options.onStarted);
    const renditions = options.renditions.map((rendition) => this.#branch(rendition.stream, rendition.encoding, false));
    for (const branch of renditions) branch.scaler = new Scaler(branch.encoding);
    this.#branches = [full, ...renditions];
    if (options.ladder) for (const branch of renditions) this.#lookAtCoding(branch);
    this.#sound = new SoundTracks({
      coding: options.sound,
      outputs: () => this.#branches.map(({ output }) => output),
      active: () => this.#branches.filter((branch) => this.#isActive(branch)).map(({ output }) => output),
    });
  }

  #branch(stream: string, encoding: VideoEncoding, always: boolean, onStarted?: () => void): Branch {
    const { linkPath, linkToken, fps } = this.#options;
    const onKeyFrameWanted = (): void => {
      this.#keyWanted = true;
    };
    const output = new StreamOutput({
      stream,
      linkPath,
      linkToken,
      fps,
      onKeyFrameWanted,
      ...(onStarted ? { onStarted } : {}),
    });
    const idle = { config: null, scaler: null, track: null, watched: Number.NEGATIVE_INFINITY };
    return { output, stream, encoding, always, ...idle };
  }

  #encoderOptions({ encoding: { fps: rate, ...encoding } }: Branch): VideoEncoderOptions {
    return { ...encoding, fps: this.#options.fps, ...(rate !== undefined && { rate }) };
  }

  /** How a rendition will be coded is known only from an encoder; players want to know it before anybody watches. */
  #lookAtCoding(branch: Branch): void {
    try {
      const encoder = this.#options.openEncoder(this.#encoderOptions(branch));
      branch.config = encoder.config;
      encoder.close();
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error: unknown): void {
    this.#options.onError(error instanceof Error ? error : new Error(String(error)));
  }

  #tellLadder(): void {
    const [full] = this.#branches;
    if (!this.#options.ladder || !full?.config) return;
    const variants = this.#branches.flatMap(({ stream, encoding, config }): LadderVariant[] => {
      if (!config) return [];
      const { width, height, bitrate, fps = this.#options.fps } = encoding;
      const codec = `avc1.${config.toString('hex', 1, 4).toUpperCase()}`;
      const burst = bitrate * BUFFER_SECONDS;
      return [{ stream, width, height, fps, bitrate, burst, soundBitrate: this.#options.sound.bitrate, codec }];
    });
    full.output.setLadder(variants);
  }

  /** Pictures that were let go because an encoder was too slow. */
  get dropped(): number {
    return this.#branches.reduce((sum, { track }) => sum + (track?.dropped ?? 0), this.#droppedBefore);
  }

  /** True when the hub knows all streams. */
  get isAnnounced(): boolean {
    return this.#branches.every(({ output }) => output.isOpen);
  }

  #isActive(branch: Branch): boolean {
    return branch.always || this.#tick - branch.watched <= LINGER * this.#options.fps;
  }

  /** Looks at who watches. Returns true when a picture of this tick is needed. */
  begin(tick: number): boolean {
    this.#tick = tick;
    for (const branch of this.#branches) {
      if (branch.output.readers > 0) branch.watched = tick;
      if (branch.output.opusReaders > 0) this.#opusWanted = tick;
      // Here and not with the picture: when nobody watches at all, none comes.
      if (!this.#isActive(branch)) this.#stopTrack(branch);
    }
    return this.#branches.some((branch) => this.#isActive(branch));
  }

  /** Encodes the picture of the tick of the last {@link begin}; takes ownership of it. */
  pushPicture(picture: Picture): void {
    const tick = this.#tick;
    const { fps, gopSeconds } = this.#options;
    const group = Math.round(gopSeconds * fps);
    // Also when the very tick was left out.
    const due = Math.floor(tick / group) > Math.floor(this.#lastTick / group);
    this.#lastTick = tick;
    // A size that begins needs a key frame, and then so do the others, or their segments would not match.
    const begins = this.#branches.some(
      (branch) => this.#isActive(branch) && (!branch.track || branch.track.owesKey(tick)),
    );
    const key = due || begins || (this.#keyWanted && tick - this.#lastKey >= fps / 2);
    if (key) {
      this.#lastKey = tick;
      this.#keyWanted = false;
    }
    try {
      for (const branch of this.#branches) this.#encode(branch, picture, tick, key);
    } finally {
      picture.free();
    }
  }

  #encode(branch: Branch, picture: Picture, tick: number, key: boolean): void {
    if (!this.#isActive(branch) || !(key || this.#isShown(branch, tick))) return;
    try {
      branch.track ??= this.#startTrack(branch);
      branch.track.push(branch.scaler ? branch.scaler.scale(picture) : sharePicture(picture), tick, key);
    } catch (error) {
      this.#tell(error);
    }
  }

  /** Whether a stream of fewer pictures a second has one at this tick. */
  #isShown({ encoding: { fps: rate } }: Branch, tick: number): boolean {
    const { fps } = this.#options;
    return rate === undefined || Math.floor((tick * rate) / fps) > Math.floor(((tick - 1) * rate) / fps);
  }

  #startTrack(branch: Branch): VideoTrack {
    return new VideoTrack({
      open: () => this.#options.openEncoder(this.#encoderOptions(branch)),
      retryTicks: this.#options.fps,
      onConfig: (config) => {
        branch.output.setConfig({ track: TRACK_VIDEO, codec: 'h264', extradata: config });
        const isNews = branch.config?.compare(config) !== 0;
        branch.config = config;
        if (isNews) this.#tellLadder();
      },
      onPicture: (coded) => branch.output.sendPicture(coded),
      onError: this.#options.onError,
    });
  }

  #stopTrack(branch: Branch): void {
    const track = branch.track;
    if (!track) return;
    branch.track = null;
    this.#droppedBefore += track.dropped;
    const closing = track.close();
    this.#closing.push(closing);
    void closing.finally(() => {
      this.#closing = this.#closing.filter((other) => other !== closing);
    });
  }

  /** Encodes the sound of one block. @param sample number of its first sample, 48 kHz from tick 0 @throws MediaError */
  pushSound(samples: Float32Array, sample: number): void {
    if (!this.#branches.some((branch) => this.#isActive(branch))) this.#sound.stop();
    else this.#sound.push(samples, sample, this.#tick - this.#opusWanted <= LINGER * this.#options.fps);
  }

  /** Ends all streams of the scene for good. */
  async close(reason: string): Promise<void> {
    for (const branch of this.#branches) {
      branch.output.close(reason);
      this.#stopTrack(branch);
      branch.scaler?.[Symbol.dispose]();
    }
    this.#sound.stop();
    await Promise.all(this.#closing);
  }
}
