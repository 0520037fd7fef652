/** Which encoder is used, what happens when hardware is not there or fails, and that it is told. */
import { afterEach, expect, test } from 'vitest';
import type { EncoderKind, EncoderSetting } from '../../../../src/domain/engine.js';
import { RECIPES } from '../../../../src/engine/av/encoder-recipe.js';
import { type CodedPicture, threadsFor, VideoEncoder } from '../../../../src/engine/av/video-encoder.js';
import { EncoderChoice, type PictureEncoder } from '../../../../src/engine/encode/encoder-choice.js';
import { PictureWatch } from '../picture-watch.js';

const SETTINGS = { width: 64, height: 48, fps: 30, bitrate: 300_000 };

class Shop {
  readonly asked: EncoderKind[] = [];
  readonly told: string[] = [];
  /** What can be opened. */
  stock: EncoderKind[] = ['x264'];
  broken = new Set<EncoderKind>();
  readonly choice: EncoderChoice;

  constructor(wanted: EncoderSetting, stock: EncoderKind[]) {
    this.stock = stock;
    this.choice = new EncoderChoice({
      wanted,
      open: (kind) => this.#open(kind),
      onFallback: (message) => this.told.push(message),
    });
  }

  #open(kind: EncoderKind): PictureEncoder {
    this.asked.push(kind);
    if (!this.stock.includes(kind)) throw new Error(`no ${kind} here`);
    const encode = async (): Promise<CodedPicture[]> => {
      if (this.broken.has(kind)) throw new Error('device lost');
      return [];
    };
    return { config: Buffer.from(kind), encode, close: () => {} };
  }

  open(): PictureEncoder {
    return this.choice.open(SETTINGS);
  }
}

const watch = new PictureWatch();
afterEach(() => {
  expect(watch.held).toBe(0);
  expect(watch.freedTwice).toBe(0);
});

test('x264 is used, and nothing else tried, unless it is asked for', () => {
  const shop = new Shop('x264', ['x264', 'vaapi', 'nvenc']);
  expect(shop.open().config.toString()).toBe('x264');
  expect(shop.asked).toEqual(['x264']);
  expect(shop.choice.inUse).toEqual(['x264']);
});

test('hardware that is named is used where it is there, by all streams', () => {
  const shop = new Shop('vaapi', ['x264', 'vaapi']);
  const [one, other] = [shop.open(), shop.open()];
  expect(shop.choice.inUse).toEqual(['vaapi']);
  one.close();
  one.close();
  expect(shop.choice.inUse).toEqual(['vaapi']);
  other.close();
  expect(shop.choice.inUse).toEqual([]);
  expect(shop.told).toEqual([]);
});

test('hardware that is not there is told once, and not tried again', () => {
  const shop = new Shop('qsv', ['x264']);
  expect(shop.open().config.toString()).toBe('x264');
  expect(shop.open().config.toString()).toBe('x264');
  expect(shop.asked).toEqual(['qsv', 'x264', 'x264']);
  expect(shop.told).toEqual(['The encoder qsv cannot be used (no qsv here); x264 is used instead.']);
});

test('auto takes the first hardware that is there and does not tell of the rest', () => {
  const shop = new Shop('auto', ['x264', 'vaapi']);
  expect(shop.open().config.toString()).toBe('vaapi');
  expect(shop.asked).toEqual(['nvenc', 'qsv', 'vaapi']);
  expect(shop.told).toEqual([]);
  const bare = new Shop('auto', ['x264']);
  expect(bare.open().config.toString()).toBe('x264');
  expect(bare.told).toEqual([]);
});

test('a stream that the hardware has no room for falls back alone', () => {
  const shop = new Shop('nvenc', ['x264', 'nvenc']);
  shop.open();
  shop.stock = ['x264'];
  const second = shop.open();
  expect(shop.choice.inUse).toEqual(['nvenc', 'x264']);
  expect(shop.told).toHaveLength(1);
  shop.stock = ['x264', 'nvenc'];
  second.close();
  expect(shop.open().config.toString()).toBe('nvenc');
});

test('hardware that fails while it encodes is told and given up', async () => {
  const shop = new Shop('auto', ['x264', 'vaapi']);
  const encoder = shop.open();
  shop.broken.add('vaapi');
  const picture = watch.make(100, 64, 48);
  await expect(encoder.encode(picture, 0, true)).rejects.toThrow('device lost');
  picture.free();
  encoder.close();
  expect(shop.told).toEqual(['The encoder vaapi cannot be used (device lost); videotoolbox is used instead.']);
  expect(shop.open().config.toString()).toBe('x264');
});

test('FFmpeg says why hardware cannot be used, and x264 takes over with pictures', async () => {
  const told: string[] = [];
  for (const wanted of ['nvenc', 'qsv', 'vaapi', 'videotoolbox'] as const) {
    const choice = new EncoderChoice({
      wanted,
      // A name that no FFmpeg has, so that the test is the same on machines with hardware.
      open: (kind, settings) =>
        new VideoEncoder({ ...settings, recipe: { ...RECIPES[kind], ...(kind === wanted && { codec: 'h264_none' }) } }),
      onFallback: (message) => told.push(message),
    });
    const encoder = choice.open(SETTINGS);
    const [coded] = await encoder.encode(watch.make(100, 64, 48), 3, true);
    expect(coded).toMatchObject({ tick: 3, key: true });
    encoder.close();
  }
  expect(told).toHaveLength(4);
  expect(told[0]).toBe('The encoder nvenc cannot be used (FFmpeg has no encoder h264_none); x264 is used instead.');
});

test('samples are laid as the encoder takes them', async () => {
  const { samples } = RECIPES.qsv;
  const encoder = new VideoEncoder({ ...SETTINGS, recipe: { ...RECIPES.x264, samples } });
  for (let tick = 0; tick < 3; tick++) {
    const [coded] = await encoder.encode(watch.make(100, 64, 48), tick, tick === 0);
    expect(coded).toMatchObject({ tick, key: tick === 0 });
  }
  encoder.close();
});

test('x264 has one thread for a picture of 720 lines, lying or upright, and more for larger and faster ones', () => {
  const threads = (width: number, height: number, fps: number, rate?: number, cores = 8): number =>
    threadsFor({ width, height, fps, bitrate: 1, ...(rate !== undefined && { rate }) }, cores);
  expect([threads(1280, 720, 30), threads(720, 1280, 30), threads(320, 180, 5)]).toEqual([1, 1, 1]);
  expect([threads(1920, 1080, 30), threads(1080, 1920, 30), threads(1920, 1080, 30, 15)]).toEqual([2, 2, 1]);
  expect([threads(1280, 720, 60), threads(1920, 1080, 60), threads(1920, 1080, 60, 60, 2)]).toEqual([2, 4, 2]);
});
