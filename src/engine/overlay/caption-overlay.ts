/**
 * The newest lines of what is said to a component. Drawn anew when it changes, once a tick at most and never twice at a
 * time; what was drawn before stays meanwhile. It does not crawl.
 */
import type { OverlayContent, OverlaySpec } from '../../domain/desired.js';
import { breakLines } from './caption-lines.js';
import type { CaptionTexts } from './caption-texts.js';
import type { Overlay, PlacedSheet } from './overlay.js';
import { MAX_CHARACTERS } from './painter.js';
import type { OverlayRoom } from './room.js';
import { inkOf, isKnownFont, placeOwnSize, settingOf, visiblePart } from './text-setting.js';

/** Pause before a drawing that failed is tried again, µs. */
const RETRY = 2_000_000;

export class CaptionOverlay implements Overlay {
  readonly spec: OverlaySpec;
  readonly #content: OverlayContent & { kind: 'caption' };
  readonly #room: OverlayRoom;
  readonly #texts: CaptionTexts;
  #placed: PlacedSheet | null = null;
  /** Version of what is drawn, or being drawn. */
  #version = 0;
  #drawing = false;
  #notBefore = Number.NEGATIVE_INFINITY;
  #now = 0;
  #failed = false;
  #closed = false;

  /** @param content that of `spec`; @param texts shared by all overlays of the studio */
  constructor(
    spec: OverlaySpec,
    content: OverlayContent & { kind: 'caption' },
    room: OverlayRoom,
    texts: CaptionTexts,
  ) {
    this.spec = spec;
    this.#content = content;
    this.#room = room;
    this.#texts = texts;
    const { font } = content.style;
    if (!isKnownFont(font)) {
      const message = `there is no font "${String(font).slice(0, 64)}"; another one is used`;
      room.report({ code: 'TextFontInvalid', message, componentId: spec.id });
    }
    this.#follow();
  }

  setWanted(): void {
    // It is drawn when it changes, not when it is seen.
  }

  advance(now: number): void {
    this.#now = now;
    this.#follow();
  }

  /** Draws what has been said since the last time. */
  #follow(): void {
    const { text, version } = this.#texts.of(this.spec.id);
    if (version === this.#version || this.#drawing || this.#closed || this.#now < this.#notBefore) return;
    this.#drawing = true;
    this.#version = version;
    this.#draw(text)
      .then(
        (placed) => {
          if (!this.#closed) this.#placed = placed;
        },
        (error: unknown) => this.#fail(error),
      )
      .finally(() => {
        this.#drawing = false;
      });
  }

  async #draw(text: string): Promise<PlacedSheet | null> {
    const { style, perLine, lines } = this.#content;
    let shown = breakLines(text, perLine).slice(-Math.max(1, Math.floor(lines)));
    // A painter cuts at the end; here it is the oldest lines that go.
    while (shown.join('\n').length > MAX_CHARACTERS && shown.length > 1) shown = shown.slice(1);
    if (shown.length === 0) return null;
    const { frame, painter } = this.#room;
    const setting = settingOf(shown.join('\n'), style, frame.height);
    const measure = await painter.measure(setting);
    if (measure.box.width === 0) return null;
    const box = placeOwnSize(this.spec, frame, measure.box);
    const part = visiblePart(inkOf(measure), box, frame);
    if (!part) return null;
    return { sheet: await painter.paint(setting, part), x: box.x + part.x, y: box.y + part.y };
  }

  #fail(error: unknown): void {
    this.#notBefore = this.#now + RETRY;
    this.#version = -1;
    if (this.#failed || this.#closed) return;
    this.#failed = true;
    const message = `the caption cannot be drawn: ${error instanceof Error ? error.message : String(error)}`;
    this.#room.report({ code: 'TextInvalid', message, componentId: this.spec.id });
  }

  isReady(): boolean {
    return (
      this.#failed ||
      this.#placed !== null ||
      (!this.#drawing && this.#texts.of(this.spec.id).version === this.#version)
    );
  }

  placed(): PlacedSheet | null {
    return this.#placed;
  }

  close(): void {
    this.#closed = true;
    this.#placed = null;
  }
}
