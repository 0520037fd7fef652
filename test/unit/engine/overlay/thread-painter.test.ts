/** A drawing thread that dies, hangs or is asked for too much. */
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import type { TextSetting } from '../../../../src/engine/overlay/painter.js';
import { ThreadPainter } from '../../../../src/engine/overlay/thread-painter.js';

const SETTING: TextSetting = {
  text: 'x',
  font: 'KaiTi',
  fontPx: 10,
  color: 0,
  outline: null,
  align: 'left',
};
const MEASURE = '{ box: { width: 2, height: 2 }, over: {}, missing: "" }';

const painters: ThreadPainter[] = [];
afterEach(async () => {
  await Promise.all(painters.splice(0).map((painter) => painter.close()));
});

/** Threads of which the first ones do what `bodies` say to a `message`, and all others answer. */
function painterOf(bodies: string[], answerMs = 5_000): { painter: ThreadPainter; threads: Worker[] } {
  const threads: Worker[] = [];
  const painter = new ThreadPainter({
    answerMs,
    start: () => {
      const body = bodies[threads.length] ?? `parentPort.postMessage({ id: message.id, ok: true, value: ${MEASURE} })`;
      const code = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', (message) => { ${body} });`;
      const thread = new Worker(code, { eval: true });
      threads.push(thread);
      return thread;
    },
  });
  painters.push(painter);
  return { painter, threads };
}

test('no thread before the first job, one for all that follow', async () => {
  const { painter, threads } = painterOf([]);
  expect(threads).toHaveLength(0);
  await Promise.all([painter.measure(SETTING), painter.measure(SETTING)]);
  await painter.measure(SETTING);
  expect(threads).toHaveLength(1);
});

test.each([
  ['throws', 'throw new Error("boom")', 'boom'],
  ['exits', 'process.exit(3)', 'has ended'],
])('a thread that %s: its jobs fail, the next one is done by another', async (_name, body, message) => {
  const { painter, threads } = painterOf([body]);
  const jobs = [painter.measure(SETTING), painter.measure(SETTING)];
  for (const job of await Promise.allSettled(jobs)) {
    expect(job.status).toBe('rejected');
    if (job.status === 'rejected') expect(String(job.reason)).toContain(message);
  }
  expect((await painter.measure(SETTING)).box).toEqual({ width: 2, height: 2 });
  expect(threads).toHaveLength(2);
});

test('a thread that hangs is ended', async () => {
  const { painter, threads } = painterOf(['for (;;);'], 200);
  const ended = new Promise((resolve) => {
    setTimeout(() => threads[0]?.once('exit', resolve), 0);
  });
  await expect(painter.measure(SETTING)).rejects.toThrow('too long');
  await ended;
  expect((await painter.measure(SETTING)).box.width).toBe(2);
});

test('a job that fails fails alone', async () => {
  const { painter, threads } = painterOf(['parentPort.postMessage({ id: message.id, ok: false, message: "no font" })']);
  await expect(painter.measure(SETTING)).rejects.toThrow('no font');
  await expect(painter.measure(SETTING)).rejects.toThrow('no font');
  expect(threads).toHaveLength(1);
});

test('more than 256 waiting jobs are refused; closing rejects those that wait, and all that come', async () => {
  const { painter } = painterOf(['']);
  const jobs = Array.from({ length: 256 }, () => painter.measure(SETTING));
  const all = Promise.allSettled(jobs);
  await expect(painter.measure(SETTING)).rejects.toThrow('too much');
  await painter.close();
  expect((await all).every(({ status }) => status === 'rejected')).toBe(true);
  await expect(painter.measure(SETTING)).rejects.toThrow('closed');
});
