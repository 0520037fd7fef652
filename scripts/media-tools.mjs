/**
 * Finds the programs that tests look at pictures and sound with, and installs them where that is ours to do: as root on
 * Debian. They are not needed to run Castdeck, only to test it. CASTDECK_TEST_APT=0 forbids the installation.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './install.mjs';

const APT_TIMEOUT_MS = 240_000;

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** First of `names` that is an executable file in PATH, as a full path; '' when there is none. */
function inPath(names) {
  for (const name of names) {
    for (const folder of (process.env.PATH || '').split(delimiter)) {
      if (folder && isProgram(join(folder, name))) return join(folder, name);
    }
  }
  return '';
}

function named(variable, names) {
  const wish = process.env[variable];
  if (wish && isProgram(wish)) return wish;
  if (wish) console.log(`${variable}=${wish} is not a program; looking in PATH instead.`);
  return inPath(names);
}

/** @returns {{ ffmpeg: string, ffprobe: string, chromium: string }} full paths, '' for what is missing */
export function findMediaTools() {
  return {
    ffmpeg: named('CASTDECK_TEST_FFMPEG', ['ffmpeg']),
    ffprobe: named('CASTDECK_TEST_FFPROBE', ['ffprobe']),
    chromium: named('CASTDECK_TEST_CHROMIUM', ['chromium', 'chromium-browser', 'google-chrome']),
  };
}

/** What test/support/gst-rtsp.ts needs: an RTSP server that is not ours. */
const RTSP_PACKAGES = [
  'python3-gi',
  'gir1.2-gst-rtsp-server-1.0',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-ugly',
  'gstreamer1.0-libav',
];

function hasRtspServer() {
  const probe = "import gi; gi.require_version('GstRtspServer', '1.0')";
  return spawnSync('/usr/bin/python3', ['-c', probe], { timeout: 20_000 }).status === 0;
}

/** Why nothing can be installed here; '' when it can. */
function installObstacle() {
  if (process.env.CASTDECK_TEST_APT === '0') return 'CASTDECK_TEST_APT=0';
  let release = '';
  try {
    release = readFileSync('/etc/os-release', 'utf8');
  } catch {
    return 'not a Debian machine';
  }
  if (!/^ID="?debian"?$/m.test(release)) return 'not a Debian machine';
  if (!inPath(['apt-get'])) return 'no apt-get';
  if (process.getuid && process.getuid() !== 0) return 'not root';
  return '';
}

/**
 * Finds the tools, installs those that are missing if it may, and says which tests will be skipped without them.
 *
 * @returns {Promise<{ ffmpeg: string, ffprobe: string, chromium: string }>}
 */
export async function ensureMediaTools() {
  let tools = findMediaTools();
  const packages = [];
  if (!tools.ffmpeg || !tools.ffprobe) packages.push('ffmpeg');
  if (!tools.chromium) packages.push('chromium');
  if (!hasRtspServer()) packages.push(...RTSP_PACKAGES);
  if (packages.length === 0) return tools;

  let reason = installObstacle();
  if (!reason) {
    console.log(`Installing for the tests: ${packages.join(' ')} (apt-get) ...`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const apt = (...args) =>
      run('apt-get', ['-qq', '-o', 'Dpkg::Use-Pty=0', ...args], { env, timeoutMs: APT_TIMEOUT_MS });
    const update = await apt('update');
    const install = await apt('install', '-y', '--no-install-recommends', ...packages);
    if (install.code !== 0) reason = `apt-get failed (update ${update.code}, install ${install.code})`;
    tools = findMediaTools();
  }
  if (!tools.ffmpeg || !tools.ffprobe) {
    console.log(`No ffmpeg: tests that push or decode streams will be skipped (${reason}).`);
  }
  if (!hasRtspServer()) console.log(`No RTSP server of GStreamer: tests against it will be skipped (${reason}).`);
  if (!tools.chromium) console.log(`No Chromium: tests of the console and of WebRTC play will be skipped (${reason}).`);
  return tools;
}

/** One line about a tool for the log, such as `ffmpeg version 5.1.9`. */
export function toolVersion(path, argument) {
  const answer = spawnSync(path, [argument], { encoding: 'utf8', timeout: 10_000 });
  return (answer.stdout || '').split('\n')[0] || 'unknown version';
}
