/** Hands the desk's keys to it, but not those that somebody types into a field or a button means for itself. */
import { useEffect, useRef } from 'react';
import { type KeyMeaning, keyMeaning } from './keys.js';

/** Sliders keep the arrow keys only. */
const FIELDS = 'input:not([type=range]), textarea, select, dialog, [contenteditable]';
const CONTROLS = `${FIELDS}, button, a`;

function isIn(target: EventTarget | null, selector: string): boolean {
  return target instanceof Element && target.closest(selector) !== null;
}

export function useDeskKeys(onKey: (meaning: NonNullable<KeyMeaning>) => void): void {
  const latest = useRef(onKey);
  latest.current = onKey;
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      const meaning = keyMeaning(event);
      if (!meaning || isIn(event.target, FIELDS) || document.querySelector('dialog[open]')) return;
      // A button that was reached by keyboard keeps Space and Enter for itself.
      const isTake = meaning.kind === 'cut' || meaning.kind === 'auto';
      if (isTake && isIn(event.target, CONTROLS)) return;
      event.preventDefault();
      latest.current(meaning);
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}
