/**
 * One WebRTC viewer, by libdatachannel; the only file that imports node-datachannel.
 *
 * The peer is the answering side and only sends. It answers with all of its candidates on one shared UDP port. Sender
 * reports and retransmissions are libdatachannel's. The peer keeps references to all native objects until `close`,
 * because collected handlers stop working.
 */
import { randomInt } from 'node:crypto';
import type * as NodeDataChannel from 'node-datachannel';
import { ProtocolError } from '../protocol/error.js';
import { type SdpCodec, withCandidates, withInactive } from '../protocol/sdp.js';

const GATHER_MS = 5_000;
/** RTP payload that fits any usual path. */
const MAX_FRAGMENT = 1_200;
/** Packets kept for retransmission. */
const NACK_PACKETS = 1_024;
const VIDEO_CLOCK = 90_000;
const OPUS_CLOCK = 48_000;

export interface PeerMedia {
  mid: string;
  codec: SdpCodec;
}

export interface PeerOptions {
  id: string;
  offer: string;
  video: PeerMedia | null;
  audio: PeerMedia | null;
  port: number;
  /** Local address to bind to; `null` for all. */
  bindAddress: string | null;
  /** Addresses to offer besides those of the interfaces. */
  addresses: readonly string[];
  /** All tracks can send now; called at most once. */
  connected: () => void;
  /** The viewer has gone or never came; called at most once, not after `close`. */
  gone: (reason: string) => void;
  /** The viewer lost a picture (PLI or FIR). */
  keyframe: () => void;
}

export interface Peer {
  /** An access unit in Annex B form; `time` is its presentation time, µs since an origin that both tracks share. */
  sendVideo(payload: Buffer, time: number): void;
  /** An Opus packet. */
  sendAudio(payload: Buffer, time: number): void;
  /** Bytes handed to the transport, to see whether something moves. */
  sent(): number;
  close(): void;
}

interface Line {
  track: NodeDataChannel.Track;
  rtp: NodeDataChannel.RtpPacketizationConfig;
  /** Kept so that they are not collected. */
  handlers: NodeDataChannel.MediaHandler[];
}

let library: Promise<typeof NodeDataChannel> | null = null;

/** The native library; rejects where its binary is missing. */
function load(): Promise<typeof NodeDataChannel> {
  library ??= import('node-datachannel');
  return library;
}

/** True for RTCP payload-specific feedback that asks for a picture: PLI (RFC 4585) or FIR (RFC 5104). */
export function asksForPicture(message: Uint8Array): boolean {
  for (let at = 0; at + 4 <= message.length; ) {
    const format = (message[at] ?? 0) & 0x1f;
    if (message[at + 1] === 206 && (format === 1 || format === 4)) return true;
    at += 4 * ((((message[at + 2] ?? 0) << 8) | (message[at + 3] ?? 0)) + 1);
  }
  return false;
}

function ticks(time: number, clock: number): number {
  return Math.round((time * clock) / 1e6) >>> 0;
}

/**
 * Makes a peer for the offer and resolves with its answer. Nothing is left behind on failure.
 * @throws ProtocolError when the offer cannot be used, another error when the library fails.
 */
export async function createPeer(options: PeerOptions): Promise<{ peer: Peer; answer: string }> {
  const native = await load();
  const connection = new native.PeerConnection(options.id, {
    iceServers: [],
    enableIceUdpMux: true,
    portRangeBegin: options.port,
    portRangeEnd: options.port,
    disableAutoNegotiation: true,
    ...(options.bindAddress !== null && { bindAddress: options.bindAddress }),
  });
  let state: 'open' | 'closed' = 'open';
  const lines: Line[] = [];
  const strangers: NodeDataChannel.Track[] = [];
  let bytes = 0;

  const close = (): void => {
    if (state === 'closed') return;
    state = 'closed';
    connection.close();
    lines.length = 0;
    strangers.length = 0;
  };
  const gone = (reason: string): void => {
    if (state === 'closed') return;
    close();
    options.gone(reason);
  };

  const addLine = (kind: 'video' | 'audio', media: PeerMedia): Line => {
    const { codec, mid } = media;
    const ssrc = randomInt(1, 0xffffffff);
    const description = kind === 'video' ? new native.Video(mid, 'SendOnly') : new native.Audio(mid, 'SendOnly');
    if (description instanceof native.Video) description.addH264Codec(codec.payloadType, codec.parameters);
    else description.addOpusCodec(codec.payloadType, codec.parameters);
    description.addSSRC(ssrc, 'castdeck', 'castdeck', kind);
    const track = connection.addTrack(description);
    const clock = kind === 'video' ? VIDEO_CLOCK : OPUS_CLOCK;
    const rtp = new native.RtpPacketizationConfig(ssrc, 'castdeck', codec.payloadType, clock);
    const packetizer =
      kind === 'video'
        ? new native.H264RtpPacketizer('StartSequence', rtp, MAX_FRAGMENT)
        : new native.RtpPacketizer(rtp);
    const reporter = new native.RtcpSrReporter(rtp);
    const responder = new native.RtcpNackResponder(NACK_PACKETS);
    packetizer.addToChain(reporter);
    packetizer.addToChain(responder);
    track.setMediaHandler(packetizer);
    track.onMessage((message) => {
      if (kind === 'video' && asksForPicture(message)) options.keyframe();
    });
    return { track, rtp, handlers: [packetizer, reporter, responder] };
  };

  const send = (line: Line | null, payload: Buffer, time: number, clock: number): void => {
    if (state === 'closed' || !line?.track.isOpen()) return;
    line.rtp.timestamp = ticks(time, clock);
    try {
      line.track.sendMessageBinary(payload);
      bytes += payload.length;
    } catch {
      // The transport closed under us; the state change follows.
    }
  };

  try {
    const gathered = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('gathering candidates took too long')), GATHER_MS);
      connection.onGatheringStateChange((gathering) => {
        if (gathering !== 'complete') return;
        clearTimeout(timer);
        resolve();
      });
    });
    gathered.catch(() => {});
    connection.onTrack((track) => strangers.push(track));
    connection.onStateChange((now) => {
      if (now === 'disconnected' || now === 'failed' || now === 'closed') gone(now);
    });
    const video = options.video && addLine('video', options.video);
    const audio = options.audio && addLine('audio', options.audio);
    if (video) lines.push(video);
    if (audio) lines.push(audio);
    // Tracks open a moment after the connection: a key frame sent in between would be lost.
    let closedLines = lines.length;
    for (const line of lines) {
      line.track.onOpen(() => {
        closedLines--;
        if (closedLines === 0 && state === 'open') options.connected();
      });
    }
    try {
      connection.setRemoteDescription(options.offer, 'offer');
      connection.setLocalDescription('answer');
    } catch (error) {
      throw new ProtocolError(`offer refused: ${error instanceof Error ? error.message : String(error)}`);
    }
    await gathered;
    const local = connection.localDescription();
    if (!local) throw new Error('no answer was made');
    const served = [options.video, options.audio].flatMap((media) => (media ? [media.mid] : []));
    // The library offers to send on every section; a viewer would wait for pictures that never come.
    const answer = withCandidates(withInactive(local.sdp, served), options.addresses, options.port);
    const peer: Peer = {
      sendVideo: (payload, time) => send(video, payload, time, VIDEO_CLOCK),
      sendAudio: (payload, time) => send(audio, payload, time, OPUS_CLOCK),
      sent: () => bytes,
      close,
    };
    return { peer, answer };
  } catch (error) {
    close();
    throw error;
  }
}
