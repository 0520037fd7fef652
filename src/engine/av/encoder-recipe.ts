/**
 * How each H.264 encoder is set up, so that all of them do the same: main profile, no B-frames, no look-ahead, a picture
 * that goes in comes out at once, key frames only where they are asked for, a constant rate with one second of buffer.
 * Options are those of `ffmpeg -h encoder=NAME`.
 *
 * The hardware encoders are set up by FFmpeg's documentation and have not been tried on their hardware.
 */
import {
  AV_HWDEVICE_TYPE_VAAPI,
  AV_PIX_FMT_NV12,
  AV_PIX_FMT_VAAPI,
  AV_PIX_FMT_YUV420P,
  type AVHWDeviceType,
  type AVPixelFormat,
} from 'node-av/constants';
import type { EncoderKind } from '../../domain/engine.js';

export interface EncoderRecipe {
  /** FFmpeg's name of it. */
  codec: string;
  /** How the samples of a picture must lie. */
  samples: { format: AVPixelFormat; name: 'yuv420p' | 'nv12' };
  /** Takes pictures only from the memory of a device of this type, in this format. */
  device: { type: AVHWDeviceType; format: AVPixelFormat } | null;
  options: Record<string, string>;
}

const PLANAR = { format: AV_PIX_FMT_YUV420P, name: 'yuv420p' } as const;
const SEMI_PLANAR = { format: AV_PIX_FMT_NV12, name: 'nv12' } as const;

export const RECIPES: Record<EncoderKind, EncoderRecipe> = {
  x264: {
    codec: 'libx264',
    samples: PLANAR,
    device: null,
    options: {
      preset: 'veryfast',
      tune: 'zerolatency',
      profile: 'main',
      'forced-idr': '1',
      'x264-params': 'scenecut=0',
    },
  },
  nvenc: {
    codec: 'h264_nvenc',
    samples: PLANAR,
    device: null,
    options: {
      preset: 'p4',
      tune: 'ull',
      profile: 'main',
      rc: 'cbr',
      delay: '0',
      zerolatency: '1',
      'no-scenecut': '1',
      'forced-idr': '1',
    },
  },
  qsv: {
    codec: 'h264_qsv',
    samples: SEMI_PLANAR,
    device: null,
    options: { preset: 'veryfast', profile: 'main', async_depth: '1', look_ahead: '0', forced_idr: '1' },
  },
  vaapi: {
    codec: 'h264_vaapi',
    samples: SEMI_PLANAR,
    device: { type: AV_HWDEVICE_TYPE_VAAPI, format: AV_PIX_FMT_VAAPI },
    options: { profile: 'main', rc_mode: 'CBR', async_depth: '1' },
  },
  videotoolbox: {
    codec: 'h264_videotoolbox',
    samples: PLANAR,
    device: null,
    options: { profile: 'main', realtime: '1', allow_sw: '0' },
  },
};
