/** Sources from an RTSP server that we did not write: with and without login, and a wrong one, which is told. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineReport } from '../../src/domain/engine.js';
import { AV_LOG_QUIET, Log } from '../../src/engine/av/log.js';
import { GuardProxy } from '../../src/engine/source/guard-proxy.js';
import { LiveSource } from '../../src/engine/source/live-source.js';
import { sourceSpecOf } from '../support/desired.js';
import { type GstRtspLogin, GstRtspServer, hasGstRtsp } from '../support/gst-rtsp.js';
import { SourceStage } from '../support/source-stage.js';
import { waitFor } from '../support/wait.js';

const endings: (() => unknown)[] = [];
let proxy: GuardProxy;
let reports: EngineReport[];

beforeEach(async () => {
  Log.setLevel(AV_LOG_QUIET);
  reports = [];
  proxy = await GuardProxy.start('all');
  endings.push(() => proxy.close());
});

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function stage(url: string): SourceStage {
  const source = new LiveSource({
    spec: sourceSpecOf({ id: 'a', input: { kind: 'live', url } }),
    url,
    proxy: proxy.url,
    addresses: 'all',
    now: SourceStage.now,
    fps: 30,
    report: (report) => reports.push(report),
  });
  const one = new SourceStage(source);
  endings.push(() => one.close());
  return one;
}

async function serve(login: GstRtspLogin | null, at?: number): Promise<GstRtspServer> {
  const server = await GstRtspServer.start(login, at);
  endings.push(() => server.close());
  return server;
}

async function expectRedAndTone(one: SourceStage): Promise<void> {
  await one.live();
  // BT.601, limited range.
  expect(Math.abs((one.latest?.y ?? 0) - 81)).toBeLessThan(6);
  expect(Math.abs((one.latest?.v ?? 0) - 240)).toBeLessThan(6);
  await waitFor('sound', 5_000, () => one.level > 0.2);
  expect(one.health).toMatchObject({ videoCodec: 'h264', audioCodec: 'aac', width: 320, height: 180, reason: '' });
}

describe.skipIf(!hasGstRtsp)("GStreamer's RTSP server (skipped when it is not installed)", () => {
  test('open to everybody, gone, and there again', { timeout: 40_000 }, async () => {
    const server = await serve(null);
    const one = stage(`rtsp://127.0.0.1:${server.port}/cam`);
    await expectRedAndTone(one);
    server.close();
    await waitFor('its loss', 15_000, () => one.health.status === 'lost');
    expect(one.latest?.v).toBeGreaterThan(200);
    await serve(null, server.port);
    await waitFor('its return', 15_000, () => one.health.status === 'live' && one.level > 0.2);
    expect(reports.map(({ code }) => code)).toEqual(['StreamInterrupt', 'StreamRecovered']);
  });

  test.each(['basic', 'digest'] as const)('a login by %s, right and wrong', { timeout: 30_000 }, async (method) => {
    const server = await serve({ user: 'camera', password: 'p%40ss word', method });
    const right = `camera:${encodeURIComponent('p%40ss word')}@`;
    const [good, bad, none] = [right, 'camera:guess@', ''].map((login) =>
      stage(`rtsp://${login}127.0.0.1:${server.port}/cam`),
    );
    if (!good || !bad || !none) return expect.unreachable();
    await expectRedAndTone(good);
    for (const one of [bad, none]) {
      await waitFor('the refusal', 10_000, () => one.health.status === 'lost');
      expect(one.health.reason).toMatch(/401|unauthori[sz]ed/i);
      expect(one.latest).toBeNull();
    }
  });
});
