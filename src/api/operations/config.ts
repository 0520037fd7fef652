/**
 * The settings of a studio. SetCasterConfig replaces all of them. Settings whose function does not exist yet are read
 * and checked like the others, and refused when they would do something, so that nobody relies on them.
 */
import { z } from 'zod';
import { type Caster, configure } from '../../domain/caster.js';
import type { SyncGroup } from '../../domain/desired.js';
import { MOST_RELAYS, relaysOf } from '../../domain/relay.js';
import { parseHttp } from '../../domain/source-url.js';
import { standbyOf } from '../../domain/standby.js';
import {
  CASTER_TEMPLATES,
  type CustomRendition,
  LIVE_TEMPLATES,
  MOST_CUSTOM_RENDITIONS,
  RENDITION_NAME,
  RESERVED_NAMES,
  type Transcode,
} from '../../domain/template.js';
import { changeCaster, requireCaster } from '../change.js';
import type { Answer } from '../encode.js';
import { fault, invalid } from '../errors.js';
import { casterId, ID_PATTERN, type Operation, operation } from '../operation.js';
import {
  boolean,
  decimal,
  integer,
  json,
  jsonList,
  jsonNumber,
  jsonTexts,
  optional,
  text,
  withDefault,
} from '../params.js';
import type { Services } from '../services.js';
import { surroundingsOf } from '../surroundings.js';

const whole = (min: number, max: number) => jsonNumber.pipe(z.number().int().min(min).max(max));
const side = whole(160, 3840).refine((value) => value % 2 === 0, 'must be even');

/** Of a rendition; smaller than a programme may be. */
const shortSide = whole(64, 3840).refine((value) => value % 2 === 0, 'must be even');
const customRendition = z
  .strictObject({
    Name: z
      .string()
      .regex(RENDITION_NAME, 'must be 2 to 16 small letters, digits and dashes and begin with a letter')
      .refine(
        (name) => !RESERVED_NAMES.includes(name) && !LIVE_TEMPLATES.some((known) => known === name),
        'is a name that has a meaning already',
      ),
    Width: shortSide.optional(),
    Height: shortSide.optional(),
    /** kbit/s */
    Bitrate: whole(50, 50_000),
    Fps: whole(1, 60).optional(),
  })
  .refine(({ Width, Height }) => Width !== undefined || Height !== undefined, 'must have a width or a height');
const customRenditions = z
  .array(customRendition)
  .max(MOST_CUSTOM_RENDITIONS)
  .refine((list) => new Set(list.map(({ Name }) => Name)).size === list.length, 'must not use a name twice');

const transcodeConfig = json(
  z.strictObject({
    CasterTemplate: z.string().optional(),
    LiveTemplate: jsonTexts.optional(),
    LiveTemplates: jsonTexts.optional(),
    LiveTemplateIds: z.strictObject({ LocationId: jsonTexts }).optional(),
    CustomParams: z
      .strictObject({
        Video: z
          .strictObject({
            Width: side.optional(),
            Height: side.optional(),
            Fps: whole(1, 60).optional(),
            /** kbit/s */
            Bitrate: whole(100, 50_000).optional(),
          })
          .optional(),
        Audio: z
          .strictObject({
            /** kbit/s */
            Bitrate: whole(32, 320).optional(),
            Channels: jsonNumber.pipe(z.union([z.literal(1), z.literal(2)], 'must be 1 or 2')).optional(),
          })
          .optional(),
        Renditions: customRenditions.optional(),
      })
      .optional(),
  }),
  'an object like {"CasterTemplate":"lp_hd","LiveTemplate":["lld"]}',
);

type GivenTranscode = ReturnType<typeof transcodeConfig.read>;

function customRenditionOf({ Name, Width, Height, Bitrate, Fps }: z.infer<typeof customRendition>): CustomRendition {
  return {
    name: Name,
    bitrate: Bitrate,
    ...(Width !== undefined && { width: Width }),
    ...(Height !== undefined && { height: Height }),
    ...(Fps !== undefined && { fps: Fps }),
  };
}

function transcodeOf(given: GivenTranscode): Transcode | null {
  const names = [
    ...(given.LiveTemplate ?? []),
    ...(given.LiveTemplates ?? []),
    ...(given.LiveTemplateIds?.LocationId ?? []),
  ].filter((name) => name !== '');
  const { Video: video = {}, Audio: audio = {}, Renditions: own = [] } = given.CustomParams ?? {};
  const custom = {
    ...(video.Width !== undefined && { width: video.Width }),
    ...(video.Height !== undefined && { height: video.Height }),
    ...(video.Fps !== undefined && { fps: video.Fps }),
    ...(video.Bitrate !== undefined && { bitrate: video.Bitrate }),
    ...(audio.Bitrate !== undefined && { audioBitrate: audio.Bitrate }),
    ...(audio.Channels !== undefined && { audioChannels: audio.Channels }),
    ...(own.length > 0 && { renditions: own.map(customRenditionOf) }),
  };
  const isCustom = Object.keys(custom).length > 0;
  if (!given.CasterTemplate) {
    if (names.length === 0 && !isCustom) return null;
    throw invalid('TranscodeConfig', `an object with a CasterTemplate: ${CASTER_TEMPLATES.join(', ')}`);
  }
  if (given.CasterTemplate === 'lp_noTranscode') {
    throw fault(
      'UnsupportedOperation',
      'CasterTemplate lp_noTranscode belongs to studios of kind 3, which are not supported yet.',
    );
  }
  const template = CASTER_TEMPLATES.find((known) => known === given.CasterTemplate);
  if (!template)
    throw invalid('TranscodeConfig', `an object whose CasterTemplate is one of ${CASTER_TEMPLATES.join(', ')}`);
  const renditions = [...new Set(names)].map((name) => {
    const known = LIVE_TEMPLATES.find((candidate) => candidate === name);
    if (!known)
      throw invalid('TranscodeConfig', `an object whose LiveTemplate names only ${LIVE_TEMPLATES.join(', ')}`);
    return known;
  });
  return { template, renditions, custom: isCustom ? custom : null };
}

const flag = integer({ min: 0, max: 1 });
const someText = text({ max: 2048 });
const anyJson = (expects: string) => json(z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]), expects);

/** Sources in all groups together: as many as a studio can have. */
const MOST_ALIGNED = 99;
const sourceId = z.string().regex(ID_PATTERN, 'must be an id that this API gave out');

const syncGroupsConfig = json(
  z
    .array(
      z.strictObject({
        Mode: whole(0, 1),
        ResourceIds: jsonList(sourceId, MOST_ALIGNED),
        HostResourceId: z.union([z.literal(''), sourceId]).optional(),
      }),
    )
    .max(20),
  'a list like [{"mode":0,"resourceIds":["<id>","<id>"],"hostResourceId":"<id>"}]',
);

/** Groups of ids, of which some may not exist yet. A host that is not listed belongs to its group all the same. */
function syncGroupsOf(given: ReturnType<typeof syncGroupsConfig.read>): SyncGroup[] {
  const groups = given.map((group): SyncGroup => {
    const host = group.HostResourceId || null;
    if (group.Mode === 1) return { mode: 'each', sources: [...new Set(group.ResourceIds)], host: null };
    if (host === null) throw invalid('SyncGroupsConfig', 'a list whose groups of mode 0 have a hostResourceId');
    return { mode: 'host', sources: [...new Set([host, ...group.ResourceIds])], host };
  });
  const ids = groups.flatMap((group) => group.sources);
  if (new Set(ids).size < ids.length) throw invalid('SyncGroupsConfig', 'a list that names each source in one group');
  if (ids.length > MOST_ALIGNED) throw invalid('SyncGroupsConfig', `a list of at most ${MOST_ALIGNED} sources in all`);
  return groups;
}

/** @throws Refused InvalidCallbackUrl */
function callbackOf(given: string, services: Services, caster: Caster): string {
  const url = new URL(parseHttp(given, 'CallbackUrl', 'InvalidCallbackUrl', surroundingsOf(services, caster)));
  if (url.username !== '' || url.password !== '') {
    throw invalid('CallbackUrl', 'a URL without user name and password; put a secret into its path or query');
  }
  return given;
}

const relayList = json(
  z.array(z.string().max(2048)).max(MOST_RELAYS),
  `a JSON list of at most ${MOST_RELAYS} rtmp://, rtmps:// or srt:// URLs`,
);

/** What has no function yet, by parameter: the word for it. */
const LATER = {
  Delay: 'a delay of the output',
  ProgramEffect: 'the program list',
  RecordConfig: 'recording',
  UrgentImageId: 'an entry of a media library',
  UrgentMaterialId: 'an entry of a media library',
} as const;

/** True for values that ask for something: not absent, 0, false, and not JSON without content. */
function asksForSomething(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function msOf(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

const DOMAIN_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

const setCasterConfig = operation({
  name: 'SetCasterConfig',
  qpsLimit: 10,
  parameters: {
    CasterId: casterId,
    CasterName: optional(text({ max: 255 })),
    DomainName: optional(
      text({ max: 253, pattern: DOMAIN_NAME, expects: 'a host name or IPv4 address without scheme and port' }),
    ),
    ProgramName: optional(text({ max: 255 })),
    TranscodeConfig: optional(transcodeConfig),
    AutoSwitchUrgentConfig: optional(
      json(
        z.strictObject({ EofThres: whole(1, 3600).optional(), BackThres: whole(0, 3600).optional() }),
        'an object like {"eofThres":3,"backThres":2}, in seconds; eofThres from 1',
      ),
    ),
    AutoSwitchUrgentOn: optional(boolean()),
    CallbackUrl: optional(someText),
    ChannelEnable: withDefault(flag, 0),
    Delay: optional(decimal({ min: 0, max: 300 })),
    ProgramEffect: optional(flag),
    RecordConfig: optional(anyJson('an object with OssBucket, OssEndpoint and VideoFormat')),
    SideOutputUrl: optional(someText),
    SideOutputUrlList: withDefault(relayList, []),
    SyncGroupsConfig: withDefault(syncGroupsConfig, []),
    UrgentImageId: optional(someText),
    UrgentImageUrl: optional(someText),
    UrgentLiveStreamUrl: optional(someText),
    UrgentMaterialId: optional(someText),
    UrgentVodUrl: optional(someText),
  },
  async handle(call, services) {
    const transcode = call.TranscodeConfig ? transcodeOf(call.TranscodeConfig) : null;
    for (const [parameter, what] of Object.entries(LATER) as [keyof typeof LATER, string][]) {
      if (asksForSomething(call[parameter])) {
        throw fault(
          'UnsupportedOperation',
          `${parameter} asks for ${what}, which is not supported yet; leave it out or empty. Nothing was changed.`,
        );
      }
    }
    const syncGroups = syncGroupsOf(call.SyncGroupsConfig);
    await changeCaster(services, call.CasterId, (caster) =>
      configure(caster, {
        // The id stands in for a name that was cleared, as it does when none was given at creation.
        name: call.CasterName ?? caster.id,
        domainName: call.DomainName ?? '',
        programName: call.ProgramName ?? '',
        transcode,
        channels: call.ChannelEnable === 1,
        callbackUrl: call.CallbackUrl === undefined ? '' : callbackOf(call.CallbackUrl, services, caster),
        syncGroups,
        standby: standbyOf(
          {
            liveStreamUrl: call.UrgentLiveStreamUrl,
            imageUrl: call.UrgentImageUrl,
            vodUrl: call.UrgentVodUrl,
            autoOn: call.AutoSwitchUrgentOn ?? false,
            afterMs: msOf(call.AutoSwitchUrgentConfig?.EofThres),
            backMs: msOf(call.AutoSwitchUrgentConfig?.BackThres),
          },
          caster,
          surroundingsOf(services, caster),
        ),
        relays: relaysOf(call.SideOutputUrl ?? '', call.SideOutputUrlList, surroundingsOf(services, caster)),
      }),
    );
    return { CasterId: call.CasterId };
  },
});

/** CustomParams as they were sent; `audio` and `renditions` are our extensions. */
function customView({ audioBitrate, audioChannels, renditions, ...video }: NonNullable<Transcode['custom']>): Answer {
  const audio = { bitrate: audioBitrate, channels: audioChannels };
  const has = (part: object): boolean => Object.values(part).some((value) => value !== undefined);
  return { video: has(video) ? video : undefined, audio: has(audio) ? audio : undefined, renditions };
}

function transcodeView(transcode: Transcode | null): Answer {
  if (!transcode) return {};
  return {
    CasterTemplate: transcode.template,
    LiveTemplateIds: { LocationId: transcode.renditions },
    CustomParams: transcode.custom ? customView(transcode.custom) : undefined,
  };
}

const describeCasterConfig = operation({
  name: 'DescribeCasterConfig',
  qpsLimit: 15,
  parameters: { CasterId: casterId },
  async handle(call, services) {
    const { id, settings } = await requireCaster(services, call.CasterId);
    const { standby, relays } = settings;
    return {
      CasterId: id,
      CasterName: settings.name,
      DomainName: settings.domainName,
      ProgramName: settings.programName,
      TranscodeConfig: transcodeView(settings.transcode),
      AutoSwitchUrgentConfig: standby
        ? JSON.stringify({ eofThres: standby.afterMs / 1000, backThres: standby.backMs / 1000 })
        : '',
      AutoSwitchUrgentOn: String(standby?.autoOn ?? false),
      CallbackUrl: settings.callbackUrl,
      ChannelEnable: settings.channels ? 1 : 0,
      Delay: 0,
      ProgramEffect: 0,
      RecordConfig: {},
      SideOutputUrl: relays?.given.url ?? '',
      SideOutputUrlList: relays && relays.given.list.length > 0 ? JSON.stringify(relays.given.list) : '',
      SyncGroupsConfig: {
        SyncGroup: settings.syncGroups.map(({ mode, sources, host }) => ({
          Mode: mode === 'host' ? 0 : 1,
          ResourceIds: { ResourceId: sources },
          HostResourceId: host ?? undefined,
        })),
      },
      UrgentImageId: '',
      UrgentImageUrl: standby?.given.imageUrl ?? '',
      UrgentLiveStreamUrl: standby?.given.liveStreamUrl ?? '',
      UrgentMaterialId: '',
      UrgentVodUrl: standby?.given.vodUrl ?? '',
    };
  },
});

export const CONFIG_OPERATIONS: readonly Operation[] = [setCasterConfig, describeCasterConfig];
