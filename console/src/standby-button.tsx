/** Puts the standby on air at once, and the programme back. */
import type { Mix } from './mix-wire.js';

const WORDS: Record<Mix['standby'], string> = {
  none: '',
  notReady: 'has no picture yet',
  ready: 'ready',
  manual: 'on air',
  auto: 'on air by itself',
};

interface StandbyButtonProps {
  state: Mix['standby'];
  onSwitch: (isOn: boolean) => void;
}

export function StandbyButton({ state, onSwitch }: StandbyButtonProps) {
  const isOn = state === 'manual' || state === 'auto';
  return (
    <button
      type="button"
      className="standby"
      data-testid="standby"
      aria-pressed={isOn}
      title={`Standby: ${WORDS[state]}`}
      onClick={(event) => {
        if (event.detail > 0) event.currentTarget.blur();
        onSwitch(!isOn);
      }}
    >
      {isOn ? 'Leave standby' : 'Standby'}
      <small>{WORDS[state]}</small>
    </button>
  );
}
