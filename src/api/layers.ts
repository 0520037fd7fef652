/** The parameters VideoLayer.N, BlendList.N, AudioLayer.N and MixList.N, which several operations share. */
import { z } from 'zod';
import type { AudioLayer, Position, SoundFilter, VideoLayer } from '../domain/desired.js';
import { type GivenAudioLayer, type GivenVideoLayer, pairAudio, pairVideo } from '../domain/layout.js';
import type { AudioLayerChange, MixEdit } from '../domain/scene.js';
import { fault, missing } from './errors.js';
import { position } from './operation.js';
import { choice, decimal, integer, json, jsonNumber, list, object, optional, withDefault } from './params.js';

/** More than any limit of a layout; the rule itself is checked later with a better message. */
const MOST = 100;
const share = withDefault(decimal({ min: 0, max: 1 }), 0);
const milliseconds = integer({ min: 0, max: 5000 });
const coordinate = decimal({ min: -1000, max: 1000, code: 'InvalidPositionNormalized.Malformed' });

export const REFERS = [
  'topLeft',
  'topCenter',
  'topRight',
  'leftCenter',
  'center',
  'rightCenter',
  'bottomLeft',
  'bottomCenter',
  'bottomRight',
] as const;

const videoLayer = object({
  FillMode: withDefault(choice(['none', 'fit', 'cover']), 'none'),
  WidthNormalized: share,
  HeightNormalized: share,
  PositionNormalized: list(coordinate, 10),
  PositionRefer: withDefault(choice(REFERS), 'topLeft'),
  FixedDelayDuration: withDefault(milliseconds, 0),
});

const zeroOrOne = jsonNumber.pipe(z.union([z.literal(0), z.literal(1)], 'must be 0 or 1')).default(0);

/** What AudioLayer.N.Filter switches on; `null` when nothing. Modes mean nothing without their switch. */
const soundFilter = json(
  z
    .strictObject({
      EnableAgc: zeroOrOne,
      EnableAns: zeroOrOne,
      AnsMode: zeroOrOne,
      EnableBeautify: zeroOrOne,
      VoiceBeautifyMode: zeroOrOne,
    })
    .transform((given): SoundFilter | null => {
      const filter: SoundFilter = {
        noise: given.EnableAns === 0 ? 'off' : given.AnsMode === 1 ? 'music' : 'speech',
        autoGain: given.EnableAgc === 1,
        voice: given.EnableBeautify === 0 ? 'off' : given.VoiceBeautifyMode === 1 ? 'bright' : 'deep',
      };
      return filter.noise === 'off' && !filter.autoGain && filter.voice === 'off' ? null : filter;
    }),
  'an object like {"enableAgc":1,"enableAns":1,"ansMode":0,"enableBeautify":0,"voiceBeautifyMode":0}, all of them 0 or 1',
  'InvalidParameter.Malformed',
);

const audioLayer = object({
  VolumeRate: optional(decimal({ min: 0, max: 10 })),
  ValidChannel: optional(choice(['all', 'leftChannel', 'rightChannel'])),
  FixedDelayDuration: optional(milliseconds),
  Filter: optional(soundFilter),
});

export const videoParameters = { VideoLayer: list(videoLayer, MOST), BlendList: list(position, MOST) };
export const audioParameters = { AudioLayer: list(audioLayer, MOST), MixList: list(position, MOST) };

type Read<T> = T extends { read(...given: never[]): infer R } ? R : never;
type VideoCall = { [K in keyof typeof videoParameters]: Read<(typeof videoParameters)[K]> };
type AudioCall = { [K in keyof typeof audioParameters]: Read<(typeof audioParameters)[K]> };

const CHANNELS = { all: 'all', leftChannel: 'left', rightChannel: 'right' } as const;

const PLAIN_LAYER: GivenAudioLayer = { gain: 1, channels: 'all', delayMs: 0 };

/** What a layer says, without what it leaves open. */
function changeOf(layer: AudioCall['AudioLayer'][number]): Omit<AudioLayerChange, 'source'> {
  const { VolumeRate: gain, ValidChannel: channel, FixedDelayDuration: delayMs, Filter: filter } = layer;
  return {
    ...(gain !== undefined && { gain }),
    ...(channel !== undefined && { channels: CHANNELS[channel] }),
    ...(delayMs !== undefined && { delayMs }),
    ...(filter !== undefined && { filter }),
  };
}

/** The pictures of a call, or `null` when it has neither list. @throws ApiError when one of the two is missing */
export function videoOf(call: VideoCall): VideoLayer[] | null {
  if (call.VideoLayer.length === 0 && call.BlendList.length === 0) return null;
  if (call.VideoLayer.length === 0) throw missing('VideoLayer');
  if (call.BlendList.length === 0) throw missing('BlendList');
  const layers = call.VideoLayer.map(
    (layer): GivenVideoLayer => ({
      fill: layer.FillMode,
      width: layer.WidthNormalized,
      height: layer.HeightNormalized,
      position: layer.PositionNormalized,
      refer: layer.PositionRefer,
      delayMs: layer.FixedDelayDuration,
    }),
  );
  return pairVideo(layers, call.BlendList);
}

/**
 * The sounds of a call, or `null` when it has neither list.
 * @throws Refused `mismatch` when one list is longer; with that of a layout, which needs both, ApiError when one is missing
 */
export function audioOf(
  call: AudioCall,
  mismatch: 'InvalidVideoLayersAndBlendListSize.Mismatch' | 'InvalidAudioLayersAndMixListSize.Mismatch',
): AudioLayer[] | null {
  if (call.AudioLayer.length === 0 && call.MixList.length === 0) return null;
  if (mismatch === 'InvalidVideoLayersAndBlendListSize.Mismatch') {
    if (call.AudioLayer.length === 0) throw missing('AudioLayer');
    if (call.MixList.length === 0) throw missing('MixList');
  }
  const layers = call.AudioLayer.map((layer): GivenAudioLayer => {
    const { filter, ...given } = changeOf(layer);
    return { ...PLAIN_LAYER, ...given, ...(filter && { filter }) };
  });
  return pairAudio(layers, call.MixList satisfies Position[], mismatch);
}

const MIX_MISMATCH = 'InvalidAudioLayersAndMixListSize.Mismatch';

/**
 * What a call does to a mix, or `null` when it says nothing of it.
 * @throws Refused InvalidAudioLayersAndMixListSize.Mismatch, ApiError InvalidParameter.Malformed
 */
export function mixEditOf(call: AudioCall & { MixMode: MixEdit['mode'] }): MixEdit | null {
  const { MixMode: mode, AudioLayer, MixList } = call;
  if (mode === 'remove') {
    if (AudioLayer.length === 0) return { mode, sources: MixList };
    throw fault(
      'InvalidParameter.Malformed',
      'MixMode=remove takes the sources from MixList; send no AudioLayer with it.',
    );
  }
  if (mode === 'change') return { mode, changes: pairAudio(AudioLayer.map(changeOf), MixList, MIX_MISMATCH) };
  const layers = audioOf(call, MIX_MISMATCH);
  return layers && { mode, layers };
}
