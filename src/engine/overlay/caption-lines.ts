/**
 * Breaks running text into lines. Words of scripts that part them by spaces stay whole as long as they fit in a line;
 * Chinese breaks between any two characters, but no line begins with a closing mark and none ends with an opening one.
 */

/** Marks that must not begin a line, and such that must not end one (GB/T 15834; W3C clreq, line breaking). */
const CLOSING = /^[，。、；：？！）】》」』”’〉〕％…—,.;:?!)\]}%]+$/u;
const OPENING = /^[（【《「『“‘〈〔([{]+$/u;
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/u;

const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' });

interface Token {
  /** Characters as a reader counts them. */
  letters: string[];
  /** A space is wanted before it when it does not begin a line. */
  spaced: boolean;
}

function joins(before: string, letter: string): boolean {
  if (CLOSING.test(letter) || OPENING.test(before)) return true;
  return !WIDE.test(before) && !WIDE.test(letter);
}

function tokensOf(paragraph: string): Token[] {
  const tokens: Token[] = [];
  let current: Token | null = null;
  let spaced = false;
  for (const { segment } of graphemes.segment(paragraph)) {
    if (/^\s+$/u.test(segment)) {
      current = null;
      spaced = true;
      continue;
    }
    const before: string | undefined = current?.letters.at(-1);
    if (current && before !== undefined && joins(before, segment)) {
      current.letters.push(segment);
    } else {
      current = { letters: [segment], spaced };
      tokens.push(current);
    }
    spaced = false;
  }
  return tokens;
}

/**
 * @param text paragraphs are parted by "\n"; empty ones are left out
 * @param perLine characters in a line, 1 or more; the space between two words counts
 */
export function breakLines(text: string, perLine: number): string[] {
  const most = Math.max(1, Math.floor(perLine));
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line: string[] = [];
    for (const { letters, spaced } of tokensOf(paragraph)) {
      const gap = spaced && line.length > 0 ? [' '] : [];
      if (line.length + gap.length + letters.length <= most) {
        line.push(...gap, ...letters);
        continue;
      }
      if (line.length > 0) lines.push(line.join(''));
      // What is longer than a line is cut where the line ends.
      line = letters;
      while (line.length > most) {
        lines.push(line.slice(0, most).join(''));
        line = line.slice(most);
      }
    }
    if (line.length > 0) lines.push(line.join(''));
  }
  return lines;
}
