/**
 * Listens to the levels of one studio: opens the socket, opens it again with a growing pause when it is lost, and passes
 * every reading on. It keeps no reading; whoever draws knows how old one may be. One object serves one studio; stop()
 * ends it for good. Times in ms.
 */
import { backOffMs } from '../whep.js';
import { type Levels, readLevels } from './levels-wire.js';

/** What a socket tells; after its end nothing more. */
export interface SocketEars {
  onMessage: (data: unknown) => void;
  onClose: () => void;
}

/** Opens a socket; gives the function that closes it. */
export type OpenSocket = (ears: SocketEars) => () => void;

export function openBrowserSocket(url: string): OpenSocket {
  return ({ onMessage, onClose }) => {
    const socket = new WebSocket(url);
    socket.onmessage = ({ data }) => onMessage(data);
    // An error is followed by a close.
    socket.onclose = onClose;
    return () => socket.close();
  };
}

export interface SocketEvents {
  onLevels: (levels: Levels) => void;
  /** False: nothing comes now, and it is being tried again. */
  onOpen: (isOpen: boolean) => void;
}

/** A socket that does not open, or that falls silent, is given up after this. */
const QUIET_MS = 10_000;

/** Address of the levels, on the host that the page came from. */
export function levelsUrl(page: { protocol: string; host: string }, casterId: string): string {
  const scheme = page.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${page.host}/v1/events?CasterId=${encodeURIComponent(casterId)}`;
}

export class LevelsSocket {
  readonly #casterId: string;
  readonly #open: OpenSocket;
  readonly #events: SocketEvents;
  #close: (() => void) | null = null;
  /** Tells what an old socket says from what the present one does. */
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #isKnownOpen = false;
  #isStopped = false;

  /** @param open opens a socket to {@link levelsUrl} */
  constructor(casterId: string, open: OpenSocket, events: SocketEvents) {
    this.#casterId = casterId;
    this.#open = open;
    this.#events = events;
  }

  start(): void {
    if (this.#isStopped || this.#close) return;
    const mine = ++this.#attempt;
    this.#expect();
    this.#close = this.#open({
      onMessage: (data) => {
        if (this.#attempt === mine) this.#hear(data);
      },
      onClose: () => {
        if (this.#attempt === mine) this.#lose();
      },
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#end();
  }

  #hear(data: unknown): void {
    const levels = readLevels(data, this.#casterId);
    if (!levels) return;
    // Only a reading shows that it works: a server may take a socket and close it at once.
    this.#failures = 0;
    this.#expect();
    if (!this.#isKnownOpen) this.#events.onOpen(true);
    this.#isKnownOpen = true;
    this.#events.onLevels(levels);
  }

  #expect(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lose(), QUIET_MS);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#attempt++;
    this.#close?.();
    this.#close = null;
  }

  #lose(): void {
    this.#end();
    this.#isKnownOpen = false;
    this.#failures++;
    this.#events.onOpen(false);
    this.#timer = setTimeout(() => this.start(), backOffMs(this.#failures));
  }
}
