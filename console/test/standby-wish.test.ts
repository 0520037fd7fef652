import { expect, test } from 'vitest';
import { afterAnswer, type StandbyReading, type StandbyWish, standbyLook } from '../src/standby-wish.js';

const reading = (status: StandbyReading['status'], isAsked: boolean, tick: number | null = 100): StandbyReading => ({
  ...{ status, isAsked, tick },
});
const pressed = (isOn: boolean): StandbyWish => ({ isOn, isTaken: false, since: null });
const taken = (isOn: boolean): StandbyWish => ({ ...pressed(isOn), isTaken: true });

test('what the button says of what the server says', () => {
  const look = (...of: Parameters<typeof reading>) => standbyLook(reading(...of), null);
  expect(look('notReady', false)).toEqual({ isPressed: false, name: 'Standby', words: 'has no picture yet' });
  expect(look('ready', false)).toEqual({ isPressed: false, name: 'Standby', words: 'ready' });
  expect(look('manual', true)).toEqual({ isPressed: true, name: 'Leave standby', words: 'on air' });
  expect(look('auto', false)).toEqual({ isPressed: true, name: 'Leave standby', words: 'on air by itself' });
  // It can be taken back before it has come.
  expect(look('notReady', true)).toEqual({ isPressed: true, name: 'Standby', words: 'asked, waits for its picture' });
});

test('a press is shown at once', () => {
  expect(standbyLook(reading('ready', false), pressed(true))).toMatchObject({ isPressed: true, words: 'on air' });
  expect(standbyLook(reading('notReady', false), pressed(true)).words).toBe('asked, waits for its picture');
  expect(standbyLook(reading('manual', true), pressed(false))).toMatchObject({ isPressed: false, words: 'ready' });
  expect(standbyLook(reading('notReady', true), pressed(false))).toMatchObject({
    ...{ isPressed: false, words: 'has no picture yet' },
  });
});

test('until the answer agrees', () => {
  // Before the server took it no answer says anything of it.
  expect(afterAnswer(pressed(true), reading('ready', false))).toEqual(pressed(true));
  expect(afterAnswer(pressed(true), reading('manual', true))).toEqual(pressed(true));
  expect(afterAnswer(taken(true), reading('manual', true))).toBeNull();
  expect(afterAnswer(taken(true), reading('auto', true))).toBeNull();
  expect(afterAnswer(taken(true), reading('notReady', true))).toBeNull();
  expect(afterAnswer(taken(false), reading('ready', false))).toBeNull();
  expect(afterAnswer(taken(false), reading('notReady', false))).toBeNull();
});

test('or until a newer reading than the first after it; an old one changes nothing', () => {
  const first = afterAnswer(taken(false), reading('manual', false, 100));
  expect(first).toMatchObject({ isOn: false, since: { tick: 100 } });
  const second = first && afterAnswer(first, reading('manual', false, 100));
  expect(second).toMatchObject({ isOn: false });
  // The standby came back by itself, or somebody else asked for it.
  expect(second && afterAnswer(second, reading('auto', false, 115))).toBeNull();
  // Another engine counts anew.
  expect(second && afterAnswer(second, reading('auto', false, 2))).toBeNull();
});

test('an engine that says nothing new, or is gone, does not keep it for ever', () => {
  let wish: StandbyWish | null = taken(true);
  let answers = 0;
  while (wish && answers < 50) {
    wish = afterAnswer(wish, reading('ready', true, 100));
    answers++;
  }
  expect(answers).toBe(4);
  expect(afterAnswer(taken(true), reading('ready', true, null))).toBeNull();
});
