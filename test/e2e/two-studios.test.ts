/**
 * The console in a real browser beside other clients of the same server: two studios on air, previews that are switched
 * off, layouts that change under a scene. The server is the real API over a runtime that makes no pictures, because what
 * counts here is what the page says and which studio its buttons reach.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { launchChromium, type TestBrowser } from '../support/chromium.js';
import { openApiClient, type WireClient, type WireParams } from '../support/clients.js';
import { hasChromium } from '../support/media-tools.js';
import { type StudioApi, startStudioApi } from '../support/studio-api.js';
import { waitFor } from '../support/wait.js';

const consoleDir = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'console', 'dist');
const isPageBuilt = existsSync(join(consoleDir, 'index.html'));

interface Made {
  id: string;
  layouts: string[];
  pvw: string;
  pgm: string;
}

function fullScreen(seen: string, heard: string): WireParams {
  return {
    'BlendList.1': seen,
    'VideoLayer.1.FillMode': 'fit',
    'VideoLayer.1.WidthNormalized': 1,
    'VideoLayer.1.HeightNormalized': 1,
    'VideoLayer.1.PositionNormalized.1': 0,
    'VideoLayer.1.PositionNormalized.2': 0,
    'MixList.1': heard,
    'AudioLayer.1.VolumeRate': 1,
  };
}

async function createStudio(client: WireClient, CasterName: string): Promise<string> {
  const kind = { NormType: 1, ChargeType: 'PostPaid', ClientToken: randomUUID() };
  return String((await client.call('CreateCaster', { CasterName, ...kind })).CasterId);
}

/** Sent again it changes nothing but the time of the last change. */
async function configure(client: WireClient, CasterId: string, CasterName: string): Promise<void> {
  const TranscodeConfig = '{"CasterTemplate":"lp_hd","LiveTemplate":["lld"]}';
  await client.call('SetCasterConfig', { CasterId, CasterName, DomainName: 'localhost', TranscodeConfig });
}

/** On air with two sources and two layouts: the first on the programme, the second on the preview. */
async function makeStudio(client: WireClient, name: string): Promise<Made> {
  const CasterId = await createStudio(client, name);
  await configure(client, CasterId, name);
  for (const LocationId of ['RV01', 'RV02', 'RV03']) {
    const LiveStreamUrl = 'test://bars';
    await client.call('AddCasterVideoResource', { CasterId, LocationId, ResourceName: LocationId, LiveStreamUrl });
  }
  const layouts: string[] = [];
  for (const layout of [fullScreen('RV01', 'RV01'), fullScreen('RV02', 'RV02')]) {
    layouts.push(String((await client.call('AddCasterLayout', { CasterId, ...layout })).LayoutId));
  }
  await client.call('StartCaster', { CasterId });
  const made: Made = { id: CasterId, layouts, pvw: '', pgm: '' };
  for (const scene of await scenesOf(client, made)) made[scene.OutputType === '1' ? 'pgm' : 'pvw'] = scene.SceneId;
  await reset(client, made);
  return made;
}

interface WireScene {
  SceneId: string;
  OutputType: string;
  Status: number;
  LayoutId?: string;
}

async function scenesOf(client: WireClient, studio: Made): Promise<WireScene[]> {
  const answer = await client.call('DescribeCasterScenes', { CasterId: studio.id });
  return (answer.SceneList as { Scene: WireScene[] }).Scene;
}

async function layoutOf(client: WireClient, studio: Made, scene: 'pvw' | 'pgm'): Promise<string | undefined> {
  return (await scenesOf(client, studio)).find(({ SceneId }) => SceneId === studio[scene])?.LayoutId;
}

/** As {@link makeStudio} left it, whatever a test before did to it. */
async function reset(client: WireClient, studio: Made): Promise<void> {
  const scenes = await scenesOf(client, studio);
  const isOn = (id: string): boolean => scenes.some(({ SceneId, Status }) => SceneId === id && Status === 1);
  if (!isOn(studio.pgm)) await client.call('StartCaster', { CasterId: studio.id });
  else if (!isOn(studio.pvw)) await client.call('StartCasterScene', { CasterId: studio.id, SceneId: studio.pvw });
  for (const [index, scene] of (['pgm', 'pvw'] as const).entries()) {
    const LayoutId = studio.layouts[index] ?? '';
    await client.call('SetCasterSceneConfig', { CasterId: studio.id, SceneId: studio[scene], LayoutId });
  }
}

describe.skipIf(!isPageBuilt || !hasChromium)('the console beside other clients', () => {
  let api: StudioApi;
  let browser: TestBrowser;
  let page: Page;
  let client: WireClient;
  let news: Made;
  let sport: Made;

  beforeAll(async () => {
    api = await startStudioApi({ consoleDir });
    client = openApiClient(api);
    // Made last, so that it is the one that was changed last.
    news = await makeStudio(client, 'News');
    sport = await makeStudio(client, 'Sport');
    browser = await launchChromium({ width: 1400, height: 900 });
    page = await browser.context.newPage();
  });

  beforeEach(async () => {
    for (const studio of [news, sport]) await reset(client, studio);
    await page.goto('about:blank');
    await page.goto(`${api.apiUrl}/#token=token-of-this-start`);
    await waitForMark('layout-2', 'PVW');
  });

  afterAll(async () => {
    await browser?.close();
    await api?.close();
  });

  const text = async (testId: string): Promise<string> => (await page.getByTestId(testId).textContent()) ?? '';
  const shownId = (): Promise<string> => page.getByTestId('studio-select').inputValue();
  const waitForText = (testId: string, words: string): Promise<boolean> =>
    waitFor(`"${words}" in ${testId}`, 5_000, async () => (await text(testId)).includes(words));
  const waitForMark = waitForText;
  /** Until the page has asked for studios and scenes once more, from now on, and has the answers. */
  const nextAnswers = (): Promise<unknown> =>
    Promise.all(
      ['DescribeCasters&', 'DescribeCasterScenes&'].map(async (action) => {
        const request = await page.waitForRequest((one) => one.url().includes(action), { timeout: 5_000 });
        await (await request.response())?.finished();
      }),
    );

  test('the desk stays with its studio, through takes and changes of either', async () => {
    expect(await shownId()).toBe(news.id);
    const names = await page.getByTestId('studio-select').locator('option').allTextContents();
    expect(names).toEqual(['News', 'Sport']);
    await page.getByTestId('take').click();
    await waitForMark('layout-2', 'PGM');
    await nextAnswers();
    expect(await shownId()).toBe(news.id);
    await page.keyboard.press('1');
    await waitForMark('layout-1', 'PVW');
    await page.keyboard.press('Space');
    await waitForMark('layout-1', 'PGM');
    expect(await layoutOf(client, sport, 'pgm')).toBe(sport.layouts[0]);
    expect(await layoutOf(client, sport, 'pvw')).toBe(sport.layouts[1]);
    await configure(client, sport.id, 'Sport');
    await nextAnswers();
    expect(await shownId()).toBe(news.id);
    expect(await page.getByTestId('studio-select').locator('option').allTextContents()).toEqual(names);
  });

  test('the question before a stop names its studio; the studio stays shown when it has stopped', async () => {
    await page.getByTestId('studio-select').selectOption(sport.id);
    await page.getByTestId('stop').click();
    await waitForText('stop-question', 'Sport');
    await configure(client, news.id, 'News');
    await nextAnswers();
    await page.getByTestId('stop-confirm').click();
    await waitForText('air', 'OFF AIR');
    expect(api.runtime.isRunning(sport.id)).toBe(false);
    expect(api.runtime.isRunning(news.id)).toBe(true);
    await nextAnswers();
    expect(await shownId()).toBe(sport.id);
    await page.getByTestId('start').click();
    await waitFor('on air again', 5_000, async () => (await text('air')) === 'ON AIR');
    expect(api.runtime.isRunning(sport.id)).toBe(true);
  });

  test('with the preview off a pick and a take are refused in words, and a button switches it on', async () => {
    const scene = { CasterId: news.id, SceneId: news.pvw };
    // Hold the page's own reading back: the pick meets a preview that is off already.
    await page.route(/DescribeCasterScenes/, (route) => route.abort());
    await client.call('StopCasterScene', scene);
    await page.unroute(/DescribeCasterScenes/);
    await page.getByTestId('layout-2').click();
    await waitForText('errors', 'Layout 2: the preview is off');
    expect(await layoutOf(client, news, 'pgm')).toBe(news.layouts[0]);

    await page.getByTestId('preview-on').waitFor();
    expect(await text('layout-2')).not.toContain('PVW');
    await page.keyboard.press('2');
    await page.getByTestId('take').click();
    await waitForText('errors', 'CUT: the preview is off');
    await nextAnswers();
    expect(await layoutOf(client, news, 'pgm')).toBe(news.layouts[0]);
    if (process.env.CASTDECK_TEST_SCREENSHOT) await page.screenshot({ path: process.env.CASTDECK_TEST_SCREENSHOT });

    await page.getByTestId('preview-on').click();
    await waitForMark('layout-2', 'PVW');
    await page.getByTestId('take').click();
    await waitForMark('layout-2', 'PGM');
  });

  test('tally: what is only heard says so', async () => {
    const layout = fullScreen('RV02', 'RV03');
    const LayoutId = String((await client.call('AddCasterLayout', { CasterId: news.id, ...layout })).LayoutId);
    await client.call('UpdateCasterSceneConfig', { CasterId: news.id, SceneId: news.pgm, LayoutId });
    await waitForText('tally-RV02', 'on air');
    await waitForText('tally-RV03', 'heard on air');
    expect(await text('tally-RV01')).toBe('');
    const [described] = await scenesOf(client, news);
    if (described && 'Pictures' in described) {
      await client.call('DeleteCasterLayout', { CasterId: news.id, LayoutId });
      for (let round = 0; round < 3; round++) await nextAnswers();
      expect(await text('tally-RV02')).toBe('on air');
    }
  });

  test('a studio without a domain is no alarm; a deleted one is not replaced', async () => {
    const CasterId = await createStudio(client, 'Attic');
    await page.getByTestId('studio-select').locator(`option[value="${CasterId}"]`).waitFor({ state: 'attached' });
    await page.getByTestId('studio-select').selectOption(CasterId);
    await waitForText('hint', 'no domain yet');
    await nextAnswers();
    expect((await text('errors')).trim()).toBe('');
    await client.call('DeleteCaster', { CasterId });
    await waitFor('the words', 5_000, () => page.getByText('The studio Attic was deleted.').first().isVisible());
    expect(await shownId()).toBe('');
    expect(await page.getByTestId('take').isDisabled()).toBe(true);
    expect((await text('errors')).trim()).toBe('');
  });
});
