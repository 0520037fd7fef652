/**
 * `npm test`: every check, from a clean clone. Installs, builds, checks types and style, runs the tests, and ends with
 * exactly one line `N passed, N failed, N skipped`: tests, plus one for each of the steps before them. Exit code 1 when
 * anything failed. Arguments after `--` go to vitest (`npm test -- test/unit/link`).
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureInstalled, requireNode, root, run, runNpm } from './install.mjs';
import { ensureMediaTools, toolVersion } from './media-tools.mjs';

const RESULTS = join(root, 'test-results', 'vitest.json');
/** All of the tests; beyond it something hangs, and a hang is a failure. */
const VITEST_TIMEOUT_MS = 13 * 60_000;
const STEP_TIMEOUT_MS = 3 * 60_000;

const counts = { passed: 0, failed: 0, skipped: 0 };
const summary = [];

/** Times a step and adds it to the counts. `action` answers true for passed. */
async function step(name, action) {
  console.log(`\n== ${name}`);
  const began = process.hrtime.bigint();
  const passed = await action();
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  counts[passed ? 'passed' : 'failed']++;
  summary.push(`${name.padEnd(10)} ${passed ? 'passed' : 'FAILED'}  ${seconds.toFixed(1)} s`);
  return passed;
}

function finish() {
  console.log('\n== summary');
  for (const line of summary) console.log(line);
  process.exitCode = counts.failed > 0 ? 1 : 0;
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
}

/** Counts of vitest's JSON report. A file that could not be loaded has no tests, yet is one failure. */
function countTests(report) {
  let brokenFiles = 0;
  for (const file of report.testResults || []) {
    const failures = (file.assertionResults || []).filter((test) => test.status === 'failed').length;
    if (file.status === 'failed' && failures === 0) brokenFiles++;
  }
  return {
    passed: report.numPassedTests || 0,
    failed: (report.numFailedTests || 0) + brokenFiles,
    skipped: (report.numPendingTests || 0) + (report.numTodoTests || 0),
  };
}

async function runTests(tools) {
  rmSync(RESULTS, { force: true });
  mkdirSync(join(root, 'test-results'), { recursive: true });
  const env = { ...process.env };
  // Empty means: looked for and not there. The tests then skip and say so.
  env.CASTDECK_TEST_FFMPEG = tools.ffmpeg;
  env.CASTDECK_TEST_FFPROBE = tools.ffprobe;
  env.CASTDECK_TEST_CHROMIUM = tools.chromium;
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${RESULTS}`];
  const began = process.hrtime.bigint();
  const { code, timedOut } = await run(process.execPath, [vitest, 'run', ...reporters, ...process.argv.slice(2)], {
    env,
    timeoutMs: VITEST_TIMEOUT_MS,
  });
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  let tests = { passed: 0, failed: 0, skipped: 0 };
  if (existsSync(RESULTS)) tests = countTests(JSON.parse(readFileSync(RESULTS, 'utf8')));
  // Errors outside of any test, a crash, a hang: a bad exit must never look like success.
  if (code !== 0 && tests.failed === 0) tests.failed = 1;
  counts.passed += tests.passed;
  counts.failed += tests.failed;
  counts.skipped += tests.skipped;
  if (timedOut) console.error(`The tests took longer than ${VITEST_TIMEOUT_MS / 60_000} minutes and were ended.`);
  const words = `${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`;
  summary.push(`${'tests'.padEnd(10)} ${tests.failed > 0 ? 'FAILED' : 'passed'}  ${seconds.toFixed(1)} s  (${words})`);
}

requireNode();
if (await step('install', ensureInstalled)) {
  const tools = await ensureMediaTools();
  if (tools.ffmpeg) console.log(`${tools.ffmpeg}: ${toolVersion(tools.ffmpeg, '-version')}`);
  if (tools.chromium) console.log(`${tools.chromium}: ${toolVersion(tools.chromium, '--version')}`);
  const bounded = { timeoutMs: STEP_TIMEOUT_MS };
  const built = await step('build', () => ensureBuilt());
  await step('types', async () => (await runNpm(['run', '--silent', 'types'], bounded)).code === 0);
  await step('lint', async () => (await runNpm(['run', '--silent', 'lint'], bounded)).code === 0);
  if (built) await runTests(tools);
}
finish();
