/**
 * Everything that leaves the engine for one scene: the stream in full size, its renditions, and their sound.
 *
 * The full-size programme is always encoded; the preview and the renditions only while somebody watches them, and for
 * {@link LINGER} seconds after, so that a reload of a page costs no restart. Key frames fall on the same ticks in all
 * streams of the scene.
 */
import type { RenditionSpec, VideoEncoding } from '../../domain/desired.js';
import { TRACK_VIDEO } from '../../link/frame.js';
import type { Picture } from '../av/media.js';
import { sharePicture } from '../av/picture.js';
import { StreamOutput } from '../output/stream-output.js';
import { Scaler } from '../video/scaler.js';
import { type SoundCoding, SoundTracks } from './sound-tracks.js';
import { VideoTrack } from './video-track.js';

/** Seconds for which an unwatched stream is still made. */
const LINGER = 10;
const PRESET = 'veryfast';

export interface SceneOutputOptions {
  stream: string;
  encoding: VideoEncoding;
  renditions: readonly RenditionSpec[];
  fps: number;
  gopSeconds: number;
  sound: SoundCoding;
  /** Encode the full size whether watched or not. */
  always: boolean;
  linkPath: string;
  linkToken: string;
  /** The first key frame of the full size was handed to the hub. */
  onStarted?: () => void;
  onError: (error: Error) => void;
}

/** One size of the scene. */
interface Branch {
  output: StreamOutput;
  encoding: VideoEncoding;
  always: boolean;
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
    return { output, encoding, always, scaler: null, track: null, watched: Number.NEGATIVE_INFINITY };
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
    const begins = this.#branches.some((branch) => !branch.track && this.#isActive(branch));
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
    if (!this.#isActive(branch)) return;
    branch.track ??= this.#startTrack(branch);
    branch.track.push(branch.scaler ? branch.scaler.scale(picture) : sharePicture(picture), tick, key);
  }

  #startTrack(branch: Branch): VideoTrack {
    const track = new VideoTrack({
      encoder: { ...branch.encoding, fps: this.#options.fps, preset: PRESET },
      onPicture: (coded) => branch.output.sendPicture(coded),
      onError: this.#options.onError,
    });
    branch.output.setConfig({ track: TRACK_VIDEO, codec: 'h264', extradata: track.config });
    return track;
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
