/** Every operation: those of the family that work, our own beside them, and those that are known but not built yet. */
import { fault } from './errors.js';
import type { Operation } from './operation.js';
import { AIR_OPERATIONS } from './operations/air.js';
import { CASTER_OPERATIONS } from './operations/caster.js';
import { CHANNEL_OPERATIONS } from './operations/channel.js';
import { COMPONENT_OPERATIONS } from './operations/component.js';
import { CONFIG_OPERATIONS } from './operations/config.js';
import { LAYOUT_OPERATIONS } from './operations/layout.js';
import { MIX_OPERATIONS } from './operations/mix.js';
import { RELAY_OPERATIONS } from './operations/relay.js';
import { RESOURCE_OPERATIONS } from './operations/resource.js';
import { SCENE_OPERATIONS } from './operations/scene.js';
import { SOUND_OPERATIONS } from './operations/sound.js';

export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  [
    ...AIR_OPERATIONS,
    ...CASTER_OPERATIONS,
    ...CHANNEL_OPERATIONS,
    ...COMPONENT_OPERATIONS,
    ...CONFIG_OPERATIONS,
    ...LAYOUT_OPERATIONS,
    ...MIX_OPERATIONS,
    ...RELAY_OPERATIONS,
    ...RESOURCE_OPERATIONS,
    ...SCENE_OPERATIONS,
    ...SOUND_OPERATIONS,
  ].map((operation) => [operation.name, operation]),
);

/** Operations of the published API that this server answers with UnsupportedOperation. */
export const NOT_YET: ReadonlySet<string> = new Set([
  'AddCasterEpisode',
  'AddCasterEpisodeGroup',
  'AddCasterEpisodeGroupContent',
  'AddCasterProgram',
  'AddPlaylistItems',
  'AddShowIntoShowList',
  'AddStudioLayout',
  'CopyCaster',
  'DeleteCasterEpisode',
  'DeleteCasterEpisodeGroup',
  'DeleteCasterProgram',
  'DeletePlaylist',
  'DeletePlaylistItems',
  'DeleteStudioLayout',
  'DescribeAutoShowListTasks',
  'DescribeCasterProgram',
  'DescribeCasterSyncGroup',
  'DescribeShowList',
  'DescribeStudioLayouts',
  'EditPlaylist',
  'EditShowAndReplace',
  'GetEditingJobInfo',
  'InitializeAutoShowListTask',
  'ListPlaylist',
  'ListPlaylistItems',
  'ModifyCasterEpisode',
  'ModifyCasterProgram',
  'ModifyShowList',
  'ModifyStudioLayout',
  'PlayChoosenShow',
  'RemoveShowFromShowList',
  'RestartCaster',
  'SetCasterSyncGroup',
  'SetCasterTimedEvent',
  'SetShowListBackground',
  'StartPlaylist',
  'StopPlaylist',
  'UpdateCasterResourceGroup',
]);

/** @throws ApiError InvalidAction.NotFound or UnsupportedOperation */
export function operationNamed(name: string): Operation {
  const operation = OPERATIONS.get(name);
  if (operation) return operation;
  if (NOT_YET.has(name))
    throw fault('UnsupportedOperation', `The operation ${name} is not supported by this server yet.`);
  throw fault('InvalidAction.NotFound', `There is no operation ${name.slice(0, 64)}; names are case sensitive.`);
}
