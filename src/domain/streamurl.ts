/** Addresses under which viewers find a stream. */

/** Other public addresses of a domain, for a server behind a CDN or a proxy. No slash at the end. */
export interface PublicBase {
  rtmp?: string | undefined;
  http?: string | undefined;
  whep?: string | undefined;
}

export interface Addressing {
  /** By DomainName in lower case. */
  domains: Record<string, PublicBase>;
  /** TCP ports as bound. */
  mediaPort: number;
  rtmpPort: number;
}

export interface StreamUrls {
  rtmp: string;
  flv: string;
  m3u8: string;
  /** The list of all renditions, for a programme. */
  master: string;
  whep: string;
}

/**
 * The addresses of a hub stream (`caster/...` or `live/...`) under a domain. A port is left out only where it is the
 * protocol's own (RTMP 1935, HTTP 80).
 */
export function streamUrls(stream: string, domain: string, addressing: Addressing): StreamUrls {
  const name = domain.toLowerCase();
  const own = Object.hasOwn(addressing.domains, name) ? addressing.domains[name] : undefined;
  const { mediaPort, rtmpPort } = addressing;
  const rtmp = own?.rtmp ?? `rtmp://${domain}${rtmpPort === 1935 ? '' : `:${rtmpPort}`}`;
  const http = own?.http ?? `http://${domain}${mediaPort === 80 ? '' : `:${mediaPort}`}`;
  const whep = own?.whep ?? http;
  return {
    rtmp: `${rtmp}/${stream}`,
    flv: `${http}/${stream}.flv`,
    m3u8: `${http}/${stream}.m3u8`,
    master: `${http}/${stream}/master.m3u8`,
    whep: `${whep}/whep/${stream}`,
  };
}
