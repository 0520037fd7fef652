/** Whether a scene may be shown with a source: when its picture is up to date, and when there will be none. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { VideoDecoder } from '../../../../src/engine/av/decoder.js';
import { CodedSource } from '../../../../src/engine/source/coded-source.js';
import { sourceSpecOf } from '../../../support/desired.js';
import { waitFor } from '../../../support/wait.js';
import { type CodedStream, codedStream, FRAME, frameOf } from '../coded-stream.js';

const SECOND = 1_000_000;

/** Fed by hand; its times are those of the engine. */
class FedSource extends CodedSource {
  time = 0;

  constructor() {
    const itself = { observe: () => {}, toEngine: (us: number) => us, toSource: (us: number) => us, reset: () => {} };
    const spec = sourceSpecOf({ id: 'a', input: { kind: 'hub', stream: 'live/a' } });
    super({ spec, now: () => 0, fps: 25, report: () => {} }, itself);
  }

  begin(config: CodedStream['config'] | null): void {
    this.restartTimes();
    this.media.setVideoConfig(config);
    this.setStatus('live');
  }

  push(packets: CodedStream['packets']): void {
    for (const packet of packets) this.take('video', packet);
  }

  move(to: number): void {
    this.time = to;
    this.advance(to);
  }
}

let source: FedSource;

beforeEach(() => {
  source = new FedSource();
  source.setWanted(true);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await source.close();
});

test('it is ready once its picture is there', async () => {
  const { config, packets } = await codedStream(5, 5);
  source.begin(config);
  source.move(0);
  expect(source.isReady()).toBe(false);
  source.push(packets);
  await waitFor('a picture', 3000, () => {
    source.move(4 * FRAME);
    return source.isReady();
  });
  expect(source.picture(0)).not.toBeNull();
});

test('pictures that are announced and never come are waited for two seconds', async () => {
  const { config } = await codedStream(1, 1);
  source.begin(config);
  for (let time = 0; time < 2 * SECOND; time += FRAME) {
    source.move(time);
    if (time > 2 * FRAME) await new Promise(setImmediate);
    expect(source.isReady()).toBe(false);
  }
  // The two seconds begin when its decoder is open, which takes a moment.
  await waitFor('it is not waited for', 5000, () => {
    source.move(source.time + FRAME);
    return source.isReady();
  });
  expect(source.time).toBeLessThan(4.5 * SECOND);
  // One that is put on show anew is waited for anew.
  source.setWanted(false);
  source.setWanted(true);
  source.move(source.time + FRAME);
  expect(source.isReady()).toBe(false);
});

test('a source that comes back without pictures is ready with its sound', async () => {
  const { config } = await codedStream(1, 1);
  source.begin(config);
  source.move(0);
  source.begin(null);
  source.move(FRAME);
  expect(source.isReady()).toBe(true);
  expect(source.health().videoCodec).toBe('');
});

test('pictures that cannot be decoded are not waited for; a second later a key frame gets another decoder', async () => {
  const { config, packets } = await codedStream(60, 10);
  source.begin(config);
  source.move(0);
  await new Promise(setImmediate);
  const decode = vi.spyOn(VideoDecoder.prototype, 'decode');
  decode.mockRejectedValueOnce(new Error('out of order'));
  source.push(packets.slice(0, 2));
  await waitFor('the failure', 1000, () => source.isReady());
  expect(source.picture(0)).toBeNull();
  expect(source.health().reason).toContain('out of order');
  // Not at each key frame: one that always fails would be opened again and again.
  for (const [frame, packet] of packets.entries()) {
    if (frame < 2) continue;
    source.push([packet]);
    source.move(frame * FRAME);
    await new Promise(setImmediate);
    if (frame === 20) expect(decode).toHaveBeenCalledTimes(1);
  }
  await waitFor('pictures again', 3000, () => {
    source.move(59 * FRAME);
    const picture = source.picture(0);
    return picture !== null && frameOf(picture) === 19;
  });
});

test('says for how long its picture has stood still, while it is looked at', async () => {
  const { config, packets } = await codedStream(5, 5);
  source.begin(config);
  source.push(packets);
  await waitFor('a picture', 3000, () => {
    source.move(4 * FRAME);
    return source.isReady();
  });
  expect(source.stillFor()).toBe(0);
  const last = source.time;
  source.move(last + 2 * SECOND);
  source.move(last + 3 * SECOND);
  expect(source.stillFor()).toBeGreaterThanOrEqual(SECOND);
  source.setWanted(false, true);
  source.move(last + 4 * SECOND);
  expect(source.stillFor()).toBe(0);
  // Nor was it time that it stood still.
  source.setWanted(true, true);
  source.move(last + 4 * SECOND + FRAME);
  expect(source.stillFor()).toBe(0);
});
