/** What operations work with: the ports that the composition root hands in, and the line of calls of each studio. */
import type { Logger } from 'pino';
import type { StudioRuntime, WallClock } from '../domain/ports.js';
import type { PublicBase } from '../domain/streamurl.js';
import type { AddressPolicy } from '../lib/address.js';
import type { Store } from '../store/store.js';
import { StudioLine } from './serial.js';
import { Watchers } from './watchers.js';

/** The part of the configuration that the API uses. */
export interface ApiSettings {
  sourceAddresses: AddressPolicy;
  domains: Record<string, PublicBase>;
  limits: {
    studios: number;
    sources: number;
    layouts: number;
    pictures: number;
    sounds: number;
    components: number;
    /** Event sockets of all studios together. */
    sockets: number;
    /** On the published calls per second. */
    callsFactor: number;
  };
}

export interface ApiDeps {
  config: ApiSettings;
  secrets: { accessKeyId: string; accessKeySecret: string; publishKey: string };
  store: Store;
  runtime: StudioRuntime;
  clock: WallClock;
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** TCP ports of the hub as bound. */
  hub: { mediaPort: number; rtmpPort: number };
  /** Folder of the built page (with index.html), or `null` when it is not built. */
  consoleDir: string | null;
  /** Random text that opens a console session without the key; made anew at each start of the server. */
  consoleToken: string;
}

export interface Services extends ApiDeps {
  line: StudioLine;
  watchers: Watchers;
}

/**
 * Made once a process; the gateway, the demo and the restart of studios share it, because they share the lines.
 * @param times other ones than the usual, for tests
 */
export function createServices(deps: ApiDeps, times: { pingMs?: number } = {}): Services {
  const watchers = new Watchers(deps.runtime, { most: deps.config.limits.sockets, ...times });
  return { ...deps, line: new StudioLine(), watchers };
}
