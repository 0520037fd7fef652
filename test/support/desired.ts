/** Desired states and source specs for tests: everything that a test does not care about has a plain value. */
import { type DesiredState, PLAIN_SOUND, type SceneSpec, type SourceSpec } from '../../src/domain/desired.js';

export function sceneOf(parts: Partial<SceneSpec> = {}): SceneSpec {
  return { id: 's', video: [], audio: [], overlays: [], ...parts };
}

export function desiredOf(parts: Partial<DesiredState> = {}): DesiredState {
  return {
    casterId: 'c',
    revision: 1,
    output: {
      width: 640,
      height: 360,
      fps: 30,
      gopSeconds: 2,
      videoBitrate: 500_000,
      audioBitrate: 64_000,
      audioChannels: 2,
    },
    sources: [],
    pvw: null,
    pgm: sceneOf(),
    take: { serial: 0, kind: 'cut', color: 0, durationMs: 0 },
    tbar: null,
    keys: [],
    fadeToBlack: { on: false, fadeMs: 0 },
    standby: null,
    streams: { pvw: 'caster/p', pgm: 'caster/g', multiview: 'caster/p_multiview' },
    renditions: [],
    monitors: [],
    sound: PLAIN_SOUND,
    listens: [],
    syncGroups: [],
    relays: [],
    ...parts,
  };
}

export function sourceSpecOf(parts: Pick<SourceSpec, 'id' | 'input'> & Partial<SourceSpec>): SourceSpec {
  return { position: 'RV01', name: parts.id, delayMs: 0, playback: { paused: false, seek: null }, ...parts };
}
