/** Encoders at the hub, with Debian's ffmpeg: what is taken, what is refused and with which words. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TRACK_VIDEO } from '../../src/link/frame.js';
import { HubHarness, PUBLISH_KEY } from '../support/hub-harness.js';
import { hasFfmpeg } from '../support/media-tools.js';
import { waitFor } from '../support/wait.js';

let harness: HubHarness;
beforeEach(async () => {
  harness = await HubHarness.start();
});
afterEach(() => harness.close());

/** What an encoder says and how it ends. */
async function ended(child: ChildProcess): Promise<{ code: number | null; errors: string }> {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  await once(child, 'close', { signal: AbortSignal.timeout(15_000) });
  return { code: child.exitCode, errors };
}

describe.skipIf(!hasFfmpeg)('with ffmpeg (skipped when it is not installed)', () => {
  test('a wrong key is refused with a reason', async () => {
    const { code, errors } = await ended(harness.push({ key: 'wrong' }));
    expect(code).not.toBe(0);
    expect(errors).toMatch(/key is missing or wrong/);
    expect(harness.hub.stats().some((one) => one.live)).toBe(false);
  });

  test('another codec is refused with its name', async () => {
    const child = harness.ffmpeg([
      ...['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=25', '-c:v', 'flv1', '-f', 'flv'],
      harness.rtmpUrl(`/live/cam?key=${PUBLISH_KEY}`),
    ]);
    const { code, errors } = await ended(child);
    expect(code).not.toBe(0);
    expect(errors).toMatch(/H\.263 is not supported, send H\.264/);
    expect(harness.hub.stats().some((one) => one.live)).toBe(false);
  });

  test('a second push of the same name is refused, the first goes on', async () => {
    const first = harness.push();
    const { bytesIn } = await harness.live('live/cam', 50_000);
    expect((await ended(harness.push())).code).not.toBe(0);
    expect(first.exitCode).toBeNull();
    await harness.live('live/cam', bytesIn + 1);
  });

  test('an engine that subscribes early gets the push when it comes', async () => {
    const engine = harness.engine('subscribe', 'live/cam');
    await waitFor('the answer', 10_000, () => engine.controls('source')[0]);
    expect(engine.controls('source')).toEqual([{ type: 'source', live: false }]);
    harness.push();
    await waitFor('packets', 10_000, () => engine.packets().length > 50);
    expect(engine.controls('source').at(-1)).toEqual({ type: 'source', live: true });
    const kinds = engine.frames.filter((one) => one.kind !== 'control');
    expect(kinds[0]?.kind).toBe('config');
    expect(engine.packets()[0]).toMatchObject({ track: TRACK_VIDEO, key: true });
    const codecs = engine.frames.flatMap((one) => (one.kind === 'config' ? [one.config.codec] : []));
    expect(codecs.sort()).toEqual(['aac', 'h264']);
  });
});
