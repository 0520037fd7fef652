/** Readings of levels for tests: everything that a test does not care about is silence. */
import { SILENCE_DB, type SoundLevels, type SourceLevels } from '../../src/domain/engine.js';

export function sourceLevelsOf(id: string, parts: Partial<SourceLevels> = {}): SourceLevels {
  return { id, silent: false, peakDb: [SILENCE_DB, SILENCE_DB], rmsDb: [SILENCE_DB, SILENCE_DB], ...parts };
}

export function levelsOf(parts: { tick?: number; pgm?: Partial<SoundLevels['pgm']>; sources?: SourceLevels[] } = {}) {
  const levels: SoundLevels = {
    tick: parts.tick ?? 1,
    pgm: {
      peakDb: [SILENCE_DB, SILENCE_DB],
      rmsDb: [SILENCE_DB, SILENCE_DB],
      silent: false,
      momentary: SILENCE_DB,
      shortTerm: SILENCE_DB,
      integrated: SILENCE_DB,
      integratedSeconds: 0,
      range: 0,
      truePeakDb: SILENCE_DB,
      maxTruePeakDb: SILENCE_DB,
      correlation: 0,
      limitedDb: 0,
      duckedDb: 0,
      ...parts.pgm,
    },
    sources: parts.sources ?? [],
  };
  return levels;
}
