/** Comparison of secrets in a time that does not depend on where they differ. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { playKey } from '../lib/play-key.js';

/** True when both are the same. An empty `expected` never matches: a forgotten setting must not open the door. */
export function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected)) && expected !== '';
}

/** True when `given` opens a pushed stream for playing: by its own play key, or by the key that pushes. */
export function mayPlay(given: string, stream: string, publishKey: string): boolean {
  return publishKey !== '' && (sameSecret(given, playKey(publishKey, stream)) || sameSecret(given, publishKey));
}
