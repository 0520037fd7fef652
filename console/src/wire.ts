/**
 * What the page needs of the API's answers, read with care: whatever is missing or of another type becomes empty, so
 * that an odd answer never takes the page down in the middle of a show.
 */

type Json = Record<string, unknown>;

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
  /** WHEP address; null when there is none. */
  whepUrl: string | null;
}

/** One picture of a layout as it was configured; shares of the frame. */
export interface LayerShape {
  position: string;
  fill: 'none' | 'fit';
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
  name: string;
  /** What it is, in a word. */
  kind: 'stream' | 'file' | 'picture' | 'other';
  /** `idle` while the studio does not run, else `connecting`, `live`, `lost` or `ended`. */
  status: string;
  /** Why it is lost, in words; empty otherwise. */
  reason: string;
  /** Where it comes from; may be empty. */
  address: string;
}

export interface OutputUrl {
  /** `PGM`, `PVW`, or the rendition's template. */
  label: string;
  format: string;
  url: string;
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function number(value: unknown): number {
  const result = Number(value);
  return Number.isFinite(result) ? result : 0;
}

/** The list inside its wrapper: `{Caster: [...]}`. A bare list is taken as well. */
function list(answer: unknown, wrapper: string, item: string): Json[] {
  const inner = object(answer)[wrapper];
  const items = Array.isArray(inner) ? inner : object(inner)[item];
  return Array.isArray(items) ? items.map(object) : [];
}

function texts(value: unknown, item: string): string[] {
  const items = Array.isArray(value) ? value : object(value)[item];
  return Array.isArray(items) ? items.map(text) : [];
}

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
        fill: text(layer.FillMode) === 'fit' ? 'fit' : 'none',
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

export function readSources(answer: unknown): Source[] {
  const sources = list(answer, 'VideoResources', 'VideoResource').map((resource): Source => {
    const live = text(resource.LiveStreamUrl);
    const file = text(resource.VodUrl) || text(resource.MaterialId);
    const picture = text(resource.ImageUrl) || text(resource.ImageId);
    return {
      id: text(resource.ResourceId),
      position: text(resource.LocationId),
      name: text(resource.ResourceName) || text(resource.LocationId),
      kind: live ? 'stream' : file ? 'file' : picture ? 'picture' : 'other',
      status: text(resource.SourceStatus) || 'idle',
      reason: text(resource.SourceReason),
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
