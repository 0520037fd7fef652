/**
 * The engine's end of a link connection: connects, says hello, and connects again with a growing pause when the hub
 * goes away, until it is closed. What is sent while there is no connection is not kept; the owner is told by
 * `onOpen` when to send its configs again.
 *
 * The backlog is bounded: while more than {@link MAX_BACKLOG} bytes wait in the socket, packets are refused, video up
 * to the next key frame, so that a hub that hangs costs no memory and never a tick.
 */
import { createConnection, type Socket } from 'node:net';
import {
  encodeConfig,
  encodeControl,
  encodeHello,
  encodePacketHead,
  FrameReader,
  type LinkControl,
  type LinkFrame,
  type MediaPacket,
  TRACK_VIDEO,
  type TrackConfig,
} from './frame.js';

/** Bytes that may wait for the hub; about eight seconds of a 4 Mbit/s programme. */
const MAX_BACKLOG = 4 * 1024 * 1024;
const RETRY_FIRST_MS = 50;
const RETRY_MOST_MS = 1000;

export interface LinkClientOptions {
  path: string;
  token: string;
  stream: string;
  role: 'publish' | 'subscribe';
  /** The hub accepted; configs and packets may be sent from now on. */
  onOpen?: () => void;
  /** The connection is gone and will be tried again. */
  onLost?: (reason: string) => void;
  /** Everything from the hub but `accepted`. */
  onFrame: (frame: LinkFrame) => void;
}

export class LinkClient {
  readonly #options: LinkClientOptions;
  #socket: Socket | null = null;
  #open = false;
  #closed = false;
  #retryMs = RETRY_FIRST_MS;
  #retryTimer: NodeJS.Timeout | undefined;
  #skipToKey = false;
  /** Packets that were refused because the hub did not keep up. */
  dropped = 0;

  constructor(options: LinkClientOptions) {
    this.#options = options;
    this.#connect();
  }

  get isOpen(): boolean {
    return this.#open;
  }

  #connect(): void {
    const { path, stream, role, token } = this.#options;
    const socket = createConnection({ path });
    const reader = new FrameReader();
    let reason = 'closed by the hub';
    this.#socket = socket;
    socket.on('connect', () => socket.write(encodeHello({ version: 1, role, stream, token })));
    socket.on('data', (chunk) => {
      try {
        for (const frame of reader.push(chunk)) this.#receive(frame);
      } catch (error) {
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('close', () => {
      if (this.#closed) return;
      const wasOpen = this.#open;
      this.#open = false;
      this.#socket = null;
      if (wasOpen) this.#options.onLost?.(reason);
      this.#retryTimer = setTimeout(() => this.#connect(), this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MOST_MS);
    });
  }

  #receive(frame: LinkFrame): void {
    if (this.#closed) return;
    if (frame.kind === 'control' && frame.control.type === 'accepted') {
      this.#open = true;
      this.#retryMs = RETRY_FIRST_MS;
      this.#skipToKey = true;
      this.#options.onOpen?.();
      return;
    }
    this.#options.onFrame(frame);
  }

  sendConfig(config: TrackConfig): void {
    if (this.#open) this.#socket?.write(encodeConfig(config));
  }

  sendControl(control: LinkControl): void {
    if (this.#open) this.#socket?.write(encodeControl(control));
  }

  /** Sends a packet; the payload must not be changed afterwards. Returns false if it was refused. */
  sendPacket(packet: MediaPacket): boolean {
    const socket = this.#socket;
    if (!this.#open || !socket) return false;
    if (packet.track === TRACK_VIDEO && packet.key) this.#skipToKey = false;
    if (socket.writableLength > MAX_BACKLOG) this.#skipToKey = true;
    if (socket.writableLength > MAX_BACKLOG || (packet.track === TRACK_VIDEO && this.#skipToKey)) {
      this.dropped++;
      return false;
    }
    socket.cork();
    socket.write(encodePacketHead(packet));
    socket.write(packet.payload);
    socket.uncork();
    return true;
  }

  /** Ends the connection; with a reason the stream is declared over, and its viewers are let go. */
  close(endReason?: string): void {
    if (this.#closed) return;
    if (endReason !== undefined) this.sendControl({ type: 'end', reason: endReason });
    this.#closed = true;
    this.#open = false;
    clearTimeout(this.#retryTimer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.end();
    // A hub that does not answer must not keep the engine alive.
    setTimeout(() => socket.destroy(), 500).unref();
  }
}
