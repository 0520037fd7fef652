/**
 * The process of one SRT relay: started, watched, and started again when it ends or hangs, until it is stopped. It has a
 * process of its own because libsrt is native code that waits for the network: what goes wrong there touches nobody.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { RelayState } from '../domain/relay.js';
import { RelayRecord } from '../domain/relay-state.js';
import type { SrtRelayCommand, SrtRelayEvent, SrtRelayOptions } from '../domain/srt-relay.js';
import type { Logger } from '../lib/log.js';
import { childEnv } from './child-env.js';
import { RestartPause } from './restart-pause.js';

/** A process that is silent for this long hangs, ms. It speaks twice a second. */
const SILENT_MS = 10_000;
/** Time to end in an orderly way before it is killed, ms. */
const STOP_MS = 2_000;

export interface SrtRelayProcessOptions {
  workerPath: string;
  relay: SrtRelayOptions;
  /** ms since 1970 that never go back. */
  now: () => number;
  log: Logger;
  onState: (state: RelayState) => void;
  /** Another time than {@link SILENT_MS}, for tests. */
  silentMs?: number;
}

/** What earlier processes of the row have counted. */
type Earlier = Pick<RelayState, 'bytes' | 'droppedFrames' | 'reconnects'>;

export class SrtRelayProcess {
  readonly #options: SrtRelayProcessOptions;
  readonly #pause = new RestartPause();
  #child: ChildProcess | null = null;
  #startedAt = 0;
  #earlier: Earlier = { bytes: 0, droppedFrames: 0, reconnects: 0 };
  #wasLive = false;
  #silence: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | null = null;
  /** As the newest process says, with what those before it have counted. */
  state: RelayState;

  constructor(options: SrtRelayProcessOptions) {
    this.#options = options;
    this.state = new RelayRecord(options.now()).state();
    this.#spawn();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #spawn(): void {
    this.#startedAt = this.#options.now();
    try {
      this.#begin();
    } catch (error) {
      // Without memory for another process fork throws; it is tried again like one that ended.
      this.#onGone(error instanceof Error ? error.message : String(error));
    }
  }

  #begin(): void {
    const child = fork(this.#options.workerPath, [], {
      env: childEnv({ MALLOC_ARENA_MAX: '2' }),
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    let lastWords = '';
    const onGone = (reason: string): void => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#onGone(reason);
    };
    child.on('message', (event: SrtRelayEvent) => {
      if (this.#child !== child || this.#stopping) return;
      this.#expectLife(child);
      this.#onState(event.state);
    });
    child.on('error', (error) => {
      lastWords = error.message;
      // The system has no room for another process: it never began, so it does not exit either.
      if (child.pid === undefined) onGone(error.message);
    });
    child.once('exit', (code, signal) => onGone(lastWords || (signal ? `signal ${signal}` : `code ${code}`)));
    this.#send({ type: 'configure', options: this.#options.relay });
    this.#expectLife(child);
  }

  #expectLife(child: ChildProcess): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => child.kill('SIGKILL'), this.#options.silentMs ?? SILENT_MS);
  }

  #onState(state: RelayState): void {
    const { bytes, droppedFrames, reconnects } = this.#earlier;
    const again = this.#wasLive && state.status === 'live' && this.state.status !== 'live' && state.reconnects === 0;
    // A process of the row that is live is the relay's reconnection, which the process itself cannot know.
    if (again) this.#earlier = { ...this.#earlier, reconnects: reconnects + 1 };
    if (state.status === 'live') this.#wasLive = true;
    // While a new process has not got anywhere the outage goes on.
    const outage = this.state.status === 'retrying' && state.status === 'connecting';
    this.state = {
      ...state,
      ...(outage && { status: 'retrying', reason: this.state.reason, since: this.state.since }),
      bytes: bytes + state.bytes,
      droppedFrames: droppedFrames + state.droppedFrames,
      reconnects: this.#earlier.reconnects + state.reconnects,
    };
    this.#options.onState(this.state);
  }

  #onGone(reason: string): void {
    clearTimeout(this.#silence);
    if (this.#stopping) return;
    const { now, log, onState } = this.#options;
    const { bytes, droppedFrames, reconnects } = this.state;
    this.#earlier = { bytes, droppedFrames, reconnects };
    const since = this.state.status === 'retrying' ? this.state.since : now();
    const failures = this.state.status === 'live' ? 0 : this.state.failures + 1;
    this.state = {
      ...this.state,
      ...{ status: 'retrying', reason: `the process of the relay ended: ${reason}`, since, failures, bitrate: 0 },
    };
    onState(this.state);
    const wait = this.#pause.after(now() - this.#startedAt);
    log.warn({ reason, restartInMs: wait }, 'the process of an SRT relay ended and is started again');
    this.#restart = setTimeout(() => this.#spawn(), wait);
  }

  #send(command: SrtRelayCommand): void {
    // A dead channel is reported by `exit`.
    if (this.#child?.connected) this.#child.send(command, () => {});
  }

  /** Ends the process; a second call joins the first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#restart);
    clearTimeout(this.#silence);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#send({ type: 'stop' });
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }
}
