/** Engines at the hub: publishing by the link, crashes, tokens, and viewers that do not read. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HubHarness } from '../support/hub-harness.js';
import { TEST_AVCC } from '../support/link-engine.js';
import { waitFor } from '../support/wait.js';

let harness: HubHarness;
beforeEach(async () => {
  harness = await HubHarness.start();
});
afterEach(() => harness.close());

test('an engine publishes to an HTTP-FLV viewer and learns of it', async () => {
  const engine = harness.publish('caster/aa');
  await harness.live('caster/aa', 2_000);
  const viewer = harness.viewer('/caster/aa.flv');
  const pictures = await waitFor('pictures', 10_000, () => viewer.pictures().length > 15 && viewer.pictures());
  expect(viewer.tags[0]?.type).toBe('script');
  expect(viewer.tags[1]?.body.subarray(5)).toEqual(TEST_AVCC);
  expect(pictures[0]).toMatchObject({ key: true, time: 100 });
  pictures.forEach((one, index) => {
    expect(one.number).toBe((pictures[0]?.number ?? 0) + index);
    expect(one.time).toBe(100 + 10 * index);
  });
  expect(engine.controls('accepted')).toHaveLength(1);
  expect(engine.controls('demand').at(-1)).toEqual({ type: 'demand', readers: 1, opus: 0 });
  engine.end('done');
  await waitFor('the end', 10_000, () => viewer.closed);
});

test('a wrong token is refused', async () => {
  const engine = harness.engine('publish', 'caster/aa', 'wrong');
  await waitFor('the end', 10_000, () => engine.closed);
  expect(engine.controls('refused')).toHaveLength(1);
});

test('a viewer outlives a crash of the engine, with times that grow', async () => {
  const first = harness.publish('caster/bb', { dts: 5_000_000_000 });
  await harness.live('caster/bb', 2_000);
  const viewer = harness.viewer('/caster/bb.flv');
  await waitFor('pictures', 10_000, () => viewer.pictures().length > 15);
  first.socket.destroy();
  await waitFor('the loss', 10_000, () => harness.stream('caster/bb')?.live === false);
  const before = viewer.pictures().length;
  harness.publish('caster/bb', { first: 1_000_003, dts: 77 });
  await waitFor('more pictures', 10_000, () => viewer.pictures().length > before + 30);
  const pictures = viewer.pictures();
  expect(viewer.closed).toBe(false);
  const resumed = pictures.findIndex((one) => one.number > 1_000_000);
  expect(pictures[resumed]).toMatchObject({ number: 1_000_010, key: true });
  for (let index = 1; index < pictures.length; index++) {
    const step = (pictures[index]?.time ?? 0) - (pictures[index - 1]?.time ?? 0);
    expect(step).toBeGreaterThan(0);
    expect(step).toBeLessThan(2_000);
  }
});

test('a stalled viewer is capped and another plays on', async () => {
  harness.publish('caster/cc', { size: 100_000 });
  await harness.live('caster/cc', 200_000);
  const stalled = harness.connect(harness.hub.mediaPort);
  stalled.pause();
  stalled.write('GET /caster/cc.flv HTTP/1.1\r\nHost: x\r\n\r\n');
  const viewer = harness.viewer('/caster/cc.flv');
  const dropped = await waitFor('drops', 20_000, () => {
    const stream = harness.stream('caster/cc');
    return stream && stream.droppedFrames > 100 ? stream : null;
  });
  expect(dropped.readers).toBe(2);
  const seen = viewer.pictures();
  for (let index = 1; index < seen.length; index++) {
    expect(seen[index]?.number).toBe((seen[index - 1]?.number ?? 0) + 1);
  }
  expect(seen.length).toBeGreaterThan(100);
  const { bytes } = viewer;
  await waitFor('the other viewer', 10_000, () => viewer.bytes > bytes + 1_000_000);
});
