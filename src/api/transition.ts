/** The parameters of transitions, which operations that change the programme share. Our extension of the reference. */
import { TRANSITION_KINDS } from '../domain/desired.js';
import type { GivenTransition } from '../domain/take.js';
import { choice, color, integer, optional, type Values } from './params.js';

/** Longest transition and fade, ms. */
export const LONGEST_FADE = 10_000;

export const transitionParameters = {
  Transition: optional(choice(TRANSITION_KINDS)),
  TransitionDuration: optional(integer({ min: 0, max: LONGEST_FADE })),
  TransitionColor: optional(color()),
};

export function transitionOf(call: Values<typeof transitionParameters>): GivenTransition {
  return { kind: call.Transition, durationMs: call.TransitionDuration, color: call.TransitionColor };
}
