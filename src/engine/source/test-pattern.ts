/**
 * The two moving test pictures, painted straight into the planes of a yuv420p picture, and their sound.
 *
 * Everything follows from the frame number and the sample number alone. The pictures carry the frame code of
 * `lib/framecode.ts` (source 1 for the clock, 2 for the bars). No fonts are needed: numbers are seven-segment digits.
 */
import type { TestPattern } from '../../domain/desired.js';
import { paintFrameCode } from '../../lib/framecode.js';
import { CHANNELS, SAMPLE_RATE } from '../audio/format.js';
import type { Planes } from '../av/media.js';

interface Colour {
  y: number;
  u: number;
  v: number;
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const TEST_SOURCE_CODE: Record<TestPattern, number> = { clock: 1, bars: 2 };

const NIGHT: Colour = { y: 38, u: 142, v: 122 };
const PANEL: Colour = { y: 26, u: 136, v: 125 };
const DIGIT: Colour = { y: 214, u: 122, v: 131 };
const DIM: Colour = { y: 52, u: 140, v: 123 };
const ACCENT: Colour = { y: 160, u: 70, v: 165 };
const GREY: Colour = { y: 128, u: 128, v: 128 };
const WHITE: Colour = { y: 235, u: 128, v: 128 };
/** 75 % colour bars, BT.709 limited range: white, yellow, cyan, green, magenta, red, blue. */
const BARS: readonly Colour[] = [
  { y: 180, u: 128, v: 128 },
  { y: 168, u: 44, v: 136 },
  { y: 145, u: 147, v: 44 },
  { y: 133, u: 63, v: 52 },
  { y: 63, u: 193, v: 204 },
  { y: 51, u: 109, v: 212 },
  { y: 28, u: 212, v: 120 },
];

/** Frames for which the flash of the clock is lit at the start of a second. */
const FLASH_FRAMES = 2;
/** Length of its beep, samples. */
const BEEP = SAMPLE_RATE / 10;
const RAMP = 96;
const LEVEL = 0.2;

function fill(planes: Planes, rect: Rect, colour: Colour): void {
  const x = Math.max(0, Math.round(rect.x / 2) * 2);
  const y = Math.max(0, Math.round(rect.y / 2) * 2);
  const right = Math.min(planes.y.stride, Math.round((rect.x + rect.width) / 2) * 2);
  const bottom = Math.round((rect.y + rect.height) / 2) * 2;
  for (let row = y; row < bottom; row++)
    planes.y.data.fill(colour.y, row * planes.y.stride + x, row * planes.y.stride + right);
  for (let row = y / 2; row < bottom / 2; row++) {
    planes.u.data.fill(colour.u, row * planes.u.stride + x / 2, row * planes.u.stride + right / 2);
    planes.v.data.fill(colour.v, row * planes.v.stride + x / 2, row * planes.v.stride + right / 2);
  }
}

/** Lit segments of the digits 0 to 9: bit 0 top, 1 top right, 2 bottom right, 3 bottom, 4 bottom left, 5 top left, 6 middle. */
const SEGMENTS = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f];

/** Paints one character (`0` to `9`, `:` or space) into a cell whose height is twice its width. */
function paintCharacter(planes: Planes, character: string, x: number, y: number, width: number, on: Colour): void {
  const height = width * 2;
  const bar = Math.max(2, width * 0.16);
  if (character === ':') {
    fill(planes, { x: x + width / 2 - bar / 2, y: y + height * 0.28, width: bar, height: bar }, on);
    fill(planes, { x: x + width / 2 - bar / 2, y: y + height * 0.66, width: bar, height: bar }, on);
    return;
  }
  const lit = SEGMENTS[Number.parseInt(character, 10)];
  if (lit === undefined) return;
  const left = x + width * 0.12;
  const inner = width * 0.76;
  const half = height / 2;
  const shapes: Rect[] = [
    { x: left, y, width: inner, height: bar },
    { x: left + inner - bar, y, width: bar, height: half },
    { x: left + inner - bar, y: y + half, width: bar, height: half },
    { x: left, y: y + height - bar, width: inner, height: bar },
    { x: left, y: y + half, width: bar, height: half },
    { x: left, y, width: bar, height: half },
    { x: left, y: y + half - bar / 2, width: inner, height: bar },
  ];
  for (const [index, rect] of shapes.entries()) if (lit & (1 << index)) fill(planes, rect, on);
}

function paintText(planes: Planes, text: string, x: number, y: number, width: number, on: Colour): void {
  for (const [index, character] of [...text].entries())
    paintCharacter(planes, character, x + index * width, y, width * 0.8, on);
}

/** What stays the same in every frame of a pattern. The planes cover the whole of `width` x `height`. */
export function paintBackground(planes: Planes, width: number, height: number, pattern: TestPattern): void {
  if (pattern === 'bars') {
    const step = width / BARS.length;
    for (const [index, colour] of BARS.entries()) {
      fill(planes, { x: index * step, y: 0, width: step + 2, height }, colour);
    }
    fill(planes, { x: 0, y: height * 0.78, width, height: height * 0.22 }, PANEL);
    // The frame code is painted into the luma alone.
    fill(planes, { x: width / 40, y: height / 20, width: (width * 16) / 40, height: (height * 2) / 20 }, GREY);
    return;
  }
  fill(planes, { x: 0, y: 0, width, height }, NIGHT);
  fill(planes, { x: width * 0.06, y: height * 0.24, width: width * 0.88, height: height * 0.52 }, PANEL);
  for (let mark = 0; mark <= 10; mark++) {
    const x = width * (0.1 + 0.08 * mark);
    fill(planes, { x, y: height * 0.9, width: 2, height: height * (mark % 5 === 0 ? 0.05 : 0.03) }, DIM);
  }
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Paints what moves over a copy of the background. `frame` counts from 1970 at `fps`. */
export function paintMoving(
  planes: Planes,
  options: { width: number; height: number; pattern: TestPattern; frame: number; fps: number },
): void {
  const { width, height, frame, fps } = options;
  const inSecond = frame % fps;
  if (options.pattern === 'bars') {
    const period = fps * 4;
    const at = (frame % period) / period;
    fill(planes, { x: at * width, y: 0, width: width * 0.02, height: height * 0.78 }, WHITE);
    const bounce = Math.abs((frame % (fps * 2)) / fps - 1);
    fill(
      planes,
      { x: width * 0.04 + bounce * width * 0.84, y: height * 0.84, width: width * 0.08, height: height * 0.1 },
      ACCENT,
    );
  } else {
    const seconds = Math.floor(frame / fps);
    const text = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}:${two(inSecond)}`;
    const cell = (width * 0.8) / text.length;
    paintText(planes, text, width * 0.1, height * 0.3, cell, DIGIT);
    const counter = String(frame % 1_000_000).padStart(6, '0');
    paintText(planes, counter, width * 0.1, height * 0.6, cell * 0.6, ACCENT);
    const flash = inSecond < FLASH_FRAMES;
    fill(
      planes,
      { x: width * 0.66, y: height * 0.59, width: width * 0.22, height: height * 0.13 },
      flash ? WHITE : DIM,
    );
    fill(
      planes,
      { x: width * 0.1, y: height * 0.83, width: (width * 0.8 * (inSecond + 1)) / fps, height: height * 0.05 },
      ACCENT,
    );
  }
  paintFrameCode(planes.y, { x: 0, y: 0, width, height }, { source: TEST_SOURCE_CODE[options.pattern], frame });
}

/**
 * Sound from sample `from` on, counted from 1970 at 48 kHz: the bars have a steady tone, the clock a beep in the first
 * tenth of each second.
 */
export function testSound(out: Float32Array, options: { pattern: TestPattern; toneHz: number; from: number }): void {
  const turn = (2 * Math.PI * options.toneHz) / SAMPLE_RATE;
  const start = ((options.from % SAMPLE_RATE) + SAMPLE_RATE) % SAMPLE_RATE;
  for (let i = 0; i < out.length / CHANNELS; i++) {
    const at = (start + i) % SAMPLE_RATE;
    let level = LEVEL;
    if (options.pattern === 'clock') {
      if (at >= BEEP) level = 0;
      else level *= Math.min(1, at / RAMP, (BEEP - at) / RAMP);
    }
    const value = level === 0 ? 0 : level * Math.sin(turn * at);
    out[i * CHANNELS] = value;
    out[i * CHANNELS + 1] = value;
  }
}
