/**
 * Channels: the layer between sources and layouts that a studio may have. Layouts, mixes and captions then name channels,
 * and a source is exchanged by binding another one. Places in files are ms from the first picture.
 */
import type { Caster, Channel, Resource } from './caster.js';
import type { Playback, Position } from './desired.js';
import { Refused } from './error.js';
import { inputInEffect, resourceOf } from './resource.js';

/** The channels that every studio with channels has. */
export const CHANNEL_IDS: readonly Position[] = Array.from(
  { length: 12 },
  (_, index) => `RV${String(index + 1).padStart(2, '0')}`,
);

const PLAYING: Playback = { paused: false, seek: null };

/** The position under which layouts find a source: its own, or that of its channel; `null` when it has no channel. */
export function positionOf(caster: Caster, resource: Resource): Position | null {
  if (!caster.settings.channels) return resource.position;
  return caster.channels.find((channel) => channel.resourceId === resource.id)?.id ?? null;
}

export function playbackOf(caster: Caster, resource: Resource): Playback {
  return caster.channels.find((channel) => channel.resourceId === resource.id)?.playback ?? PLAYING;
}

/** @throws Refused IncorrectChannel.Disable */
export function requireChannels(caster: Caster): void {
  if (!caster.settings.channels) {
    throw new Refused(
      'IncorrectChannel.Disable',
      'The studio has no channels; turn them on with ChannelEnable=1 in SetCasterConfig while it is idle.',
    );
  }
}

/**
 * SetCasterChannel: binds a source, pauses and jumps. Binding another source begins with playing; `undefined` leaves
 * things as they are.
 * @throws Refused IncorrectChannel.Disable, InvalidResource.NotFound, ResourceOfChannelExist, InvalidParameter.Malformed
 */
export function setChannel(
  caster: Caster,
  call: { id: Position; resourceId: string | undefined; paused: boolean | undefined; seekMs: number | undefined },
): Caster {
  requireChannels(caster);
  const old = caster.channels.find((channel) => channel.id === call.id);
  const resourceId = call.resourceId ?? old?.resourceId;
  if (resourceId === undefined) {
    throw new Refused('InvalidResource.NotFound', `Channel ${call.id} has no source yet; bind one with ResourceId.`);
  }
  const resource = resourceOf(caster, resourceId);
  const elsewhere = caster.channels.find((channel) => channel.resourceId === resourceId && channel.id !== call.id);
  if (elsewhere) {
    throw new Refused(
      'ResourceOfChannelExist',
      `The source is bound to channel ${elsewhere.id} already; bind another source to ${elsewhere.id} first.`,
    );
  }
  const isFile = inputInEffect(resource).kind === 'file';
  if (!isFile && (call.paused || call.seekMs !== undefined)) {
    throw new Refused(
      'InvalidParameter.Malformed',
      'PlayStatus 0 and SeekOffset are for files; the source of this channel is not one.',
    );
  }
  const before = old?.resourceId === resourceId ? old.playback : PLAYING;
  const channel: Channel = {
    id: call.id,
    resourceId,
    playback: {
      paused: call.paused ?? before.paused,
      // The revision under which this change is stored: it grows, also when the change is undone.
      seek: call.seekMs === undefined ? before.seek : { serial: caster.revision + 1, toMs: call.seekMs },
    },
  };
  const others = caster.channels.filter(({ id }) => id !== call.id);
  return { ...caster, channels: [...others, channel].sort((a, b) => (a.id < b.id ? -1 : 1)) };
}
