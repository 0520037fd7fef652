/**
 * What the mixer sees of a source. All times are µs on the engine's clock.
 *
 * A source runs from the moment it is made until `close`. Whether anything is decoded depends on `setWanted`: what
 * nobody sees or hears is only received.
 */

import type { Playback, SourceSpec } from '../../domain/desired.js';
import type { SourceHealth, SourceStatus } from '../../domain/engine.js';
import type { Picture } from '../av/media.js';
import type { SoundListener } from './sound-listener.js';
import type { SyncMember } from './sync.js';

/** Where one listener stands in a source's sound; each layer of each scene has one. */
export interface SoundCursor {
  /** Next sample to read on the source's clock; null before the first read. */
  next: number | null;
  /** The source's own. */
  listener?: SoundListener;
}

export interface Source {
  readonly spec: SourceSpec;
  /** Whether somebody sees it, and whether somebody hears it; what is not wanted is not decoded. */
  setWanted(seen: boolean, heard?: boolean): void;
  /** Keeps so much of the past that layers with delays of up to so many µs can be served, seen and heard. */
  keepHistory(seen: number, heard?: number): void;
  /** Moves on to a tick. */
  advance(now: number): void;
  /** True when a scene with this source can be shown: its picture is up to date, or it has none to give. */
  isReady(): boolean;
  /** The picture that is on at the last `advance`, less a delay. Stays the source's; valid until the next call. */
  picture(delayUs: number): Picture | null;
  /**
   * Fills `out` (interleaved pairs) with the sound from engine time `from` on. Silence where there is none; where sound
   * begins, ends or jumps it is ramped, so nothing clicks whatever the input does.
   */
  sound(out: Float32Array, from: number, cursor: SoundCursor): void;
  /**
   * Time, µs, for which a live input has brought no new picture; 0 as long as its own pace explains that. Inputs that may
   * stand still have no such method.
   */
  stillFor?(): number;
  /** What the operator does with it by hand, whenever that changes; a source that cannot be paused has no such method. */
  setPlayback?(playback: Playback): void;
  /** What sources of one clock are aligned by; only live ones have it. */
  readonly sync?: SyncMember;
  health(): SourceHealth;
  /** Ends everything that the source holds. */
  close(): Promise<void>;
}

/** What every source says of itself; the rest is for those that have it. */
export type HealthParts = Partial<Omit<SourceHealth, 'id' | 'position'>> & { status: SourceStatus; reason: string };

const NOTHING = {
  forSeconds: 0,
  videoCodec: '',
  audioCodec: '',
  width: 0,
  height: 0,
  fps: 0,
  bitrate: 0,
  lateFrames: 0,
  droppedFrames: 0,
  reconnects: 0,
  file: null,
};

export function healthOf(spec: SourceSpec, parts: HealthParts): SourceHealth {
  return { id: spec.id, position: spec.position, ...NOTHING, ...parts };
}
