/** A painter that draws nothing: each answer is given when the test says so, or at once. */
import type { LabelStyle, Painter, Part, TextMeasure, TextSetting } from '../../../../src/engine/overlay/painter.js';
import type { Sheet } from '../../../../src/engine/video/sheet.js';
import { plainSheet } from './ink.js';

export class FakePainter implements Painter {
  /** What every text measures. */
  size = { width: 200, height: 40 };
  missing = '';
  /** Set to make every job fail. */
  error: Error | null = null;
  readonly settings: TextSetting[] = [];
  readonly parts: Part[] = [];
  readonly labels: string[] = [];
  sheets = 0;
  /** While it is set, drawings wait for {@link release}. */
  held = false;
  #waiting: (() => void)[] = [];

  release(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  async #turn(): Promise<void> {
    if (this.held) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.error) throw this.error;
  }

  async measure(setting: TextSetting): Promise<TextMeasure> {
    this.settings.push(setting);
    await this.#turn();
    const box = setting.text === '' ? { width: 0, height: 0 } : this.size;
    return { box, over: { left: 0, top: 0, right: 0, bottom: 0 }, missing: this.missing };
  }

  async paint(_setting: TextSetting, part: Part): Promise<Sheet> {
    this.parts.push(part);
    await this.#turn();
    return plainSheet(part.width, part.height);
  }

  async label(text: string, { maxWidth }: LabelStyle): Promise<Sheet> {
    this.labels.push(text);
    await this.#turn();
    return plainSheet(maxWidth, 20);
  }

  async sheet(rgba: Uint8Array, width: number, height: number): Promise<Sheet> {
    this.sheets++;
    await this.#turn();
    return plainSheet(width, height, rgba[0] ?? 0);
  }

  async close(): Promise<void> {
    // Nothing is under way.
  }
}
