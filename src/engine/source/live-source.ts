/**
 * A live stream by URL. It is opened again, with a growing pause and without end, whenever it ends, breaks or is silent
 * for too long; the last picture stays on meanwhile.
 */
import type { AddressPolicy } from '../../lib/address.js';
import type { DemuxedPacket, Demuxer } from '../av/demuxer.js';
import type { PlayoutClock } from './coded-source.js';
import { DemuxedSource, type DemuxedSourceOptions, type Outcome, READ_AHEAD } from './demuxed-source.js';
import { FileClock } from './file-clock.js';
import { openLive } from './live-input.js';
import { SourceClock } from './source-clock.js';
import { TimeRepair } from './time-repair.js';

/** A list of segments must be taken as it comes, so it is read further ahead, µs. */
const SEGMENT_READ_AHEAD = 12_000_000;
/** A list of segments is asked for again once in a segment, so that much must be in reserve, µs. */
const SEGMENT_LEAD = 4_000_000;
/** Jitter that is absorbed of a stream that crosses networks we do not know, µs. */
const STREAM_RESERVE = 250_000;

/** The clock that fits is known only when the input is open. */
class LateClock implements PlayoutClock {
  #inner: PlayoutClock;

  constructor(inner: PlayoutClock) {
    this.#inner = inner;
  }

  use(inner: PlayoutClock): void {
    this.#inner = inner;
  }

  observe(arrival: number, dts: number): void {
    this.#inner.observe(arrival, dts);
  }

  toEngine(pts: number): number {
    return this.#inner.toEngine(pts);
  }

  toSource(engineTime: number): number {
    return this.#inner.toSource(engineTime);
  }

  reset(): void {
    this.#inner.reset();
  }

  get alignable(): SourceClock | null {
    return this.#inner.alignable ?? null;
  }
}

export interface LiveSourceOptions extends DemuxedSourceOptions {
  /** Which hosts may be connected to. */
  addresses: AddressPolicy;
}

export class LiveSource extends DemuxedSource {
  readonly #options: LiveSourceOptions;
  readonly #playout: LateClock;

  constructor(options: LiveSourceOptions) {
    const playout = new LateClock(new SourceClock({ delayUs: options.spec.delayMs * 1000, reserveUs: STREAM_RESERVE }));
    super(options, playout);
    this.#playout = playout;
    this.#options = options;
    this.start();
  }

  protected override async playOnce(signal: AbortSignal): Promise<Outcome> {
    const { url, proxy, addresses } = this.#options;
    const input = await openLive(url, { proxy, policy: addresses }, signal);
    try {
      await this.#read(input.demuxer);
    } finally {
      await input.close();
    }
    return { kind: 'broken', reason: 'the stream ended' };
  }

  /** Reads to the end. */
  async #read(demuxer: Demuxer): Promise<void> {
    const delayUs = this.spec.delayMs * 1000;
    this.#playout.use(
      demuxer.isSegmented
        ? new FileClock({ delayUs, leadUs: SEGMENT_LEAD, glides: true })
        : new SourceClock({ delayUs, reserveUs: STREAM_RESERVE }),
    );
    // What is delayed on purpose waits here, not in the network.
    this.readAhead = (demuxer.isSegmented ? SEGMENT_READ_AHEAD : READ_AHEAD) + delayUs;
    this.begin(demuxer);
    const repair = new TimeRepair({ segmented: demuxer.isSegmented });
    /** Changes that came with packets that were left out. */
    const changes = new Map<DemuxedPacket['kind'], DemuxedPacket['change']>();
    for (;;) {
      const next = await demuxer.read();
      if (!next || this.signal.aborted) return;
      const placed = repair.place(next.kind, next.packet.dts, this.now());
      const change = next.change ?? changes.get(next.kind) ?? null;
      if (!placed) {
        changes.set(next.kind, change);
        continue;
      }
      changes.delete(next.kind);
      const { shift, jumped } = placed;
      if (jumped) this.media.seam();
      // Both tracks may wrap apart; the sync group goes by pictures.
      if (next.kind === 'video' || !demuxer.stream('video')) this.timeShift = shift;
      await this.deliver({ ...next, change }, shift);
    }
  }
}
