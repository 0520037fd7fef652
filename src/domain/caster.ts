/**
 * A studio as it is kept: settings, sources, layouts and its two scenes. A value: rules take one and give a new one.
 * Times are milliseconds since 1970.
 */
import type { Component } from './component.js';
import type {
  AudioLayer,
  KeySpec,
  OverlaySpec,
  Playback,
  Position,
  SourceInput,
  SyncGroup,
  TakeSpec,
  TBarSpec,
  VideoLayer,
} from './desired.js';
import { Refused } from './error.js';
import type { RelaySettings } from './relay.js';
import type { GivenSource } from './resource.js';
import type { Transcode } from './template.js';

export interface Tag {
  key: string;
  value: string;
}

/** What SetCasterConfig replaces as a whole. Empty text is "not set". */
export interface Settings {
  name: string;
  domainName: string;
  programName: string;
  transcode: Transcode | null;
  /** Layouts name channels instead of sources; once on, for good. */
  channels: boolean;
  /** Where events are sent; in force at once. */
  callbackUrl: string;
  /** May name sources that do not exist (yet). */
  syncGroups: SyncGroup[];
  /** In force at once. */
  standby: StandbySettings | null;
  /** Servers elsewhere that the programme is sent to. In force at once. */
  relays: RelaySettings | null;
}

/** What the programme shows instead of itself; times in ms. */
export interface StandbySettings {
  input: SourceInput;
  /** As it came; what it means is in `input`. */
  given: { liveStreamUrl?: string | undefined; imageUrl?: string | undefined; vodUrl?: string | undefined };
  /** It comes on by itself after `afterMs` without an input, and goes when there has been one for `backMs`. */
  autoOn: boolean;
  afterMs: number;
  backMs: number;
}

/** The settings that a running studio was started with; a change of {@link Settings} waits for the next start. */
export interface OnAir {
  domainName: string;
  transcode: Transcode;
  syncGroups: SyncGroup[];
  /** Start of production. */
  since: number;
}

/** A source with the parameters it was added with, so that a query returns what was sent. */
export interface Resource {
  id: string;
  position: Position;
  name: string;
  /** As it was set last. */
  input: SourceInput;
  /** What the engine still plays while a change of `input` waits to be effected; `null` when nothing waits. */
  inEffect: SourceInput | null;
  delayMs: number;
  /** As they came; what they mean is in `input`. */
  given: GivenSource;
}

/** A channel that a source is bound to; the others of a studio are not kept. */
export interface Channel {
  id: Position;
  resourceId: string;
  playback: Playback;
}

export interface Layout {
  id: string;
  /** From the bottom up. */
  video: VideoLayer[];
  audio: AudioLayer[];
}

export type SceneKind = 'pvw' | 'pgm';

/** A downstream key with its place among the others: a higher order lies above, equal ones in the order of the list. */
export interface Key extends KeySpec {
  order: number;
}

/** How the programme comes about beyond its scene. */
export interface Mix {
  take: TakeSpec;
  tbar: TBarSpec | null;
  keys: Key[];
  fadeToBlack: { on: boolean; fadeMs: number };
  /** Asked for by hand. The serial grows when the programme is asked for instead, also where the standby came by itself. */
  standby: { on: boolean; serial: number };
}

/** What is done to the programme's sound beyond its mix, as it was set; levels in dB, dBFS. */
export interface Sound {
  ducking: {
    enabled: boolean;
    /** At least one while it is enabled. */
    triggers: Position[];
    depthDb: number;
    thresholdDb: number;
    attackMs: number;
    releaseMs: number;
  };
  tone: { enabled: boolean; hz: number; levelDb: number };
  silence: { enabled: boolean; belowDb: number; afterMs: number };
  /** See SoundSpec. */
  loudnessSerial: number;
}

export const NEW_SOUND: Sound = {
  ducking: { enabled: false, triggers: [], depthDb: 12, thresholdDb: -40, attackMs: 50, releaseMs: 600 },
  tone: { enabled: false, hz: 1000, levelDb: -18 },
  silence: { enabled: true, belowDb: -60, afterMs: 10_000 },
  loudnessSerial: 0,
};

/**
 * One of the two scenes. Picture, sound and overlays are copies of layout and components as they were when they were
 * applied, so that a later ModifyCasterLayout does not change what is on air.
 */
export interface Scene {
  id: string;
  kind: SceneKind;
  on: boolean;
  layoutId: string | null;
  video: VideoLayer[];
  audio: AudioLayer[];
  /** From the bottom up. */
  overlays: OverlaySpec[];
  /** Sound follows the picture. */
  follow: boolean;
  /** 32 hex digits; the hub's stream is `caster/` + this. */
  stream: string;
}

export interface Caster {
  id: string;
  revision: number;
  createdAt: number;
  modifiedAt: number;
  clientToken: string;
  resourceGroupId: string;
  tags: Tag[];
  settings: Settings;
  /** `null` while the studio is idle. */
  air: OnAir | null;
  resources: Resource[];
  /** By id. */
  channels: Channel[];
  layouts: Layout[];
  components: Component[];
  mix: Mix;
  sound: Sound;
  /** None before the first start, then one of each kind for good. */
  scenes: Scene[];
}

/** Ids of the scenes to be made at the first start. */
export interface SceneIds {
  id: string;
  stream: string;
}

/** A new idle studio. */
export function newCaster(given: {
  id: string;
  name: string;
  now: number;
  clientToken: string;
  resourceGroupId: string;
  tags: Tag[];
}): Caster {
  return {
    id: given.id,
    revision: 1,
    createdAt: given.now,
    modifiedAt: given.now,
    clientToken: given.clientToken,
    resourceGroupId: given.resourceGroupId,
    tags: given.tags,
    settings: {
      name: given.name,
      domainName: '',
      programName: '',
      transcode: null,
      channels: false,
      callbackUrl: '',
      syncGroups: [],
      standby: null,
      relays: null,
    },
    air: null,
    resources: [],
    channels: [],
    layouts: [],
    components: [],
    mix: {
      take: { serial: 0, kind: 'cut', color: 0, durationMs: 0 },
      tbar: null,
      keys: [],
      fadeToBlack: { on: false, fadeMs: 0 },
      standby: { on: false, serial: 0 },
    },
    sound: NEW_SOUND,
    scenes: [],
  };
}

/** Sources at these positions ask for no quiet any more; ducking that has lost its last trigger is off. */
export function withoutTriggers(sound: Sound, gone: readonly Position[]): Sound {
  const triggers = sound.ducking.triggers.filter((position) => !gone.includes(position));
  if (triggers.length === sound.ducking.triggers.length) return sound;
  const enabled = sound.ducking.enabled && triggers.length > 0;
  return { ...sound, ducking: { ...sound.ducking, triggers, enabled } };
}

/** A standby that is no more is not on air either. */
function mixFor(mix: Mix, { standby }: Settings): Mix {
  return standby ? mix : { ...mix, standby: { ...mix.standby, on: false } };
}

/**
 * SetCasterConfig. Turning channels on drops what names sources by their own positions: the layouts, what the scenes
 * show of them, and who turns the others down.
 * @throws Refused InvalidCaster.ChannelDisableUnsupported, IncorrectCasterStatus.Inuse
 */
export function configure(caster: Caster, settings: Settings): Caster {
  if (settings.channels === caster.settings.channels) return { ...caster, settings, mix: mixFor(caster.mix, settings) };
  if (!settings.channels) {
    throw new Refused(
      'InvalidCaster.ChannelDisableUnsupported',
      'Channels cannot be turned off again; send ChannelEnable=1 with every SetCasterConfig of this studio.',
    );
  }
  if (caster.air) {
    throw new Refused('IncorrectCasterStatus.Inuse', 'Channels are turned on while the studio is idle; stop it first.');
  }
  const scenes = caster.scenes.map((scene) => ({ ...scene, layoutId: null, video: [], audio: [] }));
  return {
    ...caster,
    settings,
    mix: mixFor(caster.mix, settings),
    layouts: [],
    scenes,
    sound: withoutTriggers(caster.sound, caster.sound.ducking.triggers),
  };
}

/**
 * The studio on air with its present settings: both scenes exist and are on, with the content they had. Keys that had
 * been taken off are forgotten.
 * @throws Refused when DomainName or an output size is missing.
 */
export function startCaster(caster: Caster, now: number, ids: Record<SceneKind, SceneIds>): Caster {
  const { domainName, transcode, syncGroups } = caster.settings;
  if (domainName === '') {
    throw new Refused(
      'InvalidDomainName.NotFound',
      'The studio has no DomainName; set it with SetCasterConfig before StartCaster.',
    );
  }
  if (transcode === null) {
    throw new Refused(
      'InvalidConfiguration.NotFound',
      'The studio has no TranscodeConfig; set one with a CasterTemplate such as lp_hd with SetCasterConfig before StartCaster.',
    );
  }
  const scenes = (['pvw', 'pgm'] as const).map((kind): Scene => {
    const old = caster.scenes.find((scene) => scene.kind === kind);
    if (old) return { ...old, on: true };
    const { id, stream } = ids[kind];
    return { id, kind, on: true, layoutId: null, video: [], audio: [], overlays: [], follow: true, stream };
  });
  const mix = { ...caster.mix, keys: caster.mix.keys.filter((key) => key.on) };
  return { ...caster, scenes, mix, air: { domainName, transcode, syncGroups, since: now } };
}

/**
 * The studio off air; scenes keep id and content, keys and fade to black stay. The T-bar is let go, test tone and standby
 * are off, files will play from their beginning, and changes of sources have taken effect.
 */
export function stopCaster(caster: Caster): Caster {
  return {
    ...caster,
    air: null,
    resources: caster.resources.map((resource) => ({ ...resource, inEffect: null })),
    channels: caster.channels.map((channel) => ({ ...channel, playback: { paused: false, seek: null } })),
    mix: { ...caster.mix, tbar: null, standby: { ...caster.mix.standby, on: false } },
    sound: { ...caster.sound, tone: { ...caster.sound.tone, enabled: false } },
    scenes: caster.scenes.map((scene) => ({ ...scene, on: false })),
  };
}
