/** The composed picture by its samples: where layers lie, what covers what, and that colours come out right. */
import { Rational } from 'node-av/lib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PositionRefer, VideoLayer } from '../../../../src/domain/desired.js';
import { allocPicture, type Picture, planesOf } from '../../../../src/engine/av/picture.js';
import { decodeStill } from '../../../../src/engine/av/still.js';
import { Compositor } from '../../../../src/engine/video/compositor.js';
import { FramePool } from '../../../../src/engine/video/frame-pool.js';
import { PictureWatch } from '../picture-watch.js';
import { png } from '../png.js';
import { type Colour, colour, expectNear, layer, luma } from './samples.js';

const WIDTH = 320;
const HEIGHT = 180;
const BLACK = 16;
/** FFmpeg's SWS_CS_SMPTE170M: the matrix of pictures below 720 lines. */
const BT601 = 6;

let compositor: Compositor;
let pool: FramePool;
let watch: PictureWatch;

beforeEach(() => {
  pool = new FramePool({ width: WIDTH, height: HEIGHT });
  compositor = new Compositor({ width: WIDTH, height: HEIGHT }, pool);
  watch = new PictureWatch();
});

afterEach(() => {
  compositor[Symbol.dispose]();
  pool[Symbol.dispose]();
});

function plain(width: number, height: number, colour: Colour | number): Picture {
  const picture = allocPicture(width, height);
  const planes = planesOf(picture);
  const { y, u, v } = typeof colour === 'number' ? { y: colour, u: 128, v: 128 } : colour;
  planes.y.data.fill(y);
  planes.u.data.fill(u);
  planes.v.data.fill(v);
  return watch.watch(picture);
}

function compose(...layers: [VideoLayer, Picture][]): Picture {
  return watch.watch(
    compositor.compose({
      background: [],
      pictures: layers.map(([spec, picture]) => ({ layer: spec, picture })),
      cover: [],
    }),
  );
}

/** Expects a box of one luma on black: inside its corners it is that, outside of them black. */
function expectBox(
  picture: Picture,
  box: { x: number; y: number; width: number; height: number },
  wanted: number,
): void {
  const left = Math.max(0, box.x);
  const top = Math.max(0, box.y);
  const right = Math.min(WIDTH, box.x + box.width) - 1;
  const bottom = Math.min(HEIGHT, box.y + box.height) - 1;
  const inside = [left, right].flatMap((x) => [top, bottom].map((y) => [x, y] as const));
  inside.push([(left + right) >> 1, (top + bottom) >> 1]);
  for (const [x, y] of inside) expectNear(luma(picture, x, y), wanted);
  const middleX = (left + right) >> 1;
  const middleY = (top + bottom) >> 1;
  for (const [x, y] of [
    [left - 2, middleY],
    [right + 2, middleY],
    [middleX, top - 2],
    [middleX, bottom + 2],
  ] as const) {
    if (x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT) expectNear(luma(picture, x, y), BLACK);
  }
}

test('nothing is black, and each call gives a reference of its own', () => {
  const first = compose();
  const second = compose();
  expect(colour(first, 160, 90)).toEqual({ y: 16, u: 128, v: 128 });
  first.free();
  expect(luma(second, 0, 0)).toBe(16);
  second.free();
  expect(watch.held).toBe(0);
});

describe('a plain picture by each of the nine points', () => {
  // A quarter in size, 10 % from the point: 32 and 18 pixels.
  const rows: [PositionRefer, number, number][] = [
    ['topLeft', 32, 18],
    ['topCenter', 120 + 32, 18],
    ['topRight', 240 - 32, 18],
    ['leftCenter', 32, 86],
    ['center', 120 + 32, 86],
    ['rightCenter', 240 - 32, 86],
    ['bottomLeft', 32, 116],
    ['bottomCenter', 120 + 32, 116],
    ['bottomRight', 240 - 32, 116],
  ];
  test.each(rows)('%s', (refer, x, y) => {
    const picture = plain(640, 360, 150);
    const shares = { width: 0.25, height: 0.25, x: 0.1, y: 0.1, refer };
    const box = { x, y, width: 80, height: 46 };
    for (const fill of ['fit', 'none'] as const) expectBox(compose([layer({ ...shares, fill }), picture]), box, 150);
  });
});

test('fit keeps the aspect inside its box, none takes it from the height', () => {
  const square = plain(200, 200, 180);
  expectBox(compose([layer(), square]), { x: 70, y: 0, width: 180, height: 180 }, 180);
  const byHeight = layer({ fill: 'none', height: 0.5, width: 1 });
  expectBox(compose([byHeight, square]), { x: 0, y: 0, width: 90, height: 90 }, 180);
});

test('samples that are not square are seen as they should be', () => {
  const picture = plain(180, 180, 180);
  picture.sampleAspectRatio = { ...picture.sampleAspectRatio, num: 16, den: 9 } as typeof picture.sampleAspectRatio;
  expectBox(
    compose([layer({ fill: 'none', height: 0.5, width: 0 }), picture]),
    { x: 0, y: 0, width: 160, height: 90 },
    180,
  );
});

test('later layers lie above earlier ones', () => {
  const result = compose(
    [layer({ width: 0.5, height: 0.5 }), plain(320, 180, 60)],
    [layer({ width: 0.5, height: 0.5, x: 0.25, y: 0.25 }), plain(320, 180, 120)],
    [layer({ width: 0.5, height: 0.5, x: 0.5, y: 0.5 }), plain(320, 180, 200)],
  );
  expectNear(luma(result, 20, 20), 60);
  expectNear(luma(result, 100, 60), 120);
  expectNear(luma(result, 180, 100), 200);
  expectNear(luma(result, 310, 170), 200);
  expectNear(luma(result, 310, 10), BLACK);
});

test('what lies below a picture that fills the frame is not even looked at', () => {
  const full = plain(WIDTH, HEIGHT, 99);
  const below = plain(640, 360, 200);
  const result = compose([layer(), below], [layer(), full]);
  expect(luma(result, 5, 5)).toBe(99);
  // Passed on as it is: the same samples, not a copy.
  planesOf(full).y.data[0] = 77;
  expect(luma(result, 0, 0)).toBe(77);

  const above = compose([layer(), below], [layer(), full], [layer({ width: 0.25, height: 0.25 }), below]);
  expectNear(luma(above, 10, 10), 200);
  expectNear(luma(above, 200, 100), 99);
});

test('a layer that lies partly outside is cut off, one that lies wholly outside is left out', () => {
  const picture = plain(320, 180, 140);
  expectBox(
    compose([layer({ width: 0.5, height: 0.5, x: 0.75, y: 0.75 }), picture]),
    { x: 240, y: 136, width: 160, height: 90 },
    140,
  );
  const tall = plain(180, 360, 140);
  const overflowing = layer({ fill: 'none', width: 0.75, height: 0, refer: 'center' });
  expectBox(compose([overflowing, tall]), { x: 40, y: -150, width: 240, height: 480 }, 140);
  expect(luma(compose([layer({ x: 1, y: 0 }), picture]), 319, 90)).toBe(BLACK);
});

test.each([
  [322, 182],
  [641, 361],
  [1, 1],
  [3, 177],
  [1000, 2],
])('a picture of %ix%i becomes a plain one of the size of the frame', (width, height) => {
  const result = compose([layer(), plain(width, height, 100)], [layer({ width: 0.3, height: 0.3 }), plain(7, 5, 50)]);
  expect([result.width, result.height]).toEqual([WIDTH, HEIGHT]);
  expectNear(luma(result, 160, 90), 100);
});

/** Luma and chroma of an RGB colour by a matrix, limited range. */
function expected(rgb: readonly number[], kr: number, kb: number): Colour {
  const [r = 0, g = 0, b = 0] = rgb.map((value) => value / 255);
  const y = kr * r + (1 - kr - kb) * g + kb * b;
  return {
    y: 16 + 219 * y,
    u: 128 + (112 * (b - y)) / (1 - kb),
    v: 128 + (112 * (r - y)) / (1 - kr),
  };
}

const BT709_WEIGHTS = [0.2126, 0.0722] as const;
const BT601_WEIGHTS = [0.299, 0.114] as const;

function expectColour(actual: Colour, wanted: Colour): void {
  expectNear(actual.y, wanted.y);
  expectNear(actual.u, wanted.u);
  expectNear(actual.v, wanted.v);
}

const COLOURS: [string, readonly number[]][] = [
  ['red', [255, 0, 0]],
  ['green', [0, 255, 0]],
  ['blue', [0, 0, 255]],
  ['skin', [224, 172, 140]],
  ['white', [255, 255, 255]],
];

test.each(COLOURS)('%s of a png is that colour in BT.709', async (_name, rgb) => {
  const still = watch.watch(await decodeStill(png(64, 36, () => rgb)));
  const result = compose([layer(), still]);
  expectColour(colour(result, 160, 90), expected(rgb, ...BT709_WEIGHTS));
});

test('a png that is see-through in part shows what lies below there, also when it fills the frame', async () => {
  const half = await decodeStill(png(64, 36, (x) => [255, 255, 255, x < 32 ? 255 : x < 48 ? 128 : 0]));
  const still = watch.watch(half);
  for (const below of [plain(WIDTH, HEIGHT, 60), plain(640, 360, 60)]) {
    const result = compose([layer(), below], [layer(), still]);
    expectNear(luma(result, 60, 90), 235);
    expectNear(luma(result, 200, 90), 148, 6);
    expectNear(luma(result, 300, 90), 60);
  }
  const alone = compose([layer(), still]);
  expectNear(luma(alone, 60, 90), 235);
  expectNear(luma(alone, 300, 90), BLACK);
});

test.each(COLOURS)('%s of a BT.601 picture is that colour in BT.709', (_name, rgb) => {
  const { y, u, v } = expected(rgb, ...BT601_WEIGHTS);
  const source = plain(640, 480, { y: Math.round(y), u: Math.round(u), v: Math.round(v) });
  source.colorSpace = BT601 as typeof source.colorSpace;
  const result = compose([layer({ refer: 'center' }), source]);
  expectColour(colour(result, 160, 90), expected(rgb, ...BT709_WEIGHTS));
});

test('a BT.601 picture of the very size of the frame is converted too', () => {
  const { y, u, v } = expected([0, 255, 0], ...BT601_WEIGHTS);
  const source = plain(WIDTH, HEIGHT, { y: Math.round(y), u: Math.round(u), v: Math.round(v) });
  source.colorSpace = BT601 as typeof source.colorSpace;
  expectColour(colour(compose([layer(), source]), 160, 90), expected([0, 255, 0], ...BT709_WEIGHTS));
});

test('graphs are used again when a scene comes back with other pictures', () => {
  const small = layer({ width: 0.5, height: 0.5 });
  for (let round = 0; round < 6; round++) {
    for (const [index, size] of [100, 200, 300, 400, 500, 600].entries()) {
      const level = 40 + 20 * index + round;
      const result = compose([small, plain(size, 90, level)]);
      const box = size === 100 ? 50 : 80;
      expectNear(luma(result, box, 44), level);
      expectNear(luma(result, 200, 120), BLACK);
    }
  }
  // The same graph at every tick of a long scene.
  for (let frame = 0; frame < 60; frame++)
    expectNear(luma(compose([small, plain(320, 180, 30 + frame)]), 80, 45), 30 + frame);
});

test('the pictures that go in stay with their owner, what comes out is the caller’s alone', () => {
  const low = plain(640, 360, 60);
  const high = plain(200, 200, 180);
  const result = compose([layer(), low], [layer({ width: 0.5, height: 0.5 }), high]);
  low.free();
  high.free();
  compositor[Symbol.dispose]();
  expectNear(luma(result, 300, 170), 60);
  result.free();
  expect(watch.held).toBe(0);
  expect(watch.freedTwice).toBe(0);
  compositor = new Compositor({ width: WIDTH, height: HEIGHT }, pool);
});

test('of a picture that would be far larger than the frame only what is seen is scaled', () => {
  const begun = performance.now();
  for (const refer of ['topLeft', 'center', 'bottomRight'] as const) {
    // As high as the frame it is 2.9 million pixels wide.
    const line = plain(16_000, 1, 90);
    expectNear(luma(compose([layer({ fill: 'none', height: 1, width: 0, refer }), line]), 160, 90), 90);
    const pole = plain(1, 16_000, 110);
    expectNear(luma(compose([layer({ fill: 'none', height: 0, width: 1, refer }), pole]), 160, 90), 110);
  }
  const odd = plain(64, 36, 130);
  odd.sampleAspectRatio = { num: 65_535, den: 1 } as typeof odd.sampleAspectRatio;
  expectNear(luma(compose([layer({ fill: 'none', height: 1, width: 0 }), odd]), 160, 90), 130);
  // Scaled as a whole it took seconds and most of a gigabyte.
  expect(performance.now() - begun).toBeLessThan(1500);
});

test('what is cut away before scaling changes nothing about where the rest lies', () => {
  // Ten bands of 80 columns; 1600 x 180 shown as five times the frame, its middle in the middle of the frame.
  const bands = plain(800, 90, 0);
  const plane = planesOf(bands).y;
  for (let y = 0; y < 90; y++)
    for (let x = 0; x < 800; x++) plane.data[y * plane.stride + x] = 40 + 20 * Math.floor(x / 80);
  const result = compose([layer({ fill: 'none', height: 1, width: 0, refer: 'center' }), bands]);
  // The frame shows the columns 320 to 480: the bands 4 and 5, which meet in the middle.
  for (const [x, wanted] of [
    [4, 120],
    [150, 120],
    [170, 140],
    [315, 140],
  ] as const) {
    expectNear(luma(result, x, 90), wanted);
  }
  const right = compose([layer({ fill: 'none', height: 1, width: 0, refer: 'topRight' }), bands]);
  expectNear(luma(right, 150, 90), 200);
  expectNear(luma(right, 170, 90), 220);
});

test('a picture that cannot be scaled is an error, and the next call works', () => {
  const broken = plain(64, 64, 90);
  broken.format = 100_000 as typeof broken.format;
  expect(() => compose([layer(), broken])).toThrow();
  expectNear(luma(compose([layer(), plain(640, 360, 90)]), 160, 90), 90);
});

test('a picture that cannot be scaled does not take the others with it', () => {
  const broken = plain(64, 64, 90);
  broken.format = 100_000 as typeof broken.format;
  const result = compose([layer({ width: 0.5 }), plain(64, 72, 90)], [layer({ width: 0.5, x: 0.5 }), broken]);
  expectNear(luma(result, 80, 90), 90);
  expectNear(luma(result, 240, 90), BLACK);
});

describe('cover', () => {
  test.each([
    [1, 1, 1, 1],
    [1, 720, 1, 1],
    [720, 1, 1, 1],
    [640, 360, 1, 0.012],
    [640, 360, 0.007, 1],
    [3, 3, 0.5, 0.5],
  ])('a picture of %i x %i in a box of %f x %f is seen', (width, height, boxWidth, boxHeight) => {
    const source = allocPicture(width + (width % 2), height + (height % 2));
    source.width = width;
    source.height = height;
    for (const plane of [planesOf(source).y]) plane.data.fill(150);
    for (const plane of [planesOf(source).u, planesOf(source).v]) plane.data.fill(128);
    const box = layer({ fill: 'cover', width: boxWidth, height: boxHeight });
    expectNear(luma(compose([box, watch.watch(source)]), 0, 0), 150);
  });

  /** Left third 60, middle 120, right third 180. */
  function thirds(width: number, height: number): Picture {
    const picture = plain(width, height, 60);
    const { y } = planesOf(picture);
    for (let row = 0; row < height; row++) {
      y.data.fill(120, row * y.stride + width / 3, row * y.stride + (2 * width) / 3);
      y.data.fill(180, row * y.stride + (2 * width) / 3, row * y.stride + width);
    }
    return picture;
  }

  test('fills the box and cuts off what sticks out, the same on both sides', () => {
    const result = compose([layer({ fill: 'cover', width: 0.25, height: 1 }), thirds(600, 200)]);
    // 80 x 180 of a picture of 3:1 shows its middle 89 of 600 columns only.
    expectBox(result, { x: 0, y: 0, width: 80, height: 180 }, 120);
  });

  test('of an upright picture in a wide box the middle rows are seen', () => {
    const upright = plain(200, 600, 60);
    const { y } = planesOf(upright);
    y.data.fill(200, 250 * y.stride, 350 * y.stride);
    const result = compose([layer({ fill: 'cover', width: 1, height: 0.5, refer: 'center' }), upright]);
    expectNear(luma(result, 160, 90), 200);
    expectNear(luma(result, 160, 20), BLACK);
  });

  test('samples that are not square count as they are seen', () => {
    const narrow = thirds(300, 200);
    narrow.sampleAspectRatio = new Rational(2, 1);
    const result = compose([layer({ fill: 'cover', width: 0.25, height: 1 }), narrow]);
    expectBox(result, { x: 0, y: 0, width: 80, height: 180 }, 120);
  });
});
