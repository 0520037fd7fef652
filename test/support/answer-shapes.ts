/**
 * The shape of every supported answer as the published reference gives it, and the comparison with a real one. `s`, `i`,
 * `n` and `b` are text, whole number, number and truth value; a list has the shape of its entries. Fields of ours beyond the reference
 * are named in `extra`.
 */

export type AnswerShape = 's' | 'i' | 'n' | 'b' | [AnswerShape] | { [name: string]: AnswerShape };

const streamInfos: AnswerShape = {
  StreamInfo: [{ OutputStreamUrl: 's', TranscodeConfig: 's', VideoFormat: 's' }],
};
const audioLayers: AnswerShape = { AudioLayer: [{ FixedDelayDuration: 'i', ValidChannel: 's', VolumeRate: 'n' }] };
const style = {
  BorderColor: 's',
  BorderWidthNormalized: 'n',
  Color: 's',
  FontName: 's',
  SizeNormalized: 'n',
} as const;
const channelLevels = { PeakLeft: 'n', PeakRight: 'n', RmsLeft: 'n', RmsRight: 'n' } as const;
const locations: AnswerShape = { LocationId: ['s'] };

export const ANSWERS: Record<string, { [name: string]: AnswerShape }> = {
  CreateCaster: { CasterId: 's' },
  SetCasterConfig: { CasterId: 's' },
  DeleteCaster: { CasterId: 's' },
  StopCaster: {},
  StartCaster: {
    PvwSceneInfos: { SceneInfo: [{ SceneId: 's', StreamUrl: 's', RtsUrl: 's' }] },
    PgmSceneInfos: { SceneInfo: [{ SceneId: 's', StreamUrl: 's', StreamInfos: streamInfos }] },
  },
  DescribeCasterConfig: {
    AudioMixerMode: 's',
    AutoSwitchUrgentConfig: 's',
    AutoSwitchUrgentOn: 's',
    CallbackUrl: 's',
    CasterId: 's',
    CasterName: 's',
    ChannelEnable: 'i',
    Delay: 'n',
    DomainName: 's',
    ProgramEffect: 'i',
    ProgramName: 's',
    RecordConfig: {},
    SideOutputUrl: 's',
    SideOutputUrlList: 's',
    SyncGroupsConfig: { SyncGroup: [{ HostResourceId: 's', Mode: 'i', ResourceIds: { ResourceId: ['s'] } }] },
    TranscodeConfig: {
      CasterTemplate: 's',
      CustomParams: { video: { bitrate: 'i', fps: 'i', height: 'i', width: 'i' } },
      LiveTemplateIds: locations,
    },
    UrgentImageId: 's',
    UrgentImageUrl: 's',
    UrgentLiveStreamUrl: 's',
    UrgentMaterialId: 's',
  },
  DescribeCasters: {
    CasterList: {
      Caster: [
        {
          CasterId: 's',
          CasterName: 's',
          CasterTemplate: 's',
          ChannelEnable: 'i',
          ChargeType: 's',
          ClientTokenId: 's',
          CreateTime: 's',
          Duration: 's',
          ExpireTime: 's',
          LastModified: 's',
          NormType: 'i',
          PurchaseTime: 's',
          ResourceGroupId: 's',
          StartTime: 's',
          Status: 'i',
          Tags: { tag: [{ TagKey: 's', TagValue: 's' }] },
        },
      ],
    },
    Total: 'i',
  },
  AddCasterVideoResource: { ResourceId: 's' },
  ModifyCasterVideoResource: { CasterId: 's', ResourceId: 's' },
  EffectCasterUrgent: {},
  EffectCasterVideoResource: {},
  DeleteCasterVideoResource: {},
  DescribeCasterVideoResources: {
    Total: 'i',
    VideoResources: {
      VideoResource: [
        {
          BeginOffset: 'i',
          EndOffset: 'i',
          FlvUrl: 's',
          ImageId: 's',
          ImageUrl: 's',
          LiveStreamUrl: 's',
          LocationId: 's',
          MaterialId: 's',
          PtsCallbackInterval: 'i',
          RepeatNum: 'i',
          ResourceId: 's',
          ResourceName: 's',
          VodUrl: 's',
        },
      ],
    },
  },
  AddCasterLayout: { LayoutId: 's' },
  ModifyCasterLayout: { LayoutId: 's' },
  DeleteCasterLayout: { CasterId: 's', LayoutId: 's' },
  DescribeCasterLayouts: {
    Layouts: {
      Layout: [
        {
          AudioLayers: audioLayers,
          BlendList: locations,
          LayoutId: 's',
          MixList: locations,
          VideoLayers: {
            VideoLayer: [
              {
                FillMode: 's',
                FixedDelayDuration: 'i',
                HeightNormalized: 'n',
                PositionNormalizeds: { Position: ['n'] },
                PositionRefer: 's',
                WidthNormalized: 'n',
              },
            ],
          },
        },
      ],
    },
    Total: 'i',
  },
  AddCasterComponent: { ComponentId: 's' },
  ModifyCasterComponent: { ComponentId: 's' },
  DeleteCasterComponent: { CasterId: 's', ComponentId: 's' },
  DescribeCasterComponents: {
    Components: {
      Component: [
        {
          CaptionLayerContent: {
            ...style,
            LineSpaceNormalized: 'n',
            LocationId: 's',
            PtsOffset: 'i',
            ShowSourceLan: 'b',
            SourceLan: 's',
            TargetLan: 's',
            WordCountPerLine: 'i',
            WordSpaceNormalized: 'n',
            WordsCount: 'i',
          },
          ComponentId: 's',
          ComponentLayer: {
            HeightNormalized: 'n',
            PositionNormalizeds: { Position: ['n'] },
            PositionRefer: 's',
            Transparency: 'i',
            WidthNormalized: 'n',
          },
          ComponentName: 's',
          ComponentType: 's',
          Effect: 's',
          ImageLayerContent: { MaterialId: 's' },
          LocationId: 's',
          TextLayerContent: { ...style, Text: 's' },
        },
      ],
    },
    Total: 'i',
  },
  SetCasterChannel: {},
  DescribeCasterChannels: {
    Channels: { Channel: [{ ChannelId: 's', FaceBeauty: 's', ResourceId: 's', RtmpUrl: 's', StreamUrl: 's' }] },
    Total: 'i',
  },
  SetCasterSceneConfig: {},
  UpdateCasterSceneConfig: {},
  CopyCasterSceneConfig: {},
  DeleteCasterSceneConfig: {},
  StartCasterScene: { StreamUrl: 's' },
  StopCasterScene: {},
  UpdateCasterSceneAudio: {},
  DescribeCasterSceneAudio: { AudioLayers: audioLayers, CasterId: 's', FollowEnable: 'i', MixList: locations },
  DescribeCasterScenes: {
    SceneList: {
      Scene: [
        {
          ComponentIds: { componentId: ['s'] },
          LayoutId: 's',
          OutputType: 's',
          SceneId: 's',
          SceneName: 's',
          Status: 'i',
          StreamInfos: streamInfos,
          StreamUrl: 's',
        },
      ],
    },
    Total: 'i',
  },
  DescribeCasterStreamUrl: {
    CasterId: 's',
    CasterStreams: {
      CasterStream: [{ OutputType: 'i', RtmpUrl: 's', SceneId: 's', StreamInfos: streamInfos, StreamUrl: 's' }],
    },
    Total: 'i',
  },
};

/** Answers of operations that are ours alone. */
Object.assign(ANSWERS, {
  SetCasterOverlay: {},
  SetCasterFadeToBlack: {},
  SendCasterCaption: {},
  DescribeCasterMultiview: {
    CasterId: 's',
    Width: 'i',
    Height: 'i',
    StreamUrl: 's',
    Tiles: {
      Tile: [{ Kind: 's', LocationId: 's', ResourceId: 's', Name: 's', X: 'i', Y: 'i', Width: 'i', Height: 'i' }],
    },
  },
  DescribeCasterMix: {
    CasterId: 's',
    Transition: 's',
    TransitionDuration: 'i',
    TransitionColor: 's',
    TransitionPosition: 'n',
    Overlays: { Overlay: [{ ComponentId: 's', OnAir: 'b', FadeDuration: 'i', Order: 'i' }] },
    FadeToBlack: { Enable: 'b', FadeDuration: 'i' },
    Standby: { Asked: 'b', Status: 's' },
    Engine: { Tick: 'i', MissedTicks: 'i', DroppedFrames: 'i', TickMsP50: 'n', TickMsP99: 'n', VideoEncoder: 's' },
  },
  DescribeCasterRelays: {
    CasterId: 's',
    Relays: {
      Relay: [
        {
          ...{ Url: 's', Status: 's', Reason: 's', Since: 's', Bytes: 'i' },
          ...{ Bitrate: 'i', DroppedFrames: 'i', Reconnects: 'i' },
        },
      ],
    },
  },
  SetCasterSound: {},
  DescribeCasterSound: {
    CasterId: 's',
    Ducking: { Enable: 'b', LocationIds: locations, Depth: 'n', Threshold: 'n', Attack: 'i', Release: 'i' },
    Tone: { Enable: 'b', Frequency: 'n', Level: 'n' },
    Silence: { Enable: 'b', Threshold: 'n', Duration: 'i' },
    Listens: {
      Listen: [{ LocationId: 's', ResourceId: 's', StreamUrl: 's', RtmpUrl: 's', RtsUrl: 's', HlsUrl: 's' }],
    },
    Levels: {
      Tick: 'i',
      Program: {
        ...channelLevels,
        ...{ Momentary: 'n', ShortTerm: 'n', Integrated: 'n', IntegratedSeconds: 'n', Range: 'n' },
        ...{ TruePeak: 'n', MaxTruePeak: 'n', Correlation: 'n', Limited: 'n', Ducked: 'n', Silent: 'b' },
      },
      Sources: { Source: [{ ResourceId: 's', LocationId: 's', ...channelLevels, Silent: 'b' }] },
    },
  },
} satisfies Record<string, { [name: string]: AnswerShape }>);

/** Fields that this server adds. */
const EXTRA = [
  ...['RequestId', 'RtsUrl', 'RtmpUrl', 'HlsUrl', 'FixedDelayDuration', 'Pictures', 'Sounds', 'PlayStatus'],
  ...['SourceStatus', 'SourceReason', 'SourceSince', 'VideoCodec', 'AudioCodec', 'Width', 'Height', 'Fps', 'Bitrate'],
  ...['LateFrames', 'DroppedFrames', 'Reconnects', 'Paused', 'PlaceMs', 'EffectPending'],
  ...['UrgentVodUrl', 'LayerOrder', 'CrawlSpeed', 'Align', 'ImageUrl', 'Truncation', 'Filter', 'audio', 'renditions'],
  ...['SourceLanPerLineWordCount', 'TargetLanPerLineWordCount', 'SourceLanReservePages', 'TargetLanReservePages'],
];

/** Sentences about what in `value` is not as `shape` says; none when it fits. Absent fields fit. */
export function misfits(value: unknown, shape: AnswerShape, path: string): string[] {
  if (shape === 's') return typeof value === 'string' ? [] : [`${path} is not text`];
  if (shape === 'i') return Number.isInteger(value) ? [] : [`${path} is not a whole number`];
  if (shape === 'b') return typeof value === 'boolean' ? [] : [`${path} is not true or false`];
  if (shape === 'n') return typeof value === 'number' ? [] : [`${path} is not a number`];
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return [`${path} is not a list`];
    return value.flatMap((entry, index) => misfits(entry, shape[0], `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path} is not an object`];
  return Object.entries(value).flatMap(([name, below]) => {
    const expected = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (expected !== undefined) return misfits(below, expected, `${path}.${name}`);
    return EXTRA.includes(name) ? [] : [`${path}.${name} is not in the reference`];
  });
}
