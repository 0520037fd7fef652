/** CUT, AUTO with its transition, the T-bar and fade to black: how the preview comes on air. */
import { type CSSProperties, type MouseEvent, useEffect, useState } from 'react';
import { durationOf, LONGEST_MS, TRANSITIONS, type TransitionChoice } from './transition-choice.js';
import type { TBarHand } from './use-tbar.js';

interface TransitionBarProps {
  choice: TransitionChoice;
  onChoose: (choice: TransitionChoice) => void;
  /** Kind of the action under way; null when there is none. */
  busy: string | null;
  /** True while an AUTO runs. */
  isAutoRunning: boolean;
  isRunning: boolean;
  /** True when the T-bar may be moved. */
  hasPreview: boolean;
  /** False while no studio is shown. */
  hasStudio: boolean;
  isBlack: boolean;
  tbar: TBarHand;
  onCut: () => void;
  onAuto: () => void;
  onFadeToBlack: (isBlack: boolean) => void;
}

/** After a click with the pointer Space means CUT, not the same button again. */
function pressed(event: MouseEvent<HTMLButtonElement>, act: () => void): void {
  if (event.detail > 0) event.currentTarget.blur();
  act();
}

function DurationField({ value, onChange }: { value: number; onChange: (durationMs: number) => void }) {
  const [typed, setTyped] = useState(String(value));
  useEffect(() => setTyped(String(value)), [value]);
  return (
    <label className="duration">
      <input
        type="number"
        data-testid="transition-ms"
        aria-label="Duration of the transition in milliseconds"
        min={0}
        max={LONGEST_MS}
        step={100}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          const ms = durationOf(event.currentTarget.value);
          if (ms !== null) onChange(ms);
        }}
        onBlur={() => setTyped(String(value))}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      ms
    </label>
  );
}

function TBar({ tbar, isDisabled }: { tbar: TBarHand; isDisabled: boolean }) {
  const { position, move, hold } = tbar;
  return (
    <div className={`tbar${position > 0 ? ' held' : ''}`} style={{ '--position': position } as CSSProperties}>
      <input
        type="range"
        data-testid="tbar"
        aria-label="T-bar: share of the way from programme to preview"
        aria-orientation="vertical"
        min={0}
        max={1}
        step={0.01}
        value={position}
        disabled={isDisabled}
        onChange={(event) => move(Number(event.currentTarget.value))}
        onPointerDown={() => hold(true)}
        onPointerUp={(event) => {
          hold(false);
          event.currentTarget.blur();
        }}
        onPointerCancel={() => hold(false)}
      />
    </div>
  );
}

export function TransitionBar(props: TransitionBarProps) {
  const { choice, onChoose, busy, isRunning, isBlack, tbar } = props;
  return (
    <section className="transition" aria-label="Transition">
      {/* Not `disabled` while busy: a click then waits its turn instead of being swallowed by the browser. */}
      <button
        type="button"
        className="take"
        data-testid="take"
        aria-label="Cut preview to programme"
        aria-keyshortcuts="Space"
        aria-busy={busy === 'cut'}
        disabled={!isRunning}
        onClick={(event) => pressed(event, props.onCut)}
      >
        CUT
        <small>Space</small>
      </button>
      <button
        type="button"
        className="take auto"
        data-testid="auto"
        aria-label="Take preview to programme with the transition"
        aria-keyshortcuts="Enter"
        aria-busy={busy === 'auto' || props.isAutoRunning}
        disabled={!isRunning}
        onClick={(event) => pressed(event, props.onAuto)}
      >
        AUTO
        <small>Enter</small>
      </button>
      <button
        type="button"
        className="ftb"
        data-testid="ftb"
        aria-label="Fade to black"
        aria-pressed={isBlack}
        disabled={!props.hasStudio}
        onClick={(event) => pressed(event, () => props.onFadeToBlack(!isBlack))}
      >
        FTB
        <small>{isBlack ? 'is black' : 'to black'}</small>
      </button>
      <div className="manner">
        <select
          data-testid="transition-kind"
          aria-label="Transition of AUTO and T-bar"
          value={choice.kind}
          onChange={(event) => {
            onChoose({ ...choice, kind: event.currentTarget.value });
            // Otherwise the number keys would go on choosing transitions.
            event.currentTarget.blur();
          }}
        >
          {TRANSITIONS.map(({ kind, words }) => (
            <option key={kind} value={kind}>
              {words}
            </option>
          ))}
        </select>
        <DurationField value={choice.durationMs} onChange={(durationMs) => onChoose({ ...choice, durationMs })} />
        <input
          type="color"
          data-testid="transition-color"
          aria-label="Colour that the dip goes through"
          value={choice.color}
          disabled={choice.kind !== 'dip'}
          ref={(field) => {
            // When the picker has closed, Space is to cut and not to open it again.
            if (field) field.onchange = () => field.blur();
          }}
          onChange={(event) => onChoose({ ...choice, color: event.currentTarget.value })}
        />
      </div>
      <TBar tbar={tbar} isDisabled={!props.hasPreview} />
    </section>
  );
}
