/**
 * Streams of an input that appear while it is read, beside a track of their kind: when one of them takes the track's
 * place, because a transport stream goes on under another number. Two that are sent side by side never take turns,
 * whatever their clocks say. Pure. Times are µs.
 */

/** A new stream that begins so much after the last packet of the track takes its place at once. */
const GAP = 1_000_000;
/** Otherwise it does when so much of it has come while the track sent nothing: by its own times, and in packets. */
const SPAN = 1_000_000;
const PACKETS = 8;

interface Later {
  kind: string;
  /** Time of the first packet since the track last sent something; null when none came. */
  since: number | null;
  packets: number;
}

export class LaterStreams {
  /** By number; FFmpeg bounds how many an input may have. */
  readonly #streams = new Map<number, Later>();
  readonly #replaced = new Set<number>();

  /**
   * A packet of a stream that is no track.
   * @param lastDts of the track of its kind; null when that has not sent anything since the beginning or a jump
   * @returns whether the stream takes that track's place
   */
  outlasts(index: number, track: { kind: string; lastDts: number | null }, dts: number): boolean {
    const isNew = !this.#streams.has(index) && !this.#replaced.has(index);
    const seen = this.#streams.get(index) ?? { kind: track.kind, since: null, packets: 0 };
    this.#streams.set(index, seen);
    seen.since ??= dts;
    seen.packets++;
    if (isNew && track.lastDts !== null && dts - track.lastDts >= GAP) return true;
    return seen.packets > PACKETS && Math.abs(dts - seen.since) >= SPAN;
  }

  /** This track was replaced; it comes back only after the other has fallen silent in its turn. */
  replaced(index: number): void {
    this.#replaced.add(index);
  }

  /** The track of a kind sent something, or everything begins anew after a jump. */
  isAlive(kind: string): void {
    for (const seen of this.#streams.values()) {
      if (seen.kind !== kind) continue;
      seen.since = null;
      seen.packets = 0;
    }
  }
}
