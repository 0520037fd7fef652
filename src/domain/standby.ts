/**
 * The standby: what the programme shows instead of itself, by hand or by itself when its input stops. Times in ms.
 *
 * Asked for by EffectCasterUrgent, it stays until something is put into the programme by SetCasterSceneConfig or a take.
 */
import type { Caster, StandbySettings } from './caster.js';
import type { SourceInput, StandbySpec } from './desired.js';
import { Refused } from './error.js';
import { withoutStandby } from './mix.js';
import { requireOnAir, sceneOf } from './scene.js';
import { parseHttp, parseLive, type SourceSurroundings } from './source-url.js';

/** What SetCasterConfig was told; `undefined` was not said or empty. */
export interface GivenStandby {
  liveStreamUrl: string | undefined;
  imageUrl: string | undefined;
  vodUrl: string | undefined;
  autoOn: boolean;
  afterMs: number | undefined;
  backMs: number | undefined;
}

const USUAL_AFTER_MS = 3000;
const USUAL_BACK_MS = 2000;

/** Source id of every studio's standby, in health and callbacks. */
export const STANDBY_ID = 'standby';

function inputOf(given: GivenStandby, caster: Caster, around: SourceSurroundings): SourceInput | null {
  const { liveStreamUrl, imageUrl, vodUrl } = given;
  if ([liveStreamUrl, imageUrl, vodUrl].filter((url) => url !== undefined).length > 1) {
    throw new Refused(
      'InvalidParameter.Malformed',
      'A studio has one standby: give one of UrgentLiveStreamUrl, UrgentVodUrl and UrgentImageUrl.',
    );
  }
  if (liveStreamUrl !== undefined) return parseLive(liveStreamUrl, caster, around, 'UrgentLiveStreamUrl');
  const http = (url: string, name: string): string => parseHttp(url, name, 'InvalidParameter.Malformed', around);
  if (imageUrl !== undefined) return { kind: 'image', url: http(imageUrl, 'UrgentImageUrl') };
  if (vodUrl === undefined) return null;
  return { kind: 'file', url: http(vodUrl, 'UrgentVodUrl'), beginMs: 0, endMs: null, repeat: -1, progressMs: 0 };
}

/**
 * The standby that SetCasterConfig describes; `null` when it describes none.
 * @throws Refused InvalidParameter.Malformed, InvalidLiveStreamUrl.Malformed, InvalidUrgentMaterial.NotFound
 */
export function standbyOf(given: GivenStandby, caster: Caster, around: SourceSurroundings): StandbySettings | null {
  const input = inputOf(given, caster, around);
  if (!input) {
    if (!given.autoOn) return null;
    throw new Refused(
      'InvalidUrgentMaterial.NotFound',
      'AutoSwitchUrgentOn needs a standby; give UrgentLiveStreamUrl, UrgentVodUrl or UrgentImageUrl with it.',
    );
  }
  const { liveStreamUrl, imageUrl, vodUrl } = given;
  return {
    input,
    given: { liveStreamUrl, imageUrl, vodUrl },
    autoOn: given.autoOn,
    afterMs: given.afterMs ?? USUAL_AFTER_MS,
    backMs: given.backMs ?? USUAL_BACK_MS,
  };
}

/**
 * EffectCasterUrgent. Off (ours) ends a standby that came by itself as well, and does nothing where none is on air: a call
 * that comes too late changes no picture.
 * @throws Refused InvalidScene.NotFound, IncorrectSceneStatus, InvalidUrgentMaterial.NotFound
 */
export function switchStandby(caster: Caster, sceneId: string, on: boolean): Caster {
  const scene = sceneOf(caster, sceneId);
  if (scene.kind !== 'pgm') {
    throw new Refused('InvalidScene.NotFound', 'SceneId must name the programme scene; the preview has no standby.');
  }
  requireOnAir(caster);
  if (!caster.settings.standby) {
    throw new Refused(
      'InvalidUrgentMaterial.NotFound',
      'The studio has no standby; set one with SetCasterConfig (UrgentLiveStreamUrl, UrgentVodUrl or UrgentImageUrl).',
    );
  }
  if (!on) return withoutStandby(caster);
  if (caster.mix.standby.on) return caster;
  return { ...caster, mix: { ...caster.mix, standby: { ...caster.mix.standby, on: true } } };
}

/** What the engine does. */
export function standbySpecOf({ settings, mix }: Caster): StandbySpec | null {
  if (!settings.standby) return null;
  const { input, autoOn, afterMs, backMs } = settings.standby;
  return {
    source: {
      id: STANDBY_ID,
      position: null,
      name: 'Standby',
      input,
      delayMs: 0,
      playback: { paused: true, seek: null },
    },
    on: mix.standby.on,
    serial: mix.standby.serial,
    auto: autoOn ? { afterMs, backMs } : null,
  };
}
