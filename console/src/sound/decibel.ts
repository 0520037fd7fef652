/**
 * Levels as people at a desk speak of them. Gain is linear (1 leaves a level alone), levels are in dB, and a place on a
 * fader is a share of its way from the bottom, 0 to 1.
 */

/** The fader's upper end: twice the level, +6.02 dB. */
export const FADER_GAIN = 2;
/** The most that the API takes, +20 dB; beyond the fader's end it is typed. */
export const MOST_GAIN = 10;
/** Below this a fader is off. */
export const LOWEST_DB = -60;
const TOP_DB = 20 * Math.log10(FADER_GAIN);

/** Where the fader's marks lie: most of the way is given to the levels at which people mix. */
const TAPER: readonly (readonly [db: number, at: number])[] = [
  [LOWEST_DB, 0.03],
  [-40, 0.13],
  [-30, 0.22],
  [-20, 0.35],
  [-10, 0.54],
  [-5, 0.65],
  [0, 0.78],
  [TOP_DB, 1],
];

/** What is written beside a fader. */
export const FADER_MARKS: readonly number[] = [6, 0, -5, -10, -20, -30, -40, -60];

export function dbOf(gain: number): number {
  return gain > 0 ? 20 * Math.log10(gain) : Number.NEGATIVE_INFINITY;
}

/** Four digits are finer than any ear, and keep addresses short. Within the API's limits. */
export function gainOf(db: number): number {
  const gain = Number((10 ** (db / 20)).toPrecision(4));
  return Math.min(MOST_GAIN, Math.max(0, gain));
}

/** Linear between the points of a table that grows in both columns; beyond its ends the end counts. */
function between(table: readonly (readonly [number, number])[], from: 0 | 1, value: number): number {
  const to = from === 0 ? 1 : 0;
  let before = table[0] ?? [0, 0];
  for (const point of table) {
    if (value <= point[from]) {
      const span = point[from] - before[from];
      const share = span > 0 ? (value - before[from]) / span : 1;
      return before[to] + share * (point[to] - before[to]);
    }
    before = point;
  }
  return before[to];
}

/** Where the fader of a gain stands. A gain beyond the end of the fader stands at its end. */
export function faderOf(gain: number): number {
  const db = dbOf(gain);
  return db < LOWEST_DB ? 0 : between(TAPER, 0, db);
}

/** The gain of a place on the fader: off at the bottom, 2 at the top, exactly 1 near the mark of 0 dB. */
export function gainAt(place: number): number {
  if (place <= 0.015) return 0;
  if (place >= 1) return FADER_GAIN;
  const db = between(TAPER, 1, place);
  return Math.abs(db) < 0.15 ? 1 : gainOf(db);
}

/**
 * A key's step from a gain, dB. From off it goes to the lowest mark, and below the lowest mark to off; upwards it ends at
 * the fader's end, unless the gain is beyond that already.
 */
function stepGain(gain: number, stepDb: number): number {
  if (gain <= 0) return stepDb > 0 ? gainOf(LOWEST_DB) : 0;
  const db = Math.round((dbOf(gain) + stepDb) * 10) / 10;
  if (db < LOWEST_DB) return 0;
  if (stepDb > 0 && db > TOP_DB) return Math.max(gain, FADER_GAIN);
  return gainOf(db);
}

/** The gain that a key on a fader asks for; null when it means nothing there. */
export function gainByKey(gain: number, { key, shiftKey }: { key: string; shiftKey: boolean }): number | null {
  const step = shiftKey ? 0.1 : 1;
  if (key === 'ArrowUp' || key === 'ArrowRight') return stepGain(gain, step);
  if (key === 'ArrowDown' || key === 'ArrowLeft') return stepGain(gain, -step);
  if (key === 'PageUp') return stepGain(gain, 6);
  if (key === 'PageDown') return stepGain(gain, -6);
  if (key === 'Home') return 0;
  if (key === 'End') return FADER_GAIN;
  return key === '0' ? 1 : null;
}

/** `-6.0`, `+3.5`, `−∞`; with a true minus sign, as wide as the plus. */
export function writeDb(db: number): string {
  if (db === Number.NEGATIVE_INFINITY) return '−∞';
  const text = Math.abs(db).toFixed(1);
  if (text === '0.0') return text;
  return `${db < 0 ? '−' : '+'}${text}`;
}

/** A gain from what was typed in dB: `-6`, `+3,5`, `-inf`, `off`; null for what is none. At most +20 dB. */
export function readDb(typed: string): number | null {
  const text = typed
    .trim()
    .toLowerCase()
    .replaceAll('−', '-')
    .replace(',', '.')
    .replace(/\s*db$/, '');
  if (/^(off|-(inf(inity)?|∞))$/.test(text)) return 0;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) return null;
  const db = Number(text);
  return db < LOWEST_DB ? 0 : gainOf(db);
}

/** A whole number within its range, from what was typed; null for what is no number. */
export function readWhole(typed: string, min: number, max: number): number | null {
  const text = typed.trim().replace('−', '-').replace(',', '.');
  const value = Number(text);
  return text === '' || !Number.isFinite(value) ? null : Math.min(max, Math.max(min, Math.round(value)));
}
