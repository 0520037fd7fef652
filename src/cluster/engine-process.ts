/**
 * One studio's engine process: started, fed with desired states, watched, and started again with the newest state
 * when it crashes or freezes, until it is stopped.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { DesiredState } from '../domain/desired.js';
import type {
  CaptionText,
  EngineCommand,
  EngineEvent,
  EngineOptions,
  EngineReport,
  EngineStats,
  SoundLevels,
} from '../domain/engine.js';
import { type Applied, StudioRuntimeError } from '../domain/ports.js';
import type { Logger } from '../lib/log.js';
import { childEnv } from './child-env.js';
import { RestartPause } from './restart-pause.js';

/** How long things may take, milliseconds. */
export interface EngineDeadlines {
  /** Until the programme is published; StartCaster answers with an error after that. */
  startMs: number;
  applyMs: number;
  /** A process that is silent for this long is frozen. It speaks twice a second. */
  silentMs: number;
  /** Time to end in an orderly way before it is killed. */
  stopMs: number;
}

const DEADLINES: EngineDeadlines = { startMs: 10_000, applyMs: 2_000, silentMs: 3_000, stopMs: 3_000 };
/** Each open input of FFmpeg can hold a thread of the pool while it waits for the network. */
const POOL_SIZE = '64';
/** Else the C library gives each of those threads a heap of its own, and what one frees another cannot use. */
const HEAPS = '2';
/**
 * After a stall of our own the timers run before the messages that came meanwhile are read: this much longer, and what
 * the engine did say is heard before it is judged.
 */
const HEARING_MS = 250;

export interface EngineProcessOptions {
  workerPath: string;
  engine: EngineOptions;
  log: Logger;
  /** Hears what the engine reports, whichever process of the row it is. */
  onReport?: (report: EngineReport) => void;
  /** Hears every reading of the levels, whichever process of the row it is from. */
  onLevels?: (levels: SoundLevels) => void;
  /** Shorter ones for tests. */
  deadlines?: EngineDeadlines;
}

interface Waiter {
  revision: number;
  resolve: (applied: Applied) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

type State = 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped';

export class EngineProcess {
  readonly #options: EngineProcessOptions;
  readonly #deadlines: EngineDeadlines;
  readonly #pause = new RestartPause();
  #desired: DesiredState;
  #state: State = 'starting';
  #child: ChildProcess | null = null;
  #startedAt = 0;
  /** Revision that the newest process began with. */
  #startedWith = 0;
  #silence: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #waiters: Waiter[] = [];
  #stopping: Promise<void> | null = null;
  #lastWords = '';
  /** Who waits for the first start. */
  #onFirst: { publishing: () => void; ended: (reason: string) => void } | null = null;
  /** Newest figures from the engine; null before its first sign of life, and from its end to that of the next. */
  stats: EngineStats | null = null;
  /** Newest levels; null as long as {@link stats} can be. */
  levels: SoundLevels | null = null;
  /** Whether the engine is to tell levels often and of all sources. */
  #isWatched = false;
  /** Times that the engine had to be started again. */
  restarts = 0;

  private constructor(desired: DesiredState, options: EngineProcessOptions) {
    this.#desired = desired;
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEADLINES;
  }

  /** Resolves when the programme is published. @throws StudioRuntimeError, and nothing is left running */
  static async start(desired: DesiredState, options: EngineProcessOptions): Promise<EngineProcess> {
    const engine = new EngineProcess(desired, options);
    try {
      await engine.#firstStart();
      return engine;
    } catch (error) {
      await engine.stop();
      throw error;
    }
  }

  get isRunning(): boolean {
    return this.#state === 'running' || this.#state === 'restarting';
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #firstStart(): Promise<void> {
    const { startMs } = this.#deadlines;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new StudioRuntimeError('start-timeout', `the engine did not publish within ${startMs / 1000} s`));
      }, startMs);
      this.#onFirst = {
        publishing: () => {
          clearTimeout(timer);
          resolve();
        },
        ended: (reason) => {
          clearTimeout(timer);
          reject(new StudioRuntimeError('engine-failed', `the engine ended while it started: ${reason}`));
        },
      };
      this.#spawn();
    });
  }

  #spawn(): void {
    this.#restart = undefined;
    this.#startedAt = performance.now();
    this.#startedWith = this.#desired.revision;
    this.#lastWords = '';
    try {
      this.#begin();
    } catch (error) {
      // Without memory for another process fork throws; it is tried again like one that ended.
      this.#child = null;
      this.#onExit(error instanceof Error ? error.message : String(error));
    }
  }

  #begin(): void {
    const child = fork(this.#options.workerPath, [], {
      env: childEnv({ UV_THREADPOOL_SIZE: POOL_SIZE, MALLOC_ARENA_MAX: HEAPS }),
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    // A process that has ended can still have messages on the way; they say nothing about the next one.
    child.on('message', (event: EngineEvent) => {
      if (child === this.#child) this.#onEvent(event);
    });
    const onGone = (reason: string): void => {
      if (child !== this.#child) return;
      clearTimeout(this.#silence);
      this.#child = null;
      this.#onExit(reason);
    };
    child.on('error', (error) => {
      if (child !== this.#child) return;
      this.#lastWords = error.message;
      // The system has no room for another process: it never began, so it does not exit either.
      if (child.pid === undefined) onGone(error.message);
    });
    child.once('exit', (code, signal) => onGone(this.#lastWords || (signal ? `signal ${signal}` : `code ${code}`)));
    this.#send({ type: 'configure', options: this.#options.engine });
    this.#send({ type: 'desired', desired: this.#desired });
    if (this.#isWatched) this.#send({ type: 'watchLevels', on: true });
    this.#expectLife(this.#deadlines.startMs);
  }

  /** False when there is nobody to send it to. */
  #send(command: EngineCommand): boolean {
    // A dead channel is reported by `exit`; states that were sent into it are sent again to the next process.
    if (!this.#child?.connected) return false;
    this.#child.send(command, () => {});
    return true;
  }

  #expectLife(ms: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#silence = setTimeout(() => this.#killFrozen(ms), HEARING_MS);
    }, ms);
  }

  #killFrozen(ms: number): void {
    this.#lastWords = `no sign of life for ${ms / 1000} s`;
    this.#options.log.error({ casterId: this.#desired.casterId }, 'the engine is frozen and will be killed');
    this.#child?.kill('SIGKILL');
  }

  #onEvent(event: EngineEvent): void {
    switch (event.type) {
      case 'publishing':
        if (this.#state === 'starting' || this.#state === 'restarting') this.#state = 'running';
        this.#onFirst?.publishing();
        return;
      case 'applied':
        this.#settle(event.revision, event.tick);
        return;
      case 'alive':
        this.stats = event.stats;
        this.#expectLife(this.#deadlines.silentMs);
        return;
      case 'report':
        this.#options.onReport?.(event.report);
        return;
      case 'levels':
        this.levels = event.levels;
        this.#options.onLevels?.(event.levels);
        return;
      case 'failed':
        this.#lastWords = event.message;
    }
  }

  #settle(revision: number, tick: number): void {
    const done = this.#waiters.filter((waiter) => waiter.revision <= revision);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision);
    for (const waiter of done) {
      clearTimeout(waiter.timer);
      waiter.resolve({ revision, tick });
    }
  }

  #onExit(reason: string): void {
    this.stats = null;
    this.levels = null;
    if (this.#state === 'stopping' || this.#state === 'stopped') return;
    if (this.#state === 'starting') {
      this.#onFirst?.ended(reason);
      return;
    }
    const pause = this.#pause.after(performance.now() - this.#startedAt);
    // What has changed since may be what ended it: the new state gets its chance at once.
    const wait = this.#startedWith === this.#desired.revision ? pause : 0;
    const { casterId } = this.#desired;
    this.#options.log.error({ casterId, reason, restartInMs: wait }, 'the engine ended and is started again');
    this.#state = 'restarting';
    this.restarts++;
    this.#restart = setTimeout(() => this.#spawn(), wait);
  }

  /**
   * Resolves when a tick was composed with this state. An engine that is down is started with it at once, and then has
   * the time of a start: the state may be what ends a row of crashes.
   * @throws StudioRuntimeError
   */
  apply(desired: DesiredState): Promise<Applied> {
    if (!this.isRunning) return Promise.reject(new StudioRuntimeError('not-running', 'the studio is not running'));
    this.#desired = desired;
    const ms = this.#state === 'restarting' ? this.#deadlines.startMs : this.#deadlines.applyMs;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters = this.#waiters.filter((waiter) => waiter.timer !== timer);
        reject(new StudioRuntimeError('apply-timeout', `the engine did not show the change within ${ms / 1000} s`));
      }, ms);
      this.#waiters.push({ revision: desired.revision, resolve, reject, timer });
      if (this.#restart) {
        clearTimeout(this.#restart);
        this.#spawn();
      } else {
        this.#send({ type: 'desired', desired });
      }
    });
  }

  /** Passes a caption on; false while there is no engine that could show it. */
  caption(caption: CaptionText): boolean {
    return this.#state === 'running' && this.#send({ type: 'caption', caption });
  }

  /** The standby on air at once; false while there is no engine that could show it. */
  standby(): boolean {
    return this.#state === 'running' && this.#send({ type: 'standby' });
  }

  /** Whether somebody watches levels; each process of the row is told. */
  watchLevels(on: boolean): void {
    if (on === this.#isWatched) return;
    this.#isWatched = on;
    this.#send({ type: 'watchLevels', on });
  }

  /** Ends the process; a second call joins the first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping';
    clearTimeout(this.#restart);
    clearTimeout(this.#silence);
    for (const waiter of this.#waiters.splice(0)) {
      clearTimeout(waiter.timer);
      waiter.reject(new StudioRuntimeError('stopping', 'the studio was stopped meanwhile'));
    }
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      this.#send({ type: 'stop' });
      const timer = setTimeout(() => child.kill('SIGKILL'), this.#deadlines.stopMs);
      await ended;
      clearTimeout(timer);
    }
    this.#state = 'stopped';
  }
}
