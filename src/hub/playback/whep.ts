/**
 * WHEP sessions (draft-ietf-wish-whep): an offer in, an answer out, then pictures and sound by WebRTC.
 *
 * A session joins its stream when the peer is connected, which must happen within 20 s, and leaves it when the peer
 * goes or the session is deleted. Sessions, connected or not, are limited. A stream that has shown B-frames is refused
 * to those who want its pictures: WebRTC has no composition times, so browsers show them late and in the wrong order.
 * Engines make none; an encoder that pushes may, and may begin to while somebody watches, who then goes on. Where it is
 * known that a stream has sound only, sections for pictures are answered as inactive.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from '../../lib/log.js';
import { type MediaPacket, TRACK_OPUS, TRACK_VIDEO, type Track, type TrackConfig } from '../../link/frame.js';
import { type AvcConfig, parseAvcConfig, toAnnexB } from '../protocol/avc.js';
import { ProtocolError } from '../protocol/error.js';
import { chooseH264, chooseOpus, parseSdp, type SdpMedia, withPlainCandidates } from '../protocol/sdp.js';
import type { Sink } from '../reader.js';
import type { Stream } from '../stream.js';
import { createPeer, type Peer, type PeerMedia } from './webrtc-peer.js';

const CONNECT_MS = 20_000;
const MAX_PENDING = 64;
const B_FRAMES =
  'This stream has B-frames, which WebRTC cannot carry. Play it by HTTP-FLV or HLS, push it without B-frames ' +
  '(x264: bframes=0), or watch the output of a studio that shows it.';

export interface WhepOptions {
  port: number;
  bindAddress: string | null;
  addresses: readonly string[];
  maxSessions: number;
  /** Sessions that are not connected yet; 64 unless told. */
  maxPending?: number;
  /** Milliseconds, monotonic. */
  now: () => number;
  log: Logger;
}

export type WhepAnswer =
  | { kind: 'answered'; id: string; sdp: string }
  | { kind: 'refused'; status: number; code: string; message: string };

interface Session {
  stream: Stream;
  startedAt: number;
  state: 'connecting' | 'playing' | 'ended';
  peer: Peer | null;
  leave: () => void;
}

function refused(status: number, code: string, message: string): WhepAnswer {
  return { kind: 'refused', status, code, message };
}

/** What to send of the sections that the viewer wants to receive. */
function negotiate(
  sections: readonly SdpMedia[],
  { profile, soundOnly }: { profile: number | null; soundOnly: boolean },
): { video: PeerMedia | null; audio: PeerMedia | null } {
  let video: PeerMedia | null = null;
  let audio: PeerMedia | null = null;
  for (const media of sections) {
    if (media.mid === '' || media.direction === 'sendonly' || media.direction === 'inactive') continue;
    if (media.kind === 'video' && !video && !soundOnly) {
      const codec = chooseH264(media, profile);
      if (codec) video = { mid: media.mid, codec };
    } else if (media.kind === 'audio' && !audio) {
      const codec = chooseOpus(media);
      if (codec) audio = { mid: media.mid, codec };
    }
  }
  return { video, audio };
}

/** Turns packets of a stream into what a peer sends. */
function createSink(peer: Peer, end: () => void): Sink {
  let avc: AvcConfig | null = null;
  /** The stream's time that becomes 0 in RTP, for both tracks; µs. */
  let origin: number | null = null;
  return {
    config: (config: TrackConfig) => {
      try {
        if (config.track === TRACK_VIDEO) avc = parseAvcConfig(config.extradata);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    },
    packet: (packet: MediaPacket) => {
      origin ??= packet.dts;
      const time = packet.dts + packet.cts - origin;
      if (packet.track === TRACK_OPUS) return peer.sendAudio(Buffer.from(packet.payload), time);
      try {
        peer.sendVideo(toAnnexB(packet.payload, packet.key ? avc : null), time);
      } catch (error) {
        // A malformed access unit is the publisher's fault: the viewer does without it.
        if (!(error instanceof ProtocolError)) throw error;
      }
    },
    source: () => {},
    end,
    // UDP does not wait: what cannot be sent is lost, and asked for again.
    backlog: () => 0,
    sent: () => peer.sent(),
  };
}

export class WhepDesk {
  readonly #options: WhepOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: WhepOptions) {
    this.#options = options;
  }

  has(id: string): boolean {
    return this.#sessions.has(id);
  }

  /** Answers an offer. The caller has checked that the stream may be joined. */
  async open(stream: Stream, offer: string): Promise<WhepAnswer> {
    const pending = [...this.#sessions.values()].filter((session) => session.state === 'connecting').length;
    if (this.#sessions.size >= this.#options.maxSessions || pending >= (this.#options.maxPending ?? MAX_PENDING)) {
      return refused(503, 'TooManyViewers', 'The server has no room for another viewer.');
    }
    const id = randomBytes(16).toString('hex');
    const session: Session = {
      stream,
      startedAt: this.#options.now(),
      state: 'connecting',
      peer: null,
      leave: () => {},
    };
    this.#sessions.set(id, session);
    try {
      const profile = stream.configOf(TRACK_VIDEO)?.extradata[1] ?? null;
      const { video, audio } = negotiate(parseSdp(offer), { profile, soundOnly: stream.soundOnly });
      if (!video && !audio) {
        this.end(id);
        const wanted = stream.soundOnly ? 'Opus: the stream has sound only' : 'H.264 (packetization mode 1) or Opus';
        return refused(406, 'NotAcceptable', `The offer must receive ${wanted}.`);
      }
      if (video && stream.reorders) {
        this.end(id);
        return refused(406, 'BFramesNotPlayable', B_FRAMES);
      }
      const tracks = new Set<Track>();
      if (video) tracks.add(TRACK_VIDEO);
      if (audio) tracks.add(TRACK_OPUS);
      const { peer, answer } = await createPeer({
        id,
        offer: withPlainCandidates(offer),
        video,
        audio,
        port: this.#options.port,
        bindAddress: this.#options.bindAddress,
        addresses: this.#options.addresses,
        connected: () => this.#connected(id, tracks),
        gone: (reason) => {
          this.#options.log.info({ stream: stream.name, reason }, 'whep viewer gone');
          this.end(id);
        },
        keyframe: () => stream.requestKeyframe(),
      });
      if (session.state === 'ended') {
        peer.close();
        return refused(503, 'Closing', 'The session was ended.');
      }
      session.peer = peer;
      return { kind: 'answered', id, sdp: answer };
    } catch (error) {
      this.end(id);
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof ProtocolError) return refused(400, 'BadOffer', message);
      this.#options.log.error({ reason: message }, 'whep failed');
      return refused(501, 'WebRtcUnavailable', 'WebRTC is not available on this server.');
    }
  }

  /** Ends a session if it still exists. */
  end(id: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#sessions.delete(id);
    session.state = 'ended';
    session.leave();
    session.peer?.close();
  }

  tick(): void {
    const now = this.#options.now();
    for (const [id, session] of this.#sessions) {
      if (session.state === 'connecting' && now - session.startedAt >= CONNECT_MS) this.end(id);
    }
  }

  close(): void {
    for (const id of [...this.#sessions.keys()]) this.end(id);
  }

  #connected(id: string, tracks: ReadonlySet<Track>): void {
    const session = this.#sessions.get(id);
    if (!session?.peer || session.state !== 'connecting') return;
    const { stream, peer } = session;
    session.state = 'playing';
    const sink = createSink(peer, () => this.end(id));
    const reader = stream.join({ kind: 'whep', tracks, start: 'next-key', patient: false, sink });
    session.leave = () => stream.leave(reader);
  }
}
