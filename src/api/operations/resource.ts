/** Sources of a studio. */
import { randomUUID } from 'node:crypto';
import type { Caster, Resource } from '../../domain/caster.js';
import type { SourceHealth } from '../../domain/engine.js';
import { addResource, parseInput, removeResource } from '../../domain/resource.js';
import { streamUrls } from '../../domain/streamurl.js';
import { playKey } from '../../lib/play-key.js';
import { changeCaster, requireCaster } from '../change.js';
import type { Answer } from '../encode.js';
import { fault } from '../errors.js';
import { casterId, type Operation, operation, position, someId } from '../operation.js';
import { integer, optional, required, text, withDefault } from '../params.js';
import type { Services } from '../services.js';
import { surroundingsOf } from '../surroundings.js';

/** About 24 days, what a 32-bit count of ms holds. */
const LONGEST = 2_147_483_647;
const url = text({ max: 2048 });
const offset = integer({ min: -LONGEST, max: LONGEST });

const addCasterVideoResource = operation({
  name: 'AddCasterVideoResource',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    BeginOffset: optional(integer({ min: 0, max: LONGEST })),
    EndOffset: optional(offset),
    FixedDelayDuration: withDefault(integer({ min: 0, max: 5000 }), 0),
    ImageId: optional(url),
    ImageUrl: optional(url),
    LiveStreamUrl: optional(text({ max: 2048, code: 'InvalidLiveStreamUrl.Malformed' })),
    LocationId: required(position),
    MaterialId: optional(url),
    PtsCallbackInterval: withDefault(integer({ min: 0, max: LONGEST }), 0),
    RepeatNum: optional(integer({ min: -1, max: LONGEST })),
    ResourceName: required(text({ max: 255 })),
    VodUrl: optional(url),
  },
  async handle(call, services) {
    if (call.PtsCallbackInterval > 0) {
      throw fault(
        'UnsupportedOperation',
        'PtsCallbackInterval asks for event callbacks, which are not supported yet; leave it out.',
      );
    }
    const id = randomUUID();
    await changeCaster(services, call.CasterId, (caster) => {
      const input = parseInput(
        {
          liveStreamUrl: call.LiveStreamUrl,
          vodUrl: call.VodUrl,
          imageUrl: call.ImageUrl,
          materialId: call.MaterialId,
          imageId: call.ImageId,
          beginOffset: call.BeginOffset,
          endOffset: call.EndOffset,
          repeatNum: call.RepeatNum,
        },
        caster,
        surroundingsOf(services, caster),
      );
      const resource: Resource = {
        id,
        position: call.LocationId,
        name: call.ResourceName,
        input,
        delayMs: call.FixedDelayDuration,
        given: {
          ...(call.LiveStreamUrl !== undefined && { liveStreamUrl: call.LiveStreamUrl }),
          ...(call.VodUrl !== undefined && { vodUrl: call.VodUrl }),
          ...(call.ImageUrl !== undefined && { imageUrl: call.ImageUrl }),
          ...(call.BeginOffset !== undefined && { beginOffset: call.BeginOffset }),
          ...(call.EndOffset !== undefined && { endOffset: call.EndOffset }),
          ...(call.RepeatNum !== undefined && { repeatNum: call.RepeatNum }),
        },
      };
      return addResource(caster, resource, services.config.limits.sources);
    });
    return { ResourceId: id };
  },
});

/** Where the source itself can be watched: our own hub's address for pushed streams, with a key that only plays. */
function flvUrl(services: Services, caster: Caster, resource: Resource): string | undefined {
  const domain = caster.air?.domainName ?? caster.settings.domainName;
  if (resource.input.kind !== 'hub' || domain === '') return undefined;
  const { mediaPort, rtmpPort } = services.hub;
  const { stream } = resource.input;
  const { flv } = streamUrls(stream, domain, { domains: services.config.domains, mediaPort, rtmpPort });
  return stream.startsWith('live/') ? `${flv}?key=${playKey(services.secrets.publishKey, stream)}` : flv;
}

/** Our extension: how the source is right now. */
function healthView(health: SourceHealth | undefined): Answer {
  if (!health) return { SourceStatus: 'idle', SourceReason: '' };
  return { SourceStatus: health.status, SourceReason: health.reason };
}

const describeCasterVideoResources = operation({
  name: 'DescribeCasterVideoResources',
  qpsLimit: 15,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    const health = services.runtime.sources(caster.id);
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
          PtsCallbackInterval: 0,
          FixedDelayDuration: resource.delayMs,
          FlvUrl: flvUrl(services, caster, resource),
          ...healthView(health.find(({ id }) => id === resource.id)),
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
  describeCasterVideoResources,
  deleteCasterVideoResource,
];
