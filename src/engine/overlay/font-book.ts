/**
 * Which free typeface stands for a font name of the wire, and what draws a character that it lacks: see docs/fonts.md.
 * For the painter's thread only.
 */
import type { FontName } from '../../domain/desired.js';
import { FontFace } from './font-face.js';

type FaceName = 'sans' | 'kai';

const STYLE_SHEETS: Record<FaceName, string> = {
  sans: '@fontsource-variable/noto-sans-sc/wght.css',
  kai: 'lxgw-wenkai-webfont/lxgwwenkai-regular.css',
};

/** Weights as in CSS. */
const FONTS: Record<FontName, { face: FaceName; weight: number }> = {
  KaiTi: { face: 'kai', weight: 400 },
  'AlibabaPuHuiTi-Regular': { face: 'sans', weight: 400 },
  'AlibabaPuHuiTi-Bold': { face: 'sans', weight: 700 },
  'NAlibabaPuHuiTi-Light': { face: 'sans', weight: 300 },
  'NotoSansHans-Regular': { face: 'sans', weight: 400 },
  'NotoSansHans-Bold': { face: 'sans', weight: 700 },
  'NotoSansHans-Light': { face: 'sans', weight: 300 },
};

/** Characters that are never drawn: controls, joiners, direction marks, variation selectors. */
const SILENT = /[\p{Cc}\p{Cf}\p{Variation_Selector}]/u;

/** A text with what draws it. */
export interface FontChoice {
  /** The text without the characters that cannot be drawn. */
  text: string;
  /** Characters that no font has, each once; emoji are among them. */
  missing: string;
  /** Families in the order in which they are to be asked. */
  families: readonly string[];
  weight: number;
}

export class FontBook {
  readonly #faces = new Map<FaceName, FontFace>();

  #face(name: FaceName): FontFace {
    let face = this.#faces.get(name);
    if (!face) {
      face = new FontFace(name, STYLE_SHEETS[name]);
      this.#faces.set(name, face);
    }
    return face;
  }

  /**
   * Loads what a text needs. The first character of a slice costs 1 to 3 ms.
   * @param text one line @throws Error when a font's package is not installed
   */
  choose(text: string, font: FontName): FontChoice {
    const { face: own, weight } = FONTS[font];
    const other: FaceName = own === 'sans' ? 'kai' : 'sans';
    const first = new Set<string>();
    const second = new Set<string>();
    const missing = new Set<string>();
    let drawn = '';
    // A letter and its accent as one character where there is one: fonts draw that best.
    for (const letter of text.replaceAll('\t', ' ').normalize('NFC')) {
      if (SILENT.test(letter)) continue;
      const code = letter.codePointAt(0) ?? 0;
      const ownFamily = this.#face(own).familyOf(code);
      const family = ownFamily ?? this.#face(other).familyOf(code);
      if (family === null) {
        missing.add(letter);
        continue;
      }
      (ownFamily === null ? second : first).add(family);
      drawn += letter;
    }
    return { text: drawn, missing: [...missing].join(''), families: [...first, ...second], weight };
  }
}
