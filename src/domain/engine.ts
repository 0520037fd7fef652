/** Messages between the control process and an engine process (Node IPC, JSON). */
import type { DesiredState } from './desired.js';

export const ENCODER_KINDS = ['x264', 'nvenc', 'qsv', 'vaapi', 'videotoolbox'] as const;
/** What codes pictures: x264 on the processor, or hardware of NVIDIA, Intel, Linux in general (VA-API), or Apple. */
export type EncoderKind = (typeof ENCODER_KINDS)[number];
/** `auto`: the first hardware that is there, else x264. Named hardware that is not there falls back to x264, too. */
export type EncoderSetting = EncoderKind | 'auto';

/** How an engine is told to run. Sent once, before the first desired state. */
export interface EngineOptions {
  linkPath: string;
  linkToken: string;
  /** Which hosts a source may name: see `lib/address.ts`. */
  sourceAddresses: 'public' | 'lan' | 'all';
  /** x264 unless told. */
  videoEncoder?: EncoderSetting;
}

/** Control to engine. */
export type EngineCommand =
  | { type: 'configure'; options: EngineOptions }
  /** Everything that is to be shown. An older revision than the last one is ignored. */
  | { type: 'desired'; desired: DesiredState }
  /** Text for a caption component; it is shown from the next tick on, and forgotten when the engine ends. */
  | { type: 'caption'; caption: CaptionText }
  /** The standby on air at once, ahead of the state that asks for it, which follows. */
  | { type: 'standby' }
  /** Whether somebody watches levels: all sources are then heard, whether a scene has them or not. */
  | { type: 'watchLevels'; on: boolean }
  | { type: 'stop' };

export interface CaptionText {
  componentId: string;
  /** Added below what is there; empty clears the caption. */
  text: string;
}

/** What a source does right now, in one word, and since when it does. */
export type SourceStatus =
  /** Not opened yet, or opening. */
  | 'connecting'
  /** Pictures or sound arrive. */
  | 'live'
  /** It stopped or could not be opened; it is being tried again. */
  | 'lost'
  /** A file that has been played to its end. */
  | 'ended';

export interface SourceHealth {
  id: string;
  /** `null`: not bound to a channel. */
  position: string | null;
  status: SourceStatus;
  /** Seconds (engine clock) that it has been in this status. */
  forSeconds: number;
  /** Why it is lost, or what is odd about it, in words for an operator; empty otherwise. */
  reason: string;
  /** Names of the codecs as FFmpeg calls them (`h264`, `aac`); empty when there is none or it is not known yet. */
  videoCodec: string;
  audioCodec: string;
  /** Picture size, 0 as long as none was decoded. */
  width: number;
  height: number;
  /** Pictures a second and bits a second of what arrives, over the last seconds; 0 when nothing does. */
  fps: number;
  bitrate: number;
  /** Frames that came too late to be shown, and those let go because there was no room or no time for them. */
  lateFrames: number;
  droppedFrames: number;
  /** Times that the input was opened again. */
  reconnects: number;
  /** A file: paused by hand, and the place in ms from its first picture; null for everything else. */
  file: { paused: boolean; placeMs: number } | null;
}

/** Something happened that the owner of the studio may want to hear of; codes of the wire, and our own. */
export interface EngineReport {
  code:
    | 'StreamInterrupt'
    | 'StreamRecovered'
    | 'VideoStreamAddFailed'
    | 'FileProgress'
    | 'FileEnded'
    | 'ImageOpenFailed'
    | 'ImageDecodeFailed'
    | 'TextFontInvalid'
    | 'TextInvalid'
    /** The programme, or (with its resourceId) a source of its mix, fell silent, or is heard again. */
    | 'SoundSilent'
    | 'SoundBack'
    /** The standby is on air, or the programme is back. */
    | 'StandbyOn'
    | 'StandbyOff'
    /** A relay cannot be opened; one that was open broke; the outage is over. Told by the control process. */
    | 'SideOutputUrlInvalid'
    | 'RelayLost'
    | 'RelayBack'
    /** An encoder that the configuration names cannot be used; another one is used instead. */
    | 'EncoderFallback';
  /** For an operator. */
  message: string;
  resourceId?: string;
  componentId?: string;
  /** Of FileProgress: place in ms from the first picture. */
  placeMs?: number;
}

/** `ready`: it has a picture and can be shown at once. `manual`, `auto`: it is on air, and why. */
export type StandbyState = 'none' | 'notReady' | 'ready' | 'manual' | 'auto';

export interface EngineStats {
  tick: number;
  /** Ticks that were not composed because the machine was too slow. */
  missedTicks: number;
  /** Composed pictures that an encoder had no room for. */
  droppedFrames: number;
  /** Time to compose and hand over one tick, milliseconds: middle and 99th of 100, of the last seconds. */
  tickMsP50: number;
  tickMsP99: number;
  sources: SourceHealth[];
  standby: StandbyState;
  /** What codes the pictures of the open streams, most streams first; empty when none is open. */
  videoEncoders: readonly EncoderKind[];
}

/** Below every level that can be told from silence, dBFS; messages are JSON, which has no infinity. */
export const SILENCE_DB = -144;

/** Levels of left and right over the last 100 ms, dBFS, from {@link SILENCE_DB} on. Full scale is 0. */
export interface ChannelLevels {
  peakDb: [number, number];
  /** A sine of full scale has -3.01. */
  rmsDb: [number, number];
}

/** A source as it comes in: before gain, filters and delays of its layers. */
export interface SourceLevels extends ChannelLevels {
  /** ResourceId. */
  id: string;
  /** See SoundSpec.silence; only what the programme's mix has can be silent. */
  silent: boolean;
}

/** The programme as it is coded. Loudness by EBU R128 (ITU-R BS.1770-4), LUFS; {@link SILENCE_DB} where there is none yet. */
export interface ProgrammeLevels extends ChannelLevels {
  silent: boolean;
  /** The last 400 ms, the last 3 s, and all since the start or the last reset, gated. */
  momentary: number;
  shortTerm: number;
  integrated: number;
  /** Seconds that `integrated` covers. */
  integratedSeconds: number;
  /** Loudness range (EBU Tech 3342), LU. */
  range: number;
  /** The highest true peak of the last 100 ms, and since the start or the last reset, dBTP. */
  truePeakDb: number;
  maxTruePeakDb: number;
  /** Phase correlation of left and right: 1 the same, 0 unrelated, -1 opposite. */
  correlation: number;
  /** By how much the limiter turns down at most, and ducking; dB, 0 and above. */
  limitedDb: number;
  duckedDb: number;
}

export interface SoundLevels {
  /** Tick at which they were read. */
  tick: number;
  pgm: ProgrammeLevels;
  /** What is heard; while levels are watched, all sources. */
  sources: SourceLevels[];
}

/** Engine to control. */
export type EngineEvent =
  /** The first key frame of the programme is on the link, and the preview is announced. */
  | { type: 'publishing' }
  /** From `tick` on the outputs show `revision`. */
  | { type: 'applied'; revision: number; tick: number }
  /** Sign of life, about twice a second. */
  | { type: 'alive'; stats: EngineStats }
  | { type: 'report'; report: EngineReport }
  /** Ten times a second while levels are watched, else twice. */
  | { type: 'levels'; levels: SoundLevels }
  /** It cannot go on and will exit. */
  | { type: 'failed'; message: string };
