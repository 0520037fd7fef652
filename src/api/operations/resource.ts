/** Sources of a studio. */
import { randomUUID } from 'node:crypto';
import type { Caster, Resource } from '../../domain/caster.js';
import { effectResource } from '../../domain/effect.js';
import type { SourceHealth } from '../../domain/engine.js';
import {
  addResource,
  type GivenSource,
  inputInEffect,
  modifyResource,
  parseInput,
  removeResource,
} from '../../domain/resource.js';
import { streamUrls } from '../../domain/streamurl.js';
import { playKey } from '../../lib/play-key.js';
import { changeCaster, requireCaster } from '../change.js';
import type { Answer } from '../encode.js';
import { casterId, type Operation, operation, position, resourceId, sceneId, someId } from '../operation.js';
import { integer, optional, required, text, type Values, withDefault } from '../params.js';
import type { Services } from '../services.js';
import { surroundingsOf } from '../surroundings.js';
import { wireTime } from '../view.js';

/** About 24 days, what a 32-bit count of ms holds. */
const LONGEST = 2_147_483_647;
const url = text({ max: 2048 });
const offset = integer({ min: -LONGEST, max: LONGEST });

const sourceParameters = {
  BeginOffset: optional(integer({ min: 0, max: LONGEST })),
  EndOffset: optional(offset),
  ImageId: optional(url),
  ImageUrl: optional(url),
  LiveStreamUrl: optional(text({ max: 2048, code: 'InvalidLiveStreamUrl.Malformed' })),
  MaterialId: optional(url),
  PtsCallbackInterval: optional(integer({ min: 0, max: LONGEST })),
  RepeatNum: optional(integer({ min: -1, max: LONGEST })),
  VodUrl: optional(url),
};

function givenOf(call: Values<typeof sourceParameters>): GivenSource {
  return {
    liveStreamUrl: call.LiveStreamUrl,
    vodUrl: call.VodUrl,
    imageUrl: call.ImageUrl,
    materialId: call.MaterialId,
    imageId: call.ImageId,
    beginOffset: call.BeginOffset,
    endOffset: call.EndOffset,
    repeatNum: call.RepeatNum,
    progressMs: call.PtsCallbackInterval,
  };
}

const addCasterVideoResource = operation({
  name: 'AddCasterVideoResource',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    ...sourceParameters,
    FixedDelayDuration: withDefault(integer({ min: 0, max: 5000 }), 0),
    LocationId: required(position),
    ResourceName: required(text({ max: 255 })),
  },
  async handle(call, services) {
    const id = randomUUID();
    const given = givenOf(call);
    await changeCaster(services, call.CasterId, (caster) => {
      const resource: Resource = {
        id,
        position: call.LocationId,
        name: call.ResourceName,
        input: parseInput(given, caster, surroundingsOf(services, caster)),
        inEffect: null,
        delayMs: call.FixedDelayDuration,
        given,
      };
      return addResource(caster, resource, services.config.limits.sources);
    });
    return { ResourceId: id };
  },
});

const modifyCasterVideoResource = operation({
  name: 'ModifyCasterVideoResource',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    ResourceId: required(someId),
    ...sourceParameters,
    ResourceName: optional(text({ max: 255 })),
  },
  async handle(call, services) {
    const change = givenOf(call);
    await changeCaster(services, call.CasterId, (caster) =>
      modifyResource(
        caster,
        { id: call.ResourceId, name: call.ResourceName, change },
        surroundingsOf(services, caster),
      ),
    );
    return { CasterId: call.CasterId, ResourceId: call.ResourceId };
  },
});

const effectCasterVideoResource = operation({
  name: 'EffectCasterVideoResource',
  qpsLimit: 10,
  parameters: { CasterId: casterId, ResourceId: resourceId, SceneId: sceneId },
  async handle(call, services) {
    await changeCaster(services, call.CasterId, (caster) =>
      effectResource(caster, { sceneId: call.SceneId, resourceId: call.ResourceId }),
    );
    return {};
  },
});

/** Where the source itself can be watched: our own hub's address for pushed streams, with a key that only plays. */
function flvUrl(services: Services, caster: Caster, resource: Resource): string | undefined {
  const domain = caster.air?.domainName ?? caster.settings.domainName;
  const input = inputInEffect(resource);
  if (input.kind !== 'hub' || domain === '') return undefined;
  const { mediaPort, rtmpPort } = services.hub;
  const { stream } = input;
  const { flv } = streamUrls(stream, domain, { domains: services.config.domains, mediaPort, rtmpPort });
  return stream.startsWith('live/') ? `${flv}?key=${playKey(services.secrets.publishKey, stream)}` : flv;
}

/** Our extension: how the source is right now. One on air that the engine has not spoken of yet is on its way. */
function healthView(health: SourceHealth | undefined, isOnAir: boolean, now: number): Answer {
  if (!health) return { SourceStatus: isOnAir ? 'connecting' : 'idle', SourceReason: '' };
  return {
    SourceStatus: health.status,
    SourceReason: health.reason,
    SourceSince: wireTime(now - health.forSeconds * 1000),
    VideoCodec: health.videoCodec,
    AudioCodec: health.audioCodec,
    Width: health.width,
    Height: health.height,
    Fps: Math.round(health.fps * 100) / 100,
    Bitrate: Math.round(health.bitrate),
    LateFrames: health.lateFrames,
    DroppedFrames: health.droppedFrames,
    Reconnects: health.reconnects,
    ...(health.file && { Paused: health.file.paused, PlaceMs: Math.round(health.file.placeMs) }),
  };
}

const describeCasterVideoResources = operation({
  name: 'DescribeCasterVideoResources',
  qpsLimit: 15,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    const health = services.runtime.sources(caster.id);
    const now = services.clock.now();
    return {
      Total: caster.resources.length,
      VideoResources: {
        VideoResource: caster.resources.map((resource) => ({
          ResourceId: resource.id,
          ResourceName: resource.name,
          LocationId: resource.position,
          LiveStreamUrl: resource.given.liveStreamUrl,
          VodUrl: resource.given.vodUrl,
          ImageUrl: resource.given.imageUrl,
          BeginOffset: resource.given.beginOffset,
          EndOffset: resource.given.endOffset,
          RepeatNum: resource.given.repeatNum,
          PtsCallbackInterval: resource.given.progressMs ?? 0,
          FixedDelayDuration: resource.delayMs,
          FlvUrl: flvUrl(services, caster, resource),
          EffectPending: resource.inEffect !== null,
          ...healthView(
            health.find(({ id }) => id === resource.id),
            caster.air !== null,
            now,
          ),
        })),
      },
    };
  },
});

const deleteCasterVideoResource = operation({
  name: 'DeleteCasterVideoResource',
  qpsLimit: 10,
  parameters: { CasterId: casterId, ResourceId: required(someId) },
  async handle(call, services) {
    await changeCaster(services, call.CasterId, (caster) => removeResource(caster, call.ResourceId));
    return {};
  },
});

export const RESOURCE_OPERATIONS: readonly Operation[] = [
  addCasterVideoResource,
  modifyCasterVideoResource,
  effectCasterVideoResource,
  describeCasterVideoResources,
  deleteCasterVideoResource,
];
