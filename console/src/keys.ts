/** What a key means at the desk. */

export type KeyMeaning =
  | { kind: 'layout'; index: number }
  | { kind: 'cut' }
  | { kind: 'auto' }
  | { kind: 'back' }
  | null;

export interface Key {
  key: string;
  repeat: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/**
 * 1 to 9 pick a layout, Space cuts, Enter takes with the chosen transition, Escape takes the T-bar back. A held key
 * counts once; with Ctrl, Alt or Meta it is the browser's.
 */
export function keyMeaning(event: Key): KeyMeaning {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return null;
  if (/^[1-9]$/.test(event.key)) return { kind: 'layout', index: Number(event.key) - 1 };
  if (event.key === ' ') return { kind: 'cut' };
  if (event.key === 'Enter') return { kind: 'auto' };
  return event.key === 'Escape' ? { kind: 'back' } : null;
}

/** `0:05:09`, from milliseconds. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
