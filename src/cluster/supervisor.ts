/** Runs the studios of this machine, one engine process each. */
import type { DesiredState } from '../domain/desired.js';
import type {
  CaptionText,
  EngineOptions,
  EngineReport,
  EngineStats,
  SoundLevels,
  SourceHealth,
} from '../domain/engine.js';
import { type Applied, type RunningRelay, type StudioRuntime, StudioRuntimeError } from '../domain/ports.js';
import type { Logger } from '../lib/log.js';
import { EngineProcess } from './engine-process.js';
import type { RelayDesk } from './relay-desk.js';

export interface SupervisorOptions {
  /** File of the engine process. */
  workerPath: string;
  engine: EngineOptions;
  /** Sends the programmes on; owned by the supervisor. */
  relays: RelayDesk;
  log: Logger;
}

/** Targets hold passwords, which the engine has no use for. */
function forEngine(desired: DesiredState): DesiredState {
  return { ...desired, relays: [] };
}

export class Supervisor implements StudioRuntime {
  readonly #options: SupervisorOptions;
  readonly #engines = new Map<string, EngineProcess>();
  readonly #starting = new Map<string, Promise<void>>();
  /** Who watches the levels of which studio, whether it runs or not. */
  readonly #watchers = new Map<string, Set<(levels: SoundLevels) => void>>();
  #onReport: (casterId: string, report: EngineReport) => void = () => {};

  constructor(options: SupervisorOptions) {
    this.#options = options;
    options.relays.onReport((casterId, report) => this.#onReport(casterId, report));
  }

  start(desired: DesiredState): Promise<void> {
    const { casterId } = desired;
    if (this.#engines.has(casterId)) return Promise.resolve();
    const running = this.#starting.get(casterId);
    if (running) return running;
    const starting = this.#start(desired).finally(() => this.#starting.delete(casterId));
    this.#starting.set(casterId, starting);
    return starting;
  }

  async #start(desired: DesiredState): Promise<void> {
    const { casterId } = desired;
    const engine = await EngineProcess.start(forEngine(desired), {
      ...this.#options,
      onReport: (report) => this.#onReport(casterId, report),
      onLevels: (levels) => {
        for (const listener of this.#watchers.get(casterId) ?? []) listener(levels);
      },
    });
    this.#engines.set(casterId, engine);
    engine.watchLevels(this.#watchers.has(casterId));
    this.#options.relays.set(casterId, desired.streams.pgm, desired.relays);
  }

  async apply(desired: DesiredState): Promise<Applied> {
    const engine = this.#engines.get(desired.casterId);
    if (!engine) throw new StudioRuntimeError('not-running', 'the studio is not running');
    const applied = await engine.apply(forEngine(desired));
    // Not of a studio that was stopped meanwhile.
    if (this.#engines.get(desired.casterId) === engine) {
      this.#options.relays.set(desired.casterId, desired.streams.pgm, desired.relays);
    }
    return applied;
  }

  async stop(casterId: string): Promise<void> {
    await this.#starting.get(casterId)?.catch(() => undefined);
    const engine = this.#engines.get(casterId);
    this.#engines.delete(casterId);
    // They say goodbye while the programme still runs, so that nobody sees it break off.
    this.#options.relays.clear(casterId);
    await engine?.stop();
  }

  relays(casterId: string): readonly RunningRelay[] {
    return this.#options.relays.of(casterId);
  }

  isRunning(casterId: string): boolean {
    return this.#engines.get(casterId)?.isRunning ?? false;
  }

  sources(casterId: string): readonly SourceHealth[] {
    const engine = this.#engines.get(casterId);
    return engine?.isRunning ? (engine.stats?.sources ?? []) : [];
  }

  caption(casterId: string, caption: CaptionText): boolean {
    return this.#engines.get(casterId)?.caption(caption) ?? false;
  }

  standby(casterId: string): boolean {
    return this.#engines.get(casterId)?.standby() ?? false;
  }

  onReport(listener: (casterId: string, report: EngineReport) => void): void {
    this.#onReport = listener;
  }

  stats(casterId: string): EngineStats | null {
    const engine = this.#engines.get(casterId);
    return engine?.isRunning ? engine.stats : null;
  }

  levels(casterId: string): SoundLevels | null {
    const engine = this.#engines.get(casterId);
    return engine?.isRunning ? engine.levels : null;
  }

  watchLevels(casterId: string, listener: (levels: SoundLevels) => void): () => void {
    // A function of its own for each call, so that the same listener may watch twice.
    const watcher = (levels: SoundLevels): void => listener(levels);
    const watchers = this.#watchers.get(casterId) ?? new Set();
    this.#watchers.set(casterId, watchers.add(watcher));
    this.#engines.get(casterId)?.watchLevels(true);
    return () => {
      watchers.delete(watcher);
      if (watchers.size > 0 || this.#watchers.get(casterId) !== watchers) return;
      this.#watchers.delete(casterId);
      this.#engines.get(casterId)?.watchLevels(false);
    };
  }

  /** Ends all engines. */
  async close(): Promise<void> {
    await Promise.all([...this.#engines.keys(), ...this.#starting.keys()].map((casterId) => this.stop(casterId)));
    await this.#options.relays.close();
  }
}
