/**
 * Makes what decoders give what the mixer can count on: pictures that are whole (not two half pictures woven together)
 * and upright, with tags that say how they are to be read. Most pictures pass untouched; a filter graph is built only
 * for those that need it, and built anew when their shape changes in the middle.
 *
 * Picture for picture: as many come out as go in, with the times that they had. Deinterlacing looks at the next picture,
 * so while it is on, each comes out one later; `drain` gives the last one. Calls must not overlap.
 */
import { AV_FRAME_DATA_DISPLAYMATRIX, AV_FRAME_FLAG_INTERLACED, AV_NOPTS_VALUE } from 'node-av/constants';
import { type FilterContext, FilterGraph, Frame } from 'node-av/lib';
import { type Picture, type PictureShape, settleColour, shapeKey, shapeOf } from './picture.js';
import { check, isAgain, isEnd, need } from './result.js';

/** A picture and its time in µs; whoever holds it owns the picture. */
export interface TimedPicture {
  picture: Picture;
  pts: number;
}

/**
 * The filters that turn a picture as its display matrix says, empty when it is upright. Turns by anything but quarters
 * are left alone.
 * @param matrix nine native 32-bit numbers, as in FFmpeg's AV_FRAME_DATA_DISPLAYMATRIX (ISO 14496-12 section 6.2.2)
 */
export function turnFilters(matrix: Buffer | null): string {
  if (!matrix || matrix.length < 36) return '';
  const view = new Int32Array(9);
  Buffer.from(view.buffer).set(matrix.subarray(0, 36));
  // x' = a x + c y, y' = b x + d y, with y down.
  const [a, b, , c, d] = [view[0] ?? 0, view[1] ?? 0, 0, view[3] ?? 0, view[4] ?? 0];
  const straight = Math.abs(a) + Math.abs(d);
  const crossed = Math.abs(b) + Math.abs(c);
  if (straight > 4 * crossed) return [...(a < 0 ? ['hflip'] : []), ...(d < 0 ? ['vflip'] : [])].join(',');
  if (crossed <= 4 * straight) return '';
  if (c < 0) return b < 0 ? 'transpose=clock_flip' : 'transpose=clock';
  return b < 0 ? 'transpose=cclock' : 'transpose=cclock_flip';
}

export class Normaliser {
  #graph: FilterGraph | null = null;
  #input: FilterContext | null = null;
  #output: FilterContext | null = null;
  #key = '';
  /** Stays on until the shape changes: a stream of both kinds would otherwise lose its order. */
  #interlaced = false;
  #shape = '';
  /** A shape for which no graph could be built; its pictures pass as they are. */
  #hopeless = '';

  /** Takes a decoded picture and returns what is finished by now, in order; the caller owns those. */
  async push(picture: Picture, pts: number): Promise<TimedPicture[]> {
    settleColour(picture);
    const shape = shapeOf(picture);
    const shapeName = shapeKey(shape);
    if (shapeName !== this.#shape) this.#interlaced = false;
    this.#shape = shapeName;
    this.#interlaced ||= picture.hasFlags(AV_FRAME_FLAG_INTERLACED);
    const filters = [
      // A picture that is not marked passes it as it is.
      ...(this.#interlaced ? ['bwdif=mode=send_frame:deint=interlaced,settb=1/1000000'] : []),
      ...[turnFilters(picture.getSideData(AV_FRAME_DATA_DISPLAYMATRIX))].filter(Boolean),
    ].join(',');
    const key = filters === '' ? '' : `${shapeName}/${filters}`;
    const done: TimedPicture[] = [];
    let mine = true;
    try {
      if (key !== this.#key) done.push(...(await this.#switch(key, shape, filters)));
      if (!this.#input) {
        mine = false;
        return [...done, { picture, pts }];
      }
      picture.pts = BigInt(Math.round(pts));
      check('feed filters', await this.#input.buffersrcAddFrame(picture));
      return [...done, ...(await this.#collect())];
    } catch (error) {
      for (const entry of done) entry.picture.free();
      throw error;
    } finally {
      if (mine) picture.free();
    }
  }

  /** Gives what is held back. */
  async drain(): Promise<TimedPicture[]> {
    return this.#switch('', null, '');
  }

  async #switch(key: string, shape: PictureShape | null, filters: string): Promise<TimedPicture[]> {
    let rest: TimedPicture[] = [];
    if (this.#input) {
      const code = await this.#input.buffersrcAddFrame(null);
      if (code >= 0) rest = await this.#collect();
    }
    this.close();
    this.#key = key;
    if (!shape || key === '' || key === this.#hopeless) return rest;
    const graph = new FilterGraph();
    graph.alloc();
    graph.nbThreads = 1;
    try {
      const source =
        `buffer@in=video_size=${shape.width}x${shape.height}:pix_fmt=${shape.format}:time_base=1/1000000` +
        `:pixel_aspect=${shape.sarNum}/${shape.sarDen}:colorspace=${shape.space}:range=${shape.range}`;
      check('parse filters', graph.parsePtr(`${source},${filters},buffersink@out`));
      check('configure filters', graph.configSync());
      this.#input = need(graph.getFilter('buffer@in'), 'filter input');
      this.#output = need(graph.getFilter('buffersink@out'), 'filter output');
      this.#graph = graph;
    } catch {
      // Too small to be deinterlaced, for one: shown as it is, it is still better than nothing.
      this.#hopeless = key;
      graph.free();
    }
    return rest;
  }

  async #collect(): Promise<TimedPicture[]> {
    const done: TimedPicture[] = [];
    for (;;) {
      const picture = new Frame();
      picture.alloc();
      const code = await need(this.#output, 'filter output').buffersinkGetFrame(picture);
      if (code < 0) {
        picture.free();
        if (isAgain(code) || isEnd(code)) return done;
        for (const entry of done) entry.picture.free();
        check('run filters', code);
      }
      if (picture.pts === AV_NOPTS_VALUE) picture.free();
      else done.push({ picture, pts: Number(picture.pts) });
    }
  }

  close(): void {
    this.#graph?.free();
    this.#graph = null;
    this.#input = null;
    this.#output = null;
    this.#key = '';
  }
}
