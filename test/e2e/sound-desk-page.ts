/** The sound desk in a browser: its faders, its meters, and what is heard by SOLO. */
import type { Page } from 'playwright-core';

/** What the strip of a place shows. */
export interface StripLook {
  gainDb: string;
  isOn: boolean;
  isMuted: boolean;
}

export async function stripLook(page: Page, place: string): Promise<StripLook> {
  const pressed = async (testId: string): Promise<boolean> =>
    (await page.getByTestId(testId).getAttribute('aria-pressed')) === 'true';
  return {
    gainDb: await page.getByTestId(`db-${place}`).inputValue(),
    isOn: await pressed(`on-${place}`),
    isMuted: await pressed(`mute-${place}`),
  };
}

/** Takes a fader and moves it down by a share of its way in many small steps, as a hand does; it is still held then. */
export async function pullFader(page: Page, place: string, share: number): Promise<void> {
  const fader = page.getByTestId(`fader-${place}`);
  await fader.scrollIntoViewIfNeeded();
  const box = await fader.boundingBox();
  if (!box) throw new Error(`no fader ${place}`);
  const [x, y] = [box.x + box.width / 2, box.y + box.height * 0.3];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x, y + box.height * share, { steps: 30 });
}

/** How high the left bar of a meter is drawn, as a share of the meter; counted in pixels that are lit. */
export async function litShare(page: Page, meter: string): Promise<number> {
  return await page.evaluate((testId) => {
    const canvas = document.querySelector<HTMLCanvasElement>(`[data-testid="${testId}"]`);
    const context = canvas?.getContext('2d');
    if (!canvas || !context || canvas.height === 0) return 0;
    const pixels = context.getImageData(Math.floor(canvas.width / 4), 0, 1, canvas.height).data;
    let lit = 0;
    for (let at = 0; at < pixels.length; at += 4) {
      if (Math.max(pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0) > 70) lit++;
    }
    return lit / canvas.height;
  }, meter);
}

/** The strongest frequency of what SOLO plays of a place, Hz, and its level in dB; null while it plays nothing. */
export async function soloTone(page: Page, place: string): Promise<{ hz: number; level: number } | null> {
  return await page.evaluate(async (testId) => {
    const audio = document.querySelector<HTMLAudioElement>(`[data-testid="${testId}"]`);
    if (!(audio?.srcObject instanceof MediaStream) || audio.paused || audio.muted) return null;
    const context = new AudioContext();
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(audio.srcObject).connect(analyser);
    const levels = new Float32Array(analyser.frequencyBinCount);
    await new Promise((done) => setTimeout(done, 400));
    analyser.getFloatFrequencyData(levels);
    let best = 0;
    for (const [bin, level] of levels.entries()) if (level > (levels[best] ?? Number.NEGATIVE_INFINITY)) best = bin;
    const hz = (best * context.sampleRate) / analyser.fftSize;
    await context.close();
    return { hz, level: levels[best] ?? Number.NEGATIVE_INFINITY };
  }, `solo-audio-${place}`);
}
