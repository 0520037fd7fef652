/** Our own operations, beside the reference: downstream keys, fade to black, captions, the multiview. */

import { componentOf } from '../../domain/component.js';
import { multiviewStream, sourcesOf } from '../../domain/compose.js';
import type { EngineStats } from '../../domain/engine.js';
import { setFadeToBlack, setOverlay } from '../../domain/mix.js';
import { multiviewOf } from '../../domain/multiview.js';
import { changeCaster, requireCaster } from '../change.js';
import type { Answer } from '../encode.js';
import { fault } from '../errors.js';
import { casterId, type Operation, operation, someId } from '../operation.js';
import { boolean, integer, optional, required, text, withDefault } from '../params.js';
import { LONGEST_FADE } from '../transition.js';
import { monitorAddresses, wireColor } from '../view.js';

const fade = (standard: number) => withDefault(integer({ min: 0, max: LONGEST_FADE }), standard);

const setCasterOverlay = operation({
  name: 'SetCasterOverlay',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    ComponentId: required(someId),
    OnAir: required(boolean()),
    FadeDuration: fade(300),
    Order: optional(integer({ min: 0, max: 99 })),
  },
  async handle(call, services) {
    const change = {
      componentId: call.ComponentId,
      on: call.OnAir,
      fadeMs: call.FadeDuration,
      order: call.Order ?? null,
    };
    await changeCaster(services, call.CasterId, (caster) => setOverlay(caster, change));
    return {};
  },
});

const setCasterFadeToBlack = operation({
  name: 'SetCasterFadeToBlack',
  qpsLimit: 10,
  parameters: { CasterId: casterId, Enable: required(boolean()), FadeDuration: fade(1000) },
  async handle(call, services) {
    await changeCaster(services, call.CasterId, (caster) => setFadeToBlack(caster, call.Enable, call.FadeDuration));
    return {};
  },
});

/** Twice the usual rate: a fast speaker and a translation may alternate. */
const sendCasterCaption = operation({
  name: 'SendCasterCaption',
  qpsLimit: 20,
  parameters: {
    CasterId: casterId,
    ComponentId: required(someId),
    Text: optional(text({ max: 1024, lines: true })),
  },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    const component = componentOf(caster, call.ComponentId);
    if (component.content.kind !== 'caption') {
      throw fault('InvalidParameter.Malformed', `The component ${component.id} is not of the type caption.`);
    }
    if (!caster.air) throw fault('IncorrectCasterStatus.Idle', 'The studio is idle; call StartCaster first.');
    if (!services.runtime.caption(caster.id, { componentId: component.id, text: call.Text ?? '' })) {
      throw fault('ServiceUnavailable', 'The engine of the studio does not run just now; send the caption again.');
    }
    return {};
  },
});

const describeCasterMultiview = operation({
  name: 'DescribeCasterMultiview',
  qpsLimit: 15,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    const pvw = caster.scenes.find((scene) => scene.kind === 'pvw');
    if (!pvw) throw fault('InvalidScene.NotFound', 'The studio has no scenes before its first StartCaster.');
    const multiview = multiviewOf({
      sources: sourcesOf(caster),
      pvw: pvw.on ? { id: pvw.id, video: pvw.video, audio: pvw.audio, overlays: pvw.overlays } : null,
    });
    return {
      CasterId: caster.id,
      Width: multiview.width,
      Height: multiview.height,
      ...monitorAddresses(services, caster, multiviewStream(pvw)),
      Tiles: {
        Tile: multiview.tiles.map((tile) => ({
          Kind: tile.kind,
          LocationId: tile.position ?? undefined,
          ResourceId: tile.sourceId ?? undefined,
          Name: tile.name,
          X: tile.x,
          Y: tile.y,
          Width: tile.width,
          Height: tile.height,
        })),
      },
    };
  },
});

const describeCasterMix = operation({
  name: 'DescribeCasterMix',
  qpsLimit: 15,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    const { take, tbar, keys, fadeToBlack } = caster.mix;
    const way = tbar ?? take;
    return {
      CasterId: caster.id,
      Transition: way.kind,
      TransitionDuration: tbar ? tbar.glideMs : take.durationMs,
      TransitionColor: wireColor(way.color),
      TransitionPosition: tbar?.position ?? 0,
      Overlays: {
        Overlay: keys.map((key) => ({
          ComponentId: key.overlay.id,
          OnAir: key.on,
          FadeDuration: key.fadeMs,
          Order: key.order,
        })),
      },
      FadeToBlack: { Enable: fadeToBlack.on, FadeDuration: fadeToBlack.fadeMs },
      Standby: { Asked: caster.mix.standby.on, Status: services.runtime.stats(caster.id)?.standby },
      Engine: engineView(services.runtime.stats(caster.id)),
    };
  },
});

/** How the mixer keeps up: what an operator must know before anybody complains. Nothing while it does not run. */
function engineView(stats: EngineStats | null): Answer | undefined {
  if (!stats) return undefined;
  return {
    Tick: stats.tick,
    MissedTicks: stats.missedTicks,
    DroppedFrames: stats.droppedFrames,
    TickMsP50: stats.tickMsP50,
    TickMsP99: stats.tickMsP99,
    VideoEncoder: stats.videoEncoders.join(','),
  };
}

export const MIX_OPERATIONS: readonly Operation[] = [
  setCasterOverlay,
  setCasterFadeToBlack,
  sendCasterCaption,
  describeCasterMultiview,
  describeCasterMix,
];
