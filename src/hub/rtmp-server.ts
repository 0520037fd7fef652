/**
 * Listens for RTMP. Limits connections that have not yet shown that they may publish or play: 256 in all, 64 from one
 * address; more are closed at once.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Logger } from '../lib/log.js';
import { RtmpSession } from './rtmp-session.js';
import type { StreamTable } from './stream-table.js';

const MAX_STRANGERS = 256;
const MAX_STRANGERS_OF_ADDRESS = 64;
/** Connections besides those of viewers. */
const EXTRA_CONNECTIONS = 1024;

export interface RtmpServerOptions {
  host: string;
  port: number;
  publishKey: string;
  maxReaders: number;
  table: StreamTable;
  log: Logger;
  /** How long a connection may take to show that it may publish or play, ms; 10,000 unless told. */
  authoriseMs?: number;
}

export interface RtmpServer {
  port: number;
  close(): Promise<void>;
}

/** @throws the error of `listen`. */
export async function startRtmpServer(options: RtmpServerOptions): Promise<RtmpServer> {
  const sockets = new Set<Socket>();
  const strangers = new Map<Socket, string>();
  const server = createServer((socket) => {
    const address = socket.remoteAddress ?? '';
    const alike = [...strangers.values()].filter((other) => other === address).length;
    if (strangers.size >= MAX_STRANGERS || alike >= MAX_STRANGERS_OF_ADDRESS) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    strangers.set(socket, address);
    socket.on('close', () => {
      sockets.delete(socket);
      strangers.delete(socket);
    });
    const { publishKey, table, log, authoriseMs } = options;
    new RtmpSession(socket, {
      publishKey,
      table,
      log,
      ...(authoriseMs !== undefined && { authoriseMs }),
      authorised: () => strangers.delete(socket),
    });
  });
  server.maxConnections = options.maxReaders + EXTRA_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      server.on('error', (error) => options.log.error({ reason: error.message }, 'rtmp server'));
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
