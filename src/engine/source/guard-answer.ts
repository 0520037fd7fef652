/**
 * What a server's answer looks like to a client of the guarding proxy: https addresses in it are marked
 * (src/lib/guard-name.ts), so that the client asks the proxy for them too. Marked are `Location`, the domain of cookies,
 * and the addresses in playlists of HLS (RFC 8216). A playlist that names an address of another scheme is refused as a
 * whole: whatever FFmpeg might take it for, it is not fetched by HTTP. Pure.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { markDomain, markTls } from '../../lib/guard-name.js';

/** Longest playlist that is read, bytes: hours of short segments with long, signed addresses. */
export const MOST_PLAYLIST = 4 * 1024 * 1024;

/** Every playlist begins with these bytes, and FFmpeg takes nothing else for one. */
const SIGNATURE = '#EXTM3U';

/** What the first bytes of a body say; `open` when there are too few of them. */
export function bodyKind(bytes: Buffer): 'playlist' | 'other' | 'open' {
  const text = bytes.toString('latin1', 0, SIGNATURE.length);
  if (text === SIGNATURE) return 'playlist';
  return SIGNATURE.startsWith(text) ? 'open' : 'other';
}

/** @param tls how the server was asked: an address without a scheme has that of the one where it stands */
export function markedHeaders(headers: IncomingHttpHeaders, tls: boolean): IncomingHttpHeaders {
  const marked = { ...headers };
  if (marked.location !== undefined) marked.location = markReference(marked.location, tls);
  const cookies = marked['set-cookie'];
  if (tls && cookies) {
    marked['set-cookie'] = cookies.map((cookie) =>
      cookie.replace(/(;\s*domain=)([^;\s]+)/i, (_all, name: string, domain: string) => name + markDomain(domain)),
    );
  }
  return marked;
}

/** A playlist's whole text as the client is to see it. @throws Error when it names what is not fetched by HTTP */
export function markedPlaylist(text: string, tls: boolean): string {
  return text.replace(TOUCHED, (line) => (line.startsWith('#') ? markTag(line, tls) : markReference(line, tls)));
}

/** Lines that may have to be changed; most of a long list are none, and the mixer's next tick waits meanwhile. */
const TOUCHED = /^(?:#EXT-X-(?:KEY|MAP|MEDIA|I-FRAME-STREAM-INF)[: \t]|[ \t]*(?:\/\/|[a-z][a-z\d+.-]*:))[^\r\n]*/gim;
/** Tags whose address FFmpeg opens. */
const OPENED = /^#EXT-X-(KEY|MAP|MEDIA|I-FRAME-STREAM-INF)[:\s]/;

function markTag(line: string, tls: boolean): string {
  if (!OPENED.test(line)) return line;
  return line.replace(/((?:[:,]|^)\s*URI\s*=\s*)("[^"]*"?|[^",][^,]*)/g, (_all, name: string, value: string): string =>
    value.startsWith('"') ? `${name}"${markReference(value.slice(1), tls)}` : name + markReference(value, tls),
  );
}

/** An absolute address, one that lacks the scheme (`//host/path`), or a relative one, which stays as it is. */
function markReference(text: string, tls: boolean): string {
  const reference = text.trimStart();
  if (reference.startsWith('//')) return tls ? markTls(`https:${reference}`) : text;
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(reference)?.[1]?.toLowerCase();
  if (scheme === undefined || scheme === 'http') return text;
  if (scheme !== 'https') throw new Error(`it names an address that is not http: ${scheme}`);
  return markTls(reference);
}
