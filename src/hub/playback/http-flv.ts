/**
 * HTTP-FLV: one endless answer for each viewer.
 *
 * The body is not chunked and the connection is not reused, so that a tag costs its own bytes only. The answer owns
 * the reader: when the viewer goes, the reader leaves.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { flvHeader, flvTag } from '../protocol/flv.js';
import type { Sink } from '../reader.js';
import type { Stream } from '../stream.js';
import { CORS_HEADERS } from './reply.js';
import { FLV_TRACKS, TagStream } from './tag-stream.js';

const LINGER_MS = 5_000;

/** Plays the stream to the viewer until either goes. The caller has checked that both may. */
export function serveFlv(req: IncomingMessage, res: ServerResponse, stream: Stream): void {
  res.useChunkedEncodingByDefault = false;
  res.shouldKeepAlive = false;
  res.writeHead(200, { ...CORS_HEADERS, 'Content-Type': 'video/x-flv', 'Cache-Control': 'no-store' });
  if (req.method === 'HEAD') {
    res.end();
    return;
  }
  res.flushHeaders();
  req.socket.setNoDelay(true);
  // Streams may be silent for long; the reader notices a viewer that takes nothing.
  req.socket.setTimeout(0);

  let written = 0;
  const write = (pieces: readonly Uint8Array[]): void => {
    if (res.destroyed || res.writableEnded) return;
    res.cork();
    for (const piece of pieces) {
      written += piece.length;
      res.write(piece);
    }
    res.uncork();
  };
  const tags = new TagStream({
    begin: (hasVideo, hasAudio) => write([flvHeader(hasVideo, hasAudio)]),
    tag: (type, timestamp, body) => write(flvTag(type, timestamp, body)),
  });
  const sink: Sink = {
    config: (config) => tags.config(config),
    packet: (packet) => tags.packet(packet),
    source: () => {},
    end: () => {
      res.end();
      // A viewer that does not read would keep what is left in memory.
      setTimeout(() => res.destroy(), LINGER_MS).unref();
    },
    backlog: () => res.writableLength,
    sent: () => written - res.writableLength,
  };
  const reader = stream.join({ kind: 'flv', tracks: FLV_TRACKS, start: 'cached', patient: false, sink });
  res.on('error', () => {});
  res.on('close', () => stream.leave(reader));
}
