/** A client of the event socket that keeps what it is told, and says how it was refused or closed. */
import { WebSocket } from 'ws';

export interface EventSocket {
  /** Messages so far, parsed. */
  readonly messages: Record<string, unknown>[];
  /** Resolves when it is closed by either side. */
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;
}

/** An upgrade that was refused: status and body of the HTTP answer. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused';
  readonly status: number;
  readonly body: Record<string, unknown>;
  constructor(status: number, body: Record<string, unknown>) {
    super(`status ${status}: ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

/**
 * Opens a socket.
 * @param options headers such as cookie and origin; `autoPong: false` leaves pings without answers
 * @throws UpgradeRefused
 */
export function openEventSocket(
  url: string,
  options: { headers?: Record<string, string>; autoPong?: boolean } = {},
): Promise<EventSocket> {
  const socket = new WebSocket(url, { handshakeTimeout: 5000, ...options });
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (data) => void messages.push(JSON.parse(String(data)) as Record<string, unknown>));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ messages, closed, socket }));
    socket.on('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('close', () => {
        const text = Buffer.concat(parts).toString();
        const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : { text };
        reject(new UpgradeRefused(response.statusCode ?? 0, body));
        socket.terminate();
      });
    });
  });
}
