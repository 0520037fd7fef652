/**
 * Files by hand at the desk: only where the studio has channels. The server is the real API over a runtime that makes no
 * pictures; what counts is what the page shows of a file and what the engine would be told.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceSpec } from '../../src/domain/desired.js';
import type { SourceHealth } from '../../src/domain/engine.js';
import { launchChromium, type TestBrowser } from '../support/chromium.js';
import { openApiClient, type WireClient } from '../support/clients.js';
import { hasChromium } from '../support/media-tools.js';
import { type StudioApi, startStudioApi } from '../support/studio-api.js';
import { waitFor } from '../support/wait.js';

const consoleDir = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'console', 'dist');
const isPageBuilt = existsSync(join(consoleDir, 'index.html'));

/** As an engine says it of a file that plays, 75 seconds from its first picture. */
function healthOf(id: string): SourceHealth {
  return {
    ...{ id, position: 'RV03', status: 'live', forSeconds: 75, reason: '', videoCodec: 'h264', audioCodec: 'aac' },
    ...{ width: 1920, height: 1080, fps: 25, bitrate: 3_200_000, lateFrames: 0, droppedFrames: 0, reconnects: 0 },
    file: { paused: false, placeMs: 75_000 },
  };
}

describe.skipIf(!isPageBuilt || !hasChromium)('files at the desk', () => {
  let api: StudioApi;
  let browser: TestBrowser;
  let page: Page;
  let client: WireClient;

  /** A studio on air with one file, bound to the channel RV03 where there are channels. */
  async function makeStudio(CasterName: string, hasChannels: boolean): Promise<{ CasterId: string; file: string }> {
    const kind = { NormType: 1, ChargeType: 'PostPaid', ClientToken: randomUUID() };
    const CasterId = String((await client.call('CreateCaster', { CasterName, ...kind })).CasterId);
    await client.call('SetCasterConfig', {
      ...{ CasterId, CasterName, DomainName: 'localhost', ChannelEnable: hasChannels ? 1 : 0 },
      TranscodeConfig: '{"CasterTemplate":"lp_hd","LiveTemplate":["lld"]}',
    });
    const source = { LocationId: 'RV01', ResourceName: 'Opener', VodUrl: 'http://192.168.7.7/opener.mp4' };
    const file = String((await client.call('AddCasterVideoResource', { CasterId, ...source })).ResourceId);
    if (hasChannels) await client.call('SetCasterChannel', { CasterId, ChannelId: 'RV03', ResourceId: file });
    await client.call('StartCaster', { CasterId });
    api.runtime.health.set(CasterId, [healthOf(file)]);
    return { CasterId, file };
  }

  beforeAll(async () => {
    api = await startStudioApi({ consoleDir });
    client = openApiClient(api);
    browser = await launchChromium({ width: 1440, height: 900 });
    page = await browser.context.newPage();
  });

  afterAll(async () => {
    await browser?.close();
    await api?.close();
  });

  test('with channels a file is paused, played and moved; the engine is told', async () => {
    const { CasterId, file } = await makeStudio('Channels', true);
    await page.goto(`${api.apiUrl}/#token=token-of-this-start`);
    await page.getByTestId('studio-select').selectOption(CasterId);
    const told = (): SourceSpec | undefined => api.runtime.running.get(CasterId)?.sources.find(({ id }) => id === file);
    await page.getByTestId('pause-RV03').click();
    await waitFor('the pause', 5_000, () => told()?.playback.paused);
    api.runtime.health.set(CasterId, [{ ...healthOf(file), file: { paused: true, placeMs: 75_000 } }]);
    await page.getByTestId('forward-RV03').click();
    await waitFor('a jump forward', 5_000, () => told()?.playback.seek?.toMs === 85_000);
    await page.getByTestId('back-RV03').click();
    await waitFor('a jump back', 5_000, () => told()?.playback.seek?.toMs === 65_000);
    await page.getByTestId('restart-RV03').click();
    await waitFor('the beginning', 5_000, () => told()?.playback.seek?.toMs === 0);
    await page.getByTestId('play-RV03').click();
    await waitFor('play', 5_000, () => told()?.playback.paused === false);
    const facts = await page.getByTestId('facts-RV01').textContent();
    expect(facts).toBe('h264 + aac · 1920×1080 · 25 fps · 3.2 Mbit/s');
    expect((await page.getByTestId('errors').textContent())?.trim()).toBe('');
  });

  test('without channels there is nothing to pause it with', async () => {
    const { CasterId } = await makeStudio('Plain', false);
    await page.getByTestId('studio-select').locator(`option[value="${CasterId}"]`).waitFor({ state: 'attached' });
    await page.getByTestId('studio-select').selectOption(CasterId);
    await waitFor('its source', 5_000, async () =>
      (await page.getByTestId('facts-RV01').textContent())?.includes('1920×1080'),
    );
    expect(await page.locator('.transport').count()).toBe(0);
  });
});
