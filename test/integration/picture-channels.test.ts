/**
 * Channels on the air: one file in preview, programme and monitor at once, stopped, moved and exchanged by hand. The file
 * carries its frame numbers, so each picture tells which one it is.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isBlack, readCode } from '../support/analyse.js';
import { isBuilt } from '../support/castdeck-server.js';
import { CodedSource } from '../support/coded-source.js';
import { type GrayFrame, tagOfFrame } from '../support/decode.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { PictureDesk } from '../support/picture-desk.js';
import { Viewer, type Watched } from '../support/watch.js';

const FPS = 30;
/** Numbers in the codes of the two files, and their lengths in seconds. */
const FIRST = 7;
const SECOND = 5;
const LENGTH = 20;

/** Frame numbers of one source; NaN for a picture that does not show it. */
function numbersOf(frames: readonly GrayFrame[], source = FIRST): number[] {
  return frames.map((frame) => {
    const code = readCode(frame);
    return code?.source === source ? code.frame : Number.NaN;
  });
}

/** From one picture to the next. */
function stepsOf(numbers: readonly number[]): number[] {
  return numbers.slice(1).map((number, index) => number - (numbers[index] ?? Number.NaN));
}

describe.skipIf(!isBuilt || !hasFfmpeg)('a file in a channel', () => {
  let desk: PictureDesk;
  let file: string;
  let layout: string;
  let monitor: string;

  const channel = (more: Record<string, string | number>) =>
    desk.studio.call('SetCasterChannel', { ChannelId: 'RV01', ...more });

  /** What preview, programme and monitor show while `act` runs and for so many pictures more. */
  const watch = async (act: (viewer: Viewer) => Promise<unknown>, more: number) => {
    const { studio } = desk;
    const urls = { pgm: studio.urls().flv, pvw: studio.previewUrl, monitor };
    const [pgm, pvw, third] = await Promise.all(Object.values(urls).map((url) => Viewer.start(url)));
    if (!pgm || !pvw || !third) throw new Error('no viewers');
    await act(pgm);
    await Promise.all([pgm, pvw, third].map((viewer) => viewer.see(more)));
    const [a, b, c] = await Promise.all([pgm.stop(), pvw.stop(), third.stop()]);
    return { pgm: a.decoded.frames, pvw: b.decoded.frames, monitor: c.decoded.frames, watched: [a, b, c] as const };
  };

  beforeAll(async () => {
    desk = await PictureDesk.open(
      async (folder) => {
        // Key frames only every two seconds, so that a jump has to find its picture behind one.
        const options = { bFrames: 2, gopSeconds: 2 };
        await new CodedSource({ source: FIRST, toneHz: 440, ...options }).writeFile(join(folder, 'a.mp4'), LENGTH);
        await new CodedSource({ source: SECOND, toneHz: 880, ...options }).writeFile(join(folder, 'b.mp4'), 6);
      },
      { ChannelEnable: 1 },
    );
    file = await desk.studio.addSource('RV01', { VodUrl: desk.url('a.mp4'), RepeatNum: -1 });
    await channel({ ResourceId: file });
    layout = await desk.layout([{ source: 'RV01' }]);
    await desk.studio.start();
    await desk.untilStatus(file, 'live');
    await desk.show(layout);
    await desk.studio.preview(layout);
    const answer = await desk.studio.call('DescribeCasterChannels');
    const { Channel } = answer.Channels as { Channel: { ChannelId: string; StreamUrl?: string }[] };
    monitor = Channel.find(({ ChannelId }) => ChannelId === 'RV01')?.StreamUrl ?? '';
  });

  afterAll(async () => {
    await desk?.close();
  });

  test('is decoded once: preview, programme and monitor show the same picture at the same time', async () => {
    const seen = await watch(async () => undefined, 60);
    const programme = numbersOf(seen.pgm);
    expect(programme).not.toContain(Number.NaN);
    expect(stepsOf(programme).filter((step) => step === 1).length).toBeGreaterThan(programme.length * 0.9);
    // Each stream has a clock of its own, so what arrived at the same time is held against each other.
    const arrivals = ({ recording, decoded }: Watched) =>
      decoded.frames.map((frame) => tagOfFrame(recording.tags, frame)?.arrivedAt ?? Number.NaN);
    const [onAir, ...others] = seen.watched;
    const times = arrivals(onAir);
    for (const other of others) {
      const numbers = numbersOf(other.decoded.frames);
      expect(numbers).not.toContain(Number.NaN);
      const apart = arrivals(other).flatMap((time, index) => {
        const twin = times.findIndex((one) => Math.abs(one - time) < 1000 / FPS / 2);
        return twin < 0 ? [] : [(numbers[index] ?? Number.NaN) - (programme[twin] ?? Number.NaN)];
      });
      expect(apart.length).toBeGreaterThan(40);
      // One picture at most, where a stream was a moment late; at the seam of the file the numbers begin again.
      expect(apart.filter((by) => Math.abs(by) > 1 && Math.abs(by) < LENGTH * FPS - 2)).toEqual([]);
      expect(apart.filter((by) => by === 0).length).toBeGreaterThan(apart.length * 0.8);
    }
  });

  test('pause holds the picture everywhere, play goes on from there', async () => {
    await channel({ SeekOffset: 2000 });
    const seen = await watch(async (viewer) => {
      await channel({ PlayStatus: 0 });
      await viewer.see(40);
      await channel({ PlayStatus: 1 });
    }, 30);
    const held = [seen.pgm, seen.pvw, seen.monitor].map((frames) => {
      const numbers = numbersOf(frames);
      expect(numbers).not.toContain(Number.NaN);
      const steps = stepsOf(numbers);
      // One stretch in which nothing moves, and before and after it each picture follows the one before.
      const first = steps.findIndex(
        (step, index) => step === 0 && steps.slice(index, index + 20).every((s) => s === 0),
      );
      expect(first).toBeGreaterThan(0);
      const length = steps.slice(first).findIndex((step) => step !== 0);
      expect(length).toBeGreaterThan(30);
      const moving = [...steps.slice(0, first), ...steps.slice(first + length)];
      expect(moving.every((step) => step >= 0 && step <= 2)).toBe(true);
      expect(moving.filter((step) => step === 1).length).toBeGreaterThan(moving.length * 0.9);
      return numbers[first];
    });
    expect(new Set(held).size).toBe(1);
  });

  test('a jump while it plays shows the very picture that was asked for, and goes on from it', async () => {
    for (const [SeekOffset, wanted] of [
      [10_000, 300],
      [4_500, 135],
    ] as const) {
      const seen = await watch(() => channel({ SeekOffset }), 30);
      for (const frames of [seen.pgm, seen.pvw]) {
        const numbers = numbersOf(frames);
        expect(numbers).not.toContain(Number.NaN);
        const jump = stepsOf(numbers).findIndex((step) => Math.abs(step) > 30);
        expect(jump).toBeGreaterThan(0);
        const after = numbers.slice(jump + 1);
        expect(after[0]).toBe(wanted);
        const steps = stepsOf(after);
        expect(steps.every((step) => step >= 0 && step <= 2)).toBe(true);
        expect(after.at(-1)).toBeGreaterThan(wanted + 15);
      }
    }
  });

  test('a jump while it is paused shows that picture and holds it', async () => {
    const seen = await watch(async (viewer) => {
      await channel({ PlayStatus: 0 });
      await viewer.see(5);
      await channel({ SeekOffset: 15_100 });
    }, 40);
    await channel({ PlayStatus: 1 });
    for (const frames of [seen.pgm, seen.pvw, seen.monitor]) {
      const numbers = numbersOf(frames);
      expect(numbers).not.toContain(Number.NaN);
      const there = numbers.indexOf(453);
      expect(there).toBeGreaterThan(0);
      expect(new Set(numbers.slice(there))).toEqual(new Set([453]));
      expect(numbers.length - there).toBeGreaterThan(20);
    }
  });

  test('another source in the channel is there at once, in every scene that shows the channel', async () => {
    const other = await desk.studio.addSource('RV09', { LiveStreamUrl: 'test://bars' });
    await desk.untilStatus(other, 'live');
    const seen = await watch(async (viewer) => {
      await channel({ ResourceId: other });
      await viewer.see(20);
      await channel({ ResourceId: file });
    }, 30);
    for (const frames of [seen.pgm, seen.pvw]) {
      const sources = frames.map((frame) => readCode(frame)?.source ?? null);
      const there = sources.indexOf(2);
      const back = sources.lastIndexOf(2) + 1;
      expect(there).toBeGreaterThan(0);
      expect(back - there).toBeGreaterThan(15);
      const wanted = sources.map((_, index) => (index >= there && index < back ? 2 : FIRST));
      expect(sources).toEqual(wanted);
    }
  });

  test('EffectCasterVideoResource changes the file on the air, without a black picture', async () => {
    await desk.studio.call('ModifyCasterVideoResource', {
      ResourceId: file,
      ResourceName: 'changed',
      VodUrl: desk.url('b.mp4'),
      RepeatNum: 0,
    });
    const seen = await watch(async (viewer) => {
      // Until then the old one plays on.
      await viewer.see(15);
      await desk.studio.call('EffectCasterVideoResource', { SceneId: desk.studio.pgmScene, ResourceId: file });
    }, 45);
    for (const frames of [seen.pgm, seen.pvw]) {
      expect(frames.filter((frame) => isBlack(frame)).length).toBe(0);
      const sources = frames.map((frame) => readCode(frame)?.source ?? null);
      const change = sources.indexOf(SECOND);
      expect(change).toBeGreaterThan(30);
      expect(new Set(sources.slice(0, change))).toEqual(new Set([FIRST]));
      expect(new Set(sources.slice(change))).toEqual(new Set([SECOND]));
      // From its beginning, moving.
      const numbers = numbersOf(frames.slice(change), SECOND);
      expect(numbers[0]).toBeLessThanOrEqual(2);
      expect(stepsOf(numbers).filter((step) => step === 1).length).toBeGreaterThan(numbers.length * 0.8);
      // The old one was not held for longer than a moment while the new one was opened.
      const old = stepsOf(numbersOf(frames.slice(0, change)));
      expect(old.slice(0, -20).every((step) => (step >= 0 && step <= 2) || step < -500)).toBe(true);
    }
  });
});
