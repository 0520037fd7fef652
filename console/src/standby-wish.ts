/**
 * What the standby's button shows: what the server says, and from a press on what was asked for, until the server's word
 * is newer than the press. Readings come from the engine now and then, so an answer that was asked for after the press may
 * still tell of the time before it.
 */

export const STANDBY_STATES = ['none', 'notReady', 'ready', 'manual', 'auto'] as const;

export interface StandbyReading {
  /** `ready` can be put on air at once; `manual` and `auto` are on air. */
  status: (typeof STANDBY_STATES)[number];
  /** By hand. Without a picture it comes on air as soon as it has one. */
  isAsked: boolean;
  /** The engine's tick at the time of the reading; null while none runs. */
  tick: number | null;
}

/** A press, with what has come since the server took it. */
export interface StandbyWish {
  isOn: boolean;
  isTaken: boolean;
  /** Tick of the first answer since, and how many followed that had no newer one. */
  since: { tick: number | null; answers: number } | null;
}

/** Answers without a newer reading after which the engine's silence counts as its word. */
const MOST_ANSWERS = 3;

const isOnAir = ({ status }: StandbyReading): boolean => status === 'manual' || status === 'auto';

function agrees({ isOn }: StandbyWish, reading: StandbyReading): boolean {
  if (!isOn) return !reading.isAsked && !isOnAir(reading);
  return isOnAir(reading) || (reading.isAsked && reading.status === 'notReady');
}

/** The wish after one more answer, to a question from after the press was taken; null when the answer counts again. */
export function afterAnswer(wish: StandbyWish, reading: StandbyReading): StandbyWish | null {
  if (!wish.isTaken) return wish;
  if (agrees(wish, reading) || reading.tick === null) return null;
  if (!wish.since) return { ...wish, since: { tick: reading.tick, answers: 0 } };
  const { tick, answers } = wish.since;
  if (reading.tick !== tick || answers + 1 >= MOST_ANSWERS) return null;
  return { ...wish, since: { tick, answers: answers + 1 } };
}

const WORDS: Record<StandbyReading['status'], string> = {
  none: '',
  notReady: 'has no picture yet',
  ready: 'ready',
  manual: 'on air',
  auto: 'on air by itself',
};

export interface StandbyLook {
  /** Another press takes it off, or back. */
  isPressed: boolean;
  name: string;
  words: string;
}

export function standbyLook(reading: StandbyReading, wish: StandbyWish | null): StandbyLook {
  const { status, isAsked } = reading;
  const isPressed = wish ? wish.isOn : isOnAir(reading) || isAsked;
  if (!isPressed) return { isPressed, name: 'Standby', words: WORDS[isOnAir(reading) ? 'ready' : status] };
  if (status === 'notReady') return { isPressed, name: 'Standby', words: 'asked, waits for its picture' };
  return { isPressed, name: 'Leave standby', words: WORDS[status === 'auto' ? status : 'manual'] };
}
