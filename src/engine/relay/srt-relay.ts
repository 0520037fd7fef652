/**
 * One relay by SRT: reads the programme over the link like any reader, and sends it on as MPEG-TS, from a key frame on,
 * for ever again. Lives in a process of its own.
 *
 * What waits is bounded; a target that takes nothing for 10 s is given up. Where even that cannot be broken off,
 * `onStuck` is called: the process is of no more use.
 */
import type { RelayState } from '../../domain/relay.js';
import { withoutSecrets } from '../../domain/relay.js';
import { RelayRecord } from '../../domain/relay-state.js';
import type { SrtRelayOptions } from '../../domain/srt-relay.js';
import { guardedAddress } from '../../lib/guarded-lookup.js';
import { LinkClient } from '../../link/client.js';
import { type LinkFrame, type MediaPacket, TRACK_AAC, TRACK_VIDEO } from '../../link/frame.js';
import { MediaError } from '../av/result.js';
import { TsOutput, type TsTracks } from '../av/ts-output.js';
import { PacketQueue } from './packet-queue.js';
import { srtAddress } from './srt-address.js';

const CONNECT_MS = 5_000;
const OPEN_MS = 10_000;
const PROGRESS_MS = 10_000;
/** After it was broken off a call has so long to return. */
const STUCK_MS = 3_000;
const QUEUE = { maxBytes: 4 * 1024 * 1024, maxUs: 5_000_000 };

/** The wait was given up. */
class LateError extends Error {
  override readonly name = 'LateError';
}

export interface SrtRelayEvents {
  onChange: () => void;
  /** A call of FFmpeg does not come back. */
  onStuck: () => void;
}

export class SrtRelay {
  readonly #options: SrtRelayOptions;
  readonly #events: SrtRelayEvents;
  readonly #now: () => number;
  readonly #record: RelayRecord;
  readonly #queue = new PacketQueue(QUEUE);
  readonly #link: LinkClient;
  readonly #closing = new AbortController();
  readonly #work: Promise<void>;
  #video: Uint8Array | null = null;
  #audio: Uint8Array | null = null;
  /** Counts changes of the tracks: an output is of the tracks that it began with. */
  #epoch = 0;
  #isOpen = false;
  #wake: () => void = () => {};

  constructor(options: SrtRelayOptions, now: () => number, events: SrtRelayEvents) {
    this.#options = options;
    this.#events = events;
    this.#now = now;
    this.#record = new RelayRecord(now());
    const { linkPath, linkToken, stream } = options;
    this.#link = new LinkClient({
      ...{ path: linkPath, token: linkToken, stream, role: 'subscribe' },
      onFrame: (frame) => this.#onFrame(frame),
      onLost: () => this.#queue.reset(),
    });
    this.#work = this.#run();
  }

  /** With a reading for the bit rate; about once a second. */
  read(): RelayState {
    this.#record.read(this.#now());
    return this.state();
  }

  state(): RelayState {
    this.#record.droppedFrames = this.#queue.dropped;
    return this.#record.state();
  }

  #onFrame(frame: LinkFrame): void {
    if (frame.kind === 'config') {
      const { track, extradata } = frame.config;
      if (track === TRACK_VIDEO) this.#video = Uint8Array.from(extradata);
      else if (track === TRACK_AAC) this.#audio = Uint8Array.from(extradata);
      else return;
      this.#epoch++;
      this.#queue.reset();
    } else if (frame.kind === 'packet' && this.#isOpen) {
      const { track } = frame.packet;
      if (track !== TRACK_VIDEO && track !== TRACK_AAC) return;
      this.#queue.push(frame.packet);
      this.#wake();
    } else if (frame.kind === 'packet' && this.#video) this.#wake();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#programme();
      if (signal.aborted) return;
      let pause = 0;
      try {
        await this.#session();
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        pause = this.#record.lost(withoutSecrets(reason, this.#options.target), this.#now());
        this.#events.onChange();
      }
      await this.#sleep(pause);
    }
  }

  /** Until packets come that could be sent. */
  async #programme(): Promise<void> {
    if (this.#record.state().status === 'connecting') this.#record.wait('the programme is not there', this.#now());
    await this.#woken(null);
  }

  /** Resolves with the next packet, when it is closed, or after `ms`. */
  #woken(ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === null ? undefined : setTimeout(() => this.#wake(), ms);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
      if (this.#closing.signal.aborted) this.#wake();
    });
  }

  async #sleep(ms: number): Promise<void> {
    const until = this.#now() + ms;
    for (let left = ms; left > 0 && !this.#closing.signal.aborted; left = until - this.#now()) await this.#woken(left);
  }

  /** Opens the target and sends until the tracks change or it is closed. @throws when it is lost */
  async #session(): Promise<void> {
    const { target, addresses } = this.#options;
    const { signal } = this.#closing;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)]);
    const ip = await guardedAddress(target.host, addresses, patience);
    const epoch = this.#epoch;
    if (!this.#video) return;
    const tracks: TsTracks = { video: this.#video, audio: this.#audio };
    let made: TsOutput | null = null;
    const opening = TsOutput.open(srtAddress(target, ip, CONNECT_MS), tracks, (output) => {
      made = output;
    });
    const output = await this.#inTime(opening, OPEN_MS, () => made).catch((error: unknown) => {
      if (!(error instanceof MediaError)) throw error;
      // libsrt has more to say, but FFmpeg passes on only that it failed.
      throw new Error(`nobody answered, or it refused us: stream id, passphrase? (${error.message})`);
    });
    this.#queue.reset();
    this.#isOpen = true;
    this.#record.live(this.#now());
    this.#events.onChange();
    try {
      while (!signal.aborted && this.#epoch === epoch) {
        const packet = this.#queue.shift();
        if (!packet) await this.#woken(null);
        else await this.#send(output, packet);
      }
    } finally {
      this.#isOpen = false;
      await this.#inTime(output.close(), STUCK_MS, () => output);
    }
  }

  async #send(output: TsOutput, packet: MediaPacket): Promise<void> {
    const { track, key, dts, cts, payload } = packet;
    const kind = track === TRACK_VIDEO ? 'video' : 'audio';
    await this.#inTime(output.write({ kind, key, dts, cts, payload }), PROGRESS_MS, () => output);
    this.#record.sent(payload.length);
  }

  /** Waits for a call of FFmpeg, which is broken off after `ms`. @throws LateError then, or what it failed with */
  async #inTime<T>(call: Promise<T>, ms: number, output: () => TsOutput | null): Promise<T> {
    let late = false;
    let stuck: NodeJS.Timeout | undefined;
    const timer = setTimeout(() => {
      late = true;
      output()?.interrupt();
      stuck = setTimeout(() => this.#events.onStuck(), STUCK_MS);
    }, ms);
    try {
      return await call;
    } catch (error) {
      throw late ? new LateError(`it took nothing for ${ms / 1000} s`) : error;
    } finally {
      clearTimeout(timer);
      clearTimeout(stuck);
    }
  }

  /** Ends it in an orderly way; bounded by the deadlines of what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake();
    this.#link.close();
    await this.#work;
  }
}
