/**
 * One relay by RTMP: opens the target while the programme is there, copies its packets from a key frame on, and opens it
 * again after every end, until it is closed. Nothing of it waits for another relay, or for anything but its own timers.
 *
 * It reads the stream like a patient viewer that is never behind: what the target does not take waits in the connection.
 * A relay begins with the group of pictures that the stream has kept, so it never asks the encoder for a key frame.
 */
import { type RelayState, type RtmpTarget, withoutSecrets } from '../../domain/relay.js';
import { RelayRecord } from '../../domain/relay-state.js';
import type { AddressPolicy } from '../../lib/address.js';
import { FLV_TRACKS, TagStream } from '../playback/tag-stream.js';
import type { Reader, Sink } from '../reader.js';
import type { Stream } from '../stream.js';
import type { StreamTable } from '../stream-table.js';
import { type ConnectionEnd, type ConnectionTimes, RtmpConnection } from './rtmp-connection.js';

/** Between two looks whether the programme is there, ms. */
const LOOK_MS = 250;
/** Attempts in a row that an answer to the server's question may take; then it counts as refused. */
const MOST_QUESTIONS = 2;

export interface RtmpRelayOptions {
  /** Hub stream. */
  stream: string;
  target: RtmpTarget;
  /** Our own RTMP address, for a target that is ours. */
  own: { host: string; port: number };
  addresses: AddressPolicy;
  table: StreamTable;
  times: ConnectionTimes;
  /** ms since 1970 that never go back. */
  now: () => number;
  /** Its status is another one. */
  onChange: () => void;
}

export class RtmpRelay {
  readonly #options: RtmpRelayOptions;
  readonly #record: RelayRecord;
  #connection: RtmpConnection | null = null;
  #reading: { stream: Stream; reader: Reader } | null = null;
  #timer: NodeJS.Timeout | undefined;
  #questions = 0;
  #closed = false;
  /** Frames dropped by connections before this one. */
  #droppedBefore = 0;

  constructor(options: RtmpRelayOptions) {
    this.#options = options;
    this.#record = new RelayRecord(options.now());
    this.#attempt('');
  }

  state(): RelayState {
    this.#record.droppedFrames = this.#droppedBefore + (this.#connection?.dropped ?? 0);
    return this.#record.state();
  }

  /** About once a second. */
  tick(): void {
    this.#record.read(this.#options.now());
  }

  #attempt(auth: string): void {
    const { table, stream, target, own, addresses, times, now } = this.#options;
    if (!table.find(stream)?.live) {
      this.#waitForProgramme(auth);
      return;
    }
    const reached: RtmpTarget = target.own ? { ...target, ...own } : target;
    const connection = new RtmpConnection({
      target: reached,
      addresses: target.own ? 'all' : addresses,
      ...{ auth, times, now },
      onPublishing: () => this.#begin(connection),
      onEnd: (end) => this.#lost(end),
      onSent: (bytes) => this.#record.sent(bytes),
    });
    this.#connection = connection;
  }

  #waitForProgramme(auth: string): void {
    if (this.#record.state().status !== 'retrying')
      this.#record.wait('the programme is not there', this.#options.now());
    this.#timer = setTimeout(() => this.#attempt(auth), LOOK_MS);
  }

  #begin(connection: RtmpConnection): void {
    const { table, now, onChange } = this.#options;
    this.#questions = 0;
    this.#record.live(now());
    onChange();
    const stream = table.obtain(this.#options.stream);
    if (!stream) {
      // Only when thousands of streams exist; it ends like any other failure and is tried again.
      void this.#leave()?.close();
      this.#lost({ reason: 'the hub has no room for a stream', auth: null });
      return;
    }
    const tags = new TagStream({
      begin: () => {},
      tag: (type, timestamp, body) => connection.tag({ type, timestamp, body }),
    });
    const sink: Sink = {
      config: (config) => tags.config(config),
      packet: (packet) => tags.packet(packet),
      source: () => {},
      end: (reason) => this.#streamOver(reason),
      // What waits is the connection's affair.
      backlog: () => 0,
      sent: () => 0,
    };
    const reader = stream.join({ kind: 'relay', tracks: FLV_TRACKS, start: 'cached', patient: true, sink });
    this.#reading = { stream, reader };
  }

  /** Lets go of connection and stream. @returns the connection, to be closed where it has not ended */
  #leave(): RtmpConnection | null {
    clearTimeout(this.#timer);
    this.#reading?.stream.leave(this.#reading.reader);
    this.#reading = null;
    const connection = this.#connection;
    this.#droppedBefore += connection?.dropped ?? 0;
    this.#connection = null;
    return connection;
  }

  #streamOver(reason: string): void {
    this.#reading = null;
    void this.#leave()?.close();
    if (this.#closed) return;
    this.#record.wait(reason, this.#options.now());
    this.#options.onChange();
    this.#timer = setTimeout(() => this.#attempt(''), LOOK_MS);
  }

  #lost({ reason, auth }: ConnectionEnd): void {
    this.#leave();
    if (this.#closed) return;
    if (auth !== null && this.#questions++ < MOST_QUESTIONS) {
      this.#attempt(auth);
      return;
    }
    this.#questions = 0;
    const { now, onChange, target } = this.#options;
    const pause = this.#record.lost(withoutSecrets(reason, target), now());
    this.#timer = setTimeout(() => this.#attempt(''), pause);
    onChange();
  }

  /** Ends it in an orderly way, within about a second; a second call does nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#leave()?.close();
  }
}
