/**
 * A painter in a thread of its own, which is started with the first job: a studio without texts and pictures over its
 * scenes pays nothing for it. A thread that dies or hangs is ended, its jobs are rejected, and the next job starts another.
 */
import { Worker } from 'node:worker_threads';
import type { Sheet } from '../video/sheet.js';
import type { LabelStyle, Painter, Part, TextMeasure, TextSetting } from './painter.js';
import type { PaintAnswer, PaintJob, PaintRequest } from './painter-thread.js';

/** The slowest drawing takes a second or two on a machine that is busy. */
const ANSWER_MS = 20_000;
/** Jobs that wait; each overlay has one at a time, so more means that something asks without end. */
const MAX_WAITING = 256;

interface Pending {
  resolve: (value: Sheet | TextMeasure) => void;
  reject: (error: Error) => void;
}

function startThread(): Worker {
  // Fonts of the machine must not stand in for ours: a text looks the same everywhere.
  const env = { ...process.env, DISABLE_SYSTEM_FONTS_LOAD: '1' };
  if (import.meta.url.endsWith('.js')) return new Worker(new URL('./painter-thread.js', import.meta.url), { env });
  // Run from its sources, without a build: Node needs help to read them.
  const entry = JSON.stringify(new URL('./painter-thread.ts', import.meta.url).href);
  const code = `import('tsx/esm/api').then(({ register }) => { register(); return import(${entry}); });`;
  return new Worker(code, { eval: true, env });
}

let ofProcess: ThreadPainter | null = null;

/**
 * The painter of this process, made at the first call and never closed. Skia keeps its fonts for the whole process behind
 * one lock: a second thread that draws would wait for the first, for as long as a text takes.
 */
export function processPainter(): Painter {
  ofProcess ??= new ThreadPainter();
  return ofProcess;
}

export class ThreadPainter implements Painter {
  readonly #start: () => Worker;
  readonly #answerMs: number;
  readonly #pending = new Map<number, Pending>();
  #thread: Worker | null = null;
  #alarm: NodeJS.Timeout | null = null;
  #nextId = 1;
  #closed = false;

  /** @param options for tests: another thread, and how long an answer may take, ms */
  constructor(options: { start?: () => Worker; answerMs?: number } = {}) {
    this.#start = options.start ?? startThread;
    this.#answerMs = options.answerMs ?? ANSWER_MS;
  }

  async measure(setting: TextSetting): Promise<TextMeasure> {
    return asMeasure(await this.#ask({ kind: 'measure', setting }));
  }

  async paint(setting: TextSetting, part: Part): Promise<Sheet> {
    return asSheet(await this.#ask({ kind: 'paint', setting, part }));
  }

  async label(text: string, style: LabelStyle): Promise<Sheet> {
    return asSheet(await this.#ask({ kind: 'label', text, style }));
  }

  async sheet(rgba: Uint8Array, width: number, height: number): Promise<Sheet> {
    const memory = rgba.buffer instanceof ArrayBuffer ? [rgba.buffer] : [];
    return asSheet(await this.#ask({ kind: 'sheet', rgba, width, height }, memory));
  }

  #ask(job: PaintJob, memory: ArrayBuffer[] = []): Promise<Sheet | TextMeasure> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Error('the painter is closed');
      if (this.#pending.size >= MAX_WAITING) throw new Error('too much is waiting to be drawn');
      const thread = this.#running();
      const id = this.#nextId++;
      const request: PaintRequest = { id, job };
      thread.postMessage(request, memory);
      this.#pending.set(id, { resolve, reject });
      if (this.#pending.size === 1) this.#watch();
    });
  }

  #running(): Worker {
    if (this.#thread) return this.#thread;
    const thread = this.#start();
    this.#thread = thread;
    thread.on('message', (answer: PaintAnswer) => this.#onAnswer(thread, answer));
    thread.on('error', (error) => this.#lose(thread, error));
    thread.on('exit', () => this.#lose(thread, new Error('the drawing thread has ended')));
    // Whoever waits for a drawing keeps the process alive, the thread alone does not.
    thread.unref();
    return thread;
  }

  #onAnswer(thread: Worker, answer: PaintAnswer): void {
    if (thread !== this.#thread) return;
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    this.#watch();
    if (!pending) return;
    if (answer.ok) pending.resolve(answer.value);
    else pending.reject(new Error(answer.message));
  }

  /** Jobs are done in order: time counts for the oldest, from when the one before it was done. */
  #watch(): void {
    if (this.#alarm) clearTimeout(this.#alarm);
    this.#alarm = null;
    const thread = this.#thread;
    if (this.#pending.size === 0 || !thread) return;
    this.#alarm = setTimeout(() => this.#lose(thread, new Error('drawing takes too long')), this.#answerMs);
  }

  #lose(thread: Worker, error: Error): void {
    if (thread !== this.#thread) return;
    this.#thread = null;
    void thread.terminate();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#watch();
    for (const { reject } of pending) reject(error);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const thread = this.#thread;
    if (!thread) return;
    this.#lose(thread, new Error('the painter is closed'));
    await thread.terminate();
  }
}

function asSheet(value: Sheet | TextMeasure): Sheet {
  if ('box' in value) throw new TypeError('a measure came where a drawing was asked for');
  return value;
}

function asMeasure(value: Sheet | TextMeasure): TextMeasure {
  if (!('box' in value)) throw new TypeError('a drawing came where a measure was asked for');
  return value;
}
