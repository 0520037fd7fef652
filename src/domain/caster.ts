/**
 * A studio as it is kept: settings, sources, layouts and its two scenes. A value: rules take one and give a new one.
 * Times are milliseconds since 1970.
 */
import type { AudioLayer, Position, SourceInput, VideoLayer } from './desired.js';
import { Refused } from './error.js';
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
}

/** The settings that a running studio was started with; a change of {@link Settings} waits for the next start. */
export interface OnAir {
  domainName: string;
  transcode: Transcode;
  /** Start of production. */
  since: number;
}

/** A source with the parameters it was added with, so that a query returns what was sent. */
export interface Resource {
  id: string;
  position: Position;
  name: string;
  input: SourceInput;
  delayMs: number;
  /** As they came; what they mean is in `input`. */
  given: {
    liveStreamUrl?: string;
    vodUrl?: string;
    imageUrl?: string;
    beginOffset?: number;
    endOffset?: number;
    repeatNum?: number;
  };
}

export interface Layout {
  id: string;
  /** From the bottom up. */
  video: VideoLayer[];
  audio: AudioLayer[];
}

export type SceneKind = 'pvw' | 'pgm';

/**
 * One of the two scenes. Picture and sound are copies of the layout as it was when it was applied, so that a later
 * ModifyCasterLayout does not change what is on air.
 */
export interface Scene {
  id: string;
  kind: SceneKind;
  on: boolean;
  layoutId: string | null;
  componentIds: string[];
  video: VideoLayer[];
  audio: AudioLayer[];
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
  layouts: Layout[];
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
    settings: { name: given.name, domainName: '', programName: '', transcode: null },
    air: null,
    resources: [],
    layouts: [],
    scenes: [],
  };
}

/**
 * The studio on air with its present settings: both scenes exist and are on, with the content they had.
 * @throws Refused when DomainName or an output size is missing.
 */
export function startCaster(caster: Caster, now: number, ids: Record<SceneKind, SceneIds>): Caster {
  const { domainName, transcode } = caster.settings;
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
    return { id, kind, on: true, layoutId: null, componentIds: [], video: [], audio: [], follow: true, stream };
  });
  return { ...caster, scenes, air: { domainName, transcode, since: now } };
}

/** The studio off air; scenes keep id and content. */
export function stopCaster(caster: Caster): Caster {
  return { ...caster, air: null, scenes: caster.scenes.map((scene) => ({ ...scene, on: false })) };
}
