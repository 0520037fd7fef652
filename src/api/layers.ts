/** The parameters VideoLayer.N, BlendList.N, AudioLayer.N and MixList.N, which several operations share. */
import type { AudioLayer, Position, VideoLayer } from '../domain/desired.js';
import { type GivenAudioLayer, type GivenVideoLayer, pairAudio, pairVideo } from '../domain/layout.js';
import { fault, missing } from './errors.js';
import { position } from './operation.js';
import { choice, decimal, integer, list, object, optional, text, withDefault } from './params.js';

/** More than any limit of a layout; the rule itself is checked later with a better message. */
const MOST = 100;
const share = withDefault(decimal({ min: 0, max: 1 }), 0);
const delay = withDefault(integer({ min: 0, max: 5000 }), 0);
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
  FixedDelayDuration: delay,
});

const audioLayer = object({
  VolumeRate: withDefault(decimal({ min: 0, max: 10 }), 1),
  ValidChannel: withDefault(choice(['all', 'leftChannel', 'rightChannel']), 'all'),
  FixedDelayDuration: delay,
  Filter: optional(text({ max: 1024 })),
});

export const videoParameters = { VideoLayer: list(videoLayer, MOST), BlendList: list(position, MOST) };
export const audioParameters = { AudioLayer: list(audioLayer, MOST), MixList: list(position, MOST) };

type Read<T> = T extends { read(...given: never[]): infer R } ? R : never;
type VideoCall = { [K in keyof typeof videoParameters]: Read<(typeof videoParameters)[K]> };
type AudioCall = { [K in keyof typeof audioParameters]: Read<(typeof audioParameters)[K]> };

const CHANNELS = { all: 'all', leftChannel: 'left', rightChannel: 'right' } as const;

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

/** True for a Filter that switches something on. */
function filters(text: string | undefined): boolean {
  if (text === undefined) return false;
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content !== 'object' || content === null) throw new SyntaxError('not an object');
    return Object.entries(content).some(([name, value]) => /^enable/i.test(name) && Number(value) !== 0);
  } catch {
    throw fault('InvalidParameter.Malformed', 'AudioLayer.N.Filter must be JSON like {"enableAns":0}.');
  }
}

/** The sounds of a call, or `null` when it has neither list. */
export function audioOf(
  call: AudioCall,
  mismatch: 'InvalidVideoLayersAndBlendListSize.Mismatch' | 'InvalidAudioLayersAndMixListSize.Mismatch',
): AudioLayer[] | null {
  if (call.AudioLayer.length === 0 && call.MixList.length === 0) return null;
  if (call.AudioLayer.length === 0) throw missing('AudioLayer');
  if (call.MixList.length === 0) throw missing('MixList');
  if (call.AudioLayer.some((layer) => filters(layer.Filter))) {
    throw fault(
      'UnsupportedOperation',
      'AudioLayer.N.Filter asks for voice processing, which is not supported yet; leave it out.',
    );
  }
  const layers = call.AudioLayer.map(
    (layer): GivenAudioLayer => ({
      gain: layer.VolumeRate,
      channels: CHANNELS[layer.ValidChannel],
      delayMs: layer.FixedDelayDuration,
    }),
  );
  return pairAudio(layers, call.MixList satisfies Position[], mismatch);
}
