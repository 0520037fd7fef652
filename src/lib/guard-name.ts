/**
 * How an https address is handed to a client that must not make TLS itself: as `http://HOST.tls.guard.invalid:PORT/...`.
 * The guarding proxy takes the mark off, makes the TLS connection and checks the certificate for HOST. A client that is
 * allowed nothing but plain HTTP can therefore reach nothing but the proxy. Pure.
 *
 * `.invalid` is never in use (RFC 2606 section 2), so no real host can be mistaken for a marked one.
 */

const MARK = '.tls.guard.invalid';
/** IPv6 in such a name: hyphens for colons, and this before the mark. */
const V6_MARK = `.v6${MARK}`;
const HTTPS_PORT = 443;

/** Where a plain HTTP request is to go. */
export interface RealHost {
  /** As in a URL: IPv6 in brackets. */
  host: string;
  port: number;
  tls: boolean;
}

/** An https address in its marked form; any other text as it is. Everything after host and port is kept to the letter. */
export function markTls(url: string): string {
  const match = /^\s*https:\/\/([^/?#\\]*@)?(\[[\da-f:.]+\]|[^/?#\\@:[\]"\s]+)(:\d*)?(?=[/?#]|$)/i.exec(url);
  const host = match?.[2];
  if (!match || host === undefined) return url;
  const port = match[3] === undefined || match[3] === ':' ? HTTPS_PORT : Number(match[3].slice(1));
  return `http://${match[1] ?? ''}${markHost(host)}:${port}${url.slice(match[0].length)}`;
}

function markHost(host: string): string {
  return host.startsWith('[') ? `${host.slice(1, -1).replaceAll(':', '-')}${V6_MARK}` : `${host}${MARK}`;
}

/** The domain of a cookie in the form in which a client sees the host. */
export function markDomain(domain: string): string {
  return `${domain}${MARK}`;
}

/** @param url an http address, marked or not */
export function realHost({ hostname, port: text }: URL): RealHost {
  const port = text === '' ? 80 : Number(text);
  if (hostname.endsWith(V6_MARK)) {
    return { host: `[${hostname.slice(0, -V6_MARK.length).replaceAll('-', ':')}]`, port, tls: true };
  }
  if (hostname.endsWith(MARK)) return { host: hostname.slice(0, -MARK.length), port, tls: true };
  return { host: hostname, port, tls: false };
}

/** The `Host` header for it. */
export function hostHeader({ host, port, tls }: RealHost): string {
  return port === (tls ? HTTPS_PORT : 80) ? host : `${host}:${port}`;
}
