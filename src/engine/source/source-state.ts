/** What a source does right now and since when, and who is told when that changes: the owner of the studio, once each. */
import type { SourceSpec } from '../../domain/desired.js';
import type { EngineReport, SourceStatus } from '../../domain/engine.js';

export interface SourceStateOptions {
  spec: SourceSpec;
  /** Engine time, µs. */
  now: () => number;
  report: (report: EngineReport) => void;
  /** False when it is no failure that it cannot be opened at first: a stream that nobody has pushed yet. */
  failures: boolean;
}

export class SourceState {
  readonly #options: SourceStateOptions;
  #status: SourceStatus = 'connecting';
  #since: number;
  #wasLive = false;
  /** Its loss was told; its return will be. */
  #missed = false;
  #failed = false;
  /** Why it is lost, or what is odd about it; empty otherwise. */
  reason = '';

  constructor(options: SourceStateOptions) {
    this.#options = options;
    this.#since = options.now();
  }

  get status(): SourceStatus {
    return this.#status;
  }

  get forSeconds(): number {
    return Math.max(0, Math.floor((this.#options.now() - this.#since) / 1_000_000));
  }

  set(status: SourceStatus, reason = ''): void {
    // Each attempt to open it is a part of its being lost, and does not change why it is.
    if (status === 'connecting' && this.#status === 'lost') return;
    this.reason = reason;
    if (status === this.#status) return;
    this.#status = status;
    this.#since = this.#options.now();
    if (status === 'lost') this.#lost(reason);
    else if (status === 'live') this.#live();
  }

  #lost(reason: string): void {
    if (this.#wasLive) {
      this.#missed = true;
      this.#tell('StreamInterrupt', reason);
    } else if (this.#options.failures && !this.#failed) {
      this.#failed = true;
      this.#tell('VideoStreamAddFailed', reason);
    }
  }

  #live(): void {
    this.#wasLive = true;
    if (this.#missed) this.#tell('StreamRecovered', '');
    this.#missed = false;
  }

  #tell(code: EngineReport['code'], reason: string): void {
    const { id, name } = this.#options.spec;
    const words = {
      StreamInterrupt: `${name} broke off`,
      StreamRecovered: `${name} is back`,
      VideoStreamAddFailed: `${name} cannot be opened`,
    } as const;
    const message = words[code as keyof typeof words] ?? name;
    this.#options.report({ code, message: reason ? `${message}: ${reason}` : message, resourceId: id });
  }
}
