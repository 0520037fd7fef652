/**
 * Somebody who watches a stream over HTTP-FLV while a test does something to it. What is looked at afterwards is what
 * was live: a viewer first gets the group of pictures so far, all at once, and that shows the time before.
 */
import { type Decoded, decode, type GrayFrame, tagOfFrame } from './decode.js';
import { type FlvRecording, type FlvTag, recordFlv } from './flv-recorder.js';
import { waitFor } from './wait.js';

/** What arrives later than this after the request, ms, is live. */
const BURST = 300;

export interface Watched {
  recording: FlvRecording;
  /** Tags with a live picture each. */
  pictures: FlvTag[];
  /** Live pictures and all sound. */
  decoded: Decoded;
  /** Longest pause between the arrivals of two live pictures, ms. */
  longestPause: number;
}

export class Viewer {
  readonly #stop = new AbortController();
  readonly #begun = performance.now();
  readonly #recording: Promise<FlvRecording>;
  /** Live pictures so far. */
  pictures = 0;

  private constructor(url: string) {
    this.#recording = recordFlv(url, {
      signal: this.#stop.signal,
      onTag: (tag) => {
        if (this.#isLive(tag)) this.pictures++;
      },
    });
    this.#recording.catch(() => undefined);
  }

  /** Resolves when it has seen a second of live pictures. */
  static async start(url: string): Promise<Viewer> {
    const viewer = new Viewer(url);
    await viewer.see(30);
    return viewer;
  }

  #isLive(tag: FlvTag): boolean {
    return tag.type === 'video' && !tag.config && tag.arrivedAt > this.#begun + BURST;
  }

  /** Resolves when so many more live pictures have arrived; 15 s at most. */
  async see(count: number): Promise<void> {
    const from = this.pictures;
    await waitFor(`${count} pictures`, 15_000, () => this.pictures >= from + count);
  }

  /** Ends watching and decodes what was seen, in pictures of 320x180 unless told. */
  async stop(size: { width?: number; height?: number } = {}): Promise<Watched> {
    this.#stop.abort();
    const recording = await this.#recording;
    const decoded = await decode(recording.bytes, size);
    const pictures = recording.tags.filter((tag) => this.#isLive(tag));
    const isLive = (frame: GrayFrame): boolean => {
      const tag = tagOfFrame(recording.tags, frame);
      return tag !== null && this.#isLive(tag);
    };
    const pauses = pictures.slice(1).map((tag, index) => tag.arrivedAt - (pictures[index]?.arrivedAt ?? 0));
    return {
      recording,
      pictures,
      decoded: { ...decoded, frames: decoded.frames.filter(isLive) },
      longestPause: Math.max(0, ...pauses),
    };
  }
}
