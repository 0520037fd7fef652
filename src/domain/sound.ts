/**
 * The sound of the programme beyond its mix: talk-over, the test tone, and what counts as silence. Levels in dB and dBFS,
 * times in ms.
 */
import type { Caster, Sound } from './caster.js';
import type { Position, SoundSpec } from './desired.js';
import { Refused } from './error.js';
import { requireSources } from './layout.js';

/** What SetCasterSound was told; `undefined` leaves things as they are. */
export interface GivenSound {
  ducking: { [K in keyof Sound['ducking']]: Sound['ducking'][K] | undefined };
  tone: { [K in keyof Sound['tone']]: Sound['tone'][K] | undefined };
  silence: { [K in keyof Sound['silence']]: Sound['silence'][K] | undefined };
  loudnessReset: boolean;
}

/** The old values with those that were given in their place. */
function merged<T extends object>(old: T, given: { [K in keyof T]: T[K] | undefined }): T {
  return { ...old, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

function checkTriggers(caster: Caster, triggers: Position[]): void {
  const twice = triggers.find((position, index) => triggers.indexOf(position) !== index);
  if (twice !== undefined) {
    throw new Refused('InvalidParameter.Malformed', `DuckingList names ${twice} twice; once is enough.`);
  }
  requireSources(caster, triggers);
}

/**
 * SetCasterSound, on an idle studio for its next start. Triggers that are given take the place of the old ones.
 * @throws Refused InvalidParameter.Malformed, InvalidResource.NotFound
 */
export function setSound(caster: Caster, given: GivenSound): Caster {
  if (given.ducking.triggers) checkTriggers(caster, given.ducking.triggers);
  const ducking = merged(caster.sound.ducking, given.ducking);
  if (ducking.enabled && ducking.triggers.length === 0) {
    throw new Refused(
      'InvalidParameter.Malformed',
      'DuckingEnable needs at least one position in DuckingList: the source that the others make room for.',
    );
  }
  const sound: Sound = {
    ducking,
    tone: merged(caster.sound.tone, given.tone),
    silence: merged(caster.sound.silence, given.silence),
    // The revision under which this change is stored: it grows, also when the change is undone.
    loudnessSerial: given.loudnessReset ? caster.revision + 1 : caster.sound.loudnessSerial,
  };
  return { ...caster, sound };
}

/** What the engine does. @param known positions that have a source now; triggers without one wait for it */
export function soundSpecOf({ ducking, tone, silence, loudnessSerial }: Sound, known: readonly Position[]): SoundSpec {
  const { enabled: isDucking, ...duckingSpec } = ducking;
  const triggers = ducking.triggers.filter((position) => known.includes(position));
  return {
    ducking: isDucking && triggers.length > 0 ? { ...duckingSpec, triggers } : null,
    tone: tone.enabled ? { hz: tone.hz, levelDb: tone.levelDb } : null,
    silence: silence.enabled ? { belowDb: silence.belowDb, afterMs: silence.afterMs } : null,
    loudnessSerial,
  };
}
