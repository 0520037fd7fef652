/** What the machine is called and may fetch from, for the rules of sources. */
import { hostname, networkInterfaces } from 'node:os';
import type { Caster } from '../domain/caster.js';
import type { SourceSurroundings } from '../domain/source-url.js';
import { addressAllowed } from '../lib/address.js';
import type { Services } from './services.js';

function isLocalhost(host: string): boolean {
  return /(^|\.)localhost\.?$/.test(host);
}

function isOwnName(host: string, services: Services, caster: Caster): boolean {
  if (isLocalhost(host) || /^127\.\d+\.\d+\.\d+$/.test(host) || host === '::1') return true;
  if (host === hostname().toLowerCase() || host === caster.settings.domainName.toLowerCase()) return true;
  if (Object.keys(services.config.domains).some((domain) => domain.toLowerCase() === host)) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === host));
}

function isPublicRtmp(host: string, port: number, services: Services): boolean {
  return Object.values(services.config.domains).some(({ rtmp }) => {
    if (rtmp === undefined || !URL.canParse(rtmp)) return false;
    const url = new URL(rtmp);
    return url.hostname.toLowerCase() === host && (url.port === '' ? 1935 : Number(url.port)) === port;
  });
}

const IP_LITERAL = /^[\d.]+$|:/;

export function surroundingsOf(services: Services, caster: Caster): SourceSurroundings {
  return {
    ownRtmp: `rtmp://localhost:${services.hub.rtmpPort}`,
    isOwnRtmp: (host, port) =>
      (port === services.hub.rtmpPort && isOwnName(host, services, caster)) || isPublicRtmp(host, port, services),
    refuseHost(host) {
      const policy = services.config.sourceAddresses;
      const address = isLocalhost(host) ? '127.0.0.1' : host;
      if (!IP_LITERAL.test(address) || addressAllowed(address, policy)) return null;
      return `${host} is not among the addresses that sources may have on this server (CASTDECK_SOURCE_ADDRESSES=${policy}).`;
    },
  };
}
