/**
 * Pictures: reference-counted FFmpeg video frames. Whoever is handed a picture owns that reference and frees it or
 * passes it on, once; {@link sharePicture} makes a second reference to the same samples without a copy.
 */
import {
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUVA420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_RANGE_UNSPECIFIED,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_BT2020_CL,
  AVCOL_SPC_BT2020_NCL,
  AVCOL_SPC_FCC,
  AVCOL_SPC_ICTCP,
  AVCOL_SPC_RGB,
  AVCOL_SPC_SMPTE170M,
  AVCOL_SPC_SMPTE240M,
  AVCOL_TRC_BT709,
  type AVColorSpace,
  type AVPixelFormat,
} from 'node-av/constants';
import { avGetPixFmtName, Frame, Rational } from 'node-av/lib';
import { check, need } from './result.js';

export type Picture = Frame;

export interface Plane {
  data: Buffer;
  stride: number;
}

export interface Planes {
  y: Plane;
  u: Plane;
  v: Plane;
  /** Of yuva420p, as large as `y`. */
  a: Plane | null;
}

/**
 * A new writable yuv420p picture, BT.709, limited range; its samples are not set. Width and height are even.
 * @param options.alpha with a fourth plane that says how opaque it is (yuva420p)
 */
export function allocPicture(width: number, height: number, options: { alpha?: boolean } = {}): Picture {
  const picture = new Frame();
  picture.alloc();
  picture.format = options.alpha ? AV_PIX_FMT_YUVA420P : AV_PIX_FMT_YUV420P;
  picture.width = width;
  picture.height = height;
  tagBt709(picture);
  picture.sampleAspectRatio = new Rational(1, 1);
  check('allocate picture', picture.getBuffer(0));
  return picture;
}

/** A new black picture. */
export function blackPicture(width: number, height: number): Picture {
  const picture = allocPicture(width, height);
  const { y, u, v } = planesOf(picture);
  y.data.fill(16);
  u.data.fill(128);
  v.data.fill(128);
  return picture;
}

function tagBt709(picture: Picture): void {
  picture.colorSpace = AVCOL_SPC_BT709;
  picture.colorPrimaries = AVCOL_PRI_BT709;
  picture.colorTrc = AVCOL_TRC_BT709;
  picture.colorRange = AVCOL_RANGE_MPEG;
}

/**
 * The planes of a yuv420p or yuva420p picture; views that are valid as long as the picture is. Each view counts as much for
 * the garbage collector as the samples behind it: ask once for a picture.
 */
export function planesOf(picture: Picture): Planes {
  const data = need(picture.data, 'picture data');
  const plane = (index: number): Plane => ({
    data: need(data[index], 'plane'),
    stride: picture.linesize[index] ?? 0,
  });
  return { y: plane(0), u: plane(1), v: plane(2), a: data.length > 3 ? plane(3) : null };
}

/** A second reference to the same samples, owned by the caller. */
export function sharePicture(picture: Picture): Picture {
  return need(picture.clone(), 'memory for a frame reference');
}

/** Matrices that pictures can be converted from, and those that are near enough to one of them. */
const MATRICES = new Map<AVColorSpace, AVColorSpace>([
  [AVCOL_SPC_BT709, AVCOL_SPC_BT709],
  [AVCOL_SPC_FCC, AVCOL_SPC_FCC],
  [AVCOL_SPC_BT470BG, AVCOL_SPC_BT470BG],
  [AVCOL_SPC_SMPTE170M, AVCOL_SPC_SMPTE170M],
  [AVCOL_SPC_SMPTE240M, AVCOL_SPC_SMPTE240M],
  [AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_NCL],
  [AVCOL_SPC_BT2020_CL, AVCOL_SPC_BT2020_NCL],
  [AVCOL_SPC_ICTCP, AVCOL_SPC_BT2020_NCL],
]);

const RGB_FORMAT = /^(x?rgb|x?bgr|argb|abgr|0rgb|0bgr|gbr|pal8|mono)/;
const FULL_RANGE_FORMAT = /^yuvj/;
const kindOf = new Map<AVPixelFormat, 'rgb' | 'full' | 'yuv'>();

function formatKind(format: AVPixelFormat): 'rgb' | 'full' | 'yuv' {
  let kind = kindOf.get(format);
  if (!kind) {
    const name = avGetPixFmtName(format) ?? '';
    kind = RGB_FORMAT.test(name) ? 'rgb' : FULL_RANGE_FORMAT.test(name) ? 'full' : 'yuv';
    kindOf.set(format, kind);
  }
  return kind;
}

/**
 * Makes the tags of a decoded picture say how it is to be read. One without a matrix, or with one that nobody can convert
 * from, gets the one that players assume for its size: BT.709 when it is larger than standard definition. A picture of red,
 * green and blue, and one whose format says that its range is full, is tagged as what it is.
 */
export function settleColour(picture: Picture): void {
  const kind = formatKind(picture.format as AVPixelFormat);
  if (kind === 'rgb') {
    picture.colorSpace = AVCOL_SPC_RGB;
    picture.colorRange = AVCOL_RANGE_JPEG;
  } else {
    const isHigh = picture.width >= 1280 || picture.height > 576;
    const usual = isHigh ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    picture.colorSpace = MATRICES.get(picture.colorSpace) ?? usual;
    if (kind === 'full') picture.colorRange = AVCOL_RANGE_JPEG;
    else if (picture.colorRange === AVCOL_RANGE_UNSPECIFIED) picture.colorRange = AVCOL_RANGE_MPEG;
  }
  if (picture.sampleAspectRatio.num <= 0 || picture.sampleAspectRatio.den <= 0) {
    picture.sampleAspectRatio = new Rational(1, 1);
  }
}

const WITH_ALPHA = /^(rgba|bgra|argb|abgr|ya\d|yuva|gbrap|pal8|ayuv|vuya)/;
const alphaOf = new Map<AVPixelFormat, boolean>();

/** True for pixel formats that can be see-through; a palette can be. */
function hasAlpha(format: AVPixelFormat): boolean {
  let alpha = alphaOf.get(format);
  if (alpha === undefined) {
    alpha = WITH_ALPHA.test(avGetPixFmtName(format) ?? '');
    alphaOf.set(format, alpha);
  }
  return alpha;
}

/** What a filter graph must know of its input; two pictures with equal keys can go through the same graph. */
export interface PictureShape {
  width: number;
  height: number;
  format: number;
  /** Some of it may be see-through. */
  alpha: boolean;
  space: number;
  range: number;
  /** Sample aspect ratio, width to height of a sample. */
  sarNum: number;
  sarDen: number;
}

export function shapeOf(picture: Picture): PictureShape {
  const sar = picture.sampleAspectRatio;
  return {
    width: picture.width,
    height: picture.height,
    format: picture.format,
    alpha: hasAlpha(picture.format as AVPixelFormat),
    space: picture.colorSpace,
    range: picture.colorRange,
    sarNum: sar.num,
    sarDen: sar.den,
  };
}

export function shapeKey(shape: PictureShape): string {
  return `${shape.width}x${shape.height}/${shape.format}/${shape.space}/${shape.range}/${shape.sarNum}:${shape.sarDen}`;
}

/** True when the samples can be encoded or shown as they are in a frame of this size. */
export function isPlain(shape: PictureShape, width: number, height: number): boolean {
  return (
    shape.width === width &&
    shape.height === height &&
    shape.format === AV_PIX_FMT_YUV420P &&
    shape.space === AVCOL_SPC_BT709 &&
    shape.range !== 2 &&
    shape.sarNum === shape.sarDen
  );
}
