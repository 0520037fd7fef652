/**
 * Where the programs are that tests look at media with. `npm test` finds them and passes their paths on; without it
 * (vitest run by hand) the usual names in PATH are tried. Tests skip by {@link hasFfmpeg} and {@link hasChromium}.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function find(variable: string, names: readonly string[]): string {
  const given = process.env[variable];
  // Set but empty: npm test looked and found nothing.
  if (given !== undefined) return given;
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      if (folder && isProgram(join(folder, name))) return join(folder, name);
    }
  }
  return '';
}

/** Full paths; '' for a program that is missing. */
export const ffmpegPath = find('CASTDECK_TEST_FFMPEG', ['ffmpeg']);
export const ffprobePath = find('CASTDECK_TEST_FFPROBE', ['ffprobe']);
export const chromiumPath = find('CASTDECK_TEST_CHROMIUM', ['chromium', 'chromium-browser', 'google-chrome']);

/** For `test.skipIf(!hasFfmpeg)`. */
export const hasFfmpeg = ffmpegPath !== '';
export const hasChromium = chromiumPath !== '';
