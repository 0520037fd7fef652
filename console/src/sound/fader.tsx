/**
 * A fader: taken anywhere and moved from where it stands, so that a click never makes a level jump. Shift moves it five
 * times as fine. By keyboard: arrows 1 dB, with Shift 0.1 dB, page keys 6 dB, Home off, End +6 dB, 0 for 0 dB.
 */
import { type CSSProperties, type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react';
import { dbOf, FADER_MARKS, faderOf, gainAt, gainByKey, gainOf, writeDb } from './decibel.js';

interface FaderProps {
  label: string;
  testId: string;
  /** Linear. */
  gain: number;
  isDisabled: boolean;
  onGain: (gain: number) => void;
  /** A hand is on it, or has left it. */
  onHold: (isHeld: boolean) => void;
}

const FINE = 5;

export function Fader({ label, testId, gain, isDisabled, onGain, onHold }: FaderProps) {
  /** Where the pointer and the fader were when they met. */
  const grip = useRef<{ id: number; y: number; place: number; isFine: boolean } | null>(null);
  const place = faderOf(gain);
  const words = writeDb(dbOf(gain));
  const latest = useRef({ onHold });
  latest.current = { onHold };

  const letGo = (): void => {
    if (!grip.current) return;
    grip.current = null;
    latest.current.onHold(false);
  };
  // A strip may go away under the hand.
  useEffect(
    () => () => {
      if (grip.current) latest.current.onHold(false);
      grip.current = null;
    },
    [],
  );

  const move = (event: PointerEvent<HTMLDivElement>): void => {
    const held = grip.current;
    if (!held || held.id !== event.pointerId) return;
    const way = event.currentTarget.clientHeight;
    const now = held.place + (held.y - event.clientY) / way / (held.isFine ? FINE : 1);
    if (held.isFine !== event.shiftKey) {
      grip.current = { ...held, y: event.clientY, place: now, isFine: event.shiftKey };
    }
    onGain(gainAt(Math.min(1, Math.max(0, now))));
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
          grip.current = { id: event.pointerId, y: event.clientY, place, isFine: event.shiftKey };
          onHold(true);
        }}
        onPointerMove={move}
        onPointerUp={(event) => {
          letGo();
          // So that Space cuts.
          event.currentTarget.blur();
        }}
        onLostPointerCapture={letGo}
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
