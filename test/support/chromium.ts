/**
 * A real browser with a new, empty profile, driven by playwright-core. It plays H.264 and sound without a click and
 * talks WebRTC over loopback. The owner must call close(), which also removes the profile.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { chromiumPath } from './media-tools.js';

const FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  // WebRTC leaves loopback out and hides addresses behind mDNS names by default; here there is nothing but loopback.
  '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

export interface TestBrowser {
  context: BrowserContext;
  close(): Promise<void>;
}

export interface BrowserOptions {
  /** Size of the pages, 1280x800 unless told. */
  width?: number;
  height?: number;
  /** More flags for the program. */
  args?: readonly string[];
}

/** @throws Error when Chromium is missing or does not start in 30 s */
export async function launchChromium(options: BrowserOptions = {}): Promise<TestBrowser> {
  if (!chromiumPath) throw new Error('no Chromium on this machine');
  const profile = mkdtempSync(join(tmpdir(), 'castdeck-chromium-'));
  const removeProfile = (): void => rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  try {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: chromiumPath,
      headless: true,
      viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
      args: [...FLAGS, ...(options.args ?? [])],
      timeout: 30_000,
    });
    return {
      context,
      close: async () => {
        await context.close();
        removeProfile();
      },
    };
  } catch (error) {
    removeProfile();
    throw error;
  }
}
