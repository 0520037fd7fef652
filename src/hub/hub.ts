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
import { createLogger } from '../lib/log.js';
import { startLinkServer } from './link-server.js';
import { offeredAddresses } from './offered-addresses.js';
import { HlsShelf } from './playback/hls.js';
import { startHttpServer } from './playback/http-server.js';
import { WhepDesk } from './playback/whep.js';
import { startRtmpServer } from './rtmp-server.js';
import { StreamTable } from './stream-table.js';

const TICK_MS = 1_000;

export interface Hub {
  readonly mediaPort: number;
  readonly rtmpPort: number;
  readonly webrtcPort: number;
  stats(): HubStreamStats[];
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

/**
 * Starts to listen everywhere and resolves when everything is ready. On failure nothing is left open.
 * @throws the error of the port that could not be had.
 */
export async function startHub(options: HubOptions): Promise<Hub> {
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
    const ticker = setInterval(() => {
      table.tick();
      hls.tick();
      whep.tick();
    }, TICK_MS);
    closers.push(() => {
      clearInterval(ticker);
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
