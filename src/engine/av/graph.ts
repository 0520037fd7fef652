/**
 * A filter graph with picture inputs and one picture output, built once and run once a tick.
 * Pictures handed to {@link PictureGraph.run} stay the caller's; the result is the caller's too.
 */
import { AV_BUFFERSRC_FLAG_KEEP_REF } from 'node-av/constants';
import { type FilterContext, FilterGraph, Frame } from 'node-av/lib';
import type { Picture, PictureShape } from './picture.js';
import { sharePicture } from './picture.js';
import { check, need } from './result.js';

export class PictureGraph implements Disposable {
  readonly #graph = new FilterGraph();
  readonly #inputs: FilterContext[] = [];
  readonly #output: FilterContext;
  #runs = 0;

  /**
   * @param shapes what goes into the inputs, in order; the description calls them `[in0]`, `[in1]`, ...
   * @param description filters from the inputs to `[out]` in FFmpeg's filter graph syntax
   * @throws MediaError when the graph cannot be built
   */
  constructor(shapes: PictureShape[], description: string) {
    this.#graph.alloc();
    // One thread: the pictures are small, and other studios need the cores.
    this.#graph.nbThreads = 1;
    try {
      const sources = shapes.map(
        (shape, index) =>
          `buffer@in${index}=video_size=${shape.width}x${shape.height}:pix_fmt=${shape.format}:time_base=1/1` +
          `:pixel_aspect=${shape.sarNum}/${shape.sarDen}:colorspace=${shape.space}:range=${shape.range}[in${index}]`,
      );
      check('parse filter graph', this.#graph.parsePtr(`${sources.join(';')};${description};[out]buffersink@out`));
      check('configure filter graph', this.#graph.configSync());
      for (const index of shapes.keys()) this.#inputs.push(this.#filter(`buffer@in${index}`));
      this.#output = this.#filter('buffersink@out');
    } catch (error) {
      this.#graph.free();
      throw error;
    }
  }

  #filter(name: string): FilterContext {
    return need(this.#graph.getFilter(name), `filter ${name}`);
  }

  /**
   * Feeds one picture to each input and returns the composed one.
   *
   * The graph takes references of its own. Handed over instead, a picture would go on being counted for the garbage
   * collector until that runs, some 4 MB a tick at 720 lines, and so make it run every second.
   * @throws MediaError
   */
  run(pictures: readonly Picture[]): Picture {
    // Filters with several inputs match pictures by time: all of a run have one, and no two runs the same.
    const time = BigInt(this.#runs++);
    for (const [index, input] of this.#inputs.entries()) {
      const picture = need(pictures[index], `picture for input ${index}`);
      picture.pts = time;
      check('feed filter graph', input.buffersrcAddFrameSync(picture, AV_BUFFERSRC_FLAG_KEEP_REF));
    }
    const result = new Frame();
    result.alloc();
    try {
      check('run filter graph', this.#output.buffersinkGetFrameSync(result));
    } catch (error) {
      result.free();
      throw error;
    }
    return result;
  }

  /** {@link run} beside the main thread, for work that would hold up a tick. Calls must not overlap. @throws MediaError */
  async runBeside(pictures: readonly Picture[]): Promise<Picture> {
    const time = BigInt(this.#runs++);
    for (const [index, input] of this.#inputs.entries()) {
      using frame = sharePicture(need(pictures[index], `picture for input ${index}`));
      frame.pts = time;
      check('feed filter graph', await input.buffersrcAddFrame(frame, AV_BUFFERSRC_FLAG_KEEP_REF));
    }
    const result = new Frame();
    result.alloc();
    try {
      check('run filter graph', await this.#output.buffersinkGetFrame(result));
    } catch (error) {
      result.free();
      throw error;
    }
    return result;
  }

  [Symbol.dispose](): void {
    this.#graph.free();
  }
}
