/**
 * The open sources of a studio. A source that is asked for is opened at once; one that is no longer asked for, or is
 * asked for in another way, stays until the scenes that may still show it have been replaced (`prune`).
 */
import type { Playback, Position, SourceSpec, SyncGroup } from '../../domain/desired.js';
import type { SourceHealth } from '../../domain/engine.js';
import type { Source } from './source.js';
import { SyncGroups, type SyncMember } from './sync.js';

interface Entry {
  key: string;
  source: Source;
  /** Newest one; the source itself was made with an older one perhaps. */
  position: Position | null;
  playback: Playback;
}

export class SourceSet {
  readonly #open: (spec: SourceSpec) => Source;
  readonly #onClosing: (source: Source) => void;
  readonly #sync = new SyncGroups();
  #groups: readonly SyncGroup[] = [];
  #entries: Entry[] = [];
  /** What the newest {@link sync} asked for, by id. */
  #asked = new Map<string, Source>();
  readonly #closing = new Set<Promise<void>>();

  /**
   * @param open makes a source
   * @param onClosing is told before a source is closed, so that nobody reads it any more
   */
  constructor(open: (spec: SourceSpec) => Source, onClosing: (source: Source) => void) {
    this.#open = open;
    this.#onClosing = onClosing;
  }

  /**
   * Opens what is new in `specs`, passes on what is paused or sought by hand (a source that is opened has it in its
   * spec), and returns the sources by position.
   * @param groups sources that are kept in step from now on; see sync.ts
   */
  sync(specs: readonly SourceSpec[], groups: readonly SyncGroup[] = []): Map<Position, Source> {
    this.#groups = groups;
    const byPosition = new Map<Position, Source>();
    this.#asked = new Map();
    for (const spec of specs) {
      const key = keyOf(spec);
      let entry = this.#entries.find((candidate) => candidate.key === key);
      if (!entry) {
        entry = { key, source: this.#open(spec), position: spec.position, playback: spec.playback };
        this.#entries.push(entry);
      } else if (!samePlayback(entry.playback, spec.playback)) {
        entry.playback = spec.playback;
        entry.source.setPlayback?.(spec.playback);
      }
      entry.position = spec.position;
      this.#asked.set(spec.id, entry.source);
      if (spec.position !== null) byPosition.set(spec.position, entry.source);
    }
    return byPosition;
  }

  /**
   * Moves all sources on to a tick, those of a sync group in step.
   * @throws what the first source threw that could not; the others are moved on all the same
   */
  advance(now: number): void {
    const members = new Map<string, SyncMember>();
    for (const [id, { sync }] of this.#groups.length > 0 ? this.#asked : []) if (sync) members.set(id, sync);
    this.#sync.apply(this.#groups, members, now);
    let failure: unknown;
    for (const { source } of this.#entries) {
      try {
        source.advance(now);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  /** The source with this id as the newest {@link sync} asked for it. */
  byId(id: string): Source | null {
    return this.#asked.get(id) ?? null;
  }

  /** Closes all sources but those that the newest {@link sync} asked for, and these. */
  prune(shown: ReadonlySet<Source>): void {
    this.#closeBut(new Set([...this.#asked.values(), ...shown]));
  }

  #closeBut(keep: ReadonlySet<Source>): void {
    for (const { source } of this.#entries.filter((entry) => !keep.has(entry.source))) {
      this.#onClosing(source);
      const closing = source.close();
      this.#closing.add(closing);
      void closing.finally(() => this.#closing.delete(closing));
    }
    this.#entries = this.#entries.filter(({ source }) => keep.has(source));
  }

  *[Symbol.iterator](): Generator<Source> {
    for (const { source } of this.#entries) yield source;
  }

  health(): SourceHealth[] {
    return this.#entries.map(({ source, position }) => ({ ...source.health(), position }));
  }

  async close(): Promise<void> {
    this.#closeBut(new Set());
    await Promise.all(this.#closing);
  }
}

/** Two specs with the same key are served by the same open source; its position, name and playback may change. */
function keyOf({ id, input, delayMs }: SourceSpec): string {
  return JSON.stringify([id, input, delayMs]);
}

function samePlayback(a: Playback, b: Playback): boolean {
  return a.paused === b.paused && a.seek?.serial === b.seek?.serial && a.seek?.toMs === b.seek?.toMs;
}
