/**
 * What has been said in the captions of a studio, by component: preview and programme may show the same component in two
 * shapes, and what was said before a take is still there after it. Only the newest text is kept.
 */

/** More than the newest lines of any caption. */
const MAX_LENGTH = 8192;
/** Components whose text is kept; the one that was silent for longest is forgotten. */
const MAX_COMPONENTS = 256;

interface Said {
  text: string;
  version: number;
}

export class CaptionTexts {
  readonly #said = new Map<string, Said>();
  #version = 0;

  /** Adds a text below what is there; an empty one clears it. */
  add(componentId: string, text: string): void {
    const before = this.#said.get(componentId)?.text ?? '';
    this.#said.delete(componentId);
    const oldest = this.#said.keys().next();
    if (this.#said.size >= MAX_COMPONENTS && !oldest.done) this.#said.delete(oldest.value);
    const whole = text === '' ? '' : `${before}${before === '' ? '' : '\n'}${text}`;
    this.#said.set(componentId, { text: whole.slice(-MAX_LENGTH), version: ++this.#version });
  }

  /** What was said; `version` is another one after each change, 0 before the first. */
  of(componentId: string): Readonly<Said> {
    return this.#said.get(componentId) ?? { text: '', version: 0 };
  }
}
