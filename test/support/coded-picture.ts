/**
 * Pictures and sound that say who made them and when: a plain colour per source, its frame number as a code
 * (src/lib/framecode.ts), a bar that moves, a continuous tone, and on demand a flash and a beep each second.
 * Everything is a pure function of the frame number, so a file, a live push and a test agree on what frame 1234 is.
 */
import { paintFrameCode } from '../../src/lib/framecode.js';

export const SAMPLE_RATE = 48_000;

export interface CodedLook {
  /** Number in the code, 0 to 15; also picks the colour. */
  source: number;
  /** Even, pixels. */
  width: number;
  height: number;
  /** Whole frames per second; 48,000 must be divisible by it. */
  fps: number;
  /** Continuous tone, Hz; 0 for none. */
  toneHz: number;
  /** Side of the stereo sound that carries anything. */
  channels: 'both' | 'left' | 'right';
  /** Each second, beginning with second 1: the lower half is white for 2 frames and a beep of 100 ms begins. */
  flash: boolean;
  /** Pitch of the beep, Hz. */
  beepHz: number;
}

export const DEFAULT_LOOK: CodedLook = {
  source: 1,
  width: 640,
  height: 360,
  fps: 30,
  toneHz: 440,
  channels: 'both',
  flash: false,
  beepHz: 2000,
};

export const FLASH_FRAMES = 2;
export const BEEP_MS = 100;
const TONE_LEVEL = 0.25;
const BEEP_LEVEL = 0.4;

/** Y, U, V of the plain colour of each source; luma stays far from the code's black and white and from a flash. */
const COLOURS: readonly (readonly [number, number, number])[] = [
  [110, 128, 128],
  [90, 110, 190],
  [110, 90, 80],
  [80, 190, 110],
  [140, 60, 150],
  [120, 170, 90],
  [100, 150, 170],
  [130, 100, 110],
];

/** Colour of a source as it is in the middle of its picture: luma and the two colour differences, 0 to 255. */
export function sourceColour(source: number): { y: number; u: number; v: number } {
  const [y, u, v] = COLOURS[source % COLOURS.length] ?? [110, 128, 128];
  return { y, u, v };
}

/** Bytes of one yuv420p picture. */
export function pictureSize(look: CodedLook): number {
  return (look.width * look.height * 3) / 2;
}

/** True when the picture of this frame has the white lower half. */
export function isFlashFrame(look: CodedLook, frame: number): boolean {
  return look.flash && frame >= look.fps && frame % look.fps < FLASH_FRAMES;
}

/** Paints frames; keeps the plain background so that a frame costs one copy and a few small fills. */
export class CodedPicture {
  readonly #look: CodedLook;
  readonly #plain: Buffer;

  constructor(look: CodedLook) {
    this.#look = look;
    const luma = look.width * look.height;
    const { y, u, v } = sourceColour(look.source);
    this.#plain = Buffer.alloc(pictureSize(look));
    this.#plain.fill(y, 0, luma);
    this.#plain.fill(u, luma, luma * 1.25);
    this.#plain.fill(v, luma * 1.25);
  }

  /** One yuv420p picture as a new buffer that the caller owns. */
  paint(frame: number): Buffer {
    const { width, height, source } = this.#look;
    const picture = Buffer.from(this.#plain);
    const area = { x: 0, y: 0, width, height };
    paintFrameCode({ data: picture, stride: width }, area, { source, frame });
    this.#paintBar(picture, frame);
    if (isFlashFrame(this.#look, frame)) this.#paintFlash(picture);
    return picture;
  }

  /** A light bar that crosses the upper middle in two seconds, so that a frozen picture is seen by eye as well. */
  #paintBar(picture: Buffer, frame: number): void {
    const { width, height, fps } = this.#look;
    const barWidth = Math.round(width / 40);
    const x = Math.round(((frame % (2 * fps)) / (2 * fps)) * (width - barWidth));
    for (let row = Math.round(height * 0.22); row < Math.round(height * 0.4); row++) {
      picture.fill(190, row * width + x, row * width + x + barWidth);
    }
  }

  #paintFlash(picture: Buffer): void {
    const { width, height } = this.#look;
    const luma = width * height;
    const half = Math.floor(height / 4) * 2;
    picture.fill(235, half * width, luma);
    const chroma = (half / 2) * (width / 2);
    picture.fill(128, luma + chroma, luma * 1.25);
    picture.fill(128, luma * 1.25 + chroma, luma * 1.5);
  }
}

/** Stereo s16le sound of `count` samples from sample `first` on, as a new buffer. */
export function codedSound(look: CodedLook, first: number, count: number): Buffer {
  const sound = Buffer.alloc(count * 4);
  const toneStep = (2 * Math.PI * look.toneHz) / SAMPLE_RATE;
  const beepStep = (2 * Math.PI * look.beepHz) / SAMPLE_RATE;
  const beepSamples = (BEEP_MS * SAMPLE_RATE) / 1000;
  for (let index = 0; index < count; index++) {
    const sample = first + index;
    let level = look.toneHz > 0 ? TONE_LEVEL * Math.sin(toneStep * sample) : 0;
    const inSecond = sample % SAMPLE_RATE;
    if (look.flash && sample >= SAMPLE_RATE && inSecond < beepSamples)
      level += BEEP_LEVEL * Math.sin(beepStep * inSecond);
    const value = Math.round(level * 32_767);
    if (look.channels !== 'right') sound.writeInt16LE(value, index * 4);
    if (look.channels !== 'left') sound.writeInt16LE(value, index * 4 + 2);
  }
  return sound;
}
