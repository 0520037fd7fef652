/**
 * One connection to an RTMP server that we publish to: TCP or TLS, its deadlines, and what waits to be sent.
 *
 * Only addresses of the policy are connected to, and the one that was checked is the one that is used. Certificates are
 * checked for the name in the URL. It must take the stream within `openMs`; later, while something waits, it must take
 * {@link LEAST_PROGRESS} in every `progressMs`. Little is handed to the socket ahead of time; the rest waits in a bounded
 * queue. The connection owns its socket, ends once, and calls nobody after that.
 */
import { randomBytes } from 'node:crypto';
import { createConnection, isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RtmpTarget } from '../../domain/relay.js';
import type { AddressPolicy } from '../../lib/address.js';
import { guardedLookup, literalAllowed, RefusedAddressError } from '../../lib/guarded-lookup.js';
import { TAG_AUDIO, TAG_VIDEO } from '../protocol/flv.js';
import { AUDIO, DATA_AMF0, VIDEO } from '../protocol/rtmp-message.js';
import { answerTo } from './adobe-auth.js';
import { type QueuedTag, RelayQueue } from './relay-queue.js';
import { RelayRefusal, RtmpDialogue } from './rtmp-dialogue.js';

/** Bytes; a peer that takes less is of no use, even for sound. */
const LEAST_PROGRESS = 16 * 1024;
/** Bytes that may wait in the socket before the queue waits instead. */
const SOCKET_AHEAD = 64 * 1024;
/** Answers to a peer that asks without reading may pile up to this beside what is ahead, bytes. */
const MOST_UNREAD = 1024 * 1024;
/** How long a peer may take to close after our goodbye, ms. */
const GOODBYE_MS = 1_000;

export interface ConnectionTimes {
  openMs: number;
  progressMs: number;
}

export const CONNECTION_TIMES: ConnectionTimes = { openMs: 10_000, progressMs: 10_000 };
/** About eight seconds of a 4 Mbit/s programme; the seconds say more for most. */
const QUEUE = { maxBytes: 4 * 1024 * 1024, maxMs: 5_000 };

/** How it ended, in words, and what the next attempt should append to the application when the server asked for it. */
export interface ConnectionEnd {
  reason: string;
  auth: string | null;
}

export interface ConnectionOptions {
  target: RtmpTarget;
  addresses: AddressPolicy;
  /** Appended to application and tcUrl: an answer to what the server asked for before; else empty. */
  auth: string;
  times: ConnectionTimes;
  /** ms, monotonic. */
  now: () => number;
  onPublishing: () => void;
  onEnd: (end: ConnectionEnd) => void;
  /** Bytes that were handed to the network. */
  onSent: (bytes: number) => void;
}

const MESSAGE_OF_TAG = new Map([
  [TAG_VIDEO, VIDEO],
  [TAG_AUDIO, AUDIO],
]);

export class RtmpConnection {
  readonly #options: ConnectionOptions;
  readonly #queue = new RelayQueue(QUEUE);
  readonly #dialogue: RtmpDialogue;
  readonly #socket: Socket;
  readonly #openTimer: NodeJS.Timeout;
  #watch: NodeJS.Timeout | undefined;
  #ended = false;
  #written = 0;
  #told = 0;
  /** Where the count of sent bytes stood, and when, at the last progress. */
  #mark = { sent: 0, at: 0 };

  constructor(options: ConnectionOptions) {
    const { target, auth, times } = options;
    this.#options = options;
    this.#dialogue = new RtmpDialogue({
      app: target.app + auth,
      tcUrl: target.tcUrl + auth,
      name: target.name,
      random: randomBytes(1528),
      write: (pieces) => this.#write(pieces),
      onPublishing: () => this.#onPublishing(),
    });
    this.#openTimer = setTimeout(
      () => this.#end(`it did not take the stream within ${times.openMs / 1000} s`),
      times.openMs,
    );
    this.#socket = this.#open();
  }

  #open(): Socket {
    const { target, addresses } = this.#options;
    const { host, port, tls } = target;
    const lookup = guardedLookup(addresses);
    const allowed = literalAllowed(host, addresses);
    const secured = { rejectUnauthorized: true, ...(isIP(host) === 0 && { servername: host }) };
    let socket: Socket;
    try {
      if (!allowed) throw new RefusedAddressError(`the address ${host} is not allowed`);
      socket = tls ? connectTls({ host, port, lookup, ...secured }) : createConnection({ host, port, lookup });
    } catch (error) {
      // Node refuses some values at once; whoever made us hears of it like of any other end, after that.
      socket = new Socket();
      setImmediate(() => this.#end(error instanceof Error ? error.message : String(error)));
    }
    socket.setNoDelay(true);
    socket.on(tls ? 'secureConnect' : 'connect', () => this.#dialogue.begin());
    socket.on('data', (bytes: Buffer) => this.#data(bytes));
    socket.on('drain', () => this.#pump());
    socket.on('error', (error) => this.#end(error.message || error.name));
    socket.on('close', () => this.#end('the server closed the connection'));
    return socket;
  }

  /** Pictures and packets of sound that found no room. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  #data(bytes: Buffer): void {
    if (this.#ended) return;
    try {
      this.#dialogue.data(bytes);
      if (this.#socket.writableLength > QUEUE.maxBytes + SOCKET_AHEAD + MOST_UNREAD)
        throw new Error('it asks, but reads nothing');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const { user, password } = this.#options.target;
      const asked = error instanceof RelayRefusal && error.atConnect;
      const auth = asked ? answerTo(reason, { user, password }, randomBytes(4).toString('hex')) : null;
      this.#end(reason, auth);
    }
  }

  #onPublishing(): void {
    clearTimeout(this.#openTimer);
    this.#mark = { sent: this.#sent, at: this.#options.now() };
    this.#watch = setInterval(() => this.#check(), this.#options.times.progressMs / 10);
    this.#options.onPublishing();
  }

  get #sent(): number {
    return this.#written - this.#socket.writableLength;
  }

  /** Ends a peer that does not take what waits for it. */
  #check(): void {
    const now = this.#options.now();
    const sent = this.#sent;
    if (this.#socket.writableLength === 0 || sent - this.#mark.sent >= LEAST_PROGRESS) this.#mark = { sent, at: now };
    const { progressMs } = this.#options.times;
    if (now - this.#mark.at >= progressMs) this.#end(`it took next to nothing for ${progressMs / 1000} s`);
  }

  /** Takes a tag; nothing before the server takes the stream. */
  tag(tag: QueuedTag): void {
    if (this.#ended || !this.#dialogue.publishing) return;
    this.#queue.push(tag);
    this.#pump();
  }

  #pump(): void {
    while (!this.#ended && this.#socket.writableLength < SOCKET_AHEAD) {
      const tag = this.#queue.shift();
      if (!tag) break;
      this.#dialogue.media(MESSAGE_OF_TAG.get(tag.type) ?? DATA_AMF0, tag.timestamp, tag.body);
    }
    const sent = this.#sent;
    this.#options.onSent(sent - this.#told);
    this.#told = sent;
  }

  #write(pieces: readonly Uint8Array[]): void {
    if (!this.#socket.writable) return;
    this.#socket.cork();
    for (const piece of pieces) {
      this.#written += piece.length;
      this.#socket.write(piece);
    }
    this.#socket.uncork();
  }

  #end(reason: string, auth: string | null = null): void {
    if (this.#ended) return;
    this.#release();
    this.#socket.destroy();
    this.#options.onEnd({ reason, auth });
  }

  #release(): void {
    this.#ended = true;
    clearTimeout(this.#openTimer);
    clearInterval(this.#watch);
  }

  /** Ends it in an orderly way, within a second, and calls nobody. What waits in the queue is not sent any more. */
  close(): Promise<void> {
    if (this.#ended) return Promise.resolve();
    this.#release();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
      this.#socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      if (!this.#dialogue.publishing) {
        this.#socket.destroy();
        return;
      }
      this.#dialogue.goodbye();
      this.#socket.end();
    });
  }
}
