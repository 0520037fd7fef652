/**
 * The whole picture that an engine must make, as one value with a revision.
 *
 * The control process sends it complete every time, never as a delta, so that an engine that was restarted is told
 * exactly what the one before it was told. Nothing here is read from the wall clock or from a network.
 */

/** Position of a source in a studio, `RV01` to `RV99`. */
export type Position = string;

/** Where the pictures and the sound of a source come from. */
export type SourceInput =
  /** A stream that is pushed into our own hub, by its stream name (`live/cam1`). Reached over the link. */
  | { kind: 'hub'; stream: string }
  /** A live stream by http(s) URL (flv, m3u8). Runs without end and is opened again when it stops. */
  | { kind: 'live'; url: string }
  /** A file by http(s) URL. Offsets in ms; see AddCasterVideoResource. `repeat` is the number of extra plays, -1 endless. */
  | { kind: 'file'; url: string; beginMs: number; endMs: number | null; repeat: number }
  /** A still picture by http(s) URL: png or jpg. */
  | { kind: 'image'; url: string }
  /** A moving test picture with sound, made inside the engine. `toneHz` 20 to 20000. */
  | { kind: 'test'; pattern: TestPattern; toneHz: number };

/** `clock`: clock and frame counter with a beep and a flash each second. `bars`: a moving bar over colour bars. */
export type TestPattern = 'clock' | 'bars';

export interface SourceSpec {
  /** ResourceId. A change of anything but the position under the same id closes the old input and opens the new one. */
  id: string;
  position: Position;
  name: string;
  input: SourceInput;
  /** Constant delay of picture and sound, ms, 0 to 5000. */
  delayMs: number;
}

/** The nine points of the frame and of the layer from which an offset is measured. */
export type PositionRefer =
  | 'topLeft'
  | 'topCenter'
  | 'topRight'
  | 'leftCenter'
  | 'center'
  | 'rightCenter'
  | 'bottomLeft'
  | 'bottomCenter'
  | 'bottomRight';

/** One picture in a layout; the first of a list is the lowest. Shares of the output frame, 0 to 1. */
export interface VideoLayer {
  source: Position;
  fill: 'none' | 'fit';
  width: number;
  height: number;
  x: number;
  y: number;
  refer: PositionRefer;
  delayMs: number;
}

/** One sound in a mix. */
export interface AudioLayer {
  source: Position;
  /** Linear gain, 0 to 10; 1 leaves the level alone. */
  gain: number;
  channels: 'all' | 'left' | 'right';
  delayMs: number;
}

export interface SceneSpec {
  id: string;
  /** Pictures from the bottom up; empty is black. */
  video: VideoLayer[];
  /** What is heard; empty is silence. */
  audio: AudioLayer[];
}

/** Size and coding of one output stream. */
export interface VideoEncoding {
  width: number;
  height: number;
  /** Bits per second. */
  bitrate: number;
}

export interface OutputSpec {
  /** Size of the mixed picture. */
  width: number;
  height: number;
  /** Frames per second of mixer and outputs, 1 to 60. */
  fps: number;
  /** Time between key frames in seconds; the same ticks in every rendition. */
  gopSeconds: number;
  /** Bits per second of the programme in its full size, and of the sound. */
  videoBitrate: number;
  audioBitrate: number;
}

export interface RenditionSpec {
  /** Template name on the wire: `lld`, `lsd`, ... */
  template: string;
  /** Hub stream name. */
  stream: string;
  encoding: VideoEncoding;
}

/** Everything an engine must show. */
export interface DesiredState {
  casterId: string;
  /** Grows by at least one with every change of the studio. */
  revision: number;
  output: OutputSpec;
  sources: SourceSpec[];
  /** Preview; `null` when it is stopped. */
  pvw: SceneSpec | null;
  pgm: SceneSpec;
  /** Hub stream names (`caster/<32 hex digits>`). */
  streams: { pvw: string; pgm: string };
  renditions: RenditionSpec[];
}
