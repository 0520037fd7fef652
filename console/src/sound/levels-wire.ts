/** Readings of levels as the server sends them over the socket, ten a second. Levels in dBFS, loudness in LUFS. */
import { flag, type Json, number, object, text } from '../json.js';

/** What the server writes for silence. */
export const SILENCE_DB = -144;

/** Left and right. */
export type Pair = readonly [number, number];

export interface ChannelLevels {
  peak: Pair;
  rms: Pair;
  /** Below the alarm's level for too long. */
  silent: boolean;
}

export interface ProgrammeLevels extends ChannelLevels {
  momentary: number;
  shortTerm: number;
  integrated: number;
  /** What `integrated` covers. */
  integratedSeconds: number;
  /** LU. */
  range: number;
  /** dBTP: of the last reading, and the highest since the reset. */
  truePeak: number;
  maxTruePeak: number;
  /** 1 the same, 0 unrelated, -1 opposite. */
  correlation: number;
  /** By how much the limiter and ducking turn down, dB, 0 and above. */
  limited: number;
  ducked: number;
}

export interface Levels {
  pgm: ProgrammeLevels;
  /** By ResourceId, as the sources come in. */
  sources: ReadonlyMap<string, ChannelLevels>;
}

/** A level that is missing is silence, and not full scale. */
function level(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : SILENCE_DB;
}

function pair(value: unknown): Pair {
  const both: unknown[] = Array.isArray(value) ? value : [];
  return [level(both[0]), level(both[1])];
}

function readChannels(given: Json): ChannelLevels {
  return { peak: pair(given.peakDb), rms: pair(given.rmsDb), silent: flag(given.silent) };
}

/** A message of the socket; null when it is not a reading of this studio. */
export function readLevels(message: unknown, casterId: string): Levels | null {
  if (typeof message !== 'string') return null;
  let parsed: Json;
  try {
    parsed = object(JSON.parse(message));
  } catch {
    return null;
  }
  if (parsed.type !== 'levels' || text(parsed.casterId) !== casterId) return null;
  const levels = object(parsed.levels);
  const pgm = object(levels.pgm);
  const sources = Array.isArray(levels.sources) ? levels.sources.map(object) : [];
  return {
    pgm: {
      ...readChannels(pgm),
      momentary: level(pgm.momentary),
      shortTerm: level(pgm.shortTerm),
      integrated: level(pgm.integrated),
      integratedSeconds: number(pgm.integratedSeconds),
      range: number(pgm.range),
      truePeak: level(pgm.truePeakDb),
      maxTruePeak: level(pgm.maxTruePeakDb),
      correlation: number(pgm.correlation),
      limited: number(pgm.limitedDb),
      ducked: number(pgm.duckedDb),
    },
    sources: new Map(sources.map((source) => [text(source.id), readChannels(source)])),
  };
}
