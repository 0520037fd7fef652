/**
 * The console in a real browser, as somebody works it who knows a vision mixer: AUTO, T-bar, fade to black, overlays,
 * captions, multiview. What viewers would see is read from the pictures of the programme monitor.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CastdeckServer, isBuilt, startServer } from '../support/castdeck-server.js';
import { launchChromium, type TestBrowser } from '../support/chromium.js';
import { openApiClient, type WireClient } from '../support/clients.js';
import { ffmpegPath, hasChromium, hasFfmpeg } from '../support/media-tools.js';
import { serveFolder } from '../support/static-server.js';
import { waitFor } from '../support/wait.js';
import { BARS, CLOCK, codeOn, greenOn, note, noted, openDesk, type Share } from './desk-page.js';

/** A strip of all bars, where the clock has its dark ground. The white bar that moves over them adds little to it. */
const STRIP: Share = { x: 0, y: 0.17, width: 1, height: 0.05 };
/** A place above the clock's face where nothing is. */
const CORNER: Share = { x: 0.6, y: 0.04, width: 0.36, height: 0.17 };
const WHOLE: Share = { x: 0, y: 0, width: 1, height: 1 };

describe.skipIf(!isBuilt || !hasChromium)('the mix at the desk', () => {
  let server: CastdeckServer;
  let browser: TestBrowser;
  let page: Page;
  let client: WireClient;
  let CasterId: string;
  /** Green at {@link STRIP} of the two pictures. */
  let dark: number;
  let bright: number;
  const complaints: string[] = [];
  const copies: { at: number; status: number; position: string | null }[] = [];

  const text = async (testId: string): Promise<string> => (await page.getByTestId(testId).textContent()) ?? '';
  const mark = (layout: number, words: string): Promise<boolean> =>
    waitFor(`${words} on layout ${layout}`, 5_000, async () => (await text(`layout-${layout}`)).includes(words));
  const pressed = (testId: string, isPressed: boolean): Promise<boolean> =>
    waitFor(`${testId} ${isPressed ? '' : 'not '}pressed`, 5_000, async () => {
      return (await page.getByTestId(testId).getAttribute('aria-pressed')) === String(isPressed);
    });
  const level = async (): Promise<number> => (await greenOn(page, 'pgm', STRIP))?.mean ?? Number.NaN;
  const near = async (wanted: number): Promise<boolean> => Math.abs((await level()) - wanted) < (bright - dark) * 0.12;
  const brightIn = (monitor: 'pvw' | 'pgm', isBright: boolean): Promise<boolean> =>
    waitFor(`a ${isBright ? 'bright' : 'dark'} corner on ${monitor}`, 5_000, async () => {
      const max = (await greenOn(page, monitor, CORNER))?.max;
      return max !== undefined && (isBright ? max > 190 : max < 90);
    });
  /** The one on air and the other in preview, by the keys of the desk. */
  const arrange = async (onAir: 1 | 2, next: 1 | 2): Promise<void> => {
    await page.keyboard.press(String(onAir));
    await mark(onAir, 'PVW');
    await page.keyboard.press('Space');
    await mark(onAir, 'PGM');
    await page.keyboard.press(String(next));
    await mark(next, 'PVW');
    const source = { 1: CLOCK, 2: BARS }[onAir];
    await waitFor('the programme', 5_000, async () => (await codeOn(page, 'pgm'))?.source === source);
  };
  const addComponent = async (fields: Record<string, string>): Promise<void> => {
    await page.getByTestId('add-overlay').click();
    for (const [testId, value] of Object.entries(fields)) {
      const field = page.getByTestId(testId);
      if (testId === 'component-kind') await field.selectOption(value);
      else await field.fill(value);
    }
    await page.getByTestId('anchor-topRight').check();
    await page.getByTestId('component-add').click();
    await page.getByTestId('component-form').waitFor({ state: 'detached' });
  };

  beforeAll(async () => {
    server = await startServer({ demo: true });
    client = openApiClient(server);
    browser = await launchChromium({ width: 1440, height: 900 });
    page = await browser.context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('response', (response) => {
      const url = new URL(response.url());
      if (url.searchParams.get('Action') !== 'CopyCasterSceneConfig') return;
      const at = response.request().timing().startTime;
      copies.push({ at, status: response.status(), position: url.searchParams.get('TransitionPosition') });
    });
    await openDesk(page, server);
    const studios = (await client.call('DescribeCasters')).CasterList as { Caster: { CasterId: string }[] };
    CasterId = studios.Caster[0]?.CasterId ?? '';
    await arrange(2, 1);
    bright = await level();
    await arrange(1, 2);
    dark = await level();
    expect(bright - dark).toBeGreaterThan(60);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('AUTO by Enter: the programme fades, as long as it was told', async () => {
    await page.getByTestId('transition-kind').selectOption('fade');
    await page.getByTestId('transition-ms').fill('2000');
    await page.getByTestId('transition-ms').press('Enter');
    await note(page, 'pgm', STRIP);
    await page.keyboard.press('Enter');
    await waitFor('the bars', 8_000, async () => near(bright));
    const levels = (await noted(page)).map(({ at, mean }) => ({ at, share: (mean - dark) / (bright - dark) }));
    const between = levels.filter(({ share }) => share > 0.1 && share < 0.9);
    expect(between.length).toBeGreaterThan(8);
    const [first, last] = [between[0], between.at(-1)];
    // 0.8 of two seconds; the rest is what a busy machine may add.
    expect((last?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(1_100);
    expect((last?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(2_600);
    for (const [index, { share }] of between.entries()) {
      expect(share).toBeGreaterThan((between[index - 1]?.share ?? 0) - 0.12);
    }
    await mark(2, 'PGM');
  });

  test('the browser keeps what was chosen', async () => {
    await page.reload();
    await mark(2, 'PGM');
    expect(await page.getByTestId('transition-kind').inputValue()).toBe('fade');
    expect(await page.getByTestId('transition-ms').inputValue()).toBe('2000');
    await waitFor('pictures', 10_000, () => codeOn(page, 'pgm'));
  });

  test('the T-bar stays half way when it is let go, Escape takes it back, the far end takes', async () => {
    await arrange(1, 2);
    const bar = page.getByTestId('tbar');
    const box = await bar.boundingBox();
    if (!box) throw new Error('no T-bar');
    const [x, low, high] = [box.x + box.width / 2, box.y + box.height - 10, box.y + 10];
    const drag = async (from: number, to: number): Promise<void> => {
      await page.mouse.move(x, from);
      await page.mouse.down();
      await page.mouse.move(x, to, { steps: 40 });
    };
    copies.length = 0;
    await drag(low, (low + high) / 2);
    await page.mouse.up();
    await waitFor('half of each', 5_000, () => near((dark + bright) / 2));
    const held = await waitFor('server and desk of one mind', 4_000, async () => {
      const { TransitionPosition: position } = await client.call('DescribeCasterMix', { CasterId });
      return position === Number(await bar.inputValue()) && position;
    });
    expect(held).toBeGreaterThan(0.4);
    expect(held).toBeLessThan(0.6);
    expect(await text('layout-2')).not.toContain('PGM');
    expect(await text('tally-RV02')).toBe('on air');
    // The hand is forgotten after two seconds; then the bar shows what the server says.
    await page.waitForResponse((answer) => answer.url().includes('DescribeCasterMix'), { timeout: 5_000 });
    await page.evaluate(() => new Promise((done) => setTimeout(done, 2_100)));
    expect(Number(await bar.inputValue())).toBe(held);
    expect(await near((dark + bright) / 2)).toBe(true);
    await page.keyboard.press('Escape');
    await waitFor('the clock again', 5_000, () => near(dark));
    await waitFor('the bar at its end', 5_000, async () => (await bar.inputValue()) === '0');
    expect((await client.call('DescribeCasterMix', { CasterId })).TransitionPosition).toBe(0);

    await drag(low, high - 20);
    await waitFor('the bars', 5_000, () => near(bright));
    await mark(2, 'PGM');
    // The hand that is still on it does not begin the next take.
    const done = copies.length;
    await page.mouse.move(x, (low + high) / 2, { steps: 5 });
    await page.mouse.up();
    expect(await bar.inputValue()).toBe('0');
    expect(copies.length).toBe(done);
    expect(copies.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
    for (const [index, { at }] of copies.entries()) {
      const later = copies.filter((other) => other.at >= at && other.at < at + 1_000);
      expect(later.length, `calls in the second from call ${index} on`).toBeLessThanOrEqual(9);
    }
  });

  test('fade to black, and back', async () => {
    await page.getByTestId('ftb').click();
    await pressed('ftb', true);
    await waitFor('black', 5_000, async () => ((await greenOn(page, 'pgm', WHOLE))?.max ?? 255) < 12);
    expect((await codeOn(page, 'pvw'))?.source).toBe(BARS);
    await page.getByTestId('ftb').click();
    await pressed('ftb', false);
    await waitFor('the picture', 5_000, async () => (await codeOn(page, 'pgm'))?.source === BARS);
  });

  test('a text from the form goes over the programme by its key, and off again', async () => {
    await arrange(1, 2);
    await addComponent({ 'component-text': 'MMMM', 'component-size': '14', 'component-name': 'Title' });
    await waitFor('the overlay in the list', 5_000, async () => (await text('overlay-RC01')).includes('Title'));
    await brightIn('pgm', false);
    await page.getByTestId('key-RC01').click();
    await pressed('key-RC01', true);
    await brightIn('pgm', true);
    await page.getByTestId('delete-RC01').click();
    await page.getByTestId('delete-RC01').click();
    await waitFor('the refusal', 5_000, async () => (await text('errors')).includes('it is on air'));
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByTestId('key-RC01').click();
    await pressed('key-RC01', false);
    await brightIn('pgm', false);
  });

  test('in preview an overlay is part of the next take, with the layout as it was, and goes with the take after it', async () => {
    await arrange(2, 1);
    await page.getByTestId('preview-RC01').click();
    await pressed('preview-RC01', true);
    await brightIn('pvw', true);
    expect((await codeOn(page, 'pvw'))?.source).toBe(CLOCK);
    expect((await codeOn(page, 'pgm'))?.source).toBe(BARS);
    await page.keyboard.press('Space');
    await waitFor('the clock', 5_000, async () => (await codeOn(page, 'pgm'))?.source === CLOCK);
    await brightIn('pgm', true);
    await waitFor('the mark', 5_000, async () => (await text('overlay-RC01')).includes('PGM'));
    await page.getByTestId('preview-RC01').click();
    await pressed('preview-RC01', false);
    await brightIn('pvw', false);
    await page.keyboard.press('Space');
    await brightIn('pgm', false);
    await waitFor('no overlay in the programme', 5_000, async () => !(await text('overlay-RC01')).includes('PGM'));
    await page.getByTestId('delete-RC01').click();
    await page.getByTestId('delete-RC01').click();
    await page.getByTestId('overlay-RC01').waitFor({ state: 'detached', timeout: 5_000 });
  });

  test.skipIf(!hasFfmpeg)('a picture by its address, in the place that was chosen', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'castdeck-desk-'));
    execFileSync(ffmpegPath, [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'color=white:s=160x90',
      '-frames:v',
      '1',
      `${folder}/logo.png`,
    ]);
    const files = await serveFolder(folder);
    try {
      const url = `${files.url}/logo.png`;
      await addComponent({ 'component-kind': 'image', 'component-url': url, 'component-size': '12' });
      expect(await text('overlay-RC01')).toContain('logo.png');
      await page.getByTestId('key-RC01').click();
      await pressed('key-RC01', true);
      await brightIn('pgm', true);
      await page.getByTestId('key-RC01').click();
      await brightIn('pgm', false);
      await page.getByTestId('delete-RC01').click();
      await page.getByTestId('delete-RC01').click();
      await page.getByTestId('overlay-RC01').waitFor({ state: 'detached', timeout: 5_000 });
    } finally {
      await files.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('a caption shows the line that is typed, until it is cleared', async () => {
    await addComponent({ 'component-kind': 'caption', 'component-size': '12' });
    await page.getByTestId('key-RC01').click();
    await pressed('key-RC01', true);
    await page.getByTestId('caption-text').fill('MMMM');
    await page.getByTestId('caption-text').press('Enter');
    await brightIn('pgm', true);
    expect(await page.getByTestId('caption-text').inputValue()).toBe('');
    await page.getByTestId('caption-clear').click();
    await brightIn('pgm', false);
  });

  test('a click on a tile of the multiview puts its source in preview', async () => {
    await arrange(1, 1);
    await page.getByTestId('multiview').click();
    await waitFor('the multiview', 15_000, async () => (await text('state-multiview')) === 'live');
    const tile = async (testId: string): Promise<Share> => {
      const [box, picture] = await Promise.all(
        [testId, 'monitor-multiview'].map((one) => page.getByTestId(one).boundingBox({ timeout: 5_000 })),
      );
      if (!box || !picture) throw new Error(`no ${testId}`);
      const [x, y] = [(box.x - picture.x) / picture.width, (box.y - picture.y) / picture.height];
      return { x, y, width: box.width / picture.width, height: box.height / picture.height };
    };
    /** The same place of the source, inside its tile. */
    const inside = (at: Share): Share => ({
      x: at.x + at.width * 0.04,
      y: at.y + at.height * 0.3,
      width: at.width * 0.06,
      height: at.height * 0.3,
    });
    const levels = await waitFor('the pictures of both sources', 10_000, async () => {
      const clock = await greenOn(page, 'multiview', inside(await tile('mv-RV01')));
      const bars = await greenOn(page, 'multiview', inside(await tile('mv-RV02')));
      return clock && bars && bars.mean - clock.mean > 100 && { clock, bars };
    });
    expect(levels.bars.mean).toBeGreaterThan(150);
    await page.getByTestId('mv-RV02').click();
    await mark(2, 'PVW');
    expect((await codeOn(page, 'pgm'))?.source).toBe(CLOCK);

    // A source that no layout shows alone: one is made, once.
    const source = { LocationId: 'RV07', ResourceName: 'Spare', LiveStreamUrl: 'test://bars' };
    await client.call('AddCasterVideoResource', { CasterId, ...source });
    await page.getByTestId('mv-RV07').click();
    await page.getByTestId('mv-RV07').click();
    await mark(5, 'PVW');
    expect(await text('layout-5')).toContain('Spare');
    const layouts = await client.call('DescribeCasterLayouts', { CasterId });
    expect(layouts.Total).toBe(5);
    await page.getByTestId('multiview').click();
    await waitFor('the bars on the preview', 10_000, async () => (await codeOn(page, 'pvw'))?.source === BARS);
  });

  test('the standby: one button puts it on air and takes it off again, and says so in between', async () => {
    expect(await page.getByTestId('standby').count()).toBe(0);
    await arrange(1, 2);
    const setStandby = (UrgentLiveStreamUrl: string) =>
      client.call('SetCasterConfig', {
        CasterId,
        CasterName: 'Demo',
        DomainName: 'localhost',
        TranscodeConfig: '{"CasterTemplate":"lp_hd","LiveTemplate":["lld"]}',
        UrgentLiveStreamUrl,
      });
    // Nobody pushes this: it may be asked for, and taken back.
    await setStandby(`rtmp://localhost:${server.ports.rtmp}/live/nobody`);
    await waitFor('a standby', 5_000, async () => (await text('standby')) === 'Standbyhas no picture yet');
    await page.getByTestId('standby').click();
    await waitFor('the press', 5_000, async () => (await text('standby')) === 'Standbyasked, waits for its picture');
    await pressed('standby', true);
    const isAsked = async () =>
      ((await client.call('DescribeCasterMix', { CasterId })).Standby as { Asked: boolean }).Asked;
    await waitFor('the server', 5_000, isAsked);
    await page.getByTestId('standby').click();
    await pressed('standby', false);
    await waitFor('the server again', 5_000, async () => !(await isAsked()));
    await setStandby('test://bars');
    await waitFor('the standby to be ready', 5_000, async () => (await text('standby')) === 'Standbyready');
    await page.getByTestId('standby').click();
    await waitFor('the standby on air', 5_000, () => near(bright));
    await pressed('standby', true);
    expect(await text('standby')).toBe('Leave standbyon air');
    await page.getByTestId('standby').click();
    await waitFor('the programme', 5_000, () => near(dark));
    await pressed('standby', false);
    // The layout is what it was.
    expect(await text('layout-1')).toContain('PGM');
  });

  test('nothing went wrong in the page, and nothing lies over anything else', async () => {
    expect(complaints).toEqual([]);
    expect((await text('errors')).trim()).toBe('');
    for (const size of [
      { width: 1440, height: 900 },
      { width: 1000, height: 700 },
    ]) {
      await page.setViewportSize(size);
      const faults = await page.evaluate(() => {
        const controls = [...document.querySelectorAll<HTMLElement>('.desk :is(button, input, select, video)')];
        const boxes = controls.map((element) => ({ element, box: element.getBoundingClientRect() }));
        const shown = boxes.filter(({ box }) => box.width > 0 && box.height > 0);
        const found: string[] = [];
        for (const [index, { element, box }] of shown.entries()) {
          if (box.right > innerWidth + 1) found.push(`${element.outerHTML.slice(0, 60)} sticks out`);
          for (const other of shown.slice(index + 1)) {
            const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
            const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
            if (across > 1 && down > 1) found.push(`${element.outerHTML.slice(0, 60)} and ${other.element.outerHTML}`);
          }
        }
        return found;
      });
      expect(faults).toEqual([]);
    }
  });
});
