/** Our own operations for the sound of the programme beyond its mix, what it measures, and how to listen to a source. */
import type { Caster } from '../../domain/caster.js';
import { positionOf } from '../../domain/channel.js';
import { listenStream } from '../../domain/compose.js';
import type { ChannelLevels, SoundLevels } from '../../domain/engine.js';
import { setSound } from '../../domain/sound.js';
import { changeCaster, requireCaster } from '../change.js';
import type { Answer } from '../encode.js';
import { casterId, type Operation, operation, position } from '../operation.js';
import { boolean, decimal, integer, list, optional } from '../params.js';
import type { Services } from '../services.js';
import { monitorAddresses } from '../view.js';

const MOST_TRIGGERS = 99;

const setCasterSound = operation({
  name: 'SetCasterSound',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    DuckingEnable: optional(boolean()),
    DuckingList: list(position, MOST_TRIGGERS),
    DuckingDepth: optional(decimal({ min: 0, max: 60 })),
    DuckingThreshold: optional(decimal({ min: -60, max: 0 })),
    DuckingAttack: optional(integer({ min: 5, max: 1000 })),
    DuckingRelease: optional(integer({ min: 50, max: 5000 })),
    ToneEnable: optional(boolean()),
    ToneFrequency: optional(decimal({ min: 20, max: 20_000 })),
    // The ceiling of the limiter: a louder tone would not have the level that it says.
    ToneLevel: optional(decimal({ min: -60, max: -3 })),
    SilenceEnable: optional(boolean()),
    SilenceThreshold: optional(decimal({ min: -90, max: -20 })),
    SilenceDuration: optional(integer({ min: 1, max: 600 })),
    LoudnessReset: optional(boolean()),
  },
  async handle(call, services) {
    const given = {
      ducking: {
        enabled: call.DuckingEnable,
        // An empty list is not sent, so it cannot mean "none".
        triggers: call.DuckingList.length > 0 ? call.DuckingList : undefined,
        depthDb: call.DuckingDepth,
        thresholdDb: call.DuckingThreshold,
        attackMs: call.DuckingAttack,
        releaseMs: call.DuckingRelease,
      },
      tone: { enabled: call.ToneEnable, hz: call.ToneFrequency, levelDb: call.ToneLevel },
      silence: {
        enabled: call.SilenceEnable,
        belowDb: call.SilenceThreshold,
        afterMs: call.SilenceDuration === undefined ? undefined : call.SilenceDuration * 1000,
      },
      loudnessReset: call.LoudnessReset === true,
    };
    await changeCaster(services, call.CasterId, (caster) => setSound(caster, given));
    return {};
  },
});

/** Two decimals: more than any meter shows. */
function decibels(value: number): number {
  return Math.round(value * 100) / 100;
}

function channelsView({ peakDb, rmsDb }: ChannelLevels): Answer {
  return {
    PeakLeft: decibels(peakDb[0]),
    PeakRight: decibels(peakDb[1]),
    RmsLeft: decibels(rmsDb[0]),
    RmsRight: decibels(rmsDb[1]),
  };
}

/** Sources that were deleted since the reading are left out. */
function levelsView(caster: Caster, { tick, pgm, sources }: SoundLevels): Answer {
  return {
    Tick: tick,
    Program: {
      ...channelsView(pgm),
      Momentary: decibels(pgm.momentary),
      ShortTerm: decibels(pgm.shortTerm),
      Integrated: decibels(pgm.integrated),
      IntegratedSeconds: decibels(pgm.integratedSeconds),
      Range: decibels(pgm.range),
      TruePeak: decibels(pgm.truePeakDb),
      MaxTruePeak: decibels(pgm.maxTruePeakDb),
      Correlation: decibels(pgm.correlation),
      Limited: decibels(pgm.limitedDb),
      Ducked: decibels(pgm.duckedDb),
      Silent: pgm.silent,
    },
    Sources: {
      Source: sources.flatMap((levels) => {
        const resource = caster.resources.find(({ id }) => id === levels.id);
        if (!resource) return [];
        return {
          ResourceId: resource.id,
          LocationId: positionOf(caster, resource) ?? undefined,
          ...channelsView(levels),
          Silent: levels.silent,
        };
      }),
    },
  };
}

/** Every source that a layout can name; without addresses before the first start and without a DomainName. */
function listensView(services: Services, caster: Caster): Answer[] {
  const pvw = caster.scenes.find((scene) => scene.kind === 'pvw');
  const hasDomain = (caster.air?.domainName ?? caster.settings.domainName) !== '';
  return caster.resources
    .flatMap((resource) => {
      const at = positionOf(caster, resource);
      if (at === null) return [];
      const addresses = pvw && hasDomain ? monitorAddresses(services, caster, listenStream(pvw, at)) : {};
      return { LocationId: at, ResourceId: resource.id, ...addresses };
    })
    .sort((a, b) => (a.LocationId < b.LocationId ? -1 : 1));
}

const describeCasterSound = operation({
  name: 'DescribeCasterSound',
  qpsLimit: 15,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    const { ducking, tone, silence } = caster.sound;
    const levels = services.runtime.levels(caster.id);
    return {
      CasterId: caster.id,
      Ducking: {
        Enable: ducking.enabled,
        LocationIds: { LocationId: ducking.triggers },
        Depth: ducking.depthDb,
        Threshold: ducking.thresholdDb,
        Attack: ducking.attackMs,
        Release: ducking.releaseMs,
      },
      Tone: { Enable: tone.enabled, Frequency: tone.hz, Level: tone.levelDb },
      Silence: { Enable: silence.enabled, Threshold: silence.belowDb, Duration: silence.afterMs / 1000 },
      Listens: { Listen: listensView(services, caster) },
      Levels: levels ? levelsView(caster, levels) : undefined,
    };
  },
});

export const SOUND_OPERATIONS: readonly Operation[] = [setCasterSound, describeCasterSound];
