/**
 * Pictures in the memory of a graphics device, for encoders that take no others. Holds a few; the encoder gives each back
 * when it has read it.
 */
import { Frame, HardwareDeviceContext, HardwareFramesContext } from 'node-av/lib';
import type { EncoderRecipe } from './encoder-recipe.js';
import type { Picture } from './picture.js';
import { check } from './result.js';

/** One is being coded, one is the reference, the rest is room. */
const POOL = 8;

export class DevicePictures implements Disposable {
  readonly #device = new HardwareDeviceContext();
  /** What the encoder must be told before it is opened. */
  readonly frames = new HardwareFramesContext();

  /** @throws MediaError when there is no such device, or it has no room for pictures of this size */
  constructor(
    device: NonNullable<EncoderRecipe['device']>,
    size: { width: number; height: number },
    recipe: EncoderRecipe,
  ) {
    try {
      check('open the device', this.#device.create(device.type));
      this.frames.alloc(this.#device);
      this.frames.format = device.format;
      this.frames.swFormat = recipe.samples.format;
      this.frames.width = size.width;
      this.frames.height = size.height;
      this.frames.initialPoolSize = POOL;
      check('reserve pictures on the device', this.frames.init());
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** A copy on the device; the caller keeps `picture` and owns the result. @throws MediaError */
  async upload(picture: Picture): Promise<Picture> {
    const there = new Frame();
    there.alloc();
    try {
      check('take a picture of the device', this.frames.getBuffer(there));
      check('copy a picture to the device', await this.frames.transferData(there, picture));
      check('copy properties of a picture', there.copyProps(picture));
      return there;
    } catch (error) {
      there.free();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.frames.free();
    this.#device.free();
  }
}
