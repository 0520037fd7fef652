/**
 * Which source is on air (red) and which is next (green), seen or only heard.
 *
 * A scene keeps a copy of its layout from when it was applied; so what the server says of the scene counts, and the
 * stored layout, which may have been changed or deleted since, only where the server does not say.
 */
import type { Layout, Scene } from './wire.js';

/** Positions in the picture and in the mix of a scene. */
export interface Shown {
  seen: readonly string[];
  heard: readonly string[];
}

export interface Tally {
  colour: 'on-air' | 'next' | '';
  /** True when the source is in the mix but not in the picture. */
  isHeardOnly: boolean;
  words: string;
}

const NOTHING: Shown = { seen: [], heard: [] };

/** What a scene shows; nothing while it is off. */
export function shownBy(scene: Scene | undefined, layouts: readonly Layout[]): Shown {
  if (!scene?.on) return NOTHING;
  const stored = layouts.find(({ id }) => id === scene.layoutId);
  const seen = scene.pictures ?? stored?.layers.map(({ position }) => position) ?? [];
  return { seen, heard: scene.sounds ?? stored?.mix ?? [] };
}

/** What viewers get while the T-bar is held between two scenes: of both. */
export function together(one: Shown, other: Shown): Shown {
  return { seen: [...one.seen, ...other.seen], heard: [...one.heard, ...other.heard] };
}

/** On air goes before next: whoever stands before a camera must know that it is red. */
export function tallyOf(position: string, pvw: Shown, pgm: Shown): Tally {
  if (pgm.seen.includes(position)) return { colour: 'on-air', isHeardOnly: false, words: 'on air' };
  if (pgm.heard.includes(position)) return { colour: 'on-air', isHeardOnly: true, words: 'heard on air' };
  if (pvw.seen.includes(position)) return { colour: 'next', isHeardOnly: false, words: 'in preview' };
  if (pvw.heard.includes(position)) return { colour: 'next', isHeardOnly: true, words: 'heard in preview' };
  return { colour: '', isHeardOnly: false, words: '' };
}
