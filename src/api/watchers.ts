/**
 * The open event sockets and the studios that they watch.
 *
 * Nothing is queued for a socket: one that has more than {@link MOST_BUFFERED} bytes to send misses readings until it has
 * caught up; its pings are not answered either. Sockets are pinged; one that answers neither of two pings is closed, and so is one whose owner may not
 * watch any more. All sockets of a studio share one subscription and one text of each reading.
 */
import type { WebSocket } from '@fastify/websocket';
import type { SoundLevels } from '../domain/engine.js';
import type { StudioRuntime } from '../domain/ports.js';

/** Of a socket, bytes; with more it is slow. */
const MOST_BUFFERED = 64 * 1024;
const PING_MS = 20_000;
const MOST_MISSED = 2;
/** Time for a farewell before a connection is cut, ms. */
const FAREWELL_MS = 1000;

/** Why a socket is closed: RFC 6455 section 7.4, and codes of ours from 4000 on. The reason is for people. */
const CLOSE = {
  stopping: [1001, 'The server stops.'],
  message: [1008, 'No message from this side is known.'],
  session: [4401, 'The session has ended.'],
  deleted: [4404, 'The studio was deleted.'],
} as const;

export interface WatcherOptions {
  /** Sockets in all. */
  most: number;
  /** Another time than the usual one, ms. */
  pingMs?: number;
}

interface Watcher {
  socket: WebSocket;
  isAllowed: () => boolean;
  /** Pings without an answer. */
  missed: number;
}

interface Watched {
  watchers: Set<Watcher>;
  stop: () => void;
}

export class Watchers {
  readonly #runtime: Pick<StudioRuntime, 'watchLevels'>;
  readonly #options: WatcherOptions;
  readonly #studios = new Map<string, Watched>();
  #count = 0;
  #pings: NodeJS.Timeout | undefined;

  constructor(runtime: Pick<StudioRuntime, 'watchLevels'>, options: WatcherOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#count >= this.#options.most;
  }

  /**
   * Tells the socket what happens in a studio until it closes. It belongs to this object from now on.
   * @param socket open, and not made to answer pings by itself
   * @param isAllowed asked at every ping; false ends it
   */
  add(casterId: string, socket: WebSocket, isAllowed: () => boolean): void {
    const watcher: Watcher = { socket, isAllowed, missed: 0 };
    const studio = this.#studios.get(casterId) ?? this.#watch(casterId);
    studio.watchers.add(watcher);
    this.#count++;
    this.#pings ??= setInterval(() => this.#ping(), this.#options.pingMs ?? PING_MS).unref();
    socket.on('pong', () => {
      watcher.missed = 0;
    });
    // Whoever sends pings without end and reads nothing must not fill the memory.
    socket.on('ping', (data) => {
      if (socket.bufferedAmount <= MOST_BUFFERED) socket.pong(data, false, () => {});
    });
    socket.on('message', () => socket.close(...CLOSE.message));
    socket.once('close', () => this.#remove(casterId, studio, watcher));
  }

  #watch(casterId: string): Watched {
    const watchers = new Set<Watcher>();
    const studio = {
      watchers,
      stop: this.#runtime.watchLevels(casterId, (levels) => tell(casterId, watchers, levels)),
    };
    this.#studios.set(casterId, studio);
    return studio;
  }

  #remove(casterId: string, studio: Watched, watcher: Watcher): void {
    if (!studio.watchers.delete(watcher)) return;
    if (studio.watchers.size === 0) {
      studio.stop();
      this.#studios.delete(casterId);
    }
    if (--this.#count > 0) return;
    clearInterval(this.#pings);
    this.#pings = undefined;
  }

  #ping(): void {
    for (const { watchers } of this.#studios.values()) {
      for (const watcher of watchers) {
        const { socket } = watcher;
        if (watcher.missed >= MOST_MISSED) socket.terminate();
        else if (!watcher.isAllowed()) socket.close(...CLOSE.session);
        else if (socket.readyState === socket.OPEN) {
          watcher.missed++;
          socket.ping();
        }
      }
    }
  }

  /** The studio is gone, and so is everything that could be told of it. */
  closeStudio(casterId: string): void {
    for (const { socket } of this.#studios.get(casterId)?.watchers ?? []) socket.close(...CLOSE.deleted);
  }

  /** Closes everything; resolves when all sockets are gone, which takes a second at most. */
  async close(): Promise<void> {
    const sockets = [...this.#studios.values()].flatMap(({ watchers }) => [...watchers].map(({ socket }) => socket));
    await Promise.all(
      sockets.map((socket) => {
        const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
        const timer = setTimeout(() => socket.terminate(), FAREWELL_MS);
        socket.close(...CLOSE.stopping);
        return closed.finally(() => clearTimeout(timer));
      }),
    );
  }
}

function tell(casterId: string, watchers: ReadonlySet<Watcher>, levels: SoundLevels): void {
  const text = JSON.stringify({ type: 'levels', casterId, levels });
  for (const { socket } of watchers) {
    if (socket.readyState === socket.OPEN && socket.bufferedAmount <= MOST_BUFFERED) socket.send(text, () => {});
  }
}
