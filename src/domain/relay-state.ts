/**
 * How a relay does: its status, when it is tried again, and what its owner is told. Pure: every call is handed the time,
 * ms since 1970 that never go back.
 */
import type { RelayState, RelayStatus } from './relay.js';

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;
/** A relay that was open for so long begins with short pauses again. */
const SUCCESS = 60_000;
/** Bit rates are taken over so many readings, about one a second. */
const READINGS = 5;
/** A relay is back, and not just between two breaks, when it has been open for so long. */
const STEADY = 5_000;

export class RelayRecord {
  #status: RelayStatus = 'connecting';
  #reason = '';
  #since: number;
  #pause = FIRST_PAUSE;
  #readings: { at: number; bytes: number }[] = [];
  #wasLive = false;
  #bytes = 0;
  #reconnects = 0;
  #failures = 0;
  droppedFrames = 0;

  constructor(now: number) {
    this.#since = now;
  }

  #enter(status: RelayStatus, reason: string, now: number): void {
    if (status !== this.#status) this.#since = now;
    this.#status = status;
    this.#reason = reason;
  }

  /** There is nothing to send yet, so nothing is opened. */
  wait(reason: string, now: number): void {
    this.#readings = [];
    this.#enter('connecting', reason, now);
  }

  /** It is open. */
  live(now: number): void {
    if (this.#wasLive) this.#reconnects++;
    this.#wasLive = true;
    this.#failures = 0;
    this.#readings = [{ at: now, bytes: this.#bytes }];
    this.#enter('live', '', now);
  }

  /** It broke or could not be opened. @returns ms until it is to be tried again: 500, doubled up to 5,000 */
  lost(reason: string, now: number): number {
    if (this.#status !== 'live') this.#failures++;
    else if (now - this.#since >= SUCCESS) this.#pause = FIRST_PAUSE;
    this.#readings = [];
    this.#enter('retrying', reason, now);
    const pause = this.#pause;
    this.#pause = Math.min(pause * 2, LONGEST_PAUSE);
    return pause;
  }

  /** So many bytes more were handed over. */
  sent(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Takes a reading for the bit rate; about once a second. */
  read(now: number): void {
    if (this.#status !== 'live') return;
    this.#readings.push({ at: now, bytes: this.#bytes });
    if (this.#readings.length > READINGS) this.#readings.shift();
  }

  state(): RelayState {
    const first = this.#readings.at(0);
    const last = this.#readings.at(-1);
    const ms = first && last ? last.at - first.at : 0;
    return {
      status: this.#status,
      reason: this.#reason,
      since: this.#since,
      bytes: this.#bytes,
      bitrate: first && last && ms > 0 ? Math.round(((last.bytes - first.bytes) * 8000) / ms) : 0,
      droppedFrames: this.droppedFrames,
      reconnects: this.#reconnects,
      failures: this.#failures,
    };
  }
}

/** `SideOutputUrlInvalid`: it cannot be opened. `RelayLost`: it was open. `RelayBack`: the outage is over. */
export type RelayNotice = 'SideOutputUrlInvalid' | 'RelayLost' | 'RelayBack';

/**
 * Turns the states of one relay into what its owner is told: each notice once an outage, however often it breaks. An
 * outage is over when the relay has been open for 5 s.
 */
export class OutageWatch {
  #told: Set<RelayNotice> | null = null;

  /** The newest state; about once a second, and with every change. */
  see(state: RelayState, now: number): RelayNotice | null {
    if (state.status === 'retrying') {
      this.#told ??= new Set();
      return this.#once(state.failures > 0 ? 'SideOutputUrlInvalid' : 'RelayLost', this.#told);
    }
    if (state.status !== 'live' || this.#told === null || now - state.since < STEADY) return null;
    this.#told = null;
    return 'RelayBack';
  }

  #once(notice: RelayNotice, told: Set<RelayNotice>): RelayNotice | null {
    if (told.has(notice)) return null;
    told.add(notice);
    return notice;
  }
}
