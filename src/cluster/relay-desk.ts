/**
 * All relays of this machine: those by RTMP run in the hub, each one by SRT in a process of its own. Keeps how they do,
 * through restarts of the hub and of those processes, and tells the owners of studios what is worth telling.
 */
import type { EngineReport } from '../domain/engine.js';
import type { RunningRelay } from '../domain/ports.js';
import {
  maskedRelay,
  type RelayPlan,
  type RelayReport,
  type RelaySpec,
  type RelayState,
  type RelayTarget,
} from '../domain/relay.js';
import { OutageWatch, type RelayNotice, RelayRecord } from '../domain/relay-state.js';
import { sameValue } from '../domain/same-value.js';
import type { Logger } from '../lib/log.js';
import { SrtRelayProcess } from './srt-relay-process.js';

export interface RelayDeskOptions {
  /** Tells the hub, and those that come after it, which relays there are. */
  toHub: (plan: RelayPlan) => void;
  /** Which hosts may be connected to: see `lib/address.ts`. */
  addresses: RelayPlan['addresses'];
  srt: { workerPath: string; linkPath: string; linkToken: string; silentMs?: number };
  log: Logger;
  /** ms since 1970 that never go back. */
  now?: () => number;
}

interface Entry {
  spec: RelaySpec;
  state: RelayState;
  outage: OutageWatch;
  process: SrtRelayProcess | null;
  /** What relays in hubs before this one have counted. */
  earlier: Pick<RelayState, 'bytes' | 'droppedFrames' | 'reconnects'>;
}

const WORDS: Record<RelayNotice, (target: string, reason: string) => string> = {
  SideOutputUrlInvalid: (target, reason) => `The relay to ${target} cannot be opened: ${reason}. It is tried again.`,
  RelayLost: (target, reason) => `The relay to ${target} broke: ${reason}. It is tried again.`,
  RelayBack: (target) => `The relay to ${target} is open again.`,
};

export class RelayDesk {
  readonly #options: RelayDeskOptions;
  readonly #now: () => number;
  readonly #entries = new Map<string, Entry[]>();
  readonly #ending = new Set<Promise<void>>();
  #onReport: (casterId: string, report: EngineReport) => void = () => {};

  constructor(options: RelayDeskOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.timeOrigin + performance.now());
  }

  /** One listener. */
  onReport(listener: (casterId: string, report: EngineReport) => void): void {
    this.#onReport = listener;
  }

  /** Makes the relays of a studio what is given; those that are as they were are not touched. */
  set(casterId: string, stream: string, targets: readonly RelayTarget[]): void {
    const before = this.#entries.get(casterId) ?? [];
    const specs = targets.map((target): RelaySpec => ({ casterId, stream, target }));
    const after = specs.map((spec) => before.find((entry) => sameValue(entry.spec, spec)) ?? this.#begin(spec));
    for (const entry of before) if (!after.includes(entry)) this.#end(entry);
    if (after.length > 0) this.#entries.set(casterId, after);
    else this.#entries.delete(casterId);
    const isSame = before.length === after.length && before.every((entry) => after.includes(entry));
    if (!isSame) this.#tellHub();
  }

  /** Ends the relays of a studio; does not wait for them. */
  clear(casterId: string): void {
    this.set(casterId, '', []);
  }

  #begin(spec: RelaySpec): Entry {
    const { srt, addresses, log } = this.#options;
    const { target, stream } = spec;
    const state = new RelayRecord(this.#now()).state();
    const entry: Entry = { spec, state, outage: new OutageWatch(), process: null, earlier: state };
    if (target.protocol === 'srt') {
      const { linkPath, linkToken, ...process } = srt;
      entry.process = new SrtRelayProcess({
        ...{ ...process, log, now: this.#now, relay: { linkPath, linkToken, stream, target, addresses } },
        onState: (newest) => this.#see(entry, newest),
      });
    }
    return entry;
  }

  #end(entry: Entry): void {
    if (!entry.process) return;
    const ending: Promise<void> = entry.process.stop().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #tellHub(): void {
    const relays = [...this.#entries.values()].flat().flatMap(({ spec, process }) => (process ? [] : [spec]));
    this.#options.toHub({ addresses: this.#options.addresses, relays });
  }

  /** What the hub says of its relays. */
  hubSays(reports: RelayReport[]): void {
    for (const { casterId, url, state } of reports) {
      const entry = this.#entries.get(casterId)?.find(({ spec }) => spec.target.url === url);
      if (!entry || entry.process) continue;
      const { earlier } = entry;
      this.#see(entry, {
        ...state,
        bytes: earlier.bytes + state.bytes,
        droppedFrames: earlier.droppedFrames + state.droppedFrames,
        reconnects: earlier.reconnects + state.reconnects,
      });
    }
  }

  /** The hub has ended, and its relays with it; they begin anew with the next one. */
  hubEnded(): void {
    const now = this.#now();
    for (const entry of [...this.#entries.values()].flat()) {
      if (entry.process) continue;
      const { bytes, droppedFrames, reconnects, status } = entry.state;
      entry.earlier = { bytes, droppedFrames, reconnects: reconnects + (status === 'live' ? 1 : 0) };
      if (status !== 'live') continue;
      const reason = 'the streaming hub ended and is started again';
      this.#see(entry, { ...entry.state, status: 'retrying', reason, since: now, bitrate: 0, failures: 0 });
    }
  }

  #see(entry: Entry, state: RelayState): void {
    entry.state = state;
    const notice = entry.outage.see(state, this.#now());
    if (!notice) return;
    const { casterId, target } = entry.spec;
    const shown = maskedRelay(target);
    this.#options.log.info({ casterId, relay: shown, notice, reason: state.reason }, 'relay');
    this.#onReport(casterId, { code: notice, message: WORDS[notice](shown, state.reason) });
  }

  /** The relays of a studio, in the order of its settings. */
  of(casterId: string): RunningRelay[] {
    return (this.#entries.get(casterId) ?? []).map(({ spec, state }) => ({ target: spec.target, state }));
  }

  /** Ends all of them, and resolves when the processes have ended. */
  async close(): Promise<void> {
    for (const casterId of [...this.#entries.keys()]) this.clear(casterId);
    await Promise.all(this.#ending);
  }
}
