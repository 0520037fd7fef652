/**
 * A text over a scene. What of it is inside the frame is drawn once; a crawling text is drawn as it comes (see strip.ts).
 * A text that cannot be drawn is reported once and tried again; the scene goes on without it.
 */
import type { OverlayContent, OverlaySpec } from '../../domain/desired.js';
import type { EngineReport } from '../../domain/engine.js';
import { pause } from '../source/back-off.js';
import type { Overlay, PlacedSheet } from './overlay.js';
import { MAX_CHARACTERS, type TextMeasure, type TextSetting } from './painter.js';
import { type OverlayRoom, retryPause } from './room.js';
import { Strip } from './strip.js';
import { inkOf, isKnownFont, placeOwnSize, settingOf, visiblePart } from './text-setting.js';

export class TextOverlay implements Overlay {
  readonly spec: OverlaySpec;
  readonly #room: OverlayRoom;
  readonly #abort = new AbortController();
  readonly #told = new Set<string>();
  #still: PlacedSheet | null = null;
  #strip: Strip | null = null;
  /** Nothing more will come, or nothing for now. */
  #settled = false;
  #failed = false;

  /** @param content that of `spec` */
  constructor(spec: OverlaySpec, content: OverlayContent & { kind: 'text' }, room: OverlayRoom) {
    this.spec = spec;
    this.#room = room;
    const { text, style } = content;
    if (!isKnownFont(style.font)) {
      this.#tell('TextFontInvalid', `there is no font "${String(style.font).slice(0, 64)}"; another one is used`);
    }
    if (text.length > MAX_CHARACTERS && [...text].length > MAX_CHARACTERS) {
      this.#tell('TextInvalid', `only the first ${MAX_CHARACTERS} characters are drawn`);
    }
    void this.#run(settingOf(text, style, room.frame.height));
  }

  /** Each message once. */
  #tell(code: EngineReport['code'], message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#room.report({ code, message, componentId: this.spec.id });
  }

  #fail(error: unknown): void {
    this.#failed = true;
    this.#tell('TextInvalid', `the text cannot be drawn: ${error instanceof Error ? error.message : String(error)}`);
  }

  async #run(setting: TextSetting): Promise<void> {
    const { signal } = this.#abort;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const measure = await this.#room.painter.measure(setting);
        if (measure.missing !== '') this.#tell('TextInvalid', `no font has these characters: ${measure.missing}`);
        await this.#show(setting, measure);
        this.#settled = true;
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#fail(error);
        this.#settled = true;
        await pause(retryPause(failures), signal);
      }
    }
  }

  async #show(setting: TextSetting, measure: TextMeasure): Promise<void> {
    if (measure.box.width === 0 || this.#abort.signal.aborted) return;
    const { frame, painter } = this.#room;
    const box = placeOwnSize(this.spec, frame, measure.box);
    const ink = inkOf(measure);
    const { effect, crawlSpeed } = this.spec;
    if (effect === 'none' || !(crawlSpeed > 0)) {
      const part = visiblePart(ink, box, frame);
      if (!part) return;
      const sheet = await painter.paint(setting, part);
      if (!this.#abort.signal.aborted) this.#still = { sheet, x: box.x + part.x, y: box.y + part.y };
      return;
    }
    const axis = effect === 'crawlH' ? 'x' : 'y';
    // Along its way it is seen from end to end, across it only what is inside the frame.
    const endless =
      axis === 'x' ? { ...frame, width: Number.MAX_SAFE_INTEGER } : { ...frame, height: Number.MAX_SAFE_INTEGER };
    const from = axis === 'x' ? { x: -ink.x, y: box.y } : { x: box.x, y: -ink.y };
    const part = visiblePart(ink, from, endless);
    if (!part) return;
    this.#strip = new Strip({
      axis,
      frame,
      speed: crawlSpeed * (axis === 'x' ? frame.width : frame.height),
      ink: part,
      across: axis === 'x' ? box.y : box.x,
      draw: (wanted) => painter.paint(setting, wanted),
      onError: (error) => this.#fail(error),
    });
  }

  advance(now: number): void {
    this.#strip?.advance(now);
  }

  isReady(): boolean {
    return this.#settled && (this.#strip === null || this.#strip.isReady() || this.#failed);
  }

  placed(): PlacedSheet | null {
    return this.#strip ? this.#strip.placed() : this.#still;
  }

  setWanted(): void {
    // It is drawn when it changes, not when it is seen.
  }

  close(): void {
    this.#abort.abort();
    this.#strip?.close();
    this.#strip = null;
    this.#still = null;
  }
}
