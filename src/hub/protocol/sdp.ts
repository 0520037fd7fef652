/**
 * Session descriptions (RFC 8866) as far as an answer to a WHEP offer needs them: which media sections there are and
 * which payload types they offer. Bounded: 64 kB, 32 sections.
 */
import { ProtocolError } from './error.js';

export interface SdpCodec {
  payloadType: number;
  /** Lower case, `h264/90000`, `opus/48000/2`. */
  name: string;
  /** The format parameters as they were written; empty when there are none. */
  parameters: string;
}

export interface SdpMedia {
  kind: string;
  mid: string;
  direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  codecs: SdpCodec[];
}

const MAX_SDP = 64 * 1024;
const MAX_MEDIA = 32;
const MAX_CANDIDATES = 32;
const BASELINE = 0x42;
const ADDRESS_CANDIDATE = /^a=candidate:\S{1,32} \d{1,5} udp \d{1,10} [0-9a-f.:]{3,45} \d{1,5} typ \S+/i;

function parseSection(lines: readonly string[]): SdpMedia {
  const kind = /^m=([a-z]+) /.exec(lines[0] ?? '')?.[1];
  if (!kind) throw new ProtocolError('bad media section');
  const media: SdpMedia = { kind, mid: '', direction: 'sendrecv', codecs: [] };
  const parameters = new Map<number, string>();
  for (const line of lines) {
    const rtpmap = /^a=rtpmap:(\d{1,3}) (\S{1,64})$/.exec(line);
    const fmtp = /^a=fmtp:(\d{1,3}) (.{1,512})$/.exec(line);
    const mid = /^a=mid:([A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32})$/.exec(line);
    const direction = /^a=(sendrecv|sendonly|recvonly|inactive)$/.exec(line);
    if (rtpmap?.[2]) {
      media.codecs.push({ payloadType: Number(rtpmap[1]), name: rtpmap[2].toLowerCase(), parameters: '' });
    } else if (fmtp?.[2]) parameters.set(Number(fmtp[1]), fmtp[2]);
    else if (mid?.[1]) media.mid = mid[1];
    else if (direction) media.direction = direction[1] as SdpMedia['direction'];
  }
  if (media.codecs.length > 256) throw new ProtocolError('too many codecs');
  for (const codec of media.codecs) codec.parameters = parameters.get(codec.payloadType) ?? '';
  return media;
}

/** The media sections of an offer, in order. @throws ProtocolError when it is no session description with media. */
export function parseSdp(text: string): SdpMedia[] {
  if (text.length > MAX_SDP || !text.startsWith('v=0')) throw new ProtocolError('not a session description');
  const sections: string[][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('m=')) sections.push([line]);
    else sections.at(-1)?.push(line);
  }
  if (sections.length === 0 || sections.length > MAX_MEDIA) throw new ProtocolError('no media, or too many');
  return sections.map(parseSection);
}

/** Value of one `name=value` of a format parameter line, lower case. */
function parameter(codec: SdpCodec, name: string): string | undefined {
  const pattern = new RegExp(`(?:^|;)\\s*${name}=([^;\\s]+)`, 'i');
  return pattern.exec(codec.parameters)?.[1]?.toLowerCase();
}

/**
 * The H.264 payload type to answer with: packetization mode 1, of the stream's profile when it is known and offered,
 * else constrained baseline, else the first. `null` when the offer has none.
 */
export function chooseH264(media: SdpMedia, profile: number | null): SdpCodec | null {
  const usable = media.codecs.filter(
    (codec) => codec.name === 'h264/90000' && parameter(codec, 'packetization-mode') === '1',
  );
  const ofProfile = (hex: string) => usable.find((codec) => parameter(codec, 'profile-level-id')?.startsWith(hex));
  // Every baseline that encoders make today is constrained baseline, whatever its flags say.
  const wanted =
    profile === null || profile === BASELINE ? undefined : ofProfile(profile.toString(16).padStart(2, '0'));
  return wanted ?? ofProfile('42e0') ?? usable[0] ?? null;
}

/** The Opus payload type to answer with. */
export function chooseOpus(media: SdpMedia): SdpCodec | null {
  return media.codecs.find((codec) => codec.name === 'opus/48000/2') ?? null;
}

/**
 * The offer with at most 32 candidates, all of them plain UDP addresses. Names would be looked up on behalf of whoever
 * sent the offer; browsers send names that only their own network knows (mDNS), whose owner is found by its own checks.
 */
export function withPlainCandidates(sdp: string): string {
  let left = MAX_CANDIDATES;
  return sdp
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('a=candidate:') || (ADDRESS_CANDIDATE.test(line) && left-- > 0))
    .join('\r\n');
}

/** An answer in which the sections for sound and pictures that are not among the `served` ones (their mids) say that nothing comes. */
export function withInactive(sdp: string, served: readonly string[]): string {
  return sdp
    .split(/^(?=m=)/m)
    .map((section) => {
      const mid = /^a=mid:(\S+)/m.exec(section)?.[1];
      const idle = /^m=(audio|video) /.test(section) && !(mid !== undefined && served.includes(mid));
      return idle ? section.replace(/^a=(sendrecv|sendonly|recvonly)(?=\r?$)/m, 'a=inactive') : section;
    })
    .join('');
}

/** Adds a host candidate for each address to every media section that has candidates of its own. */
export function withCandidates(sdp: string, addresses: readonly string[], port: number): string {
  if (addresses.length === 0) return sdp;
  const lines = addresses.map(
    (address, index) => `a=candidate:9${index} 1 UDP ${2122000000 - index} ${address} ${port} typ host`,
  );
  return sdp.replaceAll('a=end-of-candidates', `${lines.join('\r\n')}\r\na=end-of-candidates`);
}
