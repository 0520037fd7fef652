/** Head of the page: which studio, whether it is on air and for how long, start and stop. */
import { useRef, useState } from 'react';
import type { Studio } from './wire.js';

interface StudioBarProps {
  studios: readonly Studio[] | null;
  studio: Studio | undefined;
  /** What the picker says while no studio is shown. */
  placeholder: string;
  /** `0:12:34`; empty while idle. */
  onAirFor: string;
  /** What is being done with this studio right now; null when nothing. */
  busy: string | null;
  /** Whether the multiview is shown in place of the preview. */
  isMultiview: boolean;
  onMultiview: (isMultiview: boolean) => void;
  onChoose: (studio: Studio) => void;
  onStart: (studio: Studio) => void;
  onStop: (studio: Studio) => void;
}

export function StudioBar(props: StudioBarProps) {
  const { studios, studio, placeholder, onAirFor, busy, isMultiview, onChoose, onStart, onStop } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  /** The studio that the question was asked for; the answer is for no other, whatever the desk shows by then. */
  const [asked, setAsked] = useState<Studio | null>(null);
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
            const picked = studios?.find((one) => one.id === event.currentTarget.value);
            if (picked) onChoose(picked);
            // Otherwise the number keys would go on choosing studios.
            event.currentTarget.blur();
          }}
        >
          {!studio && <option value="">{placeholder}</option>}
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
      <button
        type="button"
        data-testid="multiview"
        aria-pressed={isMultiview}
        onClick={(event) => {
          if (event.detail > 0) event.currentTarget.blur();
          props.onMultiview(!isMultiview);
        }}
      >
        Multiview
      </button>
      {studio && !studio.running && (
        <button
          type="button"
          className="primary"
          data-testid="start"
          disabled={isChanging}
          onClick={() => onStart(studio)}
        >
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
            setAsked(studio);
            dialog.current?.showModal();
          }}
        >
          {busy === 'Stop' ? 'Stopping' : 'Stop studio'}
        </button>
      )}
      <dialog ref={dialog} aria-label="Stop the studio">
        <p data-testid="stop-question">
          Stop the studio <strong>{asked?.name}</strong>? Its programme goes off air for all viewers.
        </p>
        <form method="dialog">
          {/* First, so that it has the focus: the safe answer is the easy one. */}
          <button type="submit">Keep on air</button>
          <button type="submit" className="danger" data-testid="stop-confirm" onClick={() => asked && onStop(asked)}>
            Stop {asked?.name}
          </button>
        </form>
      </dialog>
    </header>
  );
}
