/** Head of the page: which studio, whether it is on air and for how long, start and stop. */
import { useRef } from 'react';
import type { Studio } from './wire.js';

interface StudioBarProps {
  studios: readonly Studio[] | null;
  studio: Studio | undefined;
  /** `0:12:34`; empty while idle. */
  onAirFor: string;
  /** What is being done right now; null when nothing. */
  busy: string | null;
  onChoose: (id: string) => void;
  onStart: () => void;
  onStop: () => void;
}

export function StudioBar({ studios, studio, onAirFor, busy, onChoose, onStart, onStop }: StudioBarProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isChanging = busy === 'Start' || busy === 'Stop';
  return (
    <header className="bar">
      <h1>Castdeck</h1>
      <label className="picker">
        <span className="quiet">Studio</span>
        <select
          data-testid="studio-select"
          value={studio?.id ?? ''}
          disabled={!studios || studios.length === 0}
          onChange={(event) => {
            onChoose(event.currentTarget.value);
            // Otherwise the number keys would go on choosing studios.
            event.currentTarget.blur();
          }}
        >
          {!studio && <option value="">{studios ? 'no studio yet' : 'loading'}</option>}
          {studios?.map((one) => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      </label>
      <span className={`air ${studio?.running ? 'on' : ''}`} data-testid="air" role="status">
        {studio?.running ? 'ON AIR' : 'OFF AIR'}
      </span>
      {onAirFor && (
        <time className="clock" data-testid="air-time" title="Time on air">
          {onAirFor}
        </time>
      )}
      <span className="busy" aria-live="polite">
        {busy ? `${busy} ...` : ''}
      </span>
      {studio && !studio.running && (
        <button type="button" className="primary" data-testid="start" disabled={isChanging} onClick={onStart}>
          {busy === 'Start' ? 'Starting' : 'Start studio'}
        </button>
      )}
      {studio?.running && (
        <button
          type="button"
          className="danger"
          data-testid="stop"
          disabled={isChanging}
          onClick={(event) => {
            event.currentTarget.blur();
            dialog.current?.showModal();
          }}
        >
          {busy === 'Stop' ? 'Stopping' : 'Stop studio'}
        </button>
      )}
      <dialog ref={dialog} aria-label="Stop the studio">
        <p>Stop {studio?.name}? The programme goes off air for all viewers.</p>
        <form method="dialog">
          {/* First, so that it has the focus: the safe answer is the easy one. */}
          <button type="submit">Keep on air</button>
          <button type="submit" className="danger" data-testid="stop-confirm" onClick={onStop}>
            Stop studio
          </button>
        </form>
      </dialog>
    </header>
  );
}
