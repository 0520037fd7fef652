/** How stored things look in answers: scenes with their addresses, layouts, times. */
import type { Caster, Scene } from '../domain/caster.js';
import { renditionsOf, streamOf } from '../domain/compose.js';
import type { AudioLayer, SoundFilter, VideoLayer } from '../domain/desired.js';
import { type StreamUrls, streamUrls } from '../domain/streamurl.js';
import type { Answer } from './encode.js';
import { fault } from './errors.js';
import type { Services } from './services.js';

/** UTC with whole seconds. */
export function wireTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** h:mm:ss */
export function wireDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `0xrrggbb` */
export function wireColor(color: number): string {
  return `0x${color.toString(16).padStart(6, '0')}`;
}

/** The domain that a studio is on air with, or would be. @throws ApiError InvalidDomainName.NotFound */
export function domainOf(caster: Caster): string {
  const domain = caster.air?.domainName ?? caster.settings.domainName;
  if (domain === '') {
    throw fault('InvalidDomainName.NotFound', 'The studio has no DomainName; set it with SetCasterConfig.');
  }
  return domain;
}

export function urlsOf(services: Services, caster: Caster, stream: string): StreamUrls {
  const { mediaPort, rtmpPort } = services.hub;
  return streamUrls(stream, domainOf(caster), { domains: services.config.domains, mediaPort, rtmpPort });
}

/**
 * The public addresses of the programme: full size first, then each rendition that is made, and last (our extension) the
 * HLS list of them all, from which a player chooses what its line can carry.
 */
export function streamInfos(services: Services, caster: Caster, pgm: Scene): Answer {
  const transcode = caster.air?.transcode ?? caster.settings.transcode;
  const streams = [{ template: 'original', stream: streamOf(pgm) }, ...(transcode ? renditionsOf(transcode, pgm) : [])];
  const each = streams.flatMap(({ template, stream }) => {
    const urls = urlsOf(services, caster, stream);
    return (['flv', 'rtmp', 'm3u8'] as const).map((format) => ({
      TranscodeConfig: template,
      VideoFormat: format,
      OutputStreamUrl: urls[format],
    }));
  });
  const { master } = urlsOf(services, caster, streamOf(pgm));
  return {
    StreamInfo: [...each, { TranscodeConfig: 'adaptive', VideoFormat: 'm3u8', OutputStreamUrl: master }],
  };
}

/** Where a stream can be watched; RtsUrl is WHEP here, which browsers can play. HlsUrl is our extension. */
export function monitorAddresses(services: Services, caster: Caster, stream: string): Answer {
  const urls = urlsOf(services, caster, stream);
  return { StreamUrl: urls.flv, RtmpUrl: urls.rtmp, RtsUrl: urls.whep, HlsUrl: urls.m3u8 };
}

/** Monitor addresses of a scene. */
export function monitorUrls(services: Services, caster: Caster, scene: Scene): Answer {
  return monitorAddresses(services, caster, streamOf(scene));
}

const CHANNELS = { all: 'all', left: 'leftChannel', right: 'rightChannel' } as const;

/** As JSON in the form in which it is sent, so that it can be sent again. */
function filterView(filter: SoundFilter): string {
  const flag = (on: boolean): number => (on ? 1 : 0);
  return JSON.stringify({
    enableAgc: flag(filter.autoGain),
    enableAns: flag(filter.noise !== 'off'),
    ansMode: flag(filter.noise === 'music'),
    enableBeautify: flag(filter.voice !== 'off'),
    voiceBeautifyMode: flag(filter.voice === 'bright'),
  });
}

/** Filter is our extension; it is there when something is switched on. */
export function audioView(audio: AudioLayer[]): { AudioLayers: Answer; MixList: Answer } {
  return {
    AudioLayers: {
      AudioLayer: audio.map((layer) => ({
        VolumeRate: layer.gain,
        ValidChannel: CHANNELS[layer.channels],
        FixedDelayDuration: layer.delayMs,
        Filter: layer.filter && filterView(layer.filter),
      })),
    },
    MixList: { LocationId: audio.map((layer) => layer.source) },
  };
}

export function videoView(video: VideoLayer[]): { VideoLayers: Answer; BlendList: Answer } {
  return {
    VideoLayers: {
      VideoLayer: video.map((layer) => ({
        FillMode: layer.fill,
        WidthNormalized: layer.width,
        HeightNormalized: layer.height,
        PositionRefer: layer.refer,
        PositionNormalizeds: { Position: [layer.x, layer.y] },
        FixedDelayDuration: layer.delayMs,
      })),
    },
    BlendList: { LocationId: video.map((layer) => layer.source) },
  };
}
