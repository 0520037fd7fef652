/**
 * The hub: takes streams from encoders (RTMP) and engines (link) and gives them to viewers and engines.
 *
 * Owns all sockets, sessions and streams; `close` ends every one of them. Everything is driven by the sockets and one
 * tick a second. What comes from the network never throws out of here.
 */
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { HubOptions, HubStreamStats } from '../domain/hub.js';
import type { RelayPlan, RelayReport } from '../domain/relay.js';
import { createLogger } from '../lib/log.js';
import { startLinkServer } from './link-server.js';
import { offeredAddresses } from './offered-addresses.js';
import { HlsShelf } from './playback/hls.js';
import { startHttpServer } from './playback/http-server.js';
import { WhepDesk } from './playback/whep.js';
import { RelaySet } from './relay/relay-set.js';
import { startRtmpServer } from './rtmp-server.js';
import { StreamTable } from './stream-table.js';

const TICK_MS = 1_000;

export interface Hub {
  readonly mediaPort: number;
  readonly rtmpPort: number;
  readonly webrtcPort: number;
  stats(): HubStreamStats[];
  /** All relays by RTMP that there must be from now on. */
  setRelays(plan: RelayPlan): void;
  /** How the relays do now. */
  relays(): RelayReport[];
  /** Ends all connections and frees the ports; a second call joins the first. */
  close(): Promise<void>;
}

/** The UDP port itself, or a free one for 0. @throws when it is taken. */
async function probeUdpPort(port: number, host: string): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, resolve);
    });
    return socket.address().port;
  } finally {
    socket.close();
  }
}

/** Where the hub reaches itself. */
function ownHost(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
}

/**
 * Starts to listen everywhere and resolves when everything is ready. On failure nothing is left open.
 * @param onRelays hears how the relays do, once a second while there are some, and when one has another status
 * @throws the error of the port that could not be had.
 */
export async function startHub(
  options: HubOptions,
  onRelays: (relays: RelayReport[]) => void = () => {},
): Promise<Hub> {
  const log = createLogger('hub');
  const now = () => performance.now();
  const { host, publishKey, maxReaders } = options;
  const table = new StreamTable({
    maxReaders,
    now,
    callbacks: {
      published: (stream, live) => log.info({ stream: stream.name, live }, 'stream'),
    },
  });
  const hls = new HlsShelf({ now, wall: Date.now });
  const closers: (() => Promise<void> | void)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.reverse()) await close();
  };
  try {
    const webrtcPort = await probeUdpPort(options.webrtcPort, host);
    const whep = new WhepDesk({
      port: webrtcPort,
      bindAddress: host === '0.0.0.0' || host === '::' ? null : host,
      addresses: offeredAddresses(host, options.webrtcAddresses, networkInterfaces()),
      maxSessions: maxReaders,
      now,
      log,
    });
    const rtmp = await startRtmpServer({ host, port: options.rtmpPort, publishKey, maxReaders, table, log });
    closers.push(rtmp.close);
    const media = await startHttpServer({
      host,
      port: options.mediaPort,
      publishKey,
      maxReaders,
      table,
      hls,
      whep,
      log,
    });
    closers.push(media.close);
    const link = await startLinkServer({ path: options.linkPath, token: options.linkToken, table, log });
    closers.push(link.close);
    const relays = new RelaySet({
      table,
      own: { host: ownHost(host), port: rtmp.port },
      now: () => performance.timeOrigin + performance.now(),
      onChange: () => onRelays(relays.reports()),
    });
    const ticker = setInterval(() => {
      table.tick();
      hls.tick();
      whep.tick();
      if (relays.isEmpty) return;
      relays.tick();
      onRelays(relays.reports());
    }, TICK_MS);
    closers.push(async () => {
      clearInterval(ticker);
      await relays.close();
      hls.close();
      whep.close();
      table.close();
    });
    let closed: Promise<void> | null = null;
    return {
      mediaPort: media.port,
      rtmpPort: rtmp.port,
      webrtcPort,
      stats: () => table.stats(),
      setRelays: (plan) => relays.set(plan),
      relays: () => relays.reports(),
      close: () => {
        closed ??= closeAll();
        return closed;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
