/**
 * Which connections are upgraded: those of one path, to WebSocket. Everything else is answered as the plain request that it
 * is, too (RFC 9110 section 7.8). Some HTTP clients offer h2c or TLS with each call; as soon as anybody listens for
 * upgrades, Node leaves those calls unanswered.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
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

/** What emits the upgrades of `server` that go to `path`, as `upgrade` with the arguments of Node. */
export function upgradesTo(path: string, server: Server): EventEmitter {
  const wanted = new EventEmitter();
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    if (isWanted(request, path)) {
      wanted.emit('upgrade', request, socket, head);
      return;
    }
    socket.unshift(Buffer.concat([Buffer.from(plainHead(request), 'latin1'), head]));
    server.emit('connection', socket);
  });
  return wanted;
}
