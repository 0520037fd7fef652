/**
 * Which part of each picture is seen where in the frame, and the filter graph that puts it there. Pure: sizes in, text out.
 */
import type { VideoLayer } from '../../domain/desired.js';
import { type Box, coverPart, placeLayer, type Size } from '../../domain/geometry.js';
import type { PictureShape } from '../av/picture.js';

/** Layers that are more than this many times as wide or high as the frame are cut before they are scaled. */
const MAX_SCALED = 2;
/** Samples that claim to be flatter or narrower than this are damaged or malicious. */
const MAX_SAMPLE_ASPECT = 16;

/** A part of a picture, in its own samples, and where it is to be seen. */
export interface PlacedPart {
  part: Box;
  box: Box;
  /** What lies below may be seen through it. */
  alpha: boolean;
}

/** Size in square samples, as the picture is meant to be seen. */
function displaySize(shape: PictureShape): Size {
  const aspect = Math.min(MAX_SAMPLE_ASPECT, Math.max(1 / MAX_SAMPLE_ASPECT, shape.sarNum / shape.sarDen));
  return { width: shape.width * aspect, height: shape.height };
}

/** One axis of {@link seenPart}: what of `source` samples, shown as `size` from `at` on, lies in the frame. */
function seenSpan(at: number, size: number, source: number, frame: number) {
  if (size <= MAX_SCALED * frame) return { at, size, from: 0, count: source };
  const scale = size / source;
  // Even numbers, because of the chroma planes.
  const from = Math.max(0, Math.floor(-at / scale / 2) * 2);
  const to = Math.min(source, Math.ceil((frame - at) / scale / 2) * 2);
  const even = (value: number): number => Math.round(value / 2) * 2;
  return { at: even(at + from * scale), size: Math.max(2, even((to - from) * scale)), from, count: to - from };
}

/**
 * The part of a picture to be scaled: all of it, unless it is so much larger than the frame that the rest would cost
 * memory and time for nothing (a banner of 8000 x 10 at the height of the frame is half a million samples wide).
 */
function seenPart(box: Box, shape: PictureShape, frame: Size): PlacedPart {
  const x = seenSpan(box.x, box.width, shape.width, frame.width);
  const y = seenSpan(box.y, box.height, shape.height, frame.height);
  return {
    part: { x: x.from, y: y.from, width: x.count, height: y.count },
    box: { x: x.at, y: y.at, width: x.size, height: y.size },
    alpha: shape.alpha,
  };
}

/** What of a picture fills its box, for layers with the fill `cover`. */
function fillingPart(box: Box, shape: PictureShape): PlacedPart {
  const shown = displaySize(shape);
  const stretch = shape.width / shown.width;
  const part = coverPart(box, shown);
  const width = Math.min(shape.width, Math.max(2, Math.round((part.width * stretch) / 2) * 2));
  const x = Math.max(0, Math.min(shape.width - width, Math.floor((part.x * stretch) / 2) * 2));
  return { part: { x, y: part.y, width, height: part.height }, box, alpha: shape.alpha };
}

function covers(box: Box, frame: Size): boolean {
  return box.x <= 0 && box.y <= 0 && box.x + box.width >= frame.width && box.y + box.height >= frame.height;
}

/** True for a picture that is shown in full in a frame of its own size. */
export function isWhole({ part, box }: PlacedPart, width: number, height: number): boolean {
  return [part, box].every((area) => area.x === 0 && area.y === 0 && area.width === width && area.height === height);
}

function outside(box: Box, frame: Size): boolean {
  return box.x >= frame.width || box.y >= frame.height || box.x + box.width <= 0 || box.y + box.height <= 0;
}

/** Cuts the part out, scales it to the box and to the one colour space of the engine. */
function scaleFilter({ part, box, alpha }: PlacedPart): string {
  return (
    `crop=${part.width}:${part.height}:${part.x}:${part.y}:exact=1,` +
    `scale=${box.width}:${box.height}:flags=bilinear:out_color_matrix=bt709:out_range=tv,` +
    `setsar=1,format=pix_fmts=${alpha ? 'yuva420p' : 'yuv420p'}`
  );
}

/**
 * The filter graph of these pictures and of sheets above them, in FFmpeg's syntax. Input 0 is what lies below all; it is
 * not used when the lowest picture fills the frame. Sheets are the inputs behind those of the pictures.
 */
export function describeGraph(placed: readonly PlacedPart[], sheets: readonly Box[], frame: Size): string {
  const [lowest] = placed;
  const { width, height } = lowest?.box ?? { width: 0, height: 0 };
  const filled = lowest && !lowest.alpha && width === frame.width && height === frame.height;
  const isBase = filled === true && covers(lowest.box, frame);
  const labels = placed.map((_, index) => `[p${index + 1}]`);
  const chains = placed.map((part, index) => `[in${index + 1}]${scaleFilter(part)}${labels[index]}`);
  const above = [
    ...placed.map(({ box }, index) => ({ box, label: labels[index] })),
    ...sheets.map((box, index) => ({ box, label: `[in${placed.length + index + 1}]` })),
  ];
  let below = isBase ? (labels[0] ?? '') : '[in0]';
  const overlays = above.slice(isBase ? 1 : 0).map(({ box, label }, index) => {
    const over = `${below}${label}overlay=x=${box.x}:y=${box.y}:format=yuv420:eof_action=pass`;
    below = `[o${index + 1}]`;
    return over + below;
  });
  return [...(isBase ? ['[in0]nullsink'] : []), ...chains, ...overlays, `${below}null[out]`].join(';');
}

/** A layer's place, or null when it cannot be seen. */
export function placeIn(frame: Size, layer: VideoLayer, shape: PictureShape): (PlacedPart & { hides: boolean }) | null {
  const box = placeLayer(layer, frame, displaySize(shape));
  if (outside(box, frame)) return null;
  const part = layer.fill === 'cover' ? fillingPart(box, shape) : seenPart(box, shape, frame);
  return { ...part, hides: !shape.alpha && covers(box, frame) };
}
