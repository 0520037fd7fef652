/** Where a studio's events go in a test: answers every POST with 200 and keeps what it says. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedEvent {
  CasterId: string;
  EventType: string;
  EventMessage: { Code: string; Message: string; ResourceId?: string; ComponentId?: string; PlaceMs?: number };
}

export interface CallbackServer {
  /** For CallbackUrl; on loopback, on a free port. */
  url: string;
  /** In the order they came. */
  events: readonly ReceivedEvent[];
  close(): Promise<void>;
}

export async function receiveCallbacks(): Promise<CallbackServer> {
  const events: ReceivedEvent[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      events.push(JSON.parse(Buffer.concat(parts).toString()) as ReceivedEvent);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    events,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
