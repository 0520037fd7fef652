/**
 * The whole picture that an engine must make, as one value with a revision.
 *
 * The control process sends it complete every time, never as a delta, so that an engine that was restarted is told
 * exactly what the one before it was told. Nothing here is read from the wall clock or from a network.
 */
import type { RelayTarget } from './relay.js';

/** Position of a source in a studio, `RV01` to `RV99`. */
export type Position = string;

/** Where the pictures and the sound of a source come from. */
export type SourceInput =
  /** A stream that is pushed into our own hub, by its stream name (`live/cam1`). Reached over the link. */
  | { kind: 'hub'; stream: string }
  /** A live stream by URL: http(s) (flv, m3u8), rtmp(s), srt (we call), rtsp. Opened again, without end, when it stops. */
  | { kind: 'live'; url: string }
  /**
   * A file by http(s) URL. Offsets in ms; see AddCasterVideoResource. `repeat` is the number of extra plays, -1 endless.
   * Every `progressMs` of play (0: never) the engine reports how far it is.
   */
  | { kind: 'file'; url: string; beginMs: number; endMs: number | null; repeat: number; progressMs: number }
  /** A picture by http(s) URL, still or moving: png, jpg, webp, gif, apng. */
  | { kind: 'image'; url: string }
  /** A moving test picture with sound, made inside the engine. `toneHz` 20 to 20000. */
  | { kind: 'test'; pattern: TestPattern; toneHz: number };

/** `clock`: clock and frame counter with a beep and a flash each second. `bars`: a moving bar over colour bars. */
export type TestPattern = 'clock' | 'bars';

/** What an operator does with a file by hand. */
export interface Playback {
  paused: boolean;
  /**
   * The newest jump. One whose serial (from 1) is above that of the last one is carried out; it cannot be taken back.
   * `toMs` counts from the first picture.
   */
  seek: { serial: number; toMs: number } | null;
}

export interface SourceSpec {
  /** ResourceId. A change of input or delay under the same id closes the old input and opens the new one. */
  id: string;
  /** `null` when no layout can name it now: its channel is not bound. It is kept open all the same. */
  position: Position | null;
  name: string;
  input: SourceInput;
  /** Constant delay of picture and sound, ms, 0 to 5000. */
  delayMs: number;
  /** Means something for files only. */
  playback: Playback;
}

/** Sources whose encoders share a clock, so that pictures of one moment are shown at one moment. */
export interface SyncGroup {
  /** `host`: the others follow the host's play-out. `each`: all wait for the latest. */
  mode: 'host' | 'each';
  /** Source ids; `host` is one of them, or null with mode `each`. */
  sources: string[];
  host: string | null;
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
  /** `cover`: the picture fills the box, and what sticks out is cut off. */
  fill: 'none' | 'fit' | 'cover';
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
  /** Absent: the sound as it is. */
  filter?: SoundFilter;
}

/** What is done to the sound of a layer, in this order, before its gain. */
export interface SoundFilter {
  /** Takes away steady noise around speech, or around music, which it changes less. */
  noise: 'off' | 'speech' | 'music';
  /** Brings voices of different loudness to one. */
  autoGain: boolean;
  /** `deep`: more body, for low voices. `bright`: more air, for high ones. */
  voice: 'off' | 'deep' | 'bright';
}

/** Talk-over: while one of the triggers is heard, everything else of the mix is turned down. */
export interface Ducking {
  triggers: Position[];
  /** How much, dB above 0. */
  depthDb: number;
  /** RMS level of a trigger behind its gain, dBFS, from which on it counts. */
  thresholdDb: number;
  attackMs: number;
  releaseMs: number;
}

/** What is done to the sound of the programme beyond its mix. */
export interface SoundSpec {
  ducking: Ducking | null;
  /** A sine in place of the mix. Its level is the peak, dBFS. */
  tone: { hz: number; levelDb: number } | null;
  /** The owner is told when programme, or a source of its mix, stays below a level (RMS, dBFS) for so long. */
  silence: { belowDb: number; afterMs: number } | null;
  /** Integrated loudness begins anew whenever this grows. */
  loudnessSerial: number;
}

export const PLAIN_SOUND: SoundSpec = { ducking: null, tone: null, silence: null, loudnessSerial: 0 };

/** Fonts that texts may ask for, by the names of the wire. */
export const FONT_NAMES = [
  'KaiTi',
  'AlibabaPuHuiTi-Regular',
  'AlibabaPuHuiTi-Bold',
  'NAlibabaPuHuiTi-Light',
  'NotoSansHans-Regular',
  'NotoSansHans-Bold',
  'NotoSansHans-Light',
] as const;
export type FontName = (typeof FONT_NAMES)[number];

export interface TextStyle {
  font: FontName;
  /** Share of the frame's height; at most 1024 pixels are drawn. */
  size: number;
  /** 0xrrggbb. */
  color: number;
  /** Outline: share of the font size (at most 16 pixels are drawn); a `null` colour or a width of 0 draws none. */
  outline: { color: number | null; width: number };
  align: 'left' | 'center' | 'right';
}

export type OverlayContent =
  | { kind: 'text'; text: string; style: TextStyle }
  /** By http(s) URL, still or moving: png, jpg, webp, gif, apng. */
  | { kind: 'image'; url: string }
  /** Shows what is pushed to it: the newest lines, broken after `perLine` characters. */
  | { kind: 'caption'; style: TextStyle; perLine: number; lines: number };

/** A component as it is laid over (or under) the pictures of a scene. */
export interface OverlaySpec {
  /** ComponentId. */
  id: string;
  name: string;
  /** `background` lies under all pictures of the scene, `cover` above them. */
  order: 'background' | 'cover';
  content: OverlayContent;
  /** Shares of the frame. Images: height, else width, else their own pixels. Texts are as large as their font says. */
  width: number;
  height: number;
  x: number;
  y: number;
  refer: PositionRefer;
  /** 0 to 1. */
  opacity: number;
  /** Crawl: from right to left, or from the bottom up, over the whole frame, again and again. */
  effect: 'none' | 'crawlH' | 'crawlV';
  /** Shares of the frame (its width or height) a second. */
  crawlSpeed: number;
}

export interface SceneSpec {
  id: string;
  /** Pictures from the bottom up; empty is black. */
  video: VideoLayer[];
  /** What is heard; empty is silence. */
  audio: AudioLayer[];
  /** From the bottom up. */
  overlays: OverlaySpec[];
}

/** Directions name where the new picture goes to: `wipeLeft` uncovers it from the right edge to the left one. */
export const TRANSITION_KINDS = [
  'cut',
  'fade',
  'dip',
  'wipeLeft',
  'wipeRight',
  'wipeUp',
  'wipeDown',
  'wipeDiagonal',
  'barnDoorH',
  'barnDoorV',
  'box',
  'circle',
  'clock',
  'slideLeft',
  'slideRight',
  'slideUp',
  'slideDown',
  'pushLeft',
  'pushRight',
  'pushUp',
  'pushDown',
] as const;
export type TransitionKind = (typeof TRANSITION_KINDS)[number];

/** A way from one programme picture to the next. */
export interface TransitionStyle {
  kind: TransitionKind;
  /** 0xrrggbb that a dip goes through; nothing for the others. */
  color: number;
}

/**
 * How the present content of the programme comes on air. The engine carries out a serial that it has not seen, from what
 * the programme shows at that moment; a new engine begins with the result. Serials grow.
 */
export interface TakeSpec extends TransitionStyle {
  serial: number;
  durationMs: number;
}

/** The T-bar is held between the ends: the programme shows a share of the preview. */
export interface TBarSpec extends TransitionStyle {
  /** 0 programme to 1 preview. */
  position: number;
  /** Time in which the engine goes from where it is to this position, evenly. */
  glideMs: number;
}

/** A downstream key: an overlay of the programme that takes leave alone, with a fade of its own. */
export interface KeySpec {
  overlay: OverlaySpec;
  on: boolean;
  fadeMs: number;
}

/**
 * What the programme shows when it must not show itself: one source in the whole frame, with its sound, kept ready. Overlays
 * and keys are not shown over it; fading to black is above it.
 */
export interface StandbySpec {
  /** Without a position: no layout can name it. A file is paused at its begin until it is shown. */
  source: SourceSpec;
  /** Asked for by hand. */
  on: boolean;
  /** Grows when the programme is asked for instead: one that came by itself then goes, and has to wait again. */
  serial: number;
  /**
   * By itself, when nothing that the programme shows has had an input for `afterMs`; and back when some of it has had one,
   * with a picture, for `backMs`. `null`: only by hand.
   */
  auto: { afterMs: number; backMs: number } | null;
}

/** Size and coding of one output stream. */
export interface VideoEncoding {
  width: number;
  height: number;
  /** Bits per second. */
  bitrate: number;
  /** Pictures a second, where they are fewer than the mixer's. */
  fps?: number;
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
  /** Of everything that leaves the engine; one: left and right in equal parts. */
  audioChannels: 1 | 2;
}

export interface RenditionSpec {
  /** Name on the wire: `lld`, `lsd`, ..., or one that the owner of the studio chose. */
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
  take: TakeSpec;
  /** `null` when nobody holds it between the ends. */
  tbar: TBarSpec | null;
  /** From the bottom up; above everything else of the programme. */
  keys: KeySpec[];
  /** Picture and sound of the programme fade to black and silence, and back; above the keys. */
  fadeToBlack: { on: boolean; fadeMs: number };
  /** `null` when there is none. */
  standby: StandbySpec | null;
  /** Hub stream names (`caster/<32 hex digits>`, more behind it for the multiview). */
  streams: { pvw: string; pgm: string; multiview: string };
  renditions: RenditionSpec[];
  /** A small stream of each channel, made while somebody watches it. */
  monitors: { position: Position; stream: string }[];
  /** Sound of the programme beyond its mix. */
  sound: SoundSpec;
  /** A stream with nothing but the sound of a source as it comes in, made while somebody listens. */
  listens: { position: Position; stream: string }[];
  syncGroups: SyncGroup[];
  /** Where the coded programme is sent to. Not the engine's affair: it is told of none, since they hold secrets. */
  relays: RelayTarget[];
}
