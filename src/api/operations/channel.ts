/** Channels of a studio, and the small pictures of them. */
import { CHANNEL_IDS, requireChannels, setChannel } from '../../domain/channel.js';
import { monitorStream } from '../../domain/compose.js';
import { changeCaster, requireCaster } from '../change.js';
import type { Answer } from '../encode.js';
import { fault } from '../errors.js';
import { casterId, type Operation, operation, someId } from '../operation.js';
import { choice, integer, optional, required, text } from '../params.js';
import { urlsOf } from '../view.js';

const LONGEST = 2_147_483_647;

const setCasterChannel = operation({
  name: 'SetCasterChannel',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    ChannelId: required(choice(CHANNEL_IDS)),
    FaceBeauty: optional(text({ max: 16 })),
    PlayStatus: optional(integer({ min: 0, max: 1 })),
    ResourceId: optional(someId),
    SeekOffset: optional(integer({ min: 0, max: LONGEST })),
  },
  async handle(call, services) {
    if (call.FaceBeauty !== undefined) {
      throw fault('UnsupportedOperation', 'FaceBeauty asks for retouching, which is not supported; leave it out.');
    }
    const change = {
      id: call.ChannelId,
      resourceId: call.ResourceId,
      paused: call.PlayStatus === undefined ? undefined : call.PlayStatus === 0,
      seekMs: call.SeekOffset,
    };
    await changeCaster(services, call.CasterId, (caster) => setChannel(caster, change));
    return {};
  },
});

/** All channels; those without a source have no addresses. PlayStatus is our extension. */
const describeCasterChannels = operation({
  name: 'DescribeCasterChannels',
  qpsLimit: 15,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    const caster = await requireCaster(services, call.CasterId);
    requireChannels(caster);
    const pvw = caster.scenes.find((scene) => scene.kind === 'pvw');
    const hasDomain = (caster.air?.domainName ?? caster.settings.domainName) !== '';
    const view = (id: string): Answer => {
      const channel = caster.channels.find((candidate) => candidate.id === id);
      if (!channel) return { ChannelId: id };
      const urls = pvw && hasDomain ? urlsOf(services, caster, monitorStream(pvw, id)) : null;
      return {
        ChannelId: id,
        ResourceId: channel.resourceId,
        StreamUrl: urls?.flv,
        RtmpUrl: urls?.rtmp,
        PlayStatus: channel.playback.paused ? 0 : 1,
      };
    };
    return { Total: CHANNEL_IDS.length, Channels: { Channel: CHANNEL_IDS.map(view) } };
  },
});

export const CHANNEL_OPERATIONS: readonly Operation[] = [setCasterChannel, describeCasterChannels];
