/** A line to type: it is shown below what the caption component shows already. */
import { useState } from 'react';
import type { Component } from './mix-wire.js';

interface CaptionLineProps {
  /** At least one. */
  captions: readonly Component[];
  isRunning: boolean;
  /** An empty text clears. */
  onSend: (component: Component, text: string) => void;
}

export function CaptionLine({ captions, isRunning, onSend }: CaptionLineProps) {
  const [chosen, setChosen] = useState('');
  const [text, setText] = useState('');
  const caption = captions.find(({ id }) => id === chosen) ?? captions[0];
  if (!caption) return null;
  return (
    <form
      className="caption-line"
      aria-label="Captions"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === '') return;
        onSend(caption, text.trim());
        setText('');
      }}
    >
      {captions.length > 1 && (
        <select
          aria-label="Caption component"
          value={caption.id}
          onChange={(event) => setChosen(event.currentTarget.value)}
        >
          {captions.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
      <input
        data-testid="caption-text"
        aria-label={`Line for ${caption.name}`}
        placeholder="Caption line, Enter sends"
        maxLength={1024}
        value={text}
        disabled={!isRunning}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" data-testid="caption-send" disabled={!isRunning || text.trim() === ''}>
        Send
      </button>
      <button
        type="button"
        data-testid="caption-clear"
        disabled={!isRunning}
        onClick={(event) => {
          if (event.detail > 0) event.currentTarget.blur();
          onSend(caption, '');
        }}
      >
        Clear
      </button>
    </form>
  );
}
