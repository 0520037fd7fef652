/** The components of a studio: into the next take, over the programme as a key, off again. */
import { type MouseEvent, useEffect, useState } from 'react';
import { CaptionLine } from './caption-line.js';
import { ComponentForm } from './component-form.js';
import type { Component } from './mix-wire.js';
import type { NewComponent } from './new-component.js';

export interface OverlayListProps {
  components: readonly Component[];
  /** Ids of those in the preview, in the programme scene, and keyed over the programme. */
  inPreview: readonly string[];
  inProgramme: readonly string[];
  onAir: readonly string[];
  isRunning: boolean;
  /** False while no studio is shown. */
  hasStudio: boolean;
  onPreview: (component: Component, isIn: boolean) => void;
  onKey: (component: Component, isOn: boolean) => void;
  /** Resolves true when it exists. */
  onAdd: (made: NewComponent) => Promise<boolean>;
  onDelete: (component: Component) => void;
  onCaption: (component: Component, text: string) => void;
}

const KINDS = { text: 'text', image: 'picture', caption: 'captions', other: 'other' };
const SURE_MS = 3_000;

/** Asks by its own words: the second click, soon after the first, is the answer. */
function DeleteButton({ component, onDelete }: { component: Component; onDelete: (component: Component) => void }) {
  const [isAsked, setAsked] = useState(false);
  useEffect(() => {
    if (!isAsked) return;
    const timer = setTimeout(() => setAsked(false), SURE_MS);
    return () => clearTimeout(timer);
  }, [isAsked]);
  return (
    <button
      type="button"
      className={`delete${isAsked ? ' danger' : ''}`}
      data-testid={`delete-${component.position}`}
      aria-label={isAsked ? `Delete ${component.name} now` : `Delete ${component.name}`}
      onClick={(event) => {
        if (event.detail > 0) event.currentTarget.blur();
        if (isAsked) onDelete(component);
        setAsked(!isAsked);
      }}
    >
      {isAsked ? 'Sure?' : 'Delete'}
    </button>
  );
}

export function OverlayList(props: OverlayListProps) {
  const { components, inPreview, inProgramme, onAir, isRunning, onPreview, onKey } = props;
  const [isAdding, setAdding] = useState(false);
  const captions = components.filter(({ kind }) => kind === 'caption');
  const toggle = (event: MouseEvent<HTMLButtonElement>, act: () => void): void => {
    if (event.detail > 0) event.currentTarget.blur();
    act();
  };
  return (
    <section className="panel overlays" aria-label="Overlays">
      <header>
        <h2>Overlays</h2>
        <button
          type="button"
          data-testid="add-overlay"
          aria-expanded={isAdding}
          disabled={!props.hasStudio}
          onClick={(event) => toggle(event, () => setAdding(!isAdding))}
        >
          {isAdding ? 'Close' : 'Add'}
        </button>
      </header>
      {isAdding && (
        <ComponentForm
          onAdd={async (made) => {
            if (await props.onAdd(made)) setAdding(false);
          }}
        />
      )}
      {components.length === 0 && !isAdding && <p className="empty">No texts or pictures to lay over the programme.</p>}
      <ul>
        {components.map((component) => {
          const { id, position, name, kind, words } = component;
          const isNext = inPreview.includes(id);
          const isKeyed = onAir.includes(id);
          return (
            <li key={id} data-testid={`overlay-${position}`}>
              <span className="what">
                <span className="name">{name}</span>
                <small title={words}>
                  {KINDS[kind]}
                  {words && words !== name ? ` · ${words}` : ''}
                </small>
              </span>
              <span className="mark-place">{inProgramme.includes(id) && <span className="mark on-air">PGM</span>}</span>
              <button
                type="button"
                className="into-preview"
                data-testid={`preview-${position}`}
                aria-label={`${name} in preview`}
                aria-pressed={isNext}
                disabled={!isRunning}
                onClick={(event) => toggle(event, () => onPreview(component, !isNext))}
              >
                PVW
              </button>
              <button
                type="button"
                className="key"
                data-testid={`key-${position}`}
                aria-label={`${name} over the programme`}
                aria-pressed={isKeyed}
                disabled={!isRunning && !isKeyed}
                onClick={(event) => toggle(event, () => onKey(component, !isKeyed))}
              >
                KEY
              </button>
              <DeleteButton component={component} onDelete={props.onDelete} />
            </li>
          );
        })}
      </ul>
      {captions.length > 0 && <CaptionLine captions={captions} isRunning={isRunning} onSend={props.onCaption} />}
    </section>
  );
}
