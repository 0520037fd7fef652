/**
 * The RTMP relays of a hub. `set` is given all that there must be; those that are as they were are not touched, others are
 * ended and begun. Owns the relays.
 */
import type { RelayPlan, RelayReport, RelaySpec } from '../../domain/relay.js';
import { sameValue } from '../../domain/same-value.js';
import type { StreamTable } from '../stream-table.js';
import { CONNECTION_TIMES, type ConnectionTimes } from './rtmp-connection.js';
import { RtmpRelay } from './rtmp-relay.js';

/** Changes within this time are told together, ms. */
const TELL_MS = 50;

export interface RelaySetOptions {
  table: StreamTable;
  /** Our own RTMP address. */
  own: { host: string; port: number };
  /** ms since 1970 that never go back. */
  now: () => number;
  /** A relay has another status. */
  onChange: () => void;
  /** Shorter ones for tests. */
  times?: ConnectionTimes;
}

export class RelaySet {
  readonly #options: RelaySetOptions;
  #relays: { spec: RelaySpec; relay: RtmpRelay }[] = [];
  readonly #ending = new Set<Promise<void>>();
  #addresses: RelayPlan['addresses'] = 'public';
  #telling: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: RelaySetOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#relays.length === 0;
  }

  /** Makes the relays what the plan says; those that do not go by RTMP are not meant for us. */
  set(plan: RelayPlan): void {
    if (this.#closed) return;
    if (plan.addresses !== this.#addresses) this.#keep(() => false);
    this.#addresses = plan.addresses;
    this.#keep((spec) => plan.relays.some((wanted) => sameValue(wanted, spec)));
    for (const spec of plan.relays) {
      if (this.#relays.some((running) => sameValue(running.spec, spec))) continue;
      const { target, stream } = spec;
      if (target.protocol !== 'rtmp') continue;
      const { table, own, now, times = CONNECTION_TIMES } = this.#options;
      const { addresses } = plan;
      const relay = new RtmpRelay({
        ...{ target, stream, table, own, now, times, addresses },
        onChange: () => this.#changed(),
      });
      this.#relays.push({ spec, relay });
    }
  }

  #keep(stays: (spec: RelaySpec) => boolean): void {
    const leaving = this.#relays.filter(({ spec }) => !stays(spec));
    this.#relays = this.#relays.filter(({ spec }) => stays(spec));
    for (const { relay } of leaving) {
      const ending: Promise<void> = relay.close().finally(() => this.#ending.delete(ending));
      this.#ending.add(ending);
    }
  }

  #changed(): void {
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      if (!this.#closed) this.#options.onChange();
    }, TELL_MS);
  }

  tick(): void {
    for (const { relay } of this.#relays) relay.tick();
  }

  reports(): RelayReport[] {
    return this.#relays.map(({ spec, relay }) => ({
      casterId: spec.casterId,
      url: spec.target.url,
      state: relay.state(),
    }));
  }

  /** Ends all of them in an orderly way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#telling);
    this.#keep(() => false);
    await Promise.all(this.#ending);
  }
}
