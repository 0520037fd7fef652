/**
 * What sources that read a container by URL have in common: the input is opened again with a growing pause whenever it
 * breaks, and packets are handed over no further ahead of what is due than they should be; reading waits meanwhile.
 *
 * The subclass says what happens between opening and the end (`playOnce`), and calls `start` once it is made.
 */
import type { DemuxedPacket, Demuxer } from '../av/demuxer.js';
import { BackOff, pause } from './back-off.js';
import { CodedSource, type CodedSourceOptions, type PlayoutClock } from './coded-source.js';
import type { ShownSpan } from './shown-span.js';

/** How far a container is read ahead of what is due, µs, if nothing asks for more. */
export const READ_AHEAD = 1_500_000;
const POLL_MS = 40;
/** Packets that are taken in so many ms; who sends more is read no faster, so that no other source is kept waiting. */
const MOST_PACKETS = 400;
const WINDOW_MS = 100;

/** An input that was on for this long, µs, is tried again soon when it breaks. */
const STEADY = 5_000_000;

export interface DemuxedSourceOptions extends CodedSourceOptions {
  url: string;
  /** Address of the guarding proxy. */
  proxy: string;
}

/** How reading stopped: `end` is final, after `broken` the input is opened again. */
export type Outcome = { kind: 'end' } | { kind: 'broken'; reason: string };

export abstract class DemuxedSource extends CodedSource {
  readonly #abort = new AbortController();
  readonly #backOff = new BackOff();
  #running: Promise<void> = Promise.resolve();
  #packets = 0;
  /** Engine time at which they began to be counted. */
  #windowBegan = Number.NEGATIVE_INFINITY;
  /** How far reading may be ahead of what is due, µs. */
  protected readAhead = READ_AHEAD;

  protected constructor(options: DemuxedSourceOptions, clock: PlayoutClock) {
    super(options, clock);
  }

  /** Opens the URL and reads until the end or until it breaks; a rejection counts as broken. */
  protected abstract playOnce(signal: AbortSignal): Promise<Outcome>;

  /** Aborted when the source is closed. */
  protected get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** False when reading is wanted somewhere else: nobody waits for what was read to become due. */
  protected mayWait(): boolean {
    return true;
  }

  protected start(): void {
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const begun = this.now();
      const outcome = await this.playOnce(signal).catch(
        (error: unknown): Outcome => ({
          kind: 'broken',
          reason: error instanceof Error ? error.message : String(error),
        }),
      );
      this.media.end();
      if (signal.aborted) return;
      if (outcome.kind === 'end') {
        this.setStatus('ended');
        return;
      }
      // One that ends as soon as it begins is not opened twice a second for ever.
      if (this.status === 'live' && this.now() - begun > STEADY) this.#backOff.reset();
      this.setStatus('lost', outcome.reason);
      this.reconnects++;
      await pause(this.#backOff.next(), signal);
    }
  }

  /** The streams of an input that was just opened, with times that have nothing to do with those before. */
  protected begin(demuxer: Demuxer, shown?: ShownSpan): void {
    this.restartTimes(shown);
    this.media.setVideoConfig(demuxer.stream('video'));
    this.media.setAudioConfig(demuxer.stream('audio'));
  }

  /**
   * Hands a packet over and waits for as long as reading is too far ahead.
   * @param shift added to the packet's times, µs
   * @param firstTime shifted time of the first picture that is shown: earlier ones are only there to decode it from
   */
  protected async deliver(
    { kind, packet, change }: DemuxedPacket,
    shift: number,
    firstTime = -Infinity,
  ): Promise<void> {
    if (change && kind === 'video') this.media.setVideoConfig({ parameters: change });
    else if (change) this.media.setAudioConfig({ parameters: change });
    const coded = { ...packet, pts: packet.pts + shift, dts: packet.dts + shift };
    this.take(kind, coded, firstTime);
    await this.#pace();
    const early = (): boolean => {
      const ahead = this.clock.toEngine(coded.dts) - this.now();
      return (
        ahead > this.readAhead + (this.clock.alignable?.extra ?? 0) || (ahead > READ_AHEAD && this.media.isNearlyFull)
      );
    };
    while (!this.#abort.signal.aborted && this.mayWait() && early()) {
      await pause(POLL_MS, this.#abort.signal);
    }
  }

  async #pace(): Promise<void> {
    const elapsed = (this.now() - this.#windowBegan) / 1000;
    if (elapsed >= WINDOW_MS) {
      this.#windowBegan = this.now();
      this.#packets = 0;
    } else if (++this.#packets >= MOST_PACKETS) {
      await pause(WINDOW_MS - elapsed, this.#abort.signal);
    }
  }

  override async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await super.close();
  }
}
