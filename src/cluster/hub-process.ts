/**
 * The hub process: started first, and started again on the same ports when it crashes or hangs. Engines and encoders
 * connect again by themselves.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { HubCommand, HubEvent, HubOptions, HubStreamStats } from '../domain/hub.js';
import type { RelayPlan, RelayReport } from '../domain/relay.js';
import type { Logger } from '../lib/log.js';
import { childEnv } from './child-env.js';
import { RestartPause } from './restart-pause.js';

/** How long things may take, milliseconds. */
export interface HubDeadlines {
  startMs: number;
  statsMs: number;
  /** Time to end in an orderly way before it is killed. */
  stopMs: number;
  /** Between two questions whether a hub that has been ready still lives. */
  watchMs: number;
}

const DEADLINES: HubDeadlines = { startMs: 15_000, statsMs: 2_000, stopMs: 3_000, watchMs: 2_000 };
/** Names are looked up by threads of the pool; a name server that hangs must not keep other relays waiting. */
const POOL_SIZE = '32';
/** Questions in a row without a sign of life after which a hub counts as hung. */
const MAX_MISSES = 3;

export interface HubPorts {
  mediaPort: number;
  rtmpPort: number;
  webrtcPort: number;
}

export interface HubProcessOptions {
  workerPath: string;
  hub: HubOptions;
  log: Logger;
  /** Hears how the relays of the hub do, about once a second while there are some. */
  onRelays?: (relays: RelayReport[]) => void;
  /** Hears that a hub which had been ready is gone; another one is started. */
  onCrash?: () => void;
  /** Shorter ones for tests. */
  deadlines?: HubDeadlines;
}

export class HubProcess {
  readonly #options: HubProcessOptions;
  readonly #deadlines: HubDeadlines;
  readonly #pause = new RestartPause();
  readonly #stats = new Map<number, (streams: HubStreamStats[]) => void>();
  #hub: HubOptions;
  /** Told to every hub of the row. */
  #plan: RelayPlan | null = null;
  #child: ChildProcess | null = null;
  #startedAt = 0;
  #nextId = 1;
  #stopped = false;
  #restart: NodeJS.Timeout | undefined;
  #watch: NodeJS.Timeout | undefined;
  /** Questions that went unanswered since the hub was last heard of. */
  #misses = 0;

  private constructor(options: HubProcessOptions) {
    this.#options = options;
    this.#deadlines = options.deadlines ?? DEADLINES;
    this.#hub = options.hub;
  }

  /** Resolves with the real ports. @throws Error in words, for example that a port is taken */
  static async start(options: HubProcessOptions): Promise<{ hub: HubProcess; ports: HubPorts }> {
    const hub = new HubProcess(options);
    try {
      const ports = await hub.#spawn();
      // After a crash it must come back on the very ports that viewers know.
      hub.#hub = { ...options.hub, ...ports };
      return { hub, ports };
    } catch (error) {
      await hub.stop();
      throw error;
    }
  }

  #spawn(): Promise<HubPorts> {
    return new Promise((resolve, reject) => {
      const child = fork(this.#options.workerPath, [], {
        env: childEnv({ UV_THREADPOOL_SIZE: POOL_SIZE }),
        execArgv: [],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      this.#child = child;
      this.#startedAt = performance.now();
      let ready = false;
      let lastWords = '';
      const timer = setTimeout(() => child.kill('SIGKILL'), this.#deadlines.startMs);
      const onMiss = (): void => {
        // Of a hub that is gone, or being killed.
        if (this.#child !== child || lastWords !== '' || ++this.#misses < MAX_MISSES) return;
        lastWords = 'it hung';
        child.kill('SIGKILL');
      };
      child.on('message', (event: HubEvent) => {
        this.#misses = 0;
        if (event.type === 'ready') {
          ready = true;
          clearTimeout(timer);
          if (!this.#stopped) this.#watch = setInterval(() => this.#ask(onMiss), this.#deadlines.watchMs);
          resolve({ mediaPort: event.mediaPort, rtmpPort: event.rtmpPort, webrtcPort: event.webrtcPort });
        } else if (event.type === 'failed') {
          lastWords = event.message;
          child.kill('SIGKILL');
        } else if (event.type === 'stats') {
          this.#stats.get(event.id)?.(event.streams);
        } else if (event.type === 'relays') {
          if (this.#child === child) this.#options.onRelays?.(event.relays);
        }
      });
      const onGone = (reason: string): void => {
        clearTimeout(timer);
        clearInterval(this.#watch);
        this.#child = null;
        if (ready) this.#onCrash(reason);
        else reject(new Error(`the hub did not start: ${reason}`));
      };
      child.on('error', (error) => {
        lastWords = error.message;
        // The system has no room for another process: it never began, so it does not exit either.
        if (child.pid === undefined) onGone(error.message);
      });
      child.once('exit', (code, signal) => onGone(lastWords || (signal ? `signal ${signal}` : `code ${code}`)));
      this.#send({ type: 'configure', options: this.#hub });
      if (this.#plan) this.#send({ type: 'relays', plan: this.#plan });
    });
  }

  #onCrash(reason: string): void {
    if (this.#stopped) return;
    this.#options.onCrash?.();
    const wait = this.#pause.after(performance.now() - this.#startedAt);
    this.#options.log.error({ reason, restartInMs: wait }, 'the hub ended and is started again');
    this.#restart = setTimeout(() => {
      this.#spawn().catch((error: Error) => this.#onCrash(error.message));
    }, wait);
  }

  #send(command: HubCommand): void {
    // A dead channel is reported by `exit`.
    if (this.#child?.connected) this.#child.send(command, () => {});
  }

  /** All relays by RTMP that there must be from now on, whichever hub of the row it is. */
  setRelays(plan: RelayPlan): void {
    this.#plan = plan;
    this.#send({ type: 'relays', plan });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Figures of all streams; empty when the hub does not answer in time. */
  stats(): Promise<HubStreamStats[]> {
    return this.#ask(() => {});
  }

  /** As {@link stats}; `onMiss` is called when no answer came in time. */
  #ask(onMiss: () => void): Promise<HubStreamStats[]> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const finish = (streams: HubStreamStats[]): void => {
        clearTimeout(timer);
        this.#stats.delete(id);
        resolve(streams);
      };
      const timer = setTimeout(() => {
        onMiss();
        finish([]);
      }, this.#deadlines.statsMs);
      this.#stats.set(id, finish);
      this.#send({ type: 'stats', id });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#restart);
    clearInterval(this.#watch);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#send({ type: 'stop' });
    const timer = setTimeout(() => child.kill('SIGKILL'), this.#deadlines.stopMs);
    await ended;
    clearTimeout(timer);
  }
}
