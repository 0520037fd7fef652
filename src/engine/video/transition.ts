/**
 * Mixes two composed pictures on the way from one to the other. All pictures are yuv420p of one size; nothing here frees or
 * keeps one.
 */
import type { TransitionStyle } from '../../domain/desired.js';
import { type Picture, type Plane, planesOf } from '../av/picture.js';
import { runsOf, type ShapeKind } from './shape.js';
import { colourSamples } from './sheet.js';

const PLANES = ['y', 'u', 'v'] as const;

/** The words of a plane, for arithmetic on four samples at a time; null when it does not begin on a word. */
function wordsOf({ data, stride }: Plane): Int32Array | null {
  if (data.byteOffset % 4 !== 0 || stride % 4 !== 0) return null;
  return new Int32Array(data.buffer, data.byteOffset, data.length >> 2);
}

const EVEN = 0x00ff00ff;
const ODD = 0xff00ff00 | 0;
/** Half of 256 in each of the two samples: results are rounded, not cut. */
const HALF = 0x00800080;

/**
 * Samples of `a` weighted with 256 - `weight`, those of `b` with `weight` (0 to 256), four at a time. The two masks keep
 * two samples each, with room for eight bits above each of them.
 */
function blendPlane(out: Plane, a: Plane, b: Plane, width: number, height: number, weight: number): void {
  const [words, wordsA, wordsB] = [wordsOf(out), wordsOf(a), wordsOf(b)];
  const keep = 256 - weight;
  for (let row = 0; row < height; row++) {
    if (words && wordsA && wordsB) {
      const count = Math.min((width + 3) >> 2, out.stride >> 2, a.stride >> 2, b.stride >> 2);
      const [to, fromA, fromB] = [(row * out.stride) >> 2, (row * a.stride) >> 2, (row * b.stride) >> 2];
      for (let i = 0; i < count; i++) {
        const x = wordsA[fromA + i] ?? 0;
        const z = wordsB[fromB + i] ?? 0;
        const even = (Math.imul(x & EVEN, keep) + Math.imul(z & EVEN, weight) + HALF) >>> 8;
        const odd = Math.imul((x >>> 8) & EVEN, keep) + Math.imul((z >>> 8) & EVEN, weight) + HALF;
        words[to + i] = (even & EVEN) | (odd & ODD);
      }
      continue;
    }
    for (let i = 0; i < width; i++) {
      const sample = (a.data[row * a.stride + i] ?? 0) * keep + (b.data[row * b.stride + i] ?? 0) * weight;
      out.data[row * out.stride + i] = (sample + 128) >> 8;
    }
  }
}

/** The same against one colour. `out` and `a` may be the same plane. */
function tintPlane(out: Plane, a: Plane, sample: number, width: number, height: number, weight: number): void {
  const table = new Uint8Array(256);
  for (let i = 0; i < 256; i++) table[i] = (i * (256 - weight) + sample * weight + 128) >> 8;
  for (let row = 0; row < height; row++) {
    const [to, from] = [row * out.stride, row * a.stride];
    for (let i = 0; i < width; i++) out.data[to + i] = table[a.data[from + i] ?? 0] ?? 0;
  }
}

/**
 * A picture on its way to a plain colour. @param out may be `a` itself
 * @param colour 0xrrggbb; @param share 0 the picture, 1 the colour
 */
export function tint(out: Picture, a: Picture, colour: number, share: number): void {
  const samples = colourSamples(colour);
  const [target, source] = [planesOf(out), planesOf(a)];
  const weight = Math.round(share * 256);
  for (const name of PLANES) {
    const half = name === 'y' ? 1 : 2;
    tintPlane(target[name], source[name], samples[name], out.width / half, out.height / half, weight);
  }
}

function fade(out: Picture, a: Picture, b: Picture, progress: number): void {
  const [target, from, to] = [planesOf(out), planesOf(a), planesOf(b)];
  const weight = Math.round(progress * 256);
  for (const name of PLANES) {
    const half = name === 'y' ? 1 : 2;
    blendPlane(target[name], from[name], to[name], out.width / half, out.height / half, weight);
  }
}

function assemble(out: Picture, a: Picture, b: Picture, kind: ShapeKind, progress: number): void {
  const target = planesOf(out);
  const sources = { a: planesOf(a), b: planesOf(b) };
  for (const name of PLANES) {
    const half = name === 'y' ? 1 : 2;
    const [width, height] = [out.width / half, out.height / half];
    const { data, stride } = target[name];
    for (let row = 0; row < height; row++) {
      for (const run of runsOf(kind, { row, width, height, progress })) {
        const plane = sources[run.from][name];
        const begin = run.row * plane.stride + run.source;
        plane.data.copy(data, row * stride + run.target, begin, begin + run.count);
      }
    }
  }
}

/**
 * Draws the way from `a` to `b` into `out`.
 * @param out writable, another picture than `a` and `b`
 * @param progress 0 (only `a`) to 1 (only `b`)
 */
export function drawTransition(out: Picture, a: Picture, b: Picture, style: TransitionStyle, progress: number): void {
  const { kind, color } = style;
  if (kind === 'fade' || kind === 'cut') {
    fade(out, a, b, kind === 'fade' || progress >= 1 ? progress : 0);
  } else if (kind !== 'dip') {
    assemble(out, a, b, kind, progress);
  } else if (progress < 0.5) {
    tint(out, a, color, progress * 2);
  } else {
    tint(out, b, color, (1 - progress) * 2);
  }
}
