/** The queue before an encoder: a tick never waits, what has no room is let go, and a lost key frame is owed. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CodedPicture, VideoEncoder } from '../../../../src/engine/av/video-encoder.js';
import { VideoTrack } from '../../../../src/engine/encode/video-track.js';
import { waitFor } from '../../../support/wait.js';
import { PictureWatch } from '../picture-watch.js';

const SIZE = { width: 64, height: 48 };

let watch: PictureWatch;
let coded: CodedPicture[];
let errors: string[];
let track: VideoTrack;
let configs: Buffer[];
/** What the next encoders do: refuse to be opened, or fail at the picture of this tick. */
let refuses: boolean;
let failsAt: number | null;
let opened: number;

beforeEach(() => {
  watch = new PictureWatch();
  coded = [];
  errors = [];
  configs = [];
  refuses = false;
  failsAt = null;
  opened = 0;
  track = new VideoTrack({
    open: () => {
      opened++;
      if (refuses) throw new Error('no room');
      const encoder = new VideoEncoder({ ...SIZE, fps: 30, bitrate: 300_000 });
      return {
        config: encoder.config,
        encode: async (picture, tick, key) => {
          if (tick !== failsAt) return encoder.encode(picture, tick, key);
          picture.free();
          throw new Error('the encoder died');
        },
        close: () => encoder.close(),
      };
    },
    retryTicks: 30,
    onConfig: (config) => configs.push(config),
    onPicture: (picture) => coded.push(picture),
    onError: (error) => errors.push(error.message),
  });
});

afterEach(async () => {
  await track.close();
  expect(watch.held).toBe(0);
  expect(watch.freedTwice).toBe(0);
  expect(errors.splice(0)).toEqual([]);
});

function push(from: number, to: number, keys: number[] = []): void {
  for (let tick = from; tick < to; tick++) {
    track.push(watch.make(100, SIZE.width, SIZE.height), tick, keys.includes(tick));
  }
}

function ticks(): number[] {
  return coded.map(({ tick }) => tick);
}

async function settled(count: number): Promise<void> {
  await waitFor(`${count} coded pictures`, 3000, () => coded.length >= count);
}

test('pictures come out in order with their ticks; the first is a key frame in any case', async () => {
  push(7, 12);
  await settled(5);
  expect(ticks()).toEqual([7, 8, 9, 10, 11]);
  expect(coded.map(({ key }) => key)).toEqual([true, false, false, false, false]);
  expect(track.dropped).toBe(0);
  expect(watch.held).toBe(0);
});

test('a key frame is made where it is asked for', async () => {
  push(0, 6, [3, 5]);
  await settled(6);
  expect(coded.filter(({ key }) => key).map(({ tick }) => tick)).toEqual([0, 3, 5]);
  // Length-prefixed, an IDR slice among the units.
  const types: number[] = [];
  const payload = coded[3]?.payload ?? Buffer.alloc(0);
  for (let at = 0; at < payload.length; at += 4 + payload.readUInt32BE(at)) types.push((payload[at + 4] ?? 0) & 0x1f);
  expect(types).toContain(5);
});

test('one picture is encoded and eight wait; more are let go and counted, and time stamps stay true', async () => {
  push(0, 30);
  expect(track.dropped).toBe(21);
  expect(watch.held).toBeLessThanOrEqual(9);
  await settled(9);
  expect(ticks()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  push(30, 33);
  await settled(12);
  expect(ticks().slice(9)).toEqual([30, 31, 32]);
});

test('a key frame that was let go is owed by the next picture that has room', async () => {
  push(0, 20, [15]);
  await settled(9);
  push(20, 22);
  await settled(11);
  expect(coded.filter(({ key }) => key).map(({ tick }) => tick)).toEqual([0, 20]);
});

test('closing frees what waits, and nothing comes out any more', async () => {
  push(0, 9);
  await track.close();
  expect(watch.held).toBe(0);
  const count = coded.length;
  push(9, 12);
  expect(watch.held).toBe(0);
  await new Promise(setImmediate);
  expect(coded.length).toBe(count);
});

test('the configuration is that of the pictures', async () => {
  push(0, 1);
  await settled(1);
  const [config] = configs;
  if (!config) throw new Error('no configuration');
  expect(config[0]).toBe(1);
  // Main profile, lengths of four bytes, one SPS.
  expect(config[1]).toBe(77);
  expect((config[4] ?? 0) & 3).toBe(3);
  expect((config[5] ?? 0) & 0x1f).toBe(1);
});

test('an encoder that dies is opened anew after a while, with a key frame first, and nothing is lost but pictures', async () => {
  push(0, 3);
  await settled(3);
  failsAt = 4;
  push(3, 7);
  await waitFor('the failure', 3000, () => errors.length > 0);
  expect(errors.splice(0)).toEqual(['the encoder died']);
  expect(ticks()).toEqual([0, 1, 2, 3]);
  // Tick 4 failed, and those behind it had no encoder any more.
  expect(track.dropped).toBe(3);
  expect(track.owesKey(7)).toBe(false);
  push(7, 30);
  expect(opened).toBe(1);
  expect(track.owesKey(30)).toBe(true);
  push(30, 33);
  await settled(7);
  expect(coded.slice(4).map(({ tick, key }) => `${tick}${key ? ' key' : ''}`)).toEqual(['30 key', '31', '32']);
  expect(track.owesKey(33)).toBe(false);
  expect(opened).toBe(2);
  expect(track.dropped).toBe(26);
});

test('an encoder that cannot be opened is tried once in a while', async () => {
  refuses = true;
  push(0, 65);
  expect(opened).toBe(3);
  expect(errors.splice(0)).toEqual(['no room', 'no room', 'no room']);
  expect(configs).toEqual([]);
  refuses = false;
  push(65, 91);
  await settled(1);
  expect([coded[0]?.tick, coded[0]?.key, configs.length]).toEqual([90, true, 1]);
});
