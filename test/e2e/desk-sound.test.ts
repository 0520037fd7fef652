/**
 * The sound desk in a real browser over a real server: faders and switches reach the programme's mix, meters show what is
 * measured, and SOLO plays a source that the programme does not have.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { launchChromium, type TestBrowser } from '../support/chromium.js';
import { openApiClient, type WireClient } from '../support/clients.js';
import { hasChromium } from '../support/media-tools.js';
import { waitFor } from '../support/wait.js';
import { openDesk } from './desk-page.js';
import { litShare, pullFader, soloTone, stripLook } from './sound-desk-page.js';

/** Pitch of the demo's bars, whose sound the programme does not have at first. */
const BARS_HZ = 440;

describe.skipIf(!isBuilt || !hasChromium)('the sound desk in Chromium', () => {
  let server: CastdeckServer;
  let browser: TestBrowser;
  let page: Page;
  let client: WireClient;
  let CasterId: string;
  /** Scenes of the programme and of the preview. */
  let SceneId: string;
  let previewId: string;
  const complaints: string[] = [];
  /** How many calls changed a mix. */
  let calls = 0;

  /** Gains of a mix, the programme's unless told, by place. */
  async function gains(ofScene = SceneId): Promise<Record<string, number>> {
    // Asked so often it may be refused for a moment.
    const audio = await waitFor('the mix', 5_000, () =>
      client.call('DescribeCasterSceneAudio', { CasterId, SceneId: ofScene }),
    );
    const { LocationId: places } = audio.MixList as { LocationId: string[] };
    const { AudioLayer: layers } = audio.AudioLayers as { AudioLayer: { VolumeRate: number }[] };
    return Object.fromEntries(places.map((place, index) => [place, layers[index]?.VolumeRate ?? Number.NaN]));
  }

  beforeAll(async () => {
    server = await startServer({ demo: true });
    client = openApiClient(server);
    browser = await launchChromium({ width: 1280, height: 720 });
    page = await browser.context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (new URL(request.url()).searchParams.get('Action') === 'UpdateCasterSceneAudio') calls++;
    });
    await openDesk(page, server);
    const studios = (await client.call('DescribeCasters')).CasterList as { Caster: { CasterId: string }[] };
    CasterId = studios.Caster[0]?.CasterId ?? '';
    const { Scene } = (await client.call('DescribeCasterScenes', { CasterId })).SceneList as {
      Scene: { SceneId: string; OutputType: string }[];
    };
    const idOf = (type: string): string => Scene.find(({ OutputType }) => OutputType === type)?.SceneId ?? '';
    [previewId, SceneId] = [idOf('0'), idOf('1')];
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('meters of the sources and of the programme move', async () => {
    expect(await gains()).toEqual({ RV01: 1 });
    // The bars are a steady tone, though no scene has them on air.
    await waitFor('the level of the bars', 10_000, async () => (await litShare(page, 'meter-RV02')) > 0.2);
    // The clock beeps once a second.
    const seen: number[] = [];
    await waitFor('a beep of the programme', 10_000, async () => {
      seen.push(await litShare(page, 'meter-pgm'));
      return Math.max(...seen) - Math.min(...seen) > 0.2;
    });
    await waitFor('loudness', 10_000, async () =>
      /\d/.test((await page.getByTestId('loudness-m').textContent()) ?? ''),
    );
    expect(await page.getByTestId('levels-state').textContent()).toBe('');
  });

  test('a fader is heard at once, stays in the hand, and its last place is sent', async () => {
    calls = 0;
    await pullFader(page, 'RV01', 0.3);
    const held = await stripLook(page, 'RV01');
    expect(held.gainDb).toMatch(/^−1\d\.\d$/);
    const gain = 10 ** (Number(held.gainDb.replace('−', '-')) / 20);
    await waitFor('the last place', 5_000, async () => Math.abs(((await gains()).RV01 ?? 0) / gain - 1) < 0.01);
    // Another hand is on the same fader; the page hears of it.
    const other = { FollowEnable: 1, 'MixList.1': 'RV01', 'AudioLayer.1.VolumeRate': 2 };
    await client.call('UpdateCasterSceneAudio', { CasterId, SceneId, ...other });
    for (let count = 0; count < 2; count++) {
      await page.waitForResponse((response) => response.url().includes('Action=DescribeCasterSound'));
    }
    expect(await stripLook(page, 'RV01')).toEqual(held);
    await page.mouse.up();
    await waitFor('the other hand', 5_000, async () => (await stripLook(page, 'RV01')).gainDb === '+6.0');
    // Thirty moves of the mouse are a few calls.
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(15);
    await page.getByTestId('fader-RV01').dblclick();
    await waitFor('0 dB', 5_000, async () => (await gains()).RV01 === 1);
    await page.getByTestId('fader-RV01').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await waitFor('two steps', 5_000, async () => Math.abs(((await gains()).RV01 ?? 0) - 0.7943) < 0.001);
  });

  test('MUTE is silence with a way back, ON puts a source into the mix with what was typed', async () => {
    await page.getByTestId('mute-RV01').click();
    await waitFor('silence', 5_000, async () => (await gains()).RV01 === 0);
    expect(await stripLook(page, 'RV01')).toEqual({ gainDb: '−2.0', isOn: true, isMuted: true });
    await page.getByTestId('mute-RV01').click();
    await waitFor('its gain', 5_000, async () => (await gains()).RV01 === 0.7943);
    await page.getByTestId('db-RV02').click();
    expect(await page.getByTestId('db-RV02').isDisabled()).toBe(false);
    await page.getByTestId('db-RV02').fill('-20');
    await page.getByTestId('db-RV02').press('Enter');
    expect(Object.keys(await gains())).toEqual(['RV01']);
    await page.getByTestId('on-RV02').click();
    await waitFor('the bars in the mix', 5_000, async () => (await gains()).RV02 === 0.1);
    await page.getByTestId('on-RV02').click();
    await waitFor('the bars out of it', 5_000, async () => (await gains()).RV02 === undefined);
  });

  test('the strips of the preview change the preview', async () => {
    const before = await gains();
    await page.getByTestId('mix-pvw').click();
    await waitFor('the mix of the preview', 5_000, async () => (await stripLook(page, 'RV02')).isOn);
    await page.getByTestId('db-RV02').fill('+20');
    await page.getByTestId('db-RV02').press('Enter');
    await waitFor('the preview', 5_000, async () => (await gains(previewId)).RV02 === 10);
    expect(await gains()).toEqual(before);
    await page.getByTestId('mix-pgm').click();
  });

  test('a fader that is held when the strips come to show another mix is let go', async () => {
    await pullFader(page, 'RV01', 0.3);
    const held = await stripLook(page, 'RV01');
    const gain = 10 ** (Number(held.gainDb.replace('−', '-')) / 20);
    await waitFor('the last place', 5_000, async () => Math.abs(((await gains()).RV01 ?? 0) / gain - 1) < 0.01);
    const mixes = [await gains(), await gains(previewId)];
    await page.getByTestId('mix-pvw').dispatchEvent('click');
    await waitFor('the mix of the preview', 5_000, async () => (await stripLook(page, 'RV02')).isOn);
    // Were it still held, thirty moves would change one of the mixes.
    calls = 0;
    const { x, y } = (await page.getByTestId('fader-RV01').boundingBox()) ?? { x: 0, y: 0 };
    await page.mouse.move(x, y, { steps: 30 });
    await page.getByTestId('mix-pgm').dispatchEvent('click');
    const other = { MixMode: 'change', 'MixList.1': 'RV01', 'AudioLayer.1.VolumeRate': 1 };
    await client.call('UpdateCasterSceneAudio', { CasterId, SceneId, ...other });
    await waitFor('another hand', 5_000, async () => (await stripLook(page, 'RV01')).gainDb === '0.0');
    await page.mouse.up();
    expect(calls).toBe(0);
    expect([{ ...(await gains()), RV01: mixes[0]?.RV01 }, await gains(previewId)]).toEqual(mixes);
  });

  test('test tone and talk-over', async () => {
    const sound = () => client.call('DescribeCasterSound', { CasterId });
    await page.getByTestId('sound-settings').click();
    await page.getByTestId('tone-level').fill('-6');
    await page.getByTestId('tone-level').press('Enter');
    await page.getByTestId('tone').click();
    await waitFor('the tone', 5_000, async () => {
      const { Enable, Level } = (await sound()).Tone as { Enable: boolean; Level: number };
      return Enable && Level === -6;
    });
    await waitFor('its level', 10_000, async () => (await page.getByTestId('meter-pgm-peak').textContent()) === '−6.0');
    await page.getByTestId('tone').click();
    await page.getByTestId('talk-RV01').click();
    await waitFor('no tone, but talk-over', 5_000, async () => {
      const { Tone, Ducking } = (await sound()) as { Tone: { Enable: boolean }; Ducking: { Enable: boolean } };
      return !Tone.Enable && Ducking.Enable && JSON.stringify(Ducking).includes('RV01');
    });
    await page.getByTestId('talk-RV01').click();
    await waitFor('talk-over off', 5_000, async () => !((await sound()).Ducking as { Enable: boolean }).Enable);
    await page.getByTestId('sound-settings').click();
  });

  test('SOLO plays a source in this browser, and the programme is what it was', async () => {
    const before = await gains();
    const isHushed = (): Promise<boolean> =>
      page.getByTestId('monitor-pgm').evaluate((video: HTMLVideoElement) => video.muted);
    await page.getByTestId('listen').click();
    await waitFor('the programme to listen to', 2_000, async () => !(await isHushed()));
    // A browser that wants a click first.
    await page.evaluate(() => {
      const { play } = HTMLAudioElement.prototype;
      HTMLAudioElement.prototype.play = async function refuse() {
        HTMLAudioElement.prototype.play = play;
        this.pause();
        throw new DOMException('a click first', 'NotAllowedError');
      };
    });
    await page.getByTestId('solo-RV02').click();
    await waitFor('its wish', 5_000, async () => (await page.getByTestId('solo-RV02').textContent()) === 'CLICK');
    await page.getByTestId('solo-RV02').click();
    await waitFor('the tone of the bars', 15_000, async () => {
      const tone = await soloTone(page, 'RV02');
      return tone !== null && tone.level > -60 && Math.abs(tone.hz - BARS_HZ) < 12;
    });
    await waitFor('the word', 5_000, async () => (await page.getByTestId('solo-RV02').textContent()) === 'SOLO');
    expect(await isHushed()).toBe(true);
    expect(await gains()).toEqual(before);
    await page.getByTestId('solo-clear').click();
    await page.getByTestId('solo-audio-RV02').waitFor({ state: 'detached' });
    await waitFor('the programme again', 2_000, async () => !(await isHushed()));
  });

  test('folded away the desk asks for nothing more; nothing went wrong in the page', async () => {
    if (process.env.CASTDECK_TEST_SCREENSHOT) await page.screenshot({ path: process.env.CASTDECK_TEST_SCREENSHOT });
    await page.getByTestId('sound-fold').click();
    await page.getByTestId('master').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    expect((await page.getByTestId('errors').textContent())?.trim()).toBe('');
  });
});
