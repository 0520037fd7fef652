/**
 * Which connections are upgraded: those of one path, to WebSocket. Everything else is answered as the plain request that it
 * is, too (RFC 9110 section 7.8). Some HTTP clients offer h2c or TLS with each call; as soon as anybody listens for
 * upgrades, Node leaves those calls unanswered.
 *
 * An upgrade takes the connection away from Node's HTTP server, which loses every answer that is not finished then. One that
 * was sent behind requests without waiting for their answers (pipelining, RFC 9112 section 9.3.2) waits for these; nothing
 * is read from its connection meanwhile.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

function isWanted({ method, url, headers }: IncomingMessage, path: string): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && url?.split('?', 1)[0] === path;
}

/** The head of a request once more, without what asks for another protocol. The parser let no line ends into values. */
function plainHead({ method, url, httpVersion, rawHeaders, headers }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (!/^(upgrade|connection|http2-settings)$/i.test(name)) lines.push(`${name}: ${rawHeaders[index + 1]}`);
  }
  if (/\bclose\b/i.test(headers.connection ?? '')) lines.push('Connection: close');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Who knows which answers of a connection are still to be finished. */
class Answering {
  readonly #unfinished = new WeakMap<Socket, Set<ServerResponse>>();

  constructor(server: Server) {
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      const all = this.#unfinished.get(socket) ?? new Set();
      this.#unfinished.set(socket, all.add(response));
      response.once('close', () => all.delete(response));
    });
  }

  /** Runs `next` when no answer is under way; never when the connection ends before that, or with it. */
  async after(socket: Socket, next: () => void): Promise<void> {
    const all = this.#unfinished.get(socket);
    if (!all || all.size === 0) return next();
    // Node's own listener left with its parser; the end is seen below.
    const onError = (): void => {};
    socket.on('error', onError);
    // None are added: nobody reads requests from the socket now.
    await Promise.all([...all].map((response) => new Promise((resolve) => response.once('close', resolve))));
    if (socket.destroyed || socket.writableEnded) return;
    socket.off('error', onError);
    next();
  }
}

/** What emits the upgrades of `server` that go to `path`, as `upgrade` with the arguments of Node. */
export function upgradesTo(path: string, server: Server): EventEmitter {
  const wanted = new EventEmitter();
  const answering = new Answering(server);
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    void answering.after(socket, () => {
      if (isWanted(request, path)) {
        wanted.emit('upgrade', request, socket, head);
        return;
      }
      // Left over from the time between two requests; the server that reads the socket anew does not know of it.
      socket.setTimeout(0);
      socket.unshift(Buffer.concat([Buffer.from(plainHead(request), 'latin1'), head]));
      server.emit('connection', socket);
    });
  });
  return wanted;
}
