/** A small form for a new text, picture or caption component. */
import { useState } from 'react';
import { ANCHORS, BLANK, FONTS, type NewComponent } from './new-component.js';

interface ComponentFormProps {
  onAdd: (made: NewComponent) => Promise<void>;
}

const KINDS: readonly { kind: NewComponent['kind']; words: string; size: number }[] = [
  { kind: 'text', words: 'Text', size: 7 },
  { kind: 'image', words: 'Picture', size: 20 },
  { kind: 'caption', words: 'Captions', size: 6 },
];

function Anchors({ refer, onChoose }: { refer: string; onChoose: (refer: string) => void }) {
  return (
    <fieldset className="anchors">
      <legend>Place</legend>
      <div>
        {ANCHORS.map((anchor) => (
          <input
            key={anchor.refer}
            type="radio"
            name="anchor"
            data-testid={`anchor-${anchor.refer}`}
            aria-label={anchor.words}
            title={anchor.words}
            checked={anchor.refer === refer}
            onChange={() => onChoose(anchor.refer)}
          />
        ))}
      </div>
    </fieldset>
  );
}

export function ComponentForm({ onAdd }: ComponentFormProps) {
  const [made, setMade] = useState<NewComponent>(BLANK);
  const [isSending, setSending] = useState(false);
  const set = (change: Partial<NewComponent>): void => setMade((old) => ({ ...old, ...change }));
  const isImage = made.kind === 'image';
  return (
    <form
      className="component-form"
      data-testid="component-form"
      aria-label="New overlay"
      onSubmit={async (event) => {
        event.preventDefault();
        setSending(true);
        await onAdd(made);
        setSending(false);
      }}
    >
      <div className="fields">
        <label>
          Kind
          <select
            data-testid="component-kind"
            value={made.kind}
            onChange={(event) => {
              const chosen = KINDS.find(({ kind }) => kind === event.currentTarget.value);
              if (chosen) set({ kind: chosen.kind, size: chosen.size, content: '' });
            }}
          >
            {KINDS.map(({ kind, words }) => (
              <option key={kind} value={kind}>
                {words}
              </option>
            ))}
          </select>
        </label>
        {made.kind === 'text' && (
          <label className="wide">
            Text
            <textarea
              data-testid="component-text"
              rows={2}
              required
              maxLength={1024}
              value={made.content}
              onChange={(event) => set({ content: event.currentTarget.value })}
            />
          </label>
        )}
        {isImage && (
          <label className="wide">
            Address of the picture
            <input
              type="url"
              data-testid="component-url"
              required
              maxLength={2048}
              placeholder="https://"
              value={made.content}
              onChange={(event) => set({ content: event.currentTarget.value })}
            />
          </label>
        )}
        <label>
          Height, %
          <input
            type="number"
            data-testid="component-size"
            required
            min={1}
            max={100}
            step="any"
            value={made.size}
            onChange={(event) => set({ size: event.currentTarget.valueAsNumber || 0 })}
          />
        </label>
        {!isImage && (
          <>
            <label>
              Colour
              <input
                type="color"
                data-testid="component-color"
                value={made.color}
                onChange={(event) => set({ color: event.currentTarget.value })}
              />
            </label>
            <label>
              Font
              <select
                data-testid="component-font"
                value={made.font}
                onChange={(event) => set({ font: event.currentTarget.value })}
              >
                {FONTS.map(({ name, words }) => (
                  <option key={name} value={name}>
                    {words}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
        <label>
          Name
          <input
            data-testid="component-name"
            maxLength={255}
            placeholder="as its content"
            value={made.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
        </label>
      </div>
      <Anchors refer={made.refer} onChoose={(refer) => set({ refer })} />
      <button type="submit" className="primary" data-testid="component-add" disabled={isSending}>
        Add
      </button>
    </form>
  );
}
