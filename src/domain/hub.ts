/** Messages between the control process and the hub process (Node IPC, JSON), and what the hub is told to do. */
import type { RelayPlan, RelayReport } from './relay.js';

export interface HubOptions {
  /** Address to listen on, `0.0.0.0` or `::` for all. */
  host: string;
  /** TCP port of HTTP-FLV, HLS and WHEP. 0 picks a free one (tests). */
  mediaPort: number;
  /** TCP port of RTMP. */
  rtmpPort: number;
  /** One UDP port for all WebRTC viewers. */
  webrtcPort: number;
  /** Unix socket for the link to the engines. */
  linkPath: string;
  /** Every `hello` on the link must carry it. */
  linkToken: string;
  /** Must be given as `?key=` to push to (or play) `live/NAME`; compared in constant time. */
  publishKey: string;
  /** Addresses offered to WebRTC viewers besides those of the machine's interfaces. */
  webrtcAddresses: string[];
  /** Most readers of all streams together; one more is refused. */
  maxReaders: number;
}

/** Control to hub. */
export type HubCommand =
  | { type: 'configure'; options: HubOptions }
  | { type: 'stats'; id: number }
  /** All relays that there must be from now on; those by SRT are not the hub's. May come before it is ready. */
  | { type: 'relays'; plan: RelayPlan }
  | { type: 'stop' };

export interface HubStreamStats {
  stream: string;
  /** True while somebody publishes. */
  live: boolean;
  readers: number;
  /** Frames that readers lost because they were too slow, since the stream began. */
  droppedFrames: number;
  bytesIn: number;
  bytesOut: number;
}

/** Hub to control. */
export type HubEvent =
  | { type: 'ready'; mediaPort: number; rtmpPort: number; webrtcPort: number }
  | { type: 'failed'; message: string }
  | { type: 'stats'; id: number; streams: HubStreamStats[] }
  /** All relays of the hub: once a second while there are some, and when one has another status. */
  | { type: 'relays'; relays: RelayReport[] };
