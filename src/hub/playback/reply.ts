/** Short HTTP answers, all of them open to pages of other origins. */
import type { ServerResponse } from 'node:http';

/** Media may be played by any page: streams are protected by their names and keys, not by the origin. */
export const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, PATCH, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type, Authorization, Range, If-Match',
  'Access-Control-Expose-Headers': 'Location, ETag, Link',
  'Access-Control-Max-Age': '86400',
} as const;

const STALL_MS = 30_000;

/** Answers with bytes (to HEAD with their number only). Does nothing when the answer has begun already. */
export function sendBytes(res: ServerResponse, status: number, type: string, body: Uint8Array, cache: string): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, {
    ...CORS_HEADERS,
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': cache,
    'X-Content-Type-Options': 'nosniff',
  });
  // A client that stops reading would hold on to the body.
  res.setTimeout(STALL_MS, () => res.destroy());
  res.end(body);
}

/** Answers with `{"code", "message"}`. */
export function sendProblem(res: ServerResponse, status: number, code: string, message: string): void {
  sendBytes(res, status, 'application/json', Buffer.from(JSON.stringify({ code, message })), 'no-store');
}

/** Answers without a body. */
export function sendEmpty(res: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, { ...CORS_HEADERS, ...headers });
  res.end();
}
