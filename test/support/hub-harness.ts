/**
 * A hub in this process on free loopback ports, and those who talk to it: encoders (ffmpeg), engines, viewers. close()
 * ends everything that was started here and removes the files.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HubOptions, HubStreamStats } from '../../src/domain/hub.js';
import { type Hub, startHub } from '../../src/hub/hub.js';
import { type FlvTag, recordFlv } from './flv-recorder.js';
import { LinkEngine, pictureNumber, type TestPictures } from './link-engine.js';
import { ffmpegPath } from './media-tools.js';
import { waitFor } from './wait.js';

export const PUBLISH_KEY = 'integration-key';
export const LINK_TOKEN = 'integration-token';

export interface PushOptions {
  key?: string;
  /** Name under `live/`, `cam` unless told. */
  name?: string;
  /** More ffmpeg options for the encoders; they win. */
  encoder?: readonly string[];
}

/** An HTTP-FLV viewer that is looked at while it plays. */
export class FlvViewer {
  readonly tags: FlvTag[] = [];
  bytes = 0;
  closed = false;
  readonly #stop = new AbortController();

  constructor(url: string) {
    const onTag = (tag: FlvTag): void => {
      this.tags.push(tag);
      this.bytes += tag.body.length;
    };
    const over = (): void => {
      this.closed = true;
    };
    recordFlv(url, { signal: this.#stop.signal, onTag }).then(over, over);
  }

  /** Pictures of a {@link LinkEngine}, with the times (ms) of their tags. */
  pictures(): { number: number; key: boolean; time: number }[] {
    return this.tags
      .filter((tag) => tag.type === 'video' && !tag.config)
      .map((tag) => ({ number: pictureNumber(tag.body.subarray(5)), key: tag.key, time: tag.timestamp }));
  }

  stop(): void {
    this.#stop.abort();
  }
}

export class HubHarness {
  readonly hub: Hub;
  readonly linkPath: string;
  readonly #folder: string;
  readonly #children: ChildProcess[] = [];
  readonly #sockets: Socket[] = [];
  readonly #viewers: FlvViewer[] = [];

  private constructor(hub: Hub, folder: string, linkPath: string) {
    this.hub = hub;
    this.#folder = folder;
    this.linkPath = linkPath;
  }

  static async start(changes: Partial<HubOptions> = {}): Promise<HubHarness> {
    const folder = mkdtempSync(join(tmpdir(), 'castdeck-hub-'));
    const options = hubOptions(folder, changes);
    try {
      return new HubHarness(await startHub(options), folder, options.linkPath);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    for (const viewer of this.#viewers) viewer.stop();
    for (const socket of this.#sockets) socket.destroy();
    await this.hub.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** An address on the media port; `path` begins with a slash. */
  url(path: string): string {
    return `http://127.0.0.1:${this.hub.mediaPort}${path}`;
  }

  rtmpUrl(path: string): string {
    return `rtmp://127.0.0.1:${this.hub.rtmpPort}${path}`;
  }

  stream(name: string): HubStreamStats | undefined {
    return this.hub.stats().find((one) => one.stream === name);
  }

  /** Resolves when the stream has a publisher that has sent this much. */
  live(name: string, bytes = 1): Promise<HubStreamStats> {
    return waitFor(`${name} on the air`, 10_000, () => {
      const stream = this.stream(name);
      return stream?.live && stream.bytesIn >= bytes ? stream : null;
    });
  }

  /** Runs ffmpeg until close(). */
  ffmpeg(args: readonly string[]): ChildProcess {
    const child = spawn(ffmpegPath, ['-nostdin', '-hide_banner', '-loglevel', 'error', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#children.push(child);
    return child;
  }

  /** Pushes a test picture of 320x180 at 25/s with a key frame a second, and a tone at 48 kHz. */
  push({ key = PUBLISH_KEY, name = 'cam', encoder = [] }: PushOptions = {}): ChildProcess {
    return this.ffmpeg([
      ...['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=25', '-f', 'lavfi', '-i', 'sine=frequency=440'],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '25', '-keyint_min', '25'],
      ...['-c:a', 'aac', '-ar', '48000', ...encoder, '-f', 'flv', this.rtmpUrl(`/live/${name}?key=${key}`)],
    ]);
  }

  engine(role: 'publish' | 'subscribe', stream: string, token = LINK_TOKEN): LinkEngine {
    const engine = new LinkEngine(this.linkPath, { role, stream, token });
    this.#sockets.push(engine.socket);
    return engine;
  }

  /** An engine that publishes test pictures. */
  publish(stream: string, pictures: TestPictures = {}): LinkEngine {
    const engine = this.engine('publish', stream);
    engine.publish(pictures);
    return engine;
  }

  viewer(path: string): FlvViewer {
    const viewer = new FlvViewer(this.url(path));
    this.#viewers.push(viewer);
    return viewer;
  }

  /** A bare connection, errors ignored. */
  connect(port: number): Socket {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    this.#sockets.push(socket);
    return socket;
  }
}

/** Options for a hub on free loopback ports with its link in `folder`. */
export function hubOptions(folder: string, changes: Partial<HubOptions> = {}): HubOptions {
  return {
    host: '127.0.0.1',
    mediaPort: 0,
    rtmpPort: 0,
    webrtcPort: 0,
    linkPath: join(folder, 'link.sock'),
    linkToken: LINK_TOKEN,
    publishKey: PUBLISH_KEY,
    webrtcAddresses: [],
    maxReaders: 20,
    ...changes,
  };
}
