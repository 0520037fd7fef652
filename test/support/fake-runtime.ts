/**
 * Stands in for the engines where only the API is under test: remembers what it was told and answers at once, or fails
 * as often as a test wants.
 */
import type { DesiredState } from '../../src/domain/desired.js';
import type { CaptionText, EngineReport, EngineStats, SoundLevels, SourceHealth } from '../../src/domain/engine.js';
import { type Applied, type RunningRelay, type StudioRuntime, StudioRuntimeError } from '../../src/domain/ports.js';

export class FakeRuntime implements StudioRuntime {
  readonly running = new Map<string, DesiredState>();
  /** Everything that was sent, in order. */
  readonly calls: { kind: 'start' | 'apply' | 'stop'; casterId: string; revision: number }[] = [];
  /** Reasons of the next failures, used up one by one. */
  readonly failures: StudioRuntimeError['reason'][] = [];
  /** What the sources of a studio are said to be. */
  readonly health = new Map<string, SourceHealth[]>();
  /** When set, `apply` waits for it. */
  gate: Promise<void> | null = null;

  async start(desired: DesiredState): Promise<void> {
    this.calls.push({ kind: 'start', casterId: desired.casterId, revision: desired.revision });
    this.#failIfTold();
    this.running.set(desired.casterId, desired);
  }

  async apply(desired: DesiredState): Promise<Applied> {
    this.calls.push({ kind: 'apply', casterId: desired.casterId, revision: desired.revision });
    if (this.gate) await this.gate;
    this.#failIfTold();
    if (!this.running.has(desired.casterId)) throw new StudioRuntimeError('not-running', 'no such engine');
    this.running.set(desired.casterId, desired);
    return { revision: desired.revision, tick: this.calls.length };
  }

  async stop(casterId: string): Promise<void> {
    this.calls.push({ kind: 'stop', casterId, revision: 0 });
    this.running.delete(casterId);
  }

  isRunning(casterId: string): boolean {
    return this.running.has(casterId);
  }

  sources(casterId: string): readonly SourceHealth[] {
    return this.health.get(casterId) ?? [];
  }

  /** How the relays of a studio are said to do. */
  readonly relayStates = new Map<string, RunningRelay[]>();

  relays(casterId: string): readonly RunningRelay[] {
    return this.relayStates.get(casterId) ?? [];
  }

  /** What the engine of a studio is said to do. */
  readonly engineStats = new Map<string, EngineStats>();

  stats(casterId: string): EngineStats | null {
    return this.engineStats.get(casterId) ?? null;
  }

  readonly captions: CaptionText[] = [];

  caption(casterId: string, caption: CaptionText): boolean {
    if (!this.running.has(casterId)) return false;
    this.captions.push(caption);
    return true;
  }

  /** What the engine of a studio is said to measure. */
  readonly soundLevels = new Map<string, SoundLevels>();

  levels(casterId: string): SoundLevels | null {
    return this.soundLevels.get(casterId) ?? null;
  }

  /** Who watches the levels of which studio. */
  readonly watchers = new Map<string, Set<(levels: SoundLevels) => void>>();

  watchLevels(casterId: string, listener: (levels: SoundLevels) => void): () => void {
    const watchers = this.watchers.get(casterId) ?? new Set();
    this.watchers.set(casterId, watchers.add(listener));
    return () => void watchers.delete(listener);
  }

  /** A reading of an engine, told by the test. */
  tellLevels(casterId: string, levels: SoundLevels): void {
    for (const listener of this.watchers.get(casterId) ?? []) listener(levels);
  }

  /** Studios whose standby was put on air ahead of the state. */
  readonly standbys: string[] = [];

  standby(casterId: string): boolean {
    if (!this.running.has(casterId)) return false;
    this.standbys.push(casterId);
    return true;
  }

  /** What an engine says, told by the test. */
  report: (casterId: string, report: EngineReport) => void = () => {};

  onReport(listener: (casterId: string, report: EngineReport) => void): void {
    this.report = listener;
  }

  #failIfTold(): void {
    const reason = this.failures.shift();
    if (reason) throw new StudioRuntimeError(reason, 'told to fail');
  }
}
