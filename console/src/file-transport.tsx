/** A file by hand: pause and play, back to its beginning, ten seconds back and on. */
import type { MouseEvent } from 'react';
import { duration } from './keys.js';
import type { Source } from './wire.js';

/** What is asked of a file; `seekMs` counts from its first picture. */
export interface FileCommand {
  paused?: boolean;
  seekMs?: number;
}

interface FileTransportProps {
  source: Source;
  onCommand: (source: Source, command: FileCommand) => void;
}

const STEP_MS = 10_000;

export function FileTransport({ source, onCommand }: FileTransportProps) {
  const { file, place, name } = source;
  if (!file || place === '') return null;
  const button = (label: string, words: string, command: FileCommand) => (
    <button
      type="button"
      aria-label={`${words}: ${name}`}
      title={words}
      data-testid={`${words.split(' ')[0]?.toLowerCase()}-${place}`}
      onClick={(event: MouseEvent<HTMLButtonElement>) => {
        if (event.detail > 0) event.currentTarget.blur();
        onCommand(source, command);
      }}
    >
      {label}
    </button>
  );
  return (
    <span className="transport">
      {button('⏮', 'Restart from the first picture', { seekMs: 0 })}
      {button('−10', 'Back ten seconds', { seekMs: Math.max(0, Math.round(file.placeMs) - STEP_MS) })}
      {file.paused ? button('▶', 'Play', { paused: false }) : button('⏸', 'Pause', { paused: true })}
      {button('+10', 'Forward ten seconds', { seekMs: Math.round(file.placeMs) + STEP_MS })}
      <time>{duration(file.placeMs)}</time>
    </span>
  );
}
