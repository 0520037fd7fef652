/** What the page needs of the API's answers about studios, scenes, layouts, sources and outputs. */
import { flag, list, number, object, text, texts } from './json.js';

export interface Studio {
  id: string;
  name: string;
  running: boolean;
  /** UTC, milliseconds since 1970; null while it is idle. */
  startedAt: number | null;
}

export interface Scene {
  id: string;
  kind: 'pvw' | 'pgm';
  on: boolean;
  layoutId: string | null;
  /** Positions that are in the picture and in the mix; null when the server does not say. */
  pictures: readonly string[] | null;
  sounds: readonly string[] | null;
  /** Components that were applied to it, from the bottom up. */
  components: readonly string[];
  /** WHEP address; null when there is none. */
  whepUrl: string | null;
}

/** One picture of a layout as it was configured; shares of the frame. */
export interface LayerShape {
  position: string;
  fill: 'none' | 'fit' | 'cover';
  width: number;
  height: number;
  x: number;
  y: number;
  /** `topLeft` to `bottomRight`. */
  refer: string;
}

export interface Layout {
  id: string;
  layers: LayerShape[];
  /** Positions that are heard. */
  mix: string[];
}

export interface Source {
  id: string;
  position: string;
  /** What layouts call it by: its position, or its channel where the studio has channels; empty when it is bound to none. */
  place: string;
  name: string;
  /** What it is, in a word. */
  kind: 'stream' | 'file' | 'picture' | 'other';
  /** `idle` while the studio does not run, else `connecting`, `live`, `lost` or `ended`. */
  status: string;
  /** Why it is lost, in words; empty otherwise. */
  reason: string;
  /** Since when it has its status: UTC, milliseconds since 1970; null while that is not known. */
  since: number | null;
  /** Names of codecs; empty when there is none. */
  videoCodec: string;
  audioCodec: string;
  /** Of what arrives; 0 when nothing does. Bit rate in bits a second. */
  width: number;
  height: number;
  fps: number;
  bitrate: number;
  /** Of a file that is open: paused by hand, and its place in ms. */
  file: { paused: boolean; placeMs: number } | null;
  /** Where it comes from; may be empty. */
  address: string;
}

/** A channel that a source is bound to. */
export interface Channel {
  id: string;
  sourceId: string;
}

export interface OutputUrl {
  /** `PGM`, `PVW`, or the rendition's template. */
  label: string;
  format: string;
  url: string;
}

const FILLS = ['fit', 'cover'] as const;

export function readStudios(answer: unknown): Studio[] {
  return list(answer, 'CasterList', 'Caster').map((caster) => {
    const started = Date.parse(text(caster.StartTime));
    const running = number(caster.Status) === 1;
    return {
      id: text(caster.CasterId),
      name: text(caster.CasterName) || text(caster.CasterId),
      running,
      startedAt: running && Number.isFinite(started) ? started : null,
    };
  });
}

export function readScenes(answer: unknown): Scene[] {
  return list(answer, 'SceneList', 'Scene').map((scene) => ({
    id: text(scene.SceneId),
    kind: text(scene.OutputType) === '1' ? 'pgm' : 'pvw',
    on: number(scene.Status) === 1,
    layoutId: text(scene.LayoutId) || null,
    pictures: scene.Pictures === undefined ? null : texts(scene.Pictures, 'LocationId'),
    sounds: scene.Sounds === undefined ? null : texts(scene.Sounds, 'LocationId'),
    components: texts(scene.ComponentIds, 'componentId'),
    whepUrl: text(scene.RtsUrl) || null,
  }));
}

export function readLayouts(answer: unknown): Layout[] {
  return list(answer, 'Layouts', 'Layout').map((layout) => {
    const positions = texts(layout.BlendList, 'LocationId');
    const layers = list(layout, 'VideoLayers', 'VideoLayer').map((layer, index): LayerShape => {
      const [x = 0, y = 0] = texts(layer.PositionNormalizeds, 'Position').map(number);
      return {
        position: positions[index] ?? '',
        fill: FILLS.find((fill) => fill === layer.FillMode) ?? 'none',
        width: number(layer.WidthNormalized),
        height: number(layer.HeightNormalized),
        x,
        y,
        refer: text(layer.PositionRefer) || 'topLeft',
      };
    });
    return { id: text(layout.LayoutId), layers, mix: texts(layout.MixList, 'LocationId') };
  });
}

/** True when layouts of the studio name channels, from DescribeCasterConfig. */
export function readHasChannels(answer: unknown): boolean {
  return flag(object(answer).ChannelEnable);
}

/** The channels that have a source. */
export function readChannels(answer: unknown): Channel[] {
  const channels = list(answer, 'Channels', 'Channel').map((channel) => {
    return { id: text(channel.ChannelId), sourceId: text(channel.ResourceId) };
  });
  return channels.filter(({ sourceId }) => sourceId !== '');
}

/** @param channels null where layouts name sources themselves */
export function readSources(answer: unknown, channels: readonly Channel[] | null): Source[] {
  const sources = list(answer, 'VideoResources', 'VideoResource').map((resource): Source => {
    const live = text(resource.LiveStreamUrl);
    const file = text(resource.VodUrl) || text(resource.MaterialId);
    const picture = text(resource.ImageUrl) || text(resource.ImageId);
    const [id, position] = [text(resource.ResourceId), text(resource.LocationId)];
    const since = Date.parse(text(resource.SourceSince));
    return {
      id,
      position,
      place: channels ? (channels.find(({ sourceId }) => sourceId === id)?.id ?? '') : position,
      name: text(resource.ResourceName) || position,
      kind: live ? 'stream' : file ? 'file' : picture ? 'picture' : 'other',
      status: text(resource.SourceStatus) || 'idle',
      reason: text(resource.SourceReason),
      since: Number.isFinite(since) ? since : null,
      videoCodec: text(resource.VideoCodec),
      audioCodec: text(resource.AudioCodec),
      width: number(resource.Width),
      height: number(resource.Height),
      fps: number(resource.Fps),
      bitrate: number(resource.Bitrate),
      file:
        resource.PlaceMs === undefined ? null : { paused: flag(resource.Paused), placeMs: number(resource.PlaceMs) },
      address: live || file || picture,
    };
  });
  return sources.sort((a, b) => a.position.localeCompare(b.position));
}

export function readOutputs(answer: unknown): OutputUrl[] {
  const outputs = list(answer, 'CasterStreams', 'CasterStream').flatMap((stream): OutputUrl[] => {
    const label = text(stream.OutputType) === '1' ? 'PGM' : 'PVW';
    const renditions = list(stream, 'StreamInfos', 'StreamInfo').map((info) => ({
      label: text(info.TranscodeConfig) || label,
      format: text(info.VideoFormat),
      url: text(info.OutputStreamUrl),
    }));
    const monitor = [
      { label, format: 'flv', url: text(stream.StreamUrl) },
      { label, format: 'rtmp', url: text(stream.RtmpUrl) },
      { label, format: 'whep', url: text(stream.RtsUrl) },
    ];
    return [...monitor, ...renditions];
  });
  const seen = new Set<string>();
  const unique = outputs.filter(({ url }) => url !== '' && !seen.has(url) && seen.add(url));
  // What viewers are given comes first; the preview is for the house.
  return [...unique.filter(({ label }) => label !== 'PVW'), ...unique.filter(({ label }) => label === 'PVW')];
}

/** Width over height of the mixed picture, from DescribeCasterConfig; 16/9 when it is not known. */
export function readAspect(answer: unknown): number {
  const transcode = object(object(answer).TranscodeConfig);
  const video = object(object(transcode.CustomParams).video);
  const [width, height] = [number(video.width), number(video.height)];
  if (width > 0 && height > 0) return width / height;
  return text(transcode.CasterTemplate).endsWith('_v') ? 9 / 16 : 16 / 9;
}
