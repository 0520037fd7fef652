/**
 * Output sizes and renditions by the names of the wire.
 *
 * The service publishes no bit rates for the lp_* sizes; ours are what x264 needs for a clean picture of a talking
 * studio at 30 frames a second (about 0.09 bit per pixel at 720p). Rendition heights and bit rates are the published
 * ones. Frame rate 30, key frame every 2 s, stereo sound of 128 kbit/s, unless CustomParams says otherwise.
 */
import type { OutputSpec, VideoEncoding } from './desired.js';

/** Bits per second of the picture at its full size. */
interface Size {
  width: number;
  height: number;
  bitrate: number;
}

const SIZES = {
  lp_ld: { width: 640, height: 360, bitrate: 800_000 },
  lp_sd: { width: 854, height: 480, bitrate: 1_200_000 },
  lp_hd: { width: 1280, height: 720, bitrate: 2_500_000 },
  lp_ud: { width: 1920, height: 1080, bitrate: 4_500_000 },
  lp_ld_v: { width: 360, height: 640, bitrate: 800_000 },
  lp_sd_v: { width: 480, height: 854, bitrate: 1_200_000 },
  lp_hd_v: { width: 720, height: 1280, bitrate: 2_500_000 },
  lp_ud_v: { width: 1080, height: 1920, bitrate: 4_500_000 },
} as const satisfies Record<string, Size>;

export type CasterTemplate = keyof typeof SIZES;
export const CASTER_TEMPLATES = Object.keys(SIZES) as CasterTemplate[];

/** Lines and bits per second. The narrowband twins are listed with their upper bit rate. */
const RENDITIONS = {
  lld: { lines: 360, bitrate: 460_000 },
  lsd: { lines: 432, bitrate: 640_000 },
  lhd: { lines: 648, bitrate: 1_200_000 },
  lud: { lines: 1080, bitrate: 2_100_000 },
  ld: { lines: 360, bitrate: 420_000 },
  sd: { lines: 432, bitrate: 580_000 },
  hd: { lines: 648, bitrate: 1_100_000 },
  ud: { lines: 1080, bitrate: 1_900_000 },
  'daobo-lld': { lines: 360, bitrate: 460_000 },
  'daobo-lsd': { lines: 432, bitrate: 640_000 },
  'daobo-lhd': { lines: 648, bitrate: 1_200_000 },
  'daobo-lud': { lines: 1080, bitrate: 2_100_000 },
} as const;

/** Renditions that one studio can have beside the named ones. */
export const MOST_CUSTOM_RENDITIONS = 8;

/** A rendition that the owner of the studio describes; our extension. */
export interface CustomRendition {
  /** Suffix of its stream: no LiveTemplate, and none of {@link RESERVED_NAMES}. */
  name: string;
  /** Even; one that is left out follows from the other and the programme's aspect ratio. At least one is there. */
  width?: number;
  height?: number;
  /** kbit/s */
  bitrate: number;
  /** Pictures a second; the programme's where it is left out or higher. */
  fps?: number;
}

/** What a custom rendition may be called; with the underscore before it, it becomes part of an address. */
export const RENDITION_NAME = /^[a-z][a-z0-9-]{1,15}$/;
/** Names that addresses or answers use for something else. */
export const RESERVED_NAMES: readonly string[] = ['original', 'adaptive', 'master', 'multiview', 'listen'];

export type LiveTemplate = keyof typeof RENDITIONS;
export const LIVE_TEMPLATES = Object.keys(RENDITIONS) as LiveTemplate[];

/** What TranscodeConfig asks for. */
export interface Transcode {
  template: CasterTemplate;
  renditions: LiveTemplate[];
  /** CustomParams: overrides of the template, and renditions beside the named ones. Bit rates in kbit/s, sizes even. */
  custom: {
    width?: number;
    height?: number;
    fps?: number;
    bitrate?: number;
    audioBitrate?: number;
    audioChannels?: 1 | 2;
    renditions?: CustomRendition[];
  } | null;
}

/** Size, rate and coding of the programme, and the sound of everything that leaves the engine. */
export function outputOf(transcode: Transcode): OutputSpec {
  const size = SIZES[transcode.template];
  const custom = transcode.custom ?? {};
  return {
    width: custom.width ?? size.width,
    height: custom.height ?? size.height,
    fps: custom.fps ?? 30,
    gopSeconds: 2,
    videoBitrate: custom.bitrate === undefined ? size.bitrate : custom.bitrate * 1000,
    audioBitrate: (custom.audioBitrate ?? 128) * 1000,
    audioChannels: custom.audioChannels ?? 2,
  };
}

function even(value: number): number {
  return Math.max(2, Math.round(value / 2) * 2);
}

/**
 * Size and bit rate of a rendition, or `null` when it would be taller than the programme (it is then not made).
 * The plain templates set the height; the `daobo-` forms set the shorter side, so that an upright studio keeps its
 * detail. The other side follows the aspect ratio; both are even.
 */
export function renditionOf(template: LiveTemplate, output: OutputSpec): VideoEncoding | null {
  const { lines, bitrate } = RENDITIONS[template];
  const upright = output.height > output.width;
  if (template.startsWith('daobo-') && upright) {
    if (lines > output.width) return null;
    return { width: lines, height: even((lines * output.height) / output.width), bitrate };
  }
  if (lines > output.height) return null;
  return { width: even((lines * output.width) / output.height), height: lines, bitrate };
}

/** The same for a rendition that was described. It is not made when it would be larger than the programme in any way. */
export function customRenditionOf(custom: CustomRendition, output: OutputSpec): VideoEncoding | null {
  const { width: givenWidth, height: givenHeight, bitrate, fps } = custom;
  const width = givenWidth ?? even(((givenHeight ?? output.height) * output.width) / output.height);
  const height = givenHeight ?? even((width * output.height) / output.width);
  if (width > output.width || height > output.height) return null;
  return { width, height, bitrate: bitrate * 1000, ...(fps !== undefined && fps < output.fps && { fps }) };
}
