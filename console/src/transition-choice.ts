/** How AUTO and the T-bar take, as the operator chose it; kept in the browser. */

/** In the API's words, with the desk's; a cut has a button of its own. */
export const TRANSITIONS = [
  { kind: 'fade', words: 'Fade' },
  { kind: 'dip', words: 'Dip to colour' },
  { kind: 'wipeLeft', words: 'Wipe left' },
  { kind: 'wipeRight', words: 'Wipe right' },
  { kind: 'wipeUp', words: 'Wipe up' },
  { kind: 'wipeDown', words: 'Wipe down' },
  { kind: 'wipeDiagonal', words: 'Wipe diagonal' },
  { kind: 'barnDoorH', words: 'Barn door horizontal' },
  { kind: 'barnDoorV', words: 'Barn door vertical' },
  { kind: 'box', words: 'Box' },
  { kind: 'circle', words: 'Circle' },
  { kind: 'clock', words: 'Clock' },
  { kind: 'slideLeft', words: 'Slide left' },
  { kind: 'slideRight', words: 'Slide right' },
  { kind: 'slideUp', words: 'Slide up' },
  { kind: 'slideDown', words: 'Slide down' },
  { kind: 'pushLeft', words: 'Push left' },
  { kind: 'pushRight', words: 'Push right' },
  { kind: 'pushUp', words: 'Push up' },
  { kind: 'pushDown', words: 'Push down' },
] as const;

export interface TransitionChoice {
  /** One of {@link TRANSITIONS}. */
  kind: string;
  /** 0 to 10000. */
  durationMs: number;
  /** `#rrggbb` that a dip goes through. */
  color: string;
}

export const LONGEST_MS = 10_000;
export const STANDARD: TransitionChoice = { kind: 'fade', durationMs: 500, color: '#000000' };

const KEY = 'castdeck.transition';

/** Whole milliseconds within the API's limits, from what was typed; null for what is no number. */
export function durationOf(typed: string): number | null {
  const value = Number(typed);
  if (typed.trim() === '' || !Number.isFinite(value)) return null;
  return Math.min(LONGEST_MS, Math.max(0, Math.round(value)));
}

/** What was kept, with the standard in place of everything that is missing or odd. */
export function readChoice(kept: string | null): TransitionChoice {
  let value: unknown = null;
  try {
    value = JSON.parse(kept ?? 'null');
  } catch {}
  const { kind, durationMs, color } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  return {
    kind: TRANSITIONS.find((one) => one.kind === kind)?.kind ?? STANDARD.kind,
    durationMs: (typeof durationMs === 'number' ? durationOf(String(durationMs)) : null) ?? STANDARD.durationMs,
    color: typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? color : STANDARD.color,
  };
}

/** Parameters of CopyCasterSceneConfig, the duration aside. */
export function mannerOf({ kind, color }: TransitionChoice): Record<string, string> {
  return kind === 'dip' ? { Transition: kind, TransitionColor: `0x${color.slice(1)}` } : { Transition: kind };
}

/** A browser that keeps nothing for this page still has a desk that works. */
export function loadChoice(): TransitionChoice {
  try {
    return readChoice(localStorage.getItem(KEY));
  } catch {
    return STANDARD;
  }
}

export function keepChoice(choice: TransitionChoice): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {}
}
