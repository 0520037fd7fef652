/**
 * Pictures in another shape: upright, no larger than wanted, in the engine's own samples, or as RGBA.
 * What is handed in stays the caller's; what comes out is the caller's too.
 */
import { AV_FRAME_DATA_DISPLAYMATRIX, AV_PIX_FMT_YUVA420P } from 'node-av/constants';
import { PictureGraph } from './graph.js';
import { type Picture, shapeKey, shapeOf } from './picture.js';
import { need } from './result.js';

/** Filters that turn a picture upright as its display matrix says (EXIF orientation of a jpg); empty when it is. */
function uprightFilters(picture: Picture): string[] {
  const bytes = picture.getSideData(AV_FRAME_DATA_DISPLAYMATRIX);
  if (!bytes || bytes.length < 36) return [];
  // (x, y) goes to (a x + c y, b x + d y), in 16.16 fixed point.
  const [a, b, c, d] = [0, 4, 12, 16].map((at) => Math.sign(bytes.readInt32LE(at))) as [number, number, number, number];
  if (b === 0 && c === 0) return [...(a < 0 ? ['hflip'] : []), ...(d < 0 ? ['vflip'] : [])];
  if (a !== 0 || d !== 0) return [];
  if (b > 0) return [`transpose=${c > 0 ? 'cclock_flip' : 'clock'}`];
  return [`transpose=${c > 0 ? 'cclock' : 'clock_flip'}`];
}

/**
 * Turns a picture upright and scales it down to at most `area` samples, beside the main thread. Takes ownership of
 * `picture` and returns it as it is when nothing is to be done. @throws MediaError
 */
export async function settleShape(picture: Picture, area: number): Promise<Picture> {
  const turn = uprightFilters(picture);
  const { width, height } = picture;
  const share = Math.sqrt(Math.min(1, area / (width * height)));
  if (turn.length === 0 && share === 1) return picture;
  const side = (length: number): number => Math.max(1, Math.floor(length * share));
  const scale = share < 1 ? [`scale=${side(width)}:${side(height)}:flags=area`] : [];
  using owned = picture;
  // The fewest samples are turned: smaller first.
  using graph = new PictureGraph([shapeOf(owned)], `[in0]${[...scale, ...turn].join(',')}[out]`);
  const result = await graph.runBeside([owned]);
  result.removeSideData(AV_FRAME_DATA_DISPLAYMATRIX);
  return result;
}

/**
 * Brings the pictures of one file into the samples that the mixer works with (yuv420p or, see-through, yuva420p; BT.709,
 * limited range), so that no tick has to. Calls must not overlap.
 */
export class VideoSamples implements Disposable {
  #graph: PictureGraph | null = null;
  #key = '';

  /** The result is the caller's, who keeps `picture`. @throws MediaError */
  async convert(picture: Picture): Promise<Picture> {
    const shape = shapeOf(picture);
    const key = shapeKey(shape);
    if (!this.#graph || key !== this.#key) {
      this[Symbol.dispose]();
      this.#graph = new PictureGraph(
        [shape],
        `[in0]scale=flags=bilinear+accurate_rnd+full_chroma_int:out_color_matrix=bt709:out_range=tv,` +
          `format=pix_fmts=${shape.alpha ? 'yuva420p' : 'yuv420p'}[out]`,
      );
      this.#key = key;
    }
    return await this.#graph.runBeside([picture]);
  }

  [Symbol.dispose](): void {
    this.#graph?.[Symbol.dispose]();
    this.#graph = null;
  }
}

/** True for a yuva420p picture of which nothing is see-through. */
function isOpaque(picture: Picture): boolean {
  if (picture.format !== AV_PIX_FMT_YUVA420P) return false;
  const alpha = need(picture.data?.[3], 'alpha plane');
  const stride = picture.linesize[3] ?? 0;
  const { width, height } = picture;
  // Row by row with what is opaque, in machine code: samples of 4K one by one would hold up a tick.
  const opaque = Buffer.alloc(width, 255);
  for (let row = 0; row < height; row++) {
    if (opaque.compare(alpha, row * stride, row * stride + width) !== 0) return false;
  }
  return true;
}

/**
 * Takes ownership of a picture and returns it, or the same without an alpha plane when that says nothing: what covers
 * all that is below it costs the mixer less. @throws MediaError
 */
export async function withoutIdleAlpha(picture: Picture): Promise<Picture> {
  if (!isOpaque(picture)) return picture;
  using owned = picture;
  using graph = new PictureGraph([shapeOf(owned)], '[in0]format=pix_fmts=yuv420p[out]');
  return await graph.runBeside([owned]);
}

/**
 * The samples of a picture as RGBA in another size, rows without padding, not multiplied with their alpha. Works beside
 * the main thread; `picture` must live until it is done.
 * @param width 1 or more; @param height 1 or more
 * @throws MediaError
 */
export async function rgbaBeside(picture: Picture, width: number, height: number): Promise<Uint8Array> {
  using graph = rgbaGraph(picture, width, height);
  using scaled = await graph.runBeside([picture]);
  return packedRows(scaled);
}

function rgbaGraph(picture: Picture, width: number, height: number): PictureGraph {
  // Area averages when it shrinks, so that thin strokes do not break up.
  const kernel = width < picture.width || height < picture.height ? 'area' : 'bicubic';
  return new PictureGraph(
    [shapeOf(picture)],
    `[in0]scale=${width}:${height}:flags=${kernel}+accurate_rnd+full_chroma_int,format=pix_fmts=rgba[out]`,
  );
}

function packedRows(picture: Picture): Uint8Array {
  const data = need(picture.data?.[0], 'picture data');
  const stride = picture.linesize[0] ?? 0;
  const row = picture.width * 4;
  const packed = new Uint8Array(row * picture.height);
  for (let y = 0; y < picture.height; y++) packed.set(data.subarray(y * stride, y * stride + row), y * row);
  return packed;
}
