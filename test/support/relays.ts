/** Ways to a TCP server of this machine that are not as good as the direct one. Each listens on a free loopback port. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

export interface Relay {
  /** On 127.0.0.1. */
  port: number;
  close(): Promise<void>;
}

async function listen(server: Server, sockets: Set<Socket>): Promise<Relay> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}

/** Joins a client to the target; what the client sends goes through `pass`. */
function join(sockets: Set<Socket>, client: Socket, target: number, pass: (chunk: Buffer, to: Socket) => void): void {
  const upstream = connect(target, '127.0.0.1');
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    sockets.add(one);
    one.on('error', () => one.destroy());
    one.on('close', () => {
      sockets.delete(one);
      other.destroy();
    });
  }
  client.on('data', (chunk: Buffer) => pass(chunk, upstream));
  upstream.pipe(client);
}

/** Everything that clients send arrives so much later, in its order; what they are sent is not delayed. */
export async function delayTo(target: number, ms: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((client) =>
    join(sockets, client, target, (chunk, to) => {
      // Timers of one length fire in the order in which they were set.
      setTimeout(() => {
        if (to.writable) to.write(chunk);
      }, ms);
    }),
  );
  return await listen(server, sockets);
}

/** TLS on the way to a server that has none. @param pem key and certificate */
export async function tlsTo(target: number, pem: string): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createTlsServer({ key: pem, cert: pem }, (client) =>
    join(sockets, client, target, (chunk, to) => to.write(chunk)),
  );
  server.on('tlsClientError', () => undefined);
  return await listen(server, sockets);
}
