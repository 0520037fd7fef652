/**
 * A fader: taken anywhere and moved from where it stands, so that a click never makes a level jump. Shift moves it five
 * times as fine. By keyboard: arrows 1 dB, with Shift 0.1 dB, page keys 6 dB, Home off, End +6 dB, 0 for 0 dB.
 */
import { type CSSProperties, type KeyboardEvent, type PointerEvent, useEffect, useState } from 'react';
import { dbOf, FADER_MARKS, faderOf, gainAt, gainByKey, gainOf, writeDb } from './decibel.js';
import { FaderGrip, type GripPoint } from './fader-grip.js';

interface FaderProps {
  label: string;
  testId: string;
  /** Linear. */
  gain: number;
  /** What it changes; null while it cannot. When this changes under a hand, the hand has left it. */
  owner: object | null;
  onGain: (gain: number) => void;
  /** A hand is on it, or has left it. */
  onHold: (isHeld: boolean) => void;
}

const pointOf = ({ pointerId, clientY, shiftKey }: PointerEvent): GripPoint => ({
  id: pointerId,
  y: clientY,
  isFine: shiftKey,
});

export function Fader({ label, testId, gain, owner, onGain, onHold }: FaderProps) {
  const [grip] = useState(() => new FaderGrip());
  const isDisabled = owner === null;
  const place = faderOf(gain);
  const words = writeDb(dbOf(gain));
  // The strip may go away under the hand, or come to belong to another mix.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new owner is what ends it
  useEffect(() => () => grip.letGo(), [grip, owner]);

  const move = (event: PointerEvent<HTMLDivElement>): void => {
    const now = grip.move(pointOf(event), event.currentTarget.clientHeight);
    if (now !== null) onGain(gainAt(now));
  };
  const press = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (isDisabled || event.ctrlKey || event.altKey || event.metaKey) return;
    const next = gainByKey(gain, event);
    if (next === null) return;
    event.preventDefault();
    if (next !== gain) onGain(next);
  };

  const style = { '--place': place } as CSSProperties;
  return (
    <div className="fader" style={style}>
      <span className="marks" aria-hidden="true">
        {FADER_MARKS.map((db) => (
          <span key={db} style={{ '--at': faderOf(gainOf(db)) } as CSSProperties}>
            {db > 0 ? `+${db}` : Math.abs(db)}
          </span>
        ))}
      </span>
      <div
        className="track"
        role="slider"
        tabIndex={isDisabled ? -1 : 0}
        aria-label={label}
        aria-orientation="vertical"
        aria-valuemin={-60}
        aria-valuemax={6}
        aria-valuenow={Math.min(6, Math.max(-60, Math.round(dbOf(gain) * 10) / 10))}
        aria-valuetext={gain > 0 ? `${words} dB` : 'off'}
        aria-disabled={isDisabled}
        data-testid={testId}
        title="Drag; Shift is finer, a double click is 0 dB"
        onPointerDown={(event) => {
          if (isDisabled || event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          grip.take(pointOf(event), place, onHold);
        }}
        onPointerMove={move}
        onPointerUp={(event) => {
          grip.letGo();
          // So that Space cuts.
          event.currentTarget.blur();
        }}
        onLostPointerCapture={() => grip.letGo()}
        onDoubleClick={() => {
          if (!isDisabled) onGain(1);
        }}
        onKeyDown={press}
      >
        <span className="thumb" />
      </div>
    </div>
  );
}
