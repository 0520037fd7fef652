/**
 * The open overlays of a studio. One is drawn as soon as it is asked for, and stays until the scenes that may still show it
 * have been replaced (`prune`). Scenes that ask for the same share one, so that a text that crawls in the preview goes on
 * crawling when it comes on air.
 */
import type { OverlaySpec } from '../../domain/desired.js';
import type { EngineReport } from '../../domain/engine.js';
import type { Size } from '../../domain/geometry.js';
import { CaptionOverlay } from './caption-overlay.js';
import { CaptionTexts } from './caption-texts.js';
import { ImageOverlay } from './image-overlay.js';
import type { Overlay } from './overlay.js';
import type { Painter } from './painter.js';
import type { OverlayRoom } from './room.js';
import { TextOverlay } from './text-overlay.js';
import { processPainter } from './thread-painter.js';

export interface OverlaySetOptions {
  /** Size of the mixed picture; even. */
  frame: Size;
  /** Address of the guarding proxy. */
  proxy: string;
  report: (report: EngineReport) => void;
  /** Stays the caller's; that of the process when it is left out. */
  painter?: Painter;
}

interface Entry {
  key: string;
  overlay: Overlay;
}

/**
 * Two specs with the same key look the same but for what the mixer adds: opacity, order, name. So those are to be taken
 * from the scene's own spec, not from that of the overlay.
 */
export function keyOf({ id, content, width, height, x, y, refer, effect, crawlSpeed }: OverlaySpec): string {
  return JSON.stringify([id, content, width, height, x, y, refer, effect, crawlSpeed]);
}

export class OverlaySet {
  readonly #room: OverlayRoom;
  readonly #texts = new CaptionTexts();
  #entries: Entry[] = [];

  constructor({ frame, proxy, report, painter }: OverlaySetOptions) {
    this.#room = { frame, proxy, report, painter: painter ?? processPainter() };
  }

  /** Opens what is new in `specs` and returns all that were asked for by {@link keyOf}. */
  sync(specs: readonly OverlaySpec[]): Map<string, Overlay> {
    const byKey = new Map<string, Overlay>();
    for (const spec of specs) {
      const key = keyOf(spec);
      let entry = this.#entries.find((candidate) => candidate.key === key);
      if (!entry) {
        entry = { key, overlay: this.#open(spec) };
        this.#entries.push(entry);
      }
      byKey.set(key, entry.overlay);
    }
    return byKey;
  }

  #open(spec: OverlaySpec): Overlay {
    const { content } = spec;
    switch (content.kind) {
      case 'text':
        return new TextOverlay(spec, content, this.#room);
      case 'image':
        return new ImageOverlay(spec, content.url, this.#room);
      case 'caption':
        return new CaptionOverlay(spec, content, this.#room, this.#texts);
    }
  }

  /** Closes all overlays but these. */
  prune(keep: ReadonlySet<Overlay>): void {
    for (const { overlay } of this.#entries) if (!keep.has(overlay)) overlay.close();
    this.#entries = this.#entries.filter(({ overlay }) => keep.has(overlay));
  }

  /** Moves all on to a tick, µs. */
  advance(now: number): void {
    for (const { overlay } of this.#entries) overlay.advance(now);
  }

  /** Text for all captions of a component, also for those that are opened later. Empty clears them. */
  caption(componentId: string, text: string): void {
    this.#texts.add(componentId, text);
  }

  *[Symbol.iterator](): Generator<Overlay> {
    for (const { overlay } of this.#entries) yield overlay;
  }

  close(): void {
    this.prune(new Set());
  }
}
