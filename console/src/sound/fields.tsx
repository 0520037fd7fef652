/** Fields for numbers: what is typed counts with Enter or when the field is left, Escape takes it back. */
import { useRef, useState } from 'react';
import { dbOf, readDb, readWhole, writeDb } from './decibel.js';

interface TypedProps {
  label: string;
  testId: string;
  /** As it is written when nobody types. */
  shown: string;
  isDisabled: boolean;
  /** Takes what was typed. When it is no value the old one is written again. */
  onTyped: (typed: string) => void;
  className?: string;
  title?: string;
  /** The arrow keys: 1 up, -1 down. */
  onStep?: (direction: 1 | -1) => void;
}

function Typed({ label, testId, shown, isDisabled, onTyped, className, title, onStep }: TypedProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const isGivenUp = useRef(false);
  return (
    <input
      type="text"
      inputMode="decimal"
      autoComplete="off"
      className={className}
      title={title}
      data-testid={testId}
      aria-label={label}
      disabled={isDisabled}
      value={typed ?? shown}
      onFocus={(event) => event.currentTarget.select()}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => {
        if (typed !== null && !isGivenUp.current) onTyped(typed);
        isGivenUp.current = false;
        setTyped(null);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') isGivenUp.current = true;
        if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
        if (!onStep || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
        event.preventDefault();
        setTyped(null);
        onStep(event.key === 'ArrowUp' ? 1 : -1);
      }}
    />
  );
}

interface DbFieldProps {
  label: string;
  testId: string;
  /** Linear, 0 to 10. */
  gain: number;
  isDisabled: boolean;
  onGain: (gain: number) => void;
}

/** A gain in dB; the only way above the fader's end, to +20 dB. */
export function DbField({ label, testId, gain, isDisabled, onGain }: DbFieldProps) {
  return (
    <Typed
      className={`db${gain > 2 ? ' over' : ''}`}
      title="Gain in dB, up to +20; off is −∞"
      {...{ label, testId, isDisabled }}
      shown={writeDb(dbOf(gain))}
      onTyped={(typed) => {
        const next = readDb(typed);
        if (next !== null) onGain(next);
      }}
    />
  );
}

interface NumberFieldProps {
  label: string;
  testId: string;
  value: number;
  min: number;
  max: number;
  /** Of the arrow keys. */
  step: number;
  unit: string;
  isDisabled: boolean;
  onValue: (value: number) => void;
}

export function NumberField(props: NumberFieldProps) {
  const { label, testId, value, min, max, step, unit, isDisabled, onValue } = props;
  const give = (next: number | null): void => {
    if (next !== null && next !== value) onValue(next);
  };
  return (
    <span className="number">
      <Typed
        {...{ label, testId, isDisabled }}
        shown={String(value)}
        title={`${min} to ${max} ${unit}`}
        onTyped={(typed) => give(readWhole(typed, min, max))}
        onStep={(direction) => give(Math.min(max, Math.max(min, value + direction * step)))}
      />
      {unit}
    </span>
  );
}
