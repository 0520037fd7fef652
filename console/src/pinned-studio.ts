/**
 * Which studio the desk shows. A studio that was shown once stays, running or not, until the operator picks another one:
 * what other clients do must never put another programme under the operator's hands. When it is deleted the desk shows
 * none until one is picked.
 */
import type { Studio } from './wire.js';

export type Pin =
  /** Nothing was there to be shown yet. */
  | { state: 'none' }
  | { state: 'shown'; id: string; name: string }
  /** What was shown does not exist any more. */
  | { state: 'gone'; name: string };

export const NO_PIN: Pin = { state: 'none' };

/** By name, then id: an order that takes, starts and stops do not change. */
export function inOrder(studios: readonly Studio[]): Studio[] {
  return [...studios].sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true });
}

/**
 * The pin after the list of studios was read; the very same object when nothing changed.
 * @param studios in the order of {@link inOrder}; of a new page the first running one is shown, or else the first
 */
export function nextPin(pin: Pin, studios: readonly Studio[]): Pin {
  const [first] = studios;
  if (!first) return pin.state === 'none' ? pin : NO_PIN;
  if (pin.state === 'none') {
    const { id, name } = studios.find((one) => one.running) ?? first;
    return { state: 'shown', id, name };
  }
  if (pin.state === 'gone') return pin;
  const now = studios.find((one) => one.id === pin.id);
  if (!now) return { state: 'gone', name: pin.name };
  return now.name === pin.name ? pin : { ...pin, name: now.name };
}
