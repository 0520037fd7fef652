/**
 * Events to the CallbackUrl of a studio: POST with a JSON body, in the order they happened, one at a time for each studio.
 *
 * A delivery has 5 s and is tried again up to five times, a second apart; only a status of 200 to 299 counts as
 * delivered, and redirects are not followed. Up to {@link MOST_WAITING} events of a studio wait; when there is one more,
 * the oldest is dropped and counted in the log. How far a file is must not crowd out what went wrong: of each source the
 * newest FileProgress waits alone, is tried once, and is dropped before anything else. Nobody waits for a delivery, and
 * nothing is kept over a restart.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Agent, request } from 'undici';
import type { EngineReport } from '../domain/engine.js';
import type { AddressPolicy } from '../lib/address.js';
import { guardedLookup, literalAllowed } from '../lib/guarded-lookup.js';
import type { Services } from './services.js';

const MOST_WAITING = 100;
const TIMEOUT_MS = 5000;
const RETRIES = 5;
const RETRY_PAUSE_MS = 1000;
/** Of an answer; what it says does not matter. */
const MOST_ANSWER_BYTES = 64 * 1024;

/** The body of an event. */
export interface CallbackEvent {
  CasterId: string;
  EventType: 'RuntimeErrorCallback' | 'FileProgressCallback';
  EventMessage: { Code: string; Message: string; ResourceId?: string; ComponentId?: string; PlaceMs?: number };
}

export interface CallbackOptions {
  /** Where events of a studio go now; empty or `null` when nowhere. Asked once for each event, so it should be cheap. */
  urlOf: (casterId: string) => Promise<string | null>;
  addresses: AddressPolicy;
  log: Pick<Logger, 'warn' | 'error'>;
  /** Other times than the usual ones, ms. */
  timeoutMs?: number;
  retryPauseMs?: number;
}

interface Line {
  waiting: CallbackEvent[];
  /** Events let go since the last one was handled. */
  dropped: number;
}

function isProgress({ EventMessage }: CallbackEvent): boolean {
  return EventMessage.Code === 'FileProgress';
}

function enqueue(line: Line, event: CallbackEvent): void {
  const { waiting } = line;
  if (isProgress(event)) {
    const { ResourceId } = event.EventMessage;
    const older = waiting.findIndex((other) => isProgress(other) && other.EventMessage.ResourceId === ResourceId);
    if (older >= 0) waiting.splice(older, 1);
  }
  waiting.push(event);
  if (waiting.length <= MOST_WAITING) return;
  waiting.splice(Math.max(0, waiting.findIndex(isProgress)), 1);
  line.dropped++;
}

export class CallbackSender {
  readonly #options: CallbackOptions;
  readonly #lines = new Map<string, Line>();
  readonly #working = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  readonly #agent: Agent;

  constructor(options: CallbackOptions) {
    this.#options = options;
    const connect = { lookup: guardedLookup(options.addresses), timeout: options.timeoutMs ?? TIMEOUT_MS };
    this.#agent = new Agent({ connect, connections: 4, maxResponseSize: MOST_ANSWER_BYTES, keepAliveTimeout: 10_000 });
  }

  /** Puts an event into the line of its studio and returns at once. */
  send(event: CallbackEvent): void {
    if (this.#closing.signal.aborted) return;
    const { CasterId } = event;
    const line = this.#lines.get(CasterId);
    if (line) {
      enqueue(line, event);
      return;
    }
    const fresh: Line = { waiting: [event], dropped: 0 };
    this.#lines.set(CasterId, fresh);
    const work = this.#work(CasterId, fresh).finally(() => this.#working.delete(work));
    this.#working.add(work);
  }

  async #work(casterId: string, line: Line): Promise<void> {
    const { log, urlOf } = this.#options;
    for (let event = line.waiting.shift(); event && !this.#closing.signal.aborted; event = line.waiting.shift()) {
      if (line.dropped > 0) log.warn({ casterId, dropped: line.dropped }, 'callbacks were dropped: too many waited');
      line.dropped = 0;
      try {
        const url = await urlOf(casterId);
        // Nobody listens, so nothing waits either; an event after this asks anew.
        if (!url) line.waiting.length = 0;
        else await this.#deliver(url, event);
      } catch (error) {
        log.error({ casterId, err: error }, 'a callback could not be handled');
      }
    }
    // In the same turn in which the line was found empty, so that no event is put into a line that nobody works on.
    this.#lines.delete(casterId);
  }

  async #deliver(url: string, event: CallbackEvent): Promise<void> {
    const { log, retryPauseMs = RETRY_PAUSE_MS } = this.#options;
    const { signal } = this.#closing;
    const retries = isProgress(event) ? 0 : RETRIES;
    let reason = '';
    for (let attempt = 0; attempt <= retries && !signal.aborted; attempt++) {
      if (attempt > 0) await sleep(retryPauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const failure = await this.#post(url, event);
      if (failure === null) return;
      reason = failure;
    }
    // The URL may hold a secret in its path or query: only its host is named.
    const facts = { casterId: event.CasterId, host: new URL(url).host, event: event.EventType, reason };
    if (!signal.aborted) log.warn(facts, 'a callback was given up');
  }

  /** @returns why it was not delivered, or `null` */
  async #post(url: string, event: CallbackEvent): Promise<string | null> {
    const { addresses, timeoutMs = TIMEOUT_MS } = this.#options;
    if (!literalAllowed(new URL(url).hostname, addresses)) return 'the address is not allowed';
    try {
      const answer = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'castdeck' },
        body: JSON.stringify(event),
        dispatcher: this.#agent,
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(timeoutMs)]),
      });
      const { statusCode } = answer;
      await answer.body.dump();
      return statusCode >= 200 && statusCode < 300 ? null : `status ${statusCode}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Ends what is under way; events that still wait are forgotten. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#working);
    await this.#agent.destroy();
  }
}

/** The event that an engine's report is told as. FileProgressCallback is ours; the reference names none for it. */
export function eventOf(casterId: string, report: EngineReport): CallbackEvent {
  const isOfFile = report.code === 'FileProgress' || report.code === 'FileEnded';
  return {
    CasterId: casterId,
    EventType: isOfFile ? 'FileProgressCallback' : 'RuntimeErrorCallback',
    EventMessage: {
      ...(report.resourceId !== undefined && { ResourceId: report.resourceId }),
      ...(report.componentId !== undefined && { ComponentId: report.componentId }),
      ...(report.placeMs !== undefined && { PlaceMs: Math.round(report.placeMs) }),
      Code: report.code,
      Message: report.message,
    },
  };
}

/** Sends what the engines report to the studios' CallbackUrl until it is closed. */
export function startCallbacks(services: Services, times: Partial<CallbackOptions> = {}): CallbackSender {
  const sender = new CallbackSender({
    urlOf: (casterId) => services.store.callbackUrl(casterId),
    addresses: services.config.sourceAddresses,
    log: services.log,
    ...times,
  });
  services.runtime.onReport((casterId, report) => sender.send(eventOf(casterId, report)));
  return sender;
}
