/**
 * One typeface that comes as many small WOFF2 files (slices), each with some of its characters. A slice is registered
 * with Skia when a text needs it for the first time, under a name of its own, and stays. Synchronous file reading: for the
 * painter's thread only.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GlobalFonts } from '@napi-rs/canvas';
import { lettersOf } from './woff2-letters.js';

const require = createRequire(import.meta.url);

interface Slice {
  path: string;
  family: string;
  /** What it has; null as long as it is not registered. */
  letters: ReadonlySet<number> | null;
}

/** A code point to the slices that are said to have it. */
export type SliceTable = ReadonlyMap<number, readonly string[]>;

/**
 * Reads which file has which characters from the style sheet of a web font (CSS Fonts 4: `@font-face`, `unicode-range`).
 * @returns file names as the style sheet has them, by code point
 */
export function readSliceTable(css: string): SliceTable {
  const table = new Map<number, string[]>();
  for (const [block] of css.matchAll(/@font-face\s*{[^}]*}/g)) {
    const file = /url\(['"]?([^'")]+\.woff2)['"]?\)/.exec(block)?.[1];
    const ranges = /unicode-range:\s*([^;}]+)/.exec(block)?.[1];
    if (file === undefined || ranges === undefined) continue;
    for (const range of ranges.split(',')) {
      const match = /^U\+([0-9a-f]+)(?:-([0-9a-f]+))?$/i.exec(range.trim());
      if (!match) continue;
      const first = Number.parseInt(match[1] ?? '', 16);
      const last = Math.min(Number.parseInt(match[2] ?? match[1] ?? '', 16), 0x10ffff);
      for (let letter = first; letter <= last; letter++) {
        const files = table.get(letter);
        if (!files) table.set(letter, [file]);
        else if (!files.includes(file)) files.push(file);
      }
    }
  }
  return table;
}

export class FontFace {
  readonly #name: string;
  readonly #slices = new Map<string, Slice>();
  readonly #table: SliceTable;

  /**
   * @param name begins the names of its families; letters only
   * @param styleSheet module path of the style sheet that lists the files
   * @throws Error when the package is not installed
   */
  constructor(name: string, styleSheet: string) {
    this.#name = name;
    const path = require.resolve(styleSheet);
    this.#table = readSliceTable(readFileSync(path, 'utf8'));
    for (const file of new Set([...this.#table.values()].flat())) {
      this.#slices.set(file, {
        path: join(dirname(path), file),
        family: `${this.#name}${this.#slices.size}`,
        letters: null,
      });
    }
  }

  /** Registers what is needed for a character. @returns the family that has it, null when this face does not */
  familyOf(letter: number): string | null {
    for (const file of this.#table.get(letter) ?? []) {
      const slice = this.#slices.get(file);
      if (!slice) continue;
      slice.letters ??= register(slice);
      if (slice.letters.has(letter)) return slice.family;
    }
    return null;
  }
}

/** A file that cannot be read or that Skia refuses has no characters; others are looked for. */
function register(slice: Slice): ReadonlySet<number> {
  try {
    const letters = lettersOf(readFileSync(slice.path));
    return GlobalFonts.registerFromPath(slice.path, slice.family) ? letters : new Set();
  } catch {
    return new Set();
  }
}
