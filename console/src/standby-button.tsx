/** Puts the standby on air at once, and the programme back. */
import { useEffect, useRef, useState } from 'react';
import { afterAnswer, type StandbyReading, type StandbyWish, standbyLook } from './standby-wish.js';

interface StandbyButtonProps {
  /** Another object with every answer. */
  reading: StandbyReading;
  /** Done when the server has taken it. */
  onSwitch: (isOn: boolean) => Promise<void>;
  /** Asks for a reading now. */
  onTaken: () => Promise<void>;
  onError: (error: unknown) => void;
}

export function StandbyButton({ reading, onSwitch, onTaken, onError }: StandbyButtonProps) {
  const [wish, setWish] = useState<StandbyWish | null>(null);
  /** Of presses that overlap only the last one counts. */
  const presses = useRef(0);
  useEffect(() => setWish((old) => old && afterAnswer(old, reading)), [reading]);

  const press = async (isOn: boolean): Promise<void> => {
    const mine = ++presses.current;
    setWish({ isOn, isTaken: false, since: null });
    try {
      await onSwitch(isOn);
    } catch (error) {
      if (mine === presses.current) setWish(null);
      onError(error);
      return;
    }
    if (mine === presses.current) setWish({ isOn, isTaken: true, since: null });
    await onTaken();
  };

  const { isPressed, name, words } = standbyLook(reading, wish);
  return (
    <button
      type="button"
      className="standby"
      data-testid="standby"
      aria-pressed={isPressed}
      title={`Standby: ${words}`}
      onClick={(event) => {
        if (event.detail > 0) event.currentTarget.blur();
        void press(!isPressed);
      }}
    >
      {name}
      <small>{words}</small>
    </button>
  );
}
