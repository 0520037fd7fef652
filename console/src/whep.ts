/**
 * Plays one WHEP address and keeps playing it: connects, notices when pictures stop (or the sound, of a stream that has
 * nothing else), reports its state in a word, and tries again with a growing pause. One object plays one address; stop()
 * ends it for good and tells the server.
 * Draft: draft-ietf-wish-whep. Times in ms.
 */

export type WhepState = 'connecting' | 'live' | 'lost' | 'off';

/** `picture`: with sound, if there is some. `sound`: nothing else is asked for. */
export type WhepContent = 'picture' | 'sound';

export interface WhepEvents {
  /** `reason` is a sentence for the operator; empty unless lost. */
  onState: (state: WhepState, reason: string) => void;
  onStream: (stream: MediaStream) => void;
}

/** Everything outside, so that a test can own it. */
export interface WhepSurroundings {
  createPeer: () => RTCPeerConnection;
  fetch: typeof fetch;
  createStream: () => MediaStream;
}

const BROWSER: WhepSurroundings = {
  createPeer: () => new RTCPeerConnection({ bundlePolicy: 'max-bundle' }),
  fetch: (input, init) => fetch(input, init),
  createStream: () => new MediaStream(),
};

const GATHER_MS = 1_000;
const ANSWER_MS = 8_000;
const FIRST_BYTES_MS = 8_000;
const SILENCE_MS = 4_000;
const PROBE_MS = 500;

/** Pause before attempt number `failures` + 1: 0.5 s, doubling, at most 5 s. */
export function backOffMs(failures: number): number {
  return Math.min(5_000, 500 * 2 ** Math.max(0, failures - 1));
}

/**
 * The address as this browser must use it: a server that calls itself localhost is where the page came from, unless the
 * page itself was opened as localhost.
 */
export function reachableUrl(url: string, pageHost: string): string {
  const parsed = new URL(url);
  if (parsed.hostname !== 'localhost' || pageHost === 'localhost' || pageHost === '') return url;
  parsed.hostname = pageHost;
  return parsed.toString();
}

/** The offer with a wish for both channels of Opus: without it a browser makes one of them (RFC 7587 section 7.1). */
export function inStereo(sdp: string): string {
  const payload = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(sdp)?.[1];
  if (payload === undefined) return sdp;
  return sdp.replace(new RegExp(`^(a=fmtp:${payload} )(?!.*\\bstereo=)`, 'm'), '$1stereo=1;');
}

/** True when gathering is done or has taken long enough; candidates of this machine are there at once. */
function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      peer.removeEventListener('icegatheringstatechange', look);
      resolve();
    };
    const look = (): void => {
      if (peer.iceGatheringState === 'complete') done();
    };
    const timer = setTimeout(done, GATHER_MS);
    peer.addEventListener('icegatheringstatechange', look);
  });
}

async function bytesOf(peer: RTCPeerConnection, kind: 'video' | 'audio'): Promise<number> {
  let bytes = 0;
  for (const report of (await peer.getStats()).values()) {
    if (report.type === 'inbound-rtp' && report.kind === kind) bytes += Number(report.bytesReceived) || 0;
  }
  return bytes;
}

interface Session {
  peer: RTCPeerConnection;
  /** Address to DELETE; null until the server has given one. */
  resource: string | null;
}

export class WhepPlayer {
  readonly #url: string;
  readonly #events: WhepEvents;
  readonly #around: WhepSurroundings;
  readonly #content: WhepContent;
  #session: Session | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #stopped = false;

  constructor(url: string, events: WhepEvents, around: WhepSurroundings = BROWSER, content: WhepContent = 'picture') {
    this.#url = url;
    this.#events = events;
    this.#around = around;
    this.#content = content;
  }

  start(): void {
    void this.#attempt();
  }

  /** Ends playing and lets the server know, also while the page is being left. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#close();
    this.#events.onState('off', '');
  }

  async #attempt(): Promise<void> {
    this.#events.onState('connecting', '');
    const session: Session = { peer: this.#around.createPeer(), resource: null };
    this.#session = session;
    try {
      await this.#connect(session);
      if (this.#session === session) this.#watch(session);
    } catch (error) {
      if (this.#session === session) this.#lose(error instanceof Error ? error.message : String(error));
    }
  }

  async #connect(session: Session): Promise<void> {
    const { peer } = session;
    if (this.#content === 'picture') peer.addTransceiver('video', { direction: 'recvonly' });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    const stream = this.#around.createStream();
    peer.addEventListener('track', (event) => {
      stream.addTrack(event.track);
      if (this.#session === session) this.#events.onStream(stream);
    });
    peer.addEventListener('connectionstatechange', () => {
      if (this.#session === session && peer.connectionState === 'failed') this.#lose('The connection failed.');
    });
    const offer = await peer.createOffer();
    await peer.setLocalDescription({ type: 'offer', sdp: inStereo(offer.sdp ?? '') });
    await gathered(peer);
    if (this.#session !== session) return;
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: peer.localDescription?.sdp ?? '',
      signal: AbortSignal.timeout(ANSWER_MS),
    };
    const response = await this.#around.fetch(this.#url, request).catch(() => {
      // Browsers only say "Failed to fetch" whatever went wrong.
      throw new Error('The media server cannot be reached.');
    });
    const location = response.headers.get('location');
    if (response.ok && location) session.resource = new URL(location, this.#url).toString();
    // Stopped while the request was under way: the server must still hear that nobody is there.
    if (this.#session !== session) return this.#leave(session);
    if (response.status === 404) throw new Error('There is no such stream now.');
    if (!response.ok) throw new Error(`The server refused (status ${response.status}).`);
    await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  }

  /** Live while bytes of video (or of sound, if that is all) arrive; lost when none came for a while. */
  #watch(session: Session): void {
    const isPicture = this.#content === 'picture';
    let known = 0;
    let quiet = 0;
    let isLive = false;
    const look = async (): Promise<void> => {
      const bytes = await bytesOf(session.peer, isPicture ? 'video' : 'audio').catch(() => known);
      if (this.#session !== session) return;
      quiet = bytes > known ? 0 : quiet + PROBE_MS;
      if (bytes > known && !isLive) {
        isLive = true;
        this.#failures = 0;
        this.#events.onState('live', '');
      }
      known = bytes;
      if (quiet >= (isLive ? SILENCE_MS : FIRST_BYTES_MS)) {
        return this.#lose(isPicture ? 'No pictures arrive.' : 'No sound arrives.');
      }
      this.#timer = setTimeout(look, PROBE_MS);
    };
    this.#timer = setTimeout(look, PROBE_MS);
  }

  #lose(reason: string): void {
    clearTimeout(this.#timer);
    this.#close();
    if (this.#stopped) return;
    this.#failures++;
    this.#events.onState('lost', reason);
    this.#timer = setTimeout(() => void this.#attempt(), backOffMs(this.#failures));
  }

  #close(): void {
    const session = this.#session;
    this.#session = null;
    if (session) this.#leave(session);
  }

  #leave(session: Session): void {
    session.peer.close();
    if (!session.resource) return;
    const resource = session.resource;
    session.resource = null;
    // The server notices a vanished viewer by itself, only later; a failed goodbye is no trouble.
    this.#around.fetch(resource, { method: 'DELETE', keepalive: true }).catch(() => {});
  }
}
